"""The command line: `genome COMMAND`, one module a command in `commands`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from customer_genome.serving.commands.backtest import backtest
from customer_genome.serving.commands.best import best
from customer_genome.serving.commands.build import build
from customer_genome.serving.commands.card import card
from customer_genome.serving.commands.compare import compare
from customer_genome.serving.commands.consent import consent
from customer_genome.serving.commands.demo import demo
from customer_genome.serving.commands.explain import explain
from customer_genome.serving.commands.export import export
from customer_genome.serving.commands.init import init
from customer_genome.serving.commands.journey import journey
from customer_genome.serving.commands.outlook import outlook
from customer_genome.serving.commands.predict import predict
from customer_genome.serving.commands.services import services
from customer_genome.serving.commands.show import show
from customer_genome.serving.commands.similar import similar
from customer_genome.serving.commands.sql import sql
from customer_genome.serving.commands.status import status
from customer_genome.serving.commands.twins import twins
from customer_genome.serving.commands.vectors import vectors
from customer_genome.serving.failures import CLOSED_PIPE, INTERRUPTED, failed
from customer_genome.serving.output import console

app = typer.Typer(
    name="genome",
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
PANELS = {
    "Begin": (init, services, demo, build, status),
    "Ask": (show, compare, similar, best, twins, journey, sql),
    "Predict": (predict, backtest, card, outlook),
    "Hand over and look behind": (export, vectors, explain, consent),
}
for _panel, _commands in PANELS.items():
    for _command in _commands:
        app.command(rich_help_panel=_panel)(_command)


@app.callback()
def genome(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            is_eager=True,
            callback=lambda asked: _version(asked=asked),
            help="Print the version.",
        ),
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show where an error came from; may stand anywhere.")
    ] = False,
) -> None:
    """One explained genome for every customer, from all first-party data.

    Exit codes: 0 done; 1 another error; 2 the command or its SQL is wrong; 3 genome.yaml is wrong; 4 a source
    cannot be read; 5 the purpose does not allow it; 6 not found; 7 nothing is built yet; 8 another build is running;
    9 a prediction is refused; 70 a fault in this program; 130 interrupted.
    """
    del version, debug


def main() -> None:
    """Run the command line and end the process with its exit code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; what goes wrong is said on standard error."""
    debug = "--debug" in arguments
    kept = [argument for argument in arguments if argument != "--debug"]
    try:
        code = _run(kept)
        sys.stdout.flush()
    except BrokenPipeError:
        _leave_quietly()
        return CLOSED_PIPE
    except Exception as error:  # noqa: BLE001 - the last line of defence: an apology, not a trace
        return failed(error, debug=debug)
    if code == INTERRUPTED:
        console(stderr=True).print("interrupted: nothing half-done is visible")
    return code


def _run(arguments: list[str]) -> int:
    try:
        typer.main.get_command(app)(arguments, prog_name="genome")
    except SystemExit as ended:
        if isinstance(ended.__context__, BrokenPipeError):  # typer and rich turn it into an exit with 1
            raise ended.__context__ from None
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


def _leave_quietly() -> None:
    """Whoever read standard output has gone: say nothing more, also when the interpreter flushes at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _version(*, asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"genome {version('customer-genome')}")
        raise typer.Exit
