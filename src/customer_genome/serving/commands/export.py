from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from customer_genome.serving.options import AsOf, Directory, Json, Purpose, opened
from customer_genome.serving.output import console, counted, print_json


def export(
    table: Annotated[
        str, typer.Argument(metavar="TABLE", help="A table of the reference, such as expressions.")
    ],
    *,
    purpose: Purpose,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="A .parquet, .csv or .jsonl file.")],
    directory: Directory = Path(),
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Write what a purpose may see of a table to a file for others.

    The file is whole or not there. In a CSV file, text that a spreadsheet would run as a formula gets an apostrophe.

        $ genome export expressions --purpose analytics --out expressions.parquet --dir demo
        wrote 652,589 rows to expressions.parquet

    Ends with 0, with 6 for a table that there is not, or with 5 where the purpose may not see it.
    """
    from customer_genome.core.errors import NotFound
    from customer_genome.privacy.access import public_tables

    if table not in public_tables():
        raise NotFound(f"no table {table!r} to export", expected=", ".join(public_tables()))
    rows = opened(directory, as_of=as_of).export(table, purpose=purpose, out=out)
    if as_json:
        print_json({"table": table, "file": out, "rows": rows})
    else:
        console().print(f"wrote {counted(rows, 'row')} to {out}", markup=False, soft_wrap=True)
