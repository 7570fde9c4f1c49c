from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from customer_genome.serving.options import AsOf, Directory, Json, opened
from customer_genome.serving.output import clean, console, counted, print_json, print_rows


def explain(
    stage: Annotated[
        str | None, typer.Argument(metavar="[STAGE]", help="A stage or a step; without it, all stages.")
    ] = None,
    *,
    directory: Directory = Path(),
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """What the build did, step by step: the SQL or kernel, what it read, how many rows it wrote, how long it took.

    Without a stage, lists the stages in order with their steps.

        $ genome explain --dir demo
        stage    step       kind  writes      rows  seconds
        journey  customers  sql   customers  2,469     0.98
        $ genome explain journey --dir demo

    Ends with 0, with 6 for a stage that did not run, or with 7 where nothing is built yet.
    """
    runs = opened(directory, as_of=as_of).explain(stage)
    if as_json:
        print_json(list(runs))
        return
    if stage is None:
        same = {name: name for name in ("kind", "writes", "rows", "seconds")}
        print_rows(runs, columns={"stage": "stage", "name": "step"} | same)
        return
    for run in runs:
        _step(run)


def _step(run: dict[str, Any]) -> None:
    out = console()
    out.print(f"\n{run['name']}  ({run['stage']}, {run['kind']})", markup=False, style="bold")
    reads = ", ".join(run["reads"]) or "files or nothing"
    took = f"{counted(run['rows'], 'row')} in {run['seconds']:.2f} s, for the purpose {run['purpose']}"
    out.print(f"reads {reads}; writes {run['writes']}: {took}", markup=False, style="bright_black")
    out.print(clean(str(run["detail"]).rstrip()), markup=False, soft_wrap=True)
