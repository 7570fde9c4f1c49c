from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from customer_genome.serving.options import AsOf, Directory, Identifier, Json, Purpose, opened
from customer_genome.serving.output import console, counted, print_json, print_rows

if TYPE_CHECKING:
    import pyarrow as pa

LEAN = ("item", "score", "rank")
"""What an answer that is handed over holds beside the customer's name."""


def predict(
    target: Annotated[
        str, typer.Argument(metavar="TARGET", help="What to predict: next-basket.")
    ] = "next-basket",
    *,
    level: Annotated[
        str,
        typer.Option(
            "--level", help="item, category, group, or a column of the catalogue that these come from."
        ),
    ] = "category",
    k: Annotated[int, typer.Option("-k", min=1, help="How many for each customer, likeliest first.")] = 10,
    customer: Annotated[
        str | None,
        typer.Option("--customer", metavar="CUSTOMER", help="Only this customer (an id or TYPE:VALUE)."),
    ] = None,
    identifier: Identifier = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="Write it to a .parquet, .csv or .jsonl file."),
    ] = None,
    details: Annotated[
        bool,
        typer.Option(
            "--details", help="With --with-identifier and --out: probability, base_rate and reason too."
        ),
    ] = False,
    directory: Directory = Path(),
    purpose: Purpose = "personalisation",
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """What each customer will probably choose next, with probability and reason.

    The probability is calibrated on baskets that the model had not seen; it is empty where that could not be done.
    The base rate is the same chance over all customers.

        $ genome predict next-basket --customer household:208 -k 2 --dir demo
        item                    rank  probability  base rate  reason
        COUPON/MISC ITEMS          1         0.41       0.10  in 3 of the last 20 baskets; neighbours 100 %
        BAKED BREAD/BUNS/ROLLS     2         0.32       0.22  in 9 of the last 20 baskets; neighbours 98 %
        $ genome predict next-basket --level product_category --as-of 2017-12-04 -k 50
            --with-identifier household --out preds.parquet --dir demo
        wrote 123,200 rows to preds.parquet: household, item, score, rank

    Ends with 0, or with 6 for a target, level, customer or identifier type that there is not.
    """
    workspace = opened(directory, as_of=as_of)
    rows = workspace.predict(
        target, level=level, k=k, customer=customer, identifier=identifier, purpose=purpose
    )
    if out is not None:
        _write(rows, out, identifier=None if details else identifier, as_json=as_json)
    elif as_json:
        print_json(rows.to_pylist())
    else:
        _print(rows, one=customer is not None)


def _write(rows: pa.Table, out: Path, *, identifier: str | None, as_json: bool) -> None:
    from customer_genome.app.export import write_table

    kept = rows if identifier is None else rows.select([identifier, *LEAN])
    written = write_table(kept, out)
    if as_json:
        print_json({"file": out, "rows": written, "columns": kept.column_names})
    else:
        said = f"wrote {counted(written, 'row')} to {out}: {', '.join(kept.column_names)}"
        console().print(said, markup=False, soft_wrap=True)


def _print(rows: pa.Table, *, one: bool) -> None:
    names = {
        "item": "item",
        "rank": "rank",
        "probability": "probability",
        "base_rate": "base rate",
        "reason": "reason",
    }
    first = rows.column_names[0]
    shown = rows.slice(0, rows.num_rows if one else 50)
    columns = names if one else {first: first, **names}
    print_rows(shown.to_pylist(), columns=columns, names=(first,), empty="too few to say")
    if shown.num_rows < rows.num_rows:
        said = f"{counted(rows.num_rows - shown.num_rows, 'more row')}; --customer, --out FILE or --json show them"
        console().print(said, markup=False, style="bright_black")
