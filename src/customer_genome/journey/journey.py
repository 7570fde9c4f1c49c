"""The stage `journey`: what each customer's interactions add up to, and the phases that follow from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa

from customer_genome.core.journey_settings import Phase
from customer_genome.core.project import Project
from customer_genome.core.settings import BuildSettings
from customer_genome.core.step import Sql, SqlStep, StepRun, sql_file
from customer_genome.core.verbs import money_table
from customer_genome.journey.gene_readings import read_genes
from customer_genome.journey.phase_text import ANY, PURCHASE, Looks, looks, phase_text
from customer_genome.privacy import Workbench

_OF_THE_TOUCHED = """FROM interactions AS i
    JOIN touched AS t ON i.customer_id = t.customer_id"""


def journey(bench: Workbench, settings: BuildSettings) -> tuple[StepRun, ...]:
    """Derive the customers touched; phases are taken anew for all, since time alone can change them."""
    del settings
    project, ran = bench.project, len(bench.runs)
    seen = _looks(project, project.phases)
    money = {"money_verbs": money_table(project)}
    bench.run(SqlStep("customers", sql_file(__package__, "customers"), "customers", "service", tables=money))
    bench.run(SqlStep("customer verbs", sql_file(__package__, "customer_verbs"), "customer_verbs", "service"))
    bench.run(_steps("journey steps", _stepped(project), "journey_steps", step_verbs(project, seen)))
    if seen.genes:
        read_genes(bench, seen.genes)
    history = phase_text(project.phases, seen, as_of=bench.state.as_of)
    bench.run(SqlStep("phase history", history, "phase_history", "service"))
    bench.run(SqlStep("phases", sql_file(__package__, "phases"), "phases", "service"))
    if project.accounts is not None:
        _accounts(bench, project.accounts.phases)
    return tuple(bench.runs[ran:])


def step_verbs(project: Project, seen: Looks) -> pa.Table:
    """Return which verbs are steps of the journey (verb, step, by_session): those that conditions look at."""
    rows = [(verb, verb, False) for verb in seen.verbs]
    if seen.purchases:
        rows += [(verb, PURCHASE, True) for verb in project.money_verbs]
    if seen.interactions:
        rows += [(verb, ANY, False) for verb in project.verbs]
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    types = (pa.string(), pa.string(), pa.bool_())
    return pa.table(dict(zip(("verb", "step", "by_session"), map(pa.array, columns, types), strict=True)))


def _accounts(bench: Workbench, phases: Sequence[Phase]) -> None:
    """Derive all accounts: the steps are those of customers, over the interactions of all their people."""
    project = bench.project
    seen = _looks(project, phases)
    totals = sql_file(__package__, "accounts")
    owned = totals.text.split("WITH owned AS (")[1].split("\n),")[0]
    stepped = _of_accounts(_stepped(project), {_OF_THE_TOUCHED: f"FROM ({owned}\n    ) AS i"})
    reads = tuple(name for name in totals.reads if name != "money_verbs")
    stepped = replace(stepped, reads=(*reads, "step_verbs"))
    history = _of_accounts(phase_text(phases, seen, as_of=bench.state.as_of), {})
    history = replace(history, reads=("account_steps", "accounts"))
    money = {"money_verbs": money_table(project)}
    bench.run(SqlStep("accounts", totals, "accounts", "service", tables=money))
    bench.run(_steps("account steps", stepped, "account_steps", step_verbs(project, seen)))
    bench.run(SqlStep("account phases", history, "account_phases", "service"))


def _of_accounts(sql: Sql, parts: dict[str, str]) -> Sql:
    """Return a step of customers as one of accounts."""
    text = sql.text.replace("customer_id", "account_id")
    text = text.replace("journey_steps", "account_steps").replace("FROM customers", "FROM accounts")
    for old, new in parts.items():
        text = text.replace(old.replace("customer_id", "account_id"), new)
    return replace(sql, text=text)


def _stepped(project: Project) -> Sql:
    return sql_file(__package__, "journey_steps", zone=project.time_zone)


def _steps(name: str, sql: Sql, table: str, verbs: pa.Table) -> SqlStep:
    return SqlStep(name, sql, table, "service", tables={"step_verbs": verbs})


def _looks(project: Project, phases: Sequence[Phase]) -> Looks:
    return looks((phase.when for phase in phases), verbs=project.verbs, attributes=project.attributes)
