from __future__ import annotations

import math
from collections.abc import Collection
from pathlib import Path
from typing import Annotated, Any

import typer

from customer_genome.serving.options import AsOf, Directory, Identifier, Json, Purpose, named, opened
from customer_genome.serving.output import counted, print_json, print_rows

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
    """Who the best customers are, what sets them apart, and who is like them already.

    Best is the share of customers (`best.share` in genome.yaml) with the highest revenue a day, recent revenue
    counting more. An effect of 1.5 means: half as much again as among the rest; q is the risk that it is chance,
    stability the share of resamples that find it again. A twin is the most similar customer among the best.

        $ genome best -k 3 --dir demo
        The genes that set the best apart: 343, largest effects first (q ≤ 0.05, stability ≥ 0.8)
        gene               effect   low  high      q  stability
        manufacturer:462     0.14  0.10  0.20  <0.01       1.00
        manufacturer:5569    0.15  0.12  0.19  <0.01       1.00
        manufacturer:1282    0.20  0.14  0.27  <0.01       1.00
        ...

    With --json: one object with `genes` (all that set them apart) and `customers` (all of them, best first); the
    table best_genes holds every gene that was tested. Ends with 0.
    """
    workspace = opened(directory, as_of=as_of)
    ranked, tested = workspace.best(purpose=purpose)
    if identifier is not None:
        ranked = named(workspace, ranked, identifier=identifier, purpose=purpose)
    genes = surely_apart(tested.to_pylist())
    if as_json:
        print_json({"genes": genes, "customers": ranked.to_pylist()})
        return
    _genes(genes, k=k)
    _customers(ranked.to_pylist(), k=k, names=(identifier, f"twin_{identifier}") if identifier else ())


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
    columns = same | {"q_value": "q", "stability": "stability"}
    bounds = f"q ≤ {MOST_CHANCE}, stability ≥ {LEAST_STABILITY}"
    title = f"The genes that set the best apart: {len(rows):,}, largest effects first ({bounds})"
    print_rows(rows[:k], columns=columns, title=title, empty="no gene separates them surely")


def _customers(customers: list[dict[str, Any]], *, k: int, names: Collection[str]) -> None:
    among = [row for row in customers if row["is_best"]]
    title = f"The best: {len(among):,} of {counted(len(customers), 'customer')}"
    print_rows(among[:k], names=names, title=title, empty="nobody yet")
    rest = sorted(
        (row for row in customers if not row["is_best"]), key=lambda row: -(row["similarity"] or -2)
    )
    print_rows(rest[:k], names=names, title="The rest who are most like the best", empty="nobody")
