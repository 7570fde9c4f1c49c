"""The declared targets in the report's fifth part: how each model did in its test, and what it says of customers."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from customer_genome.core.step import Sql
from customer_genome.core.targets import Target
from customer_genome.predictions.honesty.backtest import Backtest
from customer_genome.predictions.honesty.bootstrap import Interval
from customer_genome.predictions.honesty.card import Card
from customer_genome.predictions.honesty.metrics import METRICS
from customer_genome.predictions.honesty.words import in_words
from customer_genome.serving.report.foretold import (
    Amount,
    Curve,
    Kind,
    LearnedTarget,
    Level,
    Outlook,
    Prediction,
    Ranged,
    Targets,
)
from customer_genome.serving.report.gene_names import sentence
from customer_genome.serving.report.measures import rule_name
from customer_genome.serving.report.picture import GenomePicture
from customer_genome.serving.report.reading import Reading
from customer_genome.serving.report.wording import listing

KINDS: dict[str, Kind] = {
    "choice": "pair",
    "action": "pair",
    "next": "list",
    "sum": "money",
    "count": "times",
}
"""What the score of a kind of question is; of all others a chance of each customer."""
Row = dict[str, Any]


def build_targets(reading: Reading, *, pictures: tuple[GenomePicture, ...]) -> Targets:
    """Return every target that was learned, and what is predicted of the customers shown; nothing is learned here."""
    rows = {row["target"]: row for row in reading.rows(_CARDS, "model_cards")}
    declared = reading.project.targets
    learned = tuple(learned_target(reading, rows[name]) for name in declared if name in rows)
    said = _forecasts(reading, [picture.customer_id for picture in pictures])
    return Targets(
        learned=learned,
        waiting=tuple(name for name in declared if name not in rows),
        command=f"genome predict all --dir {reading.workspace.folder.root}",
        outlooks=_outlooks(learned, said, pictures),
        purposes=tuple(sorted({row["purpose"] for row in said})),
    )


def learned_target(reading: Reading, row: Row) -> LearnedTarget:
    """Return what the report shows of one target, from its row of `model_cards`."""
    name, held = row["target"], json.loads(row["card"])
    target = reading.project.targets[name]
    kind = KINDS.get(target.predict, "chance")
    known = row["as_of"] == reading.access.state.as_of
    if "backtest" not in held:
        why = re.sub(r"\s*\n\s*", "; ", row["verdict"])
        return LearnedTarget(name, sentence(name), in_words(target), kind, shown=False, reason=why)
    card = Card.from_dict(held)
    return LearnedTarget(
        name=name,
        label=sentence(name),
        says=card.says,
        kind=kind,
        shown=card.verdict.published,
        reason="; ".join(
            (_reason(card), *(["that rule answers in its place"] if held.get("instead") else []))
        ),
        proven=card.verdict.proven,
        as_of=None if known else row["as_of"].astimezone(reading.zone).date(),
        **_tested(card.backtest, target),
    )


def _outlooks(
    learned: Sequence[LearnedTarget], said: Sequence[Row], pictures: Sequence[GenomePicture]
) -> tuple[Outlook, ...]:
    """Return one outlook a customer, or none at all where nothing is said of anybody shown."""
    found = [
        outlook(picture.name, learned, [row for row in said if row["customer_id"] == picture.customer_id])
        for picture in pictures
    ]
    return tuple(found) if any(one.chances or one.amounts or one.curves for one in found) else ()


def outlook(name: str, learned: Sequence[LearnedTarget], rows: Sequence[Row]) -> Outlook:
    """Return one customer's forecasts: chances and amounts of the whole customer, and one target's curves over time."""
    chances: list[Prediction] = []
    amounts: list[Amount] = []
    curves: list[Curve] = []
    for target in learned:
        mine = [row for row in rows if row["target"] == target.name]
        for row in (row for row in mine if row["item"] is None and row["by_day"] is None):
            if target.kind == "chance":
                chances.append(Prediction(target.label, row["score"], target.usual, row["low"], row["high"]))
            else:
                found = Ranged(row["score"], row["low"], row["high"])
                amounts.append(Amount(target.label, found, target.kind))
        curves = curves or _curves([row for row in mine if row["by_day"] is not None])
    return Outlook(name, tuple(chances), tuple(amounts), tuple(curves))


def _curves(rows: Sequence[Row]) -> list[Curve]:
    verbs = sorted({row["item"] for row in rows})
    return [
        Curve(verb, tuple(sorted((row["by_day"], row["score"]) for row in rows if row["item"] == verb)))
        for verb in verbs
    ]


def _forecasts(reading: Reading, customers: list[str]) -> list[Row]:
    """Return the customers' forecasts as of the report, each read for the purpose that it was made for."""
    purposes = sorted({target.purpose for target in reading.project.targets.values()})
    params = {"customers": customers, "as_of": reading.access.state.as_of}
    asked = Sql(_FORECASTS, reads=("forecasts",), params=params)
    return [
        dict(row) for purpose in purposes for row in reading.access.query(asked, purpose=purpose).to_pylist()
    ]


