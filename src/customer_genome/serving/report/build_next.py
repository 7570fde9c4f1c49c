"""The report's fifth part: what each of the customers will probably choose next, and the declared targets."""

from __future__ import annotations

import re

from customer_genome.serving.report.build_targets import build_targets
from customer_genome.serving.report.foretold import CustomerPredictions, NextItems, Prediction
from customer_genome.serving.report.gene_names import sentence
from customer_genome.serving.report.picture import GenomePicture
from customer_genome.serving.report.reading import PURPOSE, Reading

SHOWN = 6


def build_next(reading: Reading, *, pictures: tuple[GenomePicture, ...]) -> NextItems:
    """Return the likeliest categories of the next basket of each customer, with their chance and why."""
    return NextItems(
        customers=tuple(_person(reading, picture) for picture in pictures),
        question="next basket" if reading.session_word == "baskets" else "next session",
        method=(
            "How often each customer chose a category so far, fading with age, blended with what customers of "
            "similar genome choose; the chances are calibrated on baskets that came after those learned from."
        ),
        targets=build_targets(reading, pictures=pictures),
    )


def _person(reading: Reading, picture: GenomePicture) -> CustomerPredictions:
    rows = reading.workspace.predict(customer=picture.customer_id, k=SHOWN, purpose=PURPOSE).to_pylist()
    known = tuple(
        Prediction(
            sentence(row["item"]), row["probability"], row["base_rate"], reason=_why(reading, row["reason"])
        )
        for row in rows
        if row["probability"] is not None
    )
    reason = "the chances could not be calibrated on so few sessions" if rows else "nothing bought yet"
    return CustomerPredictions(picture.customer_id, picture.name, known, "" if known else reason)


def _why(reading: Reading, reason: str | None) -> str:
    """Return the reason in words: the customer's own sessions, then how many of the most similar had it too."""
    chose = "bought" if reading.session_word == "baskets" else "chose"

    def similar(found: re.Match[str]) -> str:
        share = int(found[1])
        part = {0: "none", 100: "all"}.get(share, f"{share}%")
        return f"{part} of the most similar customers {chose} it recently"

    said = re.sub(r"neighbours (\d+) ?%", similar, reason or "")
    return said.replace("in 0 of", "in none of").removesuffix("; no neighbours yet")
