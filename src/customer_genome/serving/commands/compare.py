from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from customer_genome.serving.options import AsOf, Customer, Directory, Json, Purpose, opened
from customer_genome.serving.output import counted, print_json, print_pairs, print_rows

if TYPE_CHECKING:
    from customer_genome.app.resemblance import Resemblance
    from customer_genome.genome.compare import Contribution


def compare(
    left: Customer,
    right: Customer,
    *,
    k: Annotated[int, typer.Option("-k", min=1, help="How many genes to show on each side.")] = 8,
    directory: Directory = Path(),
    purpose: Purpose = "analytics",
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """How alike two customers are, and which genes make and break it.

    The similarity runs from -1 to 1. It is made of genes in which both lean the same way and broken by those in
    which they do not; a lean that may be chance hardly counts.

        $ genome compare household:208 household:900 --dir demo
        similarity  -0.05 (over 268 genes known of both)
        ...
        What sets them apart
        gene                    household:208  household:900  takes
        category:FLOUR & MEALS           9.42           0.30  0.049

    Ends with 0, or with 6 where there is no such customer, or the purpose may not see one of them.
    """
    found = opened(directory, as_of=as_of).compare(left, right, purpose=purpose)
    if as_json:
        print_json(as_dict(found))
        return
    genes = found.genes
    known = f"over {counted(genes.shared, 'gene')} known of both" if genes.reason is None else genes.reason
    alike = "unknown" if genes.similarity is None else f"{genes.similarity:.2f}"
    vectors = "unknown" if found.cosine is None else f"{found.cosine:.2f}"
    print_pairs([("similarity", f"{alike} ({known})"), ("of their vectors", vectors)])
    heads = {"gene": "gene", "left": left, "right": right}
    made, broken = heads | {"contribution": "adds"}, heads | {"difference": "takes"}
    print_rows(_rows(genes.making(k)), columns=made, title="What makes them alike", empty="no gene")
    print_rows(_rows(genes.breaking(k)), columns=broken, title="What sets them apart", empty="no gene")


def as_dict(found: Resemblance) -> dict[str, Any]:
    """Return a comparison as plain values; its contributions add up to the similarity."""
    genes = found.genes
    return {
        "left": found.left.customer_id,
        "right": found.right.customer_id,
        "as_of": found.left.as_of,
        "similarity": genes.similarity,
        "reason": genes.reason,
        "vector_similarity": found.cosine,
        "shared": genes.shared,
        "known": genes.known,
        "genes": _rows(genes.contributions),
    }


def _rows(parts: tuple[Contribution, ...]) -> list[dict[str, Any]]:
    return [asdict(part) for part in parts]
