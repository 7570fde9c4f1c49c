"""Part of the stage `best`: after which actions on record the genes of the best changed in others."""

from __future__ import annotations

from functools import partial

import numpy as np
import pyarrow as pa

from customer_genome.core.frames import codes
from customer_genome.core.step import KernelStep, Sql, StepRun, Tables, sql_file
from customer_genome.core.verbs import verb_table
from customer_genome.genome.moves import Events, Study, moves
from customer_genome.genome.stages.best_inputs import Baskets
from customer_genome.privacy import Workbench
from customer_genome.tables import contract

PURPOSE = "analytics"
MOST_ACTIONS, MOST_GENES = 40, 60
"""The actions that reached most customers, and the genes that separate most, are looked at: fewer false finds."""
APART = Sql(
    "SELECT gene FROM best_genes WHERE q_value <= 0.05 AND stability >= 0.8 AND effect > 0 "
    "ORDER BY ABS(LN(effect)) DESC, gene",
    reads=("best_genes",),
)


def moves_step(bench: Workbench, found: Baskets, *, customers: pa.Array, as_of: float) -> StepRun:
    """Run the step that studies what followed what customers received, and what they answered."""
    tables = {"verbs": verb_table(bench.project)}
    inputs = {"events": sql_file(__package__, "events", zone=bench.project.time_zone), "apart": APART}
    function = partial(study, found=found, customers=customers, as_of=as_of)
    return bench.run(KernelStep("moves", inputs, function, "moves", PURPOSE, tables=tables))


def study(tables: Tables, *, found: Baskets, customers: pa.Array, as_of: float) -> pa.Table:
    """Return the change of each gene after each action; no row where too few customers say anything."""
    rows, apart = tables["events"], tables["apart"]["gene"].to_pylist()
    where = {gene: column for column, gene in enumerate(found.names)}
    genes = [gene for gene in apart if gene in where][:MOST_GENES]
    actions = _commonest(rows)
    if not genes or not actions:
        return pa.Table.from_pylist([], contract("moves").schema)
    action = codes(rows["action"], pa.array(actions, pa.string()))
    kept = action >= 0
    events = Events(
        codes(rows["customer_id"], customers)[kept],
        rows["day"].to_numpy()[kept].astype(np.float64),
        action[kept],
    )
    columns = found.genes[:, [where[gene] for gene in genes]]
    made = moves(
        found.sessions, genes=columns, events=events, customers=len(customers), as_of=as_of, study=Study()
    )
    return pa.Table.from_pylist(
        [
            {
                "action": actions[one.action], "gene": genes[one.gene], "before": one.before, "change": one.change,
                "low": one.low, "high": one.high, "q_value": one.q, "customers": one.customers, "matched": one.matched,
            }
            for one in made
        ],
        contract("moves").schema,
    )  # fmt: skip


def _commonest(rows: pa.Table) -> list[str]:
    """Return the actions that reached most customers, those that reach the same ones said once (the shorter name)."""
    counted = rows.group_by("action").aggregate([("customer_id", "count_distinct"), ("day", "count")])
    listed = counted.to_pylist()
    listed.sort(key=lambda row: (-row["customer_id_count_distinct"], len(row["action"]), row["action"]))
    seen, kept = set(), []
    for row in listed:
        size = row["action"].split(" ")[0], row["customer_id_count_distinct"], row["day_count"]
        if size not in seen:
            seen.add(size)
            kept.append(row["action"])
    return kept[:MOST_ACTIONS]
