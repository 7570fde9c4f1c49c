from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any

import typer

from customer_genome.serving.options import AsOf, Directory, Identifier, Json, Purpose, named, opened
from customer_genome.serving.output import console, counted, print_json, print_rows

MOST_CHANCE, LEAST_STABILITY = 0.05, 0.8
"""A gene sets the best apart where it is found again in that share of resamples and is so rarely chance."""


def best(
    *,
    k: Annotated[int, typer.Option("-k", min=1, help="How many customers and genes to show.")] = 10,
    identifier: Identifier = None,
    directory: Directory = Path(),
    purpose: Purpose = "analytics",
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Who the best customers are, what goes with being one, and who will probably join them.

    Best is the share of customers (`best.share` in genome.yaml) with the highest value a day, recent value counting
    more; value is revenue less the costs that are known, or profit where a margin is named. An effect of 1.5 means:
    half as much again as among the rest; q is the risk that it is chance, stability the share of resamples that find
    it again; "restates" marks what is gone among customers who buy equally often. Next are those of the others with
    the highest chance of being among the best over the horizon; who is too new to say is in neither list. A twin
    is the most similar customer among the best.

        $ genome best -k 3 --dir demo
        The genes that set the best apart: 355, largest effects first (q ≤ 0.05, stability ≥ 0.8)
        gene               effect   low  high      q  stability  restates
        manufacturer:462     0.14  0.10  0.20  <0.01       1.00        no
        manufacturer:5569    0.15  0.12  0.19  <0.01       1.00        no
        manufacturer:1282    0.20  0.14  0.27  <0.01       1.00        no
        ...

    With --json: one object with `genes` (all that set them apart), `customers` (all of them, best first) and `checks`
    (how well each ranking found those who became best in the past); the table best_genes holds every gene that was
    tested. Ends with 0.
    """
    from customer_genome.app.best import CHECKS, what_genes_add

    workspace = opened(directory, as_of=as_of)
    checks = workspace.access().query(CHECKS, purpose=purpose).to_pylist()
    ranked, tested = workspace.best(purpose=purpose)
    if identifier is not None:
        ranked = named(workspace, ranked, identifier=identifier, purpose=purpose)
    genes = surely_apart(tested.to_pylist())
    if as_json:
        print_json({"genes": genes, "customers": ranked.to_pylist(), "checks": checks})
        return
    _genes(genes, k=k)
    _customers(ranked.to_pylist(), k=k, names=(identifier, f"twin_{identifier}") if identifier else ())
    for line in what_genes_add(checks):
        console().print(line, markup=False)


def surely_apart(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the genes that set the best apart beyond chance and resampling, largest effects first.

    An effect is a ratio: 0.5 is as large as 2.
    """
    sure = [
        row
        for row in rows
        if row["q_value"] <= MOST_CHANCE and row["stability"] >= LEAST_STABILITY and row["effect"] > 0
    ]
    return sorted(sure, key=lambda row: (-abs(math.log(row["effect"])), row["gene"]))


def _genes(rows: list[dict[str, Any]], *, k: int) -> None:
    same = {name: name for name in ("gene", "effect", "low", "high")}
    columns = same | {"q_value": "q", "stability": "stability", "restates": "restates"}
    bounds = f"q ≤ {MOST_CHANCE}, stability ≥ {LEAST_STABILITY}"
    title = f"The genes that set the best apart: {len(rows):,}, largest effects first ({bounds})"
    print_rows(rows[:k], columns=columns, title=title, empty="no gene separates them surely")


def _customers(customers: list[dict[str, Any]], *, k: int, names: Collection[str]) -> None:
    among = [_shown(row) for row in customers if row["is_best"]]
    title = f"The best: {len(among):,} of {counted(len(customers), 'customer')}"
    print_rows(among[:k], names=names, title=title, empty="nobody yet")
    asked = [row for row in customers if row["chance_rank"] is not None]
    likely = [_shown(row) for row in sorted(asked, key=lambda row: row["chance_rank"])]
    reasons = Counter(row["chance_reason"] for row in customers if row["chance_reason"])
    why = "; ".join(f"{reason} ({number:,})" for reason, number in reasons.most_common())
    print_rows(likely[:k], names=names, title="Next: the likeliest of the others", empty=why or "nobody")


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is the same for everybody listed."""
    return {key: value for key, value in row.items() if key not in _SAME}


_SAME = ("is_best", "standing", "chance_reason", "horizon_days", "chance_rank")
