from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from customer_genome.serving.options import AsOf, Directory, Json, Purpose, opened
from customer_genome.serving.output import console, counted, print_json, print_rows

SCREEN = 40
"""Rows that a terminal shows; a file or another program gets all of them."""


def sql(
    query: Annotated[str, typer.Argument(metavar="QUERY", help="One SELECT, in DuckDB's dialect.")],
    *,
    purpose: Purpose,
    directory: Directory = Path(),
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Ask anything in SQL over what a purpose may see.

    The session holds the tables of the reference (customers, interactions, expressions, genes, facts, ...), without
    the customers who refused the purpose. It can read nothing else and write nothing.

        $ genome sql "SELECT phase, count(*) AS customers FROM phases GROUP BY ALL" --purpose analytics --dir demo
        phase     customers
        active        2,085
        lapsing         241
        $ genome sql "SELECT * FROM best" --purpose analytics --dir demo --json | jq length

    Ends with 0, with 2 for SQL that cannot be run, or with 5 for a purpose that may not see a table.
    """
    workspace = opened(directory, as_of=as_of)
    rows = workspace.sql(query, purpose=purpose)
    if as_json:
        print_json(rows.to_pylist())
        return
    shown = rows.slice(0, SCREEN) if sys.stdout.isatty() else rows
    project, columns = workspace.folder.project, rows.column_names
    names = [column for column in columns if column in project.identifiers or column.endswith("_id")]
    print_rows(shown.to_pylist(), columns=columns, zone=project.tz, names=names, exact=True)
    if shown.num_rows < rows.num_rows:
        said = f"{counted(rows.num_rows - shown.num_rows, 'more row')}; --json or `genome export` show them"
        console().print(said, markup=False, style="bright_black")
