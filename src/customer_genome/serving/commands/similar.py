from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from customer_genome.serving.options import (
    AsOf,
    Customer,
    Directory,
    Identifier,
    Json,
    Purpose,
    named,
    opened,
)
from customer_genome.serving.output import print_json, print_rows


def similar(
    customer: Customer,
    *,
    k: Annotated[int, typer.Option("-k", min=1, help="How many to show.")] = 10,
    identifier: Identifier = None,
    directory: Directory = Path(),
    purpose: Purpose = "analytics",
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Who is most like a customer: the nearest others by their whole genome.

    Similarity is the cosine of the two vectors, -1 to 1. `genome compare` shows which genes make it.

        $ genome similar household:208 -k 3 --with-identifier household --dir demo
        household  similarity
              149        0.67
             2068        0.64
             1720        0.63

    Ends with 0, or with 6 where there is no such customer, or they have no vector yet.
    """
    workspace = opened(directory, as_of=as_of)
    rows = workspace.similar(customer, k=k, purpose=purpose)
    if identifier is not None:
        rows = named(workspace, rows, identifier=identifier, purpose=purpose)
    if as_json:
        print_json(rows.to_pylist())
    else:
        names = (identifier,) if identifier else ()
        print_rows(rows.to_pylist(), names=names, empty="nobody: no other customer has a vector yet")
