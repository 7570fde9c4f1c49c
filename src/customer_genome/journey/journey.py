"""The stage `journey`: what each customer's interactions add up to, and the phase that follows from it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from customer_genome.core.project import Project
from customer_genome.core.settings import BuildSettings
from customer_genome.core.step import Sql, SqlStep, StepRun, sql_file
from customer_genome.core.verbs import money_table
from customer_genome.privacy import Workbench


def journey(bench: Workbench, settings: BuildSettings) -> tuple[StepRun, ...]:
    """Derive the customers touched; phases are taken anew for all, since time alone can change them."""
    del settings
    project = bench.project
    money = {"money_verbs": money_table(project)}
    steps = (
        SqlStep("customers", sql_file(__package__, "customers"), "customers", "service", tables=money),
        SqlStep("customer verbs", sql_file(__package__, "customer_verbs"), "customer_verbs", "service"),
        SqlStep("phases", phases(project, as_of=bench.state.as_of), "phases", "service"),
    )
    return tuple(bench.run(step) for step in steps)


def phases(project: Project, *, as_of: datetime | None) -> Sql:
    """Return the SELECT of every customer's phase: the first whose condition holds.

    Since the last interaction nothing but time has passed, so the day on which the phase began is found by asking
    the conditions of each day since then. Conditions and verbs are the project's, so the file is completed by them.
    """
    cases = " ".join(f"WHEN {phase.when} THEN '{phase.name}'" for phase in project.phases)
    verbs = [(name, name.replace("-", "_")) for name in project.verbs]
    pivot = "".join(
        f", MIN(CASE WHEN verb = '{name}' THEN first_at END) AS first_{column}_at"
        f", MAX(CASE WHEN verb = '{name}' THEN last_at END) AS last_{column}_at"
        f", COALESCE(SUM(CASE WHEN verb = '{name}' THEN interactions END), 0) AS {column}_count"
        for name, column in verbs
    )
    listed = "".join(
        f", v.first_{column}_at, v.last_{column}_at, COALESCE(v.{column}_count, 0) AS {column}_count"
        for _, column in verbs
    )
    file = sql_file(__package__, "phases", as_of=as_of)
    text = file.text.replace("/* verbs */", pivot).replace("/* columns */", listed)
    return replace(file, text=text.replace("WHEN TRUE THEN '' /* phases */", cases))
