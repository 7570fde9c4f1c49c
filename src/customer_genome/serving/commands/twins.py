from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from customer_genome.serving.options import AsOf, Customer, Directory, Json, Purpose, opened
from customer_genome.serving.output import print_json, print_rows

if TYPE_CHECKING:
    from customer_genome.app.best import Beside


def twins(
    customer: Customer,
    *,
    k: Annotated[int, typer.Option("-k", min=1, help="How many twins and genes to show.")] = 5,
    matched: Annotated[
        bool,
        typer.Option(
            "--matched", help="Only twins in the same phase who have been customers for about as long."
        ),
    ] = False,
    directory: Directory = Path(),
    purpose: Purpose = "analytics",
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Who among the best is most like a customer, which genes still differ, and what was followed by such changes.

    Twins are the nearest of the best by vector. For each gene that differs the actions on record are listed after
    which it changed in that direction in other customers, beside matched customers without the action. That is
    association: no experiment supports it, and following it may do nothing.

        $ genome twins household:1 -k 2 --dir demo
        c4qyk7e3kzez (next; 36% chance of being among the best): twins among the best
        twin          similarity
        chamkmnapiqp        0.67
        c2lbdyxvmdgk        0.59
        ...

    Ends with 0, or with 6 for a customer whom nobody knows or who is not ranked yet.
    """
    from customer_genome.app.best import NO_EXPERIMENT, beside_the_best

    found = beside_the_best(
        opened(directory, as_of=as_of).access(), customer, k=k, matched=matched, purpose=purpose
    )
    if as_json:
        print_json({**asdict(found), "support": NO_EXPERIMENT})
        return
    _twins(found)
    shown = found.differing[:k]
    genes = [
        {"gene": one.gene, "customer": one.customer, "twin": one.twin, "sets the best apart": one.sets_apart}
        for one in shown
    ]
    many = f"{len(found.differing):,}, those that set the best apart first"
    print_rows(genes, title=f"Genes that still differ from the nearest twin: {many}", empty="none surely")
    rows = [row for one in shown for row in _moves(one.gene, one.moves, one.reason)]
    print_rows(
        rows,
        title=f"What was followed by a change towards the twin in others ({NO_EXPERIMENT})",
        empty="nothing",
    )


def _twins(found: Beside) -> None:
    said = (
        found.chance_reason if found.chance is None else f"{found.chance:.0%} chance of being among the best"
    )
    rows = [{"twin": name, "similarity": cosine} for name, cosine in found.twins]
    title = f"{found.customer_id} ({found.standing}; {said}): twins among the best"
    print_rows(rows, title=title, empty=found.reason or "nobody")


def _moves(gene: str, moves: tuple[dict[str, Any], ...], reason: str | None) -> list[dict[str, Any]]:
    if not moves:
        return [{"gene": gene, "after": reason, "change": None, "low": None, "high": None, "customers": None}]
    return [
        {"gene": gene, "after": row["action"]}
        | {name: row[name] for name in ("change", "low", "high", "customers")}
        for row in moves
    ]
