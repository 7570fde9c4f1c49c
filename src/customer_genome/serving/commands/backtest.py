from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from customer_genome.serving.options import AsOf, Directory, Json, opened
from customer_genome.serving.output import console, print_json, print_rows

if TYPE_CHECKING:
    from customer_genome.predictions.learn import Tested


def backtest(
    target: Annotated[
        str, typer.Argument(metavar="[TARGET]", help="A target of genome.yaml; without it, all of them.")
    ] = "all",
    *,
    cuts: Annotated[
        int, typer.Option("--cuts", min=1, help="At how many earlier moments, a horizon apart.")
    ] = 3,
    directory: Directory = Path(),
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """How well a target would have been predicted at earlier moments, beside simple rules.

    At each moment everything is learned anew from what was known before it, and held against what came after.
    A gain is how much better the model is than a rule, with a 95 % interval over customers; below 0 it is worse.

        $ genome backtest lapse --cuts 2 --dir demo

    Ends with 0, or with 6 for a target that there is not.
    """
    workspace = opened(directory, as_of=as_of)
    from customer_genome.serving.progress import Bars

    with Bars() as bars:
        found = workspace.targets.backtest(target, cuts=cuts, progress=bars)
    if as_json:
        print_json({name: _as_dict(one) for name, one in found.items()})
        return
    for name, tested in found.items():
        _table(name, tested)


def _as_dict(tested: Tested) -> dict[str, Any]:
    return {
        "horizon": tested.horizon,
        "verdict": tested.verdict.to_dict(),
        "backtest": tested.found.to_dict() if tested.found is not None else None,
    }


def _table(name: str, tested: Tested) -> None:
    from customer_genome.predictions.honesty.verdict import NAMES, span

    rows = []
    if tested.found is not None:
        primary = tested.found.primary
        for model, judged in tested.found.models.items():
            gain = tested.found.gains.get(tested.found.best or "", {}).get(model, {}).get(primary)
            row = {"who": model, "gain": span(gain) if gain is not None else ""}
            rows.append(row | {metric: span(one) for metric, one in judged.metrics.items()})
        columns = {
            "who": "",
            **{metric: NAMES[metric] for metric in judged.metrics},
            "gain": "gain of the model",
        }
        print_rows(rows, columns=columns, title=f"{name}, over {tested.horizon} days")
    for reason in tested.verdict.reasons:
        console().print(reason, markup=False, soft_wrap=True)
