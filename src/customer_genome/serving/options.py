"""What several commands ask for in the same words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import pyarrow as pa

    from customer_genome.app.workspace import Workspace
    from customer_genome.privacy import Access

TWIN = "twin_id"
Directory = Annotated[Path, typer.Option("--dir", help="The project's folder.")]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of",
        metavar="TIME",
        help="Show what was known before this moment: a date (its local midnight) or a date and time. "
        "Built on the side if it is not there yet.",
    ),
]
Purpose = Annotated[
    str,
    typer.Option(
        "--purpose",
        help="Why the data are read; customers who refused it are left out, and the read is recorded.",
    ),
]
Json = Annotated[
    bool, typer.Option("--json", help="Print JSON for machines, and nothing else, on standard output.")
]
Identifier = Annotated[
    str | None,
    typer.Option(
        "--with-identifier",
        metavar="TYPE",
        help="Name customers by this type of identifier in place of customer_id; a direct one stays in the vault.",
    ),
]
Customer = Annotated[
    str, typer.Argument(metavar="CUSTOMER", help="A customer_id, or TYPE:VALUE such as household:208.")
]


def opened(directory: Path, *, as_of: str | None = None) -> Workspace:
    """Open the project, as of a moment if one is given, which is built on the side where it is missing."""
    import customer_genome
    from customer_genome.serving.progress import Bars

    workspace = customer_genome.open(directory)
    if as_of is None:
        return workspace
    with Bars() as bars:
        return workspace.at(as_of, progress=bars)


def named(workspace: Workspace, rows: pa.Table, *, identifier: str, purpose: str) -> pa.Table:
    """Put an identifier in the place of customer_id; customers without one are left out.

    A column twin_id becomes `twin_` and the identifier's type; it is empty for a twin without one.
    """
    from customer_genome.app.readers import access_to, with_identifier

    access = access_to(workspace.folder, workspace.snapshot)
    try:
        if TWIN in rows.column_names:
            rows = _twins_named(access, rows, identifier=identifier, purpose=purpose)
        return with_identifier(access, rows, kind=identifier, purpose=purpose)
    finally:
        access.engine.close()


def _twins_named(access: Access, rows: pa.Table, *, identifier: str, purpose: str) -> pa.Table:
    import pyarrow.compute as pc

    from customer_genome.app.readers import identifiers_of

    known = identifiers_of(access, identifier, purpose=purpose)
    place = pc.index_in(rows[TWIN], value_set=known["customer_id"].combine_chunks())
    return rows.set_column(rows.column_names.index(TWIN), f"twin_{identifier}", known[identifier].take(place))
