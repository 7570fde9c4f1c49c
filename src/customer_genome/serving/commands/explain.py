from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from customer_genome.serving.options import AsOf, Directory, Json, opened
from customer_genome.serving.output import clean, console, counted, print_json, print_rows

VERBS = "verbs"


def explain(
    stage: Annotated[
        str | None,
        typer.Argument(metavar="[STAGE]", help="A stage, a step, or `verbs`; without it, all stages."),
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

    `verbs` shows how much each verb counts as evidence, by hand or learned, and what it foretells. A weight that was
    learned says how many purchases one interaction is worth, with its 95 % interval.

        $ genome explain verbs --dir demo
        verb   weight  half-life  origin   learned   low  high  foretells
        buy      1.00     120.00  by hand     1.00     –     –  one more item with a gene: 3.8 % more first ...

    Ends with 0, with 6 for a stage that did not run, or with 7 where nothing is built yet.
    """
    workspace = opened(directory, as_of=as_of)
    if stage == VERBS:
        _verbs(workspace.verbs().to_pylist(), as_json=as_json)
        return
    runs = workspace.explain(stage)
    if as_json:
        print_json(list(runs))
        return
    if stage is None:
        same = {name: name for name in ("kind", "writes", "rows", "seconds")}
        print_rows(runs, columns={"stage": "stage", "name": "step"} | same)
        return
    for run in runs:
        _step(run)


def _verbs(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    """Print what is used of each verb, then the half-lives that competed."""
    if as_json:
        print_json(rows)
        return
    figures = {name: name for name in ("learned", "low", "high")}
    heads = {"verb": "verb", "weight": "weight", "half_life": "half-life", "origin": "origin"}
    print_rows(
        [row for row in rows if row["used"]],
        columns=heads | figures | {"foretells": "foretells"},
        empty="no verbs: the next build weighs them",
    )
    tried = Counter(row["verb"] for row in rows)
    print_rows(
        [row for row in rows if tried[row["verb"]] > 1],
        columns={"verb": "verb", "half_life": "half-life", "used": "used"} | figures | {"gain": "gain"},
        title="Half-lives that were compared: the gain in fit is against the worst, in units of noise",
        empty="none: there is too little to compare them by",
    )


def _step(run: dict[str, Any]) -> None:
    out = console()
    out.print(f"\n{run['name']}  ({run['stage']}, {run['kind']})", markup=False, style="bold")
    reads = ", ".join(run["reads"]) or "files or nothing"
    took = f"{counted(run['rows'], 'row')} in {run['seconds']:.2f} s, for the purpose {run['purpose']}"
    out.print(f"reads {reads}; writes {run['writes']}: {took}", markup=False, style="bright_black")
    out.print(clean(str(run["detail"]).rstrip()), markup=False, soft_wrap=True)
