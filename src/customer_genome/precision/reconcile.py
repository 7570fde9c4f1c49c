"""The stage `reconcile`: what the sources claim about a customer becomes facts."""

from __future__ import annotations

from customer_genome.core.settings import BuildSettings
from customer_genome.core.step import SqlStep, StepRun, sql_file
from customer_genome.privacy import UPKEEP, Workbench


def reconcile(bench: Workbench, settings: BuildSettings) -> tuple[StepRun, ...]:
    """Take each source's newest claim; sources that disagree leave the fact disputed, without a value.

    No precision is stated: a claim that nothing checks has no calibrated probability of being true.
    """
    del settings
    return (bench.run(SqlStep("facts", sql_file(__package__, "facts"), "facts", UPKEEP)),)