def _tested(tested: Backtest | None, target: Target) -> dict[str, Any]:
    """Return what a backtest found; nothing where there was none."""
    if tested is None:
        return {}
    cases, of_lists = sum(tested.cases), target.predict == "next"
    found: dict[str, Any] = {
        "customers": tested.customers[-1],
        "usual": sum(tested.happened) / cases if cases and not of_lists else None,
        "tested": tuple(date(1970, 1, 1) + timedelta(days=moment) for moment in tested.moments),
    }
    model = tested.best or next(iter(tested.gains), None)
    if model is None:
        return found
    return found | _figures(tested, model, adds_up=target.statistic == "mean")


def _figures(tested: Backtest, model: str, *, adds_up: bool) -> dict[str, Any]:
    """Return a model's figures beside those of the naive rule that did best; medians do not add up to a total."""
    judged, rule = tested.models[model], best_rule(tested)
    found: dict[str, Any] = {
        "metric": tested.primary,
        "model": ranged(judged.metrics[tested.primary]),
        "levels": tuple(
            Level(one.cases, one.said, one.came_true, one.low, one.high) for one in judged.reliability
        ),
        "bias": ranged(judged.metrics.get("total_bias") if adds_up else None),
    }
    if judged.coverage is not None:
        found["held"] = Ranged(judged.coverage.held, judged.coverage.low, judged.coverage.high)
    if rule is not None:
        found |= {
            "rule": ranged(tested.models[rule].metrics[tested.primary]),
            "rule_name": rule_name(rule),
            "gain": ranged(tested.gains[model][rule][tested.primary]),
        }
    return found


def best_rule(tested: Backtest) -> str | None:
    """Return the baseline with the best primary metric; ties go by order."""
    sign = METRICS[tested.primary].sign
    values = {name: tested.models[name].metrics[tested.primary].value for name in tested.baselines}
    known = {name: sign * value for name, value in values.items() if value is not None}
    return max(known, key=lambda name: known[name]) if known else None


def ranged(found: Interval | None) -> Ranged:
    """Return a number of a test with its bounds."""
    return Ranged() if found is None else Ranged(found.value, found.low, found.high)


def _reason(card: Card) -> str:
    """Return why a target is shown or refused: how it stands against the naive rules, else the verdict's own words."""
    tested = card.backtest
    gains = {} if tested is None or tested.best is None else tested.gains[tested.best]
    found = {rule_name(name): gain[tested.primary] for name, gain in gains.items()} if tested else {}
    known = {name: gain for name, gain in found.items() if gain.value is not None}
    lost = [name for name, gain in known.items() if gain.value is not None and gain.value <= 0]
    if lost:
        return f"does not beat: {listing(lost)}"
    if not known or not card.verdict.published:
        return "; ".join(card.verdict.reasons)
    every = f"all {len(known)} naive rules" if len(known) > 1 else "the naive rule"
    open_ = [name for name, gain in known.items() if gain.low is None or gain.low <= 0]
    return f"beats {every}, not surely yet: {listing(open_)}" if open_ else f"surely beats {every}"


_CARDS = "SELECT target, published, verdict, as_of, card FROM model_cards ORDER BY target"
_FORECASTS = """
SELECT customer_id, target, item, score, low, high, by_day, purpose FROM forecasts
WHERE LIST_CONTAINS($customers, customer_id) AND as_of = $as_of AND (item IS NULL OR by_day IS NOT NULL)
ORDER BY target, customer_id, item, by_day"""
