"""The stage `imprint`: item DNA is carried over to the customers, and becomes their expressions."""

from __future__ import annotations

from datetime import datetime
from functools import partial

import pyarrow as pa

from customer_genome.core.settings import BuildSettings
from customer_genome.core.step import KernelStep, Sql, SqlStep, StepRun, sql_file
from customer_genome.genome.imprinter import GenomeImprinter
from customer_genome.genome.stages.behaviour import behaviour_steps
from customer_genome.genome.stages.catalogue import catalogue
from customer_genome.genome.stages.imprints import imprints
from customer_genome.genome.stages.rules import rule_tables, rules
from customer_genome.genome.stages.verbs import verb_weights
from customer_genome.genome.stages.word_dna import word_dna
from customer_genome.privacy import Workbench

PURPOSE = "analytics"
COMPONENT = "shares"
ITEMS = Sql(
    "SELECT item_id, category, COALESCE(item_group, kind) AS item_group FROM items ORDER BY item_id",
    reads=("items",),
)
ITEM_GENES = Sql(
    "SELECT d.item_id, d.gene, d.strength FROM item_dna AS d JOIN items AS i ON d.item_id = i.item_id "
    "WHERE SPLIT_PART(d.origin, ' ', 1) IN (SELECT rule FROM dna_rules WHERE unit = 'item') ORDER BY d.item_id, d.gene",
    reads=("item_dna", "items", "dna_rules"),
)
SESSION_GENES = Sql(
    "SELECT DISTINCT gene FROM item_dna "
    "WHERE SPLIT_PART(origin, ' ', 1) IN (SELECT rule FROM dna_rules WHERE unit = 'session')",
    reads=("item_dna", "dna_rules"),
)


def imprint(bench: Workbench, settings: BuildSettings) -> tuple[StepRun, ...]:
    """Derive item DNA (with the reference), evidence, support and expressions of the customers touched."""
    del settings
    before, known = len(bench.runs), rules(bench.project)
    tables = rule_tables(bench.project)
    if bench.refit:
        tables["word_dna"] = word_dna(bench, known, tables=tables, purpose=PURPOSE)
        bench.run(SqlStep("item dna", sql_file(__package__, "item_dna"), "item_dna", PURPOSE, tables=tables))
    bench.run(SqlStep("evidence", sql_file(__package__, "evidence"), "evidence", PURPOSE))
    tables["session_genes"] = bench.query(SESSION_GENES, purpose=PURPOSE, tables=tables)
    found = _evidence(bench, tables)
    imprinter = _learned(bench, found)
    bench.run(KernelStep("support", {}, imprinter.support, "support", PURPOSE, tables=found))
    if bench.refit:
        support = Sql("SELECT * FROM support", reads=("support",))
        function = partial(catalogue, project=bench.project, known=known, imprinter=imprinter)
        bench.run(KernelStep("genes", {"support": support}, function, "genes", PURPOSE, tables=found))
    mine = Sql(
        "SELECT s.* FROM support AS s JOIN touched AS t ON s.customer_id = t.customer_id ORDER BY 1, 2",
        reads=("support", "touched"),
    )
    genes = Sql("SELECT * FROM genes ORDER BY gene", reads=("genes",))
    bench.run(KernelStep("expressions", {"support": mine, "genes": genes}, imprints, "imprints", PURPOSE))
    for step in behaviour_steps(bench.project, as_of=bench.state.as_of):
        bench.run(step)
    return tuple(bench.runs[before:])


def _evidence(bench: Workbench, tables: dict[str, pa.Table]) -> dict[str, pa.Table]:
    """Read the item DNA, and what the customers touched chose, weighed at the reference time by the verbs' weights."""
    at, zone = reference_time(bench), bench.project.time_zone
    given = {**tables, "touched": bench.touched}
    found = {
        name: bench.query(sql, purpose=PURPOSE, tables=given)
        for name, sql in {"items": ITEMS, "dna": ITEM_GENES}.items()
    }
    given["verbs"] = verb_weights(bench, tables=found, purpose=PURPOSE)
    weighed = {
        "weights": sql_file(__package__, "item_weights", reference_at=at),
        "sessions": sql_file(__package__, "session_genes", reference_at=at, zone=zone),
    }
    return found | {name: bench.query(sql, purpose=PURPOSE, tables=given) for name, sql in weighed.items()}


def reference_time(bench: Workbench) -> datetime:
    """Return the moment at which weights are taken: that of the reference, so that increments add up."""
    if bench.refit or bench.base is None:
        assert bench.state.as_of is not None
        return bench.state.as_of
    return datetime.fromisoformat(bench.base.inputs["reference"]["as_of"])


def _learned(bench: Workbench, tables: dict[str, pa.Table]) -> GenomeImprinter:
    engine = bench.project.engine
    threads, memory = engine.threads, engine.bytes // 3
    if bench.refit:
        imprinter = GenomeImprinter(threads=threads, memory=memory).fit(tables)
        arrays, meta = imprinter.to_arrays()
        bench.hold(COMPONENT, arrays=arrays, meta=meta)
        return imprinter
    return GenomeImprinter.from_arrays(*bench.held(COMPONENT), threads=threads, memory=memory)
