from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from customer_genome.serving.options import AsOf, Directory, Identifier, Json, opened
from customer_genome.serving.output import console, counted, print_json, print_rows

if TYPE_CHECKING:
    import pyarrow as pa

    from customer_genome.app.workspace import Workspace

ALL, NEXT_BASKET = "all", "next-basket"
LEAN = ("item", "score", "rank")
"""What an answer that is handed over holds beside the customer's name."""
DECLARED = {"item": "item", "score": "score", "low": "low", "high": "high"}
BASKET = {
    "item": "item",
    "rank": "rank",
    "probability": "probability",
    "base_rate": "base rate",
    "reason": "reason",
}
"""What is shown of a declared target and of the next basket, under which headings."""
SHOWN = 50
"""Rows printed where everybody is asked about."""


def predict(
    target: Annotated[
        str,
        typer.Argument(
            metavar="TARGET", help="A target of genome.yaml, all of them (all), or next-basket: see below."
        ),
    ] = NEXT_BASKET,
    *,
    level: Annotated[
        str,
        typer.Option(
            "--level",
            help="For next-basket: item, category, group, or a column of the catalogue that these come from.",
        ),
    ] = "category",
    k: Annotated[
        int | None, typer.Option("-k", min=1, help="How many for each customer, likeliest first.")
    ] = None,
    customer: Annotated[
        str | None,
        typer.Option("--customer", metavar="CUSTOMER", help="Only this customer (an id or TYPE:VALUE)."),
    ] = None,
    identifier: Identifier = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FILE", help="Write it to a .parquet, .csv or .jsonl file; for all, a folder."
        ),
    ] = None,
    details: Annotated[
        bool,
        typer.Option("--details", help="For next-basket, with --out: probability, base_rate and reason too."),
    ] = False,
    directory: Directory = Path(),
    purpose: Annotated[
        str | None,
        typer.Option("--purpose", help="For next-basket: why it is read. A target has a purpose of its own."),
    ] = None,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """What each customer will probably do next.

    A target that genome.yaml declares is learned the first time that it is asked for, tested on what came after an
    earlier moment, and shown only if it beats its baselines there: `genome card TARGET` has the figures. A score is
    the probability of what the target names, or an expected amount; low and high bound it. Without a target the
    next basket is shown, which every build brings up to date and which needs no learning.

        $ genome predict lapse --customer household:208 --dir demo
        $ genome predict all --as-of 2017-12-04 --with-identifier household --out predictions --dir demo
        $ genome predict next-basket --customer household:208 -k 2 --dir demo
        item                    rank  probability  base rate  reason
        COUPON/MISC ITEMS          1         0.41       0.10  in 3 of the last 20 baskets; neighbours 100 %
        BAKED BREAD/BUNS/ROLLS     2         0.32       0.22  in 9 of the last 20 baskets; neighbours 98 %
        $ genome predict next-basket --level product_category --as-of 2017-12-04 -k 50
            --with-identifier household --out preds.parquet --dir demo
        wrote 123,200 rows to preds.parquet: household, item, score, rank

    Ends with 0; with 6 for a target, level, customer or identifier type that there is not; or with 9 where a model
    is refused.
    """
    workspace = opened(directory, as_of=as_of)
    if target == ALL:
        _all(workspace, out=out, identifier=identifier, as_json=as_json)
        return
    declared = target in workspace.targets.names
    if declared:
        rows = _declared(workspace, target, k=k, customer=customer, identifier=identifier)
    else:
        rows = workspace.predict(
            target, level=level, k=k or 10, customer=customer, identifier=identifier,
            purpose=purpose or "personalisation",
        )  # fmt: skip
    if out is not None:
        lean = identifier is not None and not details and not declared
        _write(rows.select([identifier, *LEAN]) if lean else rows, out, as_json=as_json)
    elif as_json:
        print_json(rows.to_pylist())
    else:
        _print(rows, columns=DECLARED if declared else BASKET, one=customer is not None)
        if declared and customer is not None and rows.num_rows:
            _because(workspace, target, customer, item=rows["item"][0].as_py())


def _because(workspace: Workspace, target: str, customer: str, *, item: str | None) -> None:
    found = workspace.targets.reasons(target, customer, item=item)
    title = "What moves it most (effect in log odds, or in amount over usual)"
    if found:
        print_rows(found, columns=("because", "effect"), title=title)


def _declared(
    workspace: Workspace, target: str, *, k: int | None, customer: str | None, identifier: str | None
) -> pa.Table:
    from customer_genome.serving.progress import Bars

    with Bars() as bars:
        return workspace.targets.predict(target, k=k, customer=customer, identifier=identifier, progress=bars)


def _all(workspace: Workspace, *, out: Path | None, identifier: str | None, as_json: bool) -> None:
    """Write every target's file, or without a folder only learn and say what came of it."""
    from customer_genome.serving.progress import Bars

    with Bars() as bars:
        if out is None:
            made = {
                one.target: one.rows if one.published else one.verdict
                for one in workspace.targets.make(progress=bars)
            }
        else:
            made = workspace.targets.write(ALL, out, identifier=identifier, progress=bars)
    if as_json:
        print_json({"folder": out, "targets": made})
        return
    rows = [
        {
            "target": name,
            "rows": said if isinstance(said, int) else None,
            "refused": said if isinstance(said, str) else "",
        }
        for name, said in made.items()
    ]
    print_rows(
        rows,
        columns={"target": "target", "rows": "rows", "refused": "not shown, because"},
        empty="no targets",
    )
    if out is not None:
        console().print(f"written to {out}, one Parquet file a target", markup=False, soft_wrap=True)


def _write(rows: pa.Table, out: Path, *, as_json: bool) -> None:
    from customer_genome.app.export import write_table

    written = write_table(rows, out)
    if as_json:
        print_json({"file": out, "rows": written, "columns": rows.column_names})
    else:
        said = f"wrote {counted(written, 'row')} to {out}: {', '.join(rows.column_names)}"
        console().print(said, markup=False, soft_wrap=True)


def _print(rows: pa.Table, *, columns: dict[str, str], one: bool) -> None:
    first = rows.column_names[0]
    shown = rows.slice(0, rows.num_rows if one else SHOWN)
    listed: list[dict[str, Any]] = shown.to_pylist()
    if all(row["item"] is None for row in listed):
        columns = {name: said for name, said in columns.items() if name != "item"}
    print_rows(
        listed, columns=columns if one else {first: first, **columns}, names=(first,), empty="too few to say"
    )
    if shown.num_rows < rows.num_rows:
        said = f"{counted(rows.num_rows - shown.num_rows, 'more row')}; --customer, --out FILE or --json show them"
        console().print(said, markup=False, style="bright_black")
