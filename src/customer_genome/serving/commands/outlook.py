from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from customer_genome.serving.options import AsOf, Directory, Json, Purpose, opened
from customer_genome.serving.output import console, print_json, print_rows


def outlook(
    *,
    periods: Annotated[int, typer.Option("--periods", min=1, help="How many periods of 28 days ahead.")] = 13,
    retention: Annotated[
        float,
        typer.Option(
            "--retention", help="What if so much more of the customers stayed each period (0.01: a point)."
        ),
    ] = 0.0,
    acquired: Annotated[
        float, typer.Option("--acquired", min=0, help="What if so many customers were won each period.")
    ] = 0.0,
    acquired_value: Annotated[
        float, typer.Option("--acquired-value", help="What one of them brings each period.")
    ] = 0.0,
    acquired_cost: Annotated[float, typer.Option("--acquired-cost", help="What winning one costs.")] = 0.0,
    directory: Directory = Path(),
    purpose: Purpose = "analytics",
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """What the customers of today will bring over the next periods, and what a change would be worth.

    From how often each one bought and what they paid (BG/NBD and Gamma-Gamma). A what-if is an assumption: it says what
    the change would be worth if it came, not how to bring it about. Last, what the same forecast would have said three
    periods ago stands beside what came.

        $ genome outlook --periods 6 --retention 0.01 --dir demo

    Ends with 0, or with 1 where too little is known to say.
    """
    found = opened(directory, as_of=as_of).targets.outlook(
        periods=periods, retention=retention, acquired=acquired, acquired_value=acquired_value,
        acquired_cost=acquired_cost, purpose=purpose,
    )  # fmt: skip
    rows = [
        {"period": place + 1, "expected": float(one), "what_if": float(other)}
        for place, (one, other) in enumerate(zip(found.curve.expected, found.curve.assumed, strict=True))
    ]
    about = {"customers": found.customers, "total": found.curve.total, "gain": found.curve.gain,
             "said_before": found.said, "came": found.came}  # fmt: skip
    if as_json:
        print_json({**about, "periods": rows})
        return
    print_rows(rows, columns={"period": "period", "expected": "expected", "what_if": "what if"})
    out = console()
    out.print(f"{found.customers:,} customers, {found.curve.total:,.0f} in all", markup=False)
    if found.curve.gain:
        out.print(
            f"the what-if would add {found.curve.gain:,.0f}: an assumption, not an effect", markup=False
        )
    if found.said is not None and found.came:
        off = found.said / found.came - 1
        out.print(
            f"three periods ago it would have said {found.said:,.0f} for the customers of then; "
            f"{found.came:,.0f} came ({off:+.1%})", markup=False, soft_wrap=True,
        )  # fmt: skip
