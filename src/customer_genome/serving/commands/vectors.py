from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from customer_genome.serving.options import Directory, Identifier, Json, Purpose, opened
from customer_genome.serving.output import console, counted, print_json

if TYPE_CHECKING:
    from datetime import datetime

    from customer_genome.app.vectors import WindowVectors
    from customer_genome.app.workspace import Workspace


def vectors(
    *,
    start: Annotated[
        str,
        typer.Option("--from", metavar="TIME", help="The window's beginning: a date, or a date and time."),
    ],
    end: Annotated[str, typer.Option("--to", metavar="TIME", help="The window's end, itself outside.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="A .parquet, .csv or .jsonl file.")],
    identifier: Identifier = None,
    transform: Annotated[
        str | None,
        typer.Option(
            "--transform",
            metavar="TIME",
            help="Learn the transform from all that was known before this moment, which must not be later than the "
            "window. Without it: from the first 168 days of the history.",
        ),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(
            "--without",
            metavar="BLOCK",
            help="Leave a block out (zeros): identity, channel, lifestyle, genes or behaviour. May stand repeatedly.",
        ),
    ] = None,
    directory: Directory = Path(),
    purpose: Purpose = "analytics",
    as_json: Json = False,
) -> None:
    """The vectors of a window of time, from what customers did in it alone.

    Windows encoded by the same transform can be compared: the nearest vector of another window is often the same
    customer's. That is a measure of quality, and a risk of recognising people; `--without channel` lowers it.

        $ genome vectors --from 2017-06-19 --to 2017-09-11 --with-identifier household --out q.parquet --dir demo
        wrote 2,264 rows to q.parquet: household, vector, transform

    Ends with 0, with 1 where the transform would see the window or no history, with 6 for a block or an identifier
    type that there is not, or with 5 where the purpose may not see it.
    """
    from customer_genome.app.export import write_table

    workspace = opened(directory)
    found = workspace.vectors(
        start, end, transform=transform, without=tuple(without or ()), identifier=identifier, purpose=purpose
    )
    written = write_table(found.rows, out)
    if as_json:
        print_json(
            {"file": out, "rows": written, "columns": found.rows.column_names, **_account(found, workspace)}
        )
    else:
        said = f"wrote {counted(written, 'row')} to {out}: {', '.join(found.rows.column_names)}"
        console().print(said, markup=False, soft_wrap=True)
        _print(_account(found, workspace))


def _account(found: WindowVectors, workspace: Workspace) -> dict[str, object]:
    from customer_genome.core.as_of import local_text

    def shown(moment: datetime) -> str:
        return local_text(moment, zone=workspace.folder.project.tz)

    return {
        "transform": found.version,
        "learned_from": shown(found.learned_from),
        "learned_until": shown(found.learned_until),
        "learned_from_customers": found.customers,
        "known_share": found.known_share,
        "reason": found.reason,
    }


def _print(account: dict[str, object]) -> None:
    share = account["known_share"]
    known = f"{share:.0%} of the window's purchases are of items it knows" if isinstance(share, float) else ""
    learned = (
        f"transform {account['transform']}, learned from {account['learned_from_customers']:,} customers "
        f"between {account['learned_from']} and {account['learned_until']}"
    )
    lines = [learned, known or "nobody bought in the window"]
    if account["reason"] is not None:
        lines.append(f"no metric could be learned: {account['reason']}")
    for line in lines:
        console().print(line, markup=False, soft_wrap=True, style="bright_black")
