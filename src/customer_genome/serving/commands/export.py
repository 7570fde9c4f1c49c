from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from customer_genome.serving.options import AsOf, Directory, Json, opened
from customer_genome.serving.output import console, counted, print_json

if TYPE_CHECKING:
    from customer_genome.app.workspace import Workspace

TRAINING_SET = "training-set"


def export(
    table: Annotated[
        str,
        typer.Argument(
            metavar="TABLE", help="A table of the reference, such as expressions, or training-set."
        ),
    ],
    *,
    purpose: Annotated[
        str | None,
        typer.Option("--purpose", help="Why a table is read; a training set is read for model training."),
    ] = None,
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            metavar="FILE",
            help="A .parquet, .csv or .jsonl file; for a training set .parquet or .arrow.",
        ),
    ],
    target: Annotated[
        str | None,
        typer.Option("--target", metavar="TARGET", help="For training-set: a target of genome.yaml."),
    ] = None,
    cuts: Annotated[
        int,
        typer.Option("--cuts", min=1, help="For training-set: at how many past moments, a horizon apart."),
    ] = 6,
    directory: Directory = Path(),
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Write what a purpose may see of a table, or a training set for any model, to a file for others.

    The file is whole or not there. In a CSV file, text that a spreadsheet would run as a formula gets an apostrophe.
    A training set has one row a customer and past moment: features as they were known then, and what came after as the
    label. A JSON file beside it says where each feature comes from, and which customers are in it by what right.

        $ genome export expressions --purpose analytics --out expressions.parquet --dir demo
        wrote 652,589 rows to expressions.parquet
        $ genome export training-set --target lapse --out lapse.parquet --dir demo

    Ends with 0, with 2 where an option is missing, with 6 for a table or target that there is not, or with 5 where the
    purpose may not see it.
    """
    from customer_genome.core.errors import NotFound
    from customer_genome.privacy.access import public_tables

    if table == TRAINING_SET:
        _needed(target, "--target")
        rows = _training_set(opened(directory, as_of=as_of), target or "", out, cuts=cuts)
    elif table not in public_tables():
        raise NotFound(f"no table {table!r} to export", expected=", ".join((*public_tables(), TRAINING_SET)))
    else:
        _needed(purpose, "--purpose")
        rows = opened(directory, as_of=as_of).export(table, purpose=purpose or "", out=out)
    if as_json:
        print_json({"table": table, "file": out, "rows": rows})
    else:
        console().print(f"wrote {counted(rows, 'row')} to {out}", markup=False, soft_wrap=True)


def _needed(value: str | None, option: str) -> None:
    if value is None:
        raise typer.BadParameter(f"it is needed here: {option}")


def _training_set(workspace: Workspace, target: str, out: Path, *, cuts: int) -> int:
    from customer_genome.predictions.honesty.training_set import write_training_set

    made = workspace.targets.training_set(target, cuts=cuts)
    write_training_set(made, out)
    return int(made.table.num_rows)
