"""The catalogue of genes: what each means, its prior, and how far it can be trusted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from customer_genome.core.project import Project
from customer_genome.core.step import Tables
from customer_genome.genome.imprinter import GenomeImprinter, Part, item_part, session_part
from customer_genome.genome.prior import Prior, prior
from customer_genome.genome.reliability import Trial, reliability
from customer_genome.genome.shares import SESSION_RULE
from customer_genome.genome.shares import Rule as ItemRule
from customer_genome.genome.stages.behaviour import behaviour_genes
from customer_genome.genome.stages.rules import Rule
from customer_genome.tables import contract

PERSISTS = 0.1
"""A gene whose strength in one half of the history does not correlate with the other half by this much is hidden."""
CROSSES = 0.15
"""A gene whose strength does not correlate between categories by this much is a trait of its categories."""
BUILT_IN = {"channel": "sessions in this channel", "time": "sessions at this time of the day or week"}
MINIMUM_CUSTOMERS = 30
SAMPLE = 20_000
"""Priors are fitted on at most this many customers."""


def catalogue(
    tables: Tables, *, project: Project, known: Sequence[Rule], imprinter: GenomeImprinter
) -> pa.Table:
    """Return one row a gene; genes that too few customers met are not made."""
    support = tables["support"]
    met = (
        support.filter(pc.greater(support["observed"], 0))
        .group_by("gene")
        .aggregate([("customer_id", "count")])
    )
    customers = dict(zip(met["gene"].to_pylist(), met["customer_id_count"].to_pylist(), strict=True))
    rules = _of_families(known)
    names = sorted(g for g, n in customers.items() if n >= _minimum(rules.get(_family(g))))
    if not names:
        return _table(behaviour_genes(project), project)
    families = sorted({_family(name) for name in names})
    fitted = _priors(imprinter.support(_sample(tables), minimum=0.0), names, families)
    trust = _trust(tables, imprinter)
    rows = [
        {**_named(name, rules.get(_family(name)), project), **_shape(fitted, place), **trust.get(name, {})}
        | {"standing": _standing(trust.get(name, {}), rules.get(_family(name)))}
        for place, name in enumerate(names)
    ]
    return _table([*rows, *behaviour_genes(project)], project)


def _of_families(known: Sequence[Rule]) -> dict[str, Rule]:
    """Return the rule that speaks for each family: what only corrects single items comes last."""
    return {rule.family: rule for rule in sorted(known, key=lambda rule: rule.rule is not None)}


def _named(name: str, rule: Rule | None, project: Project) -> dict[str, Any]:
    return {
        "gene": name,
        "family": _family(name),
        "definition": _definition(name, rule),
        "owner": rule.owner if rule is not None else _owner(project),
        "sensitivity": rule.sensitivity if rule is not None else "ordinary",
        "unit": rule.unit if rule is not None else "session",
    }


def _shape(fitted: Prior, place: int) -> dict[str, float | None]:
    known = not np.isnan(fitted.a[place])
    return {
        "prior_a": float(fitted.a[place]) if known else None,
        "prior_b": float(fitted.b[place]) if known else None,
    }


def _table(rows: list[dict[str, Any]], project: Project) -> pa.Table:
    purposes = ", ".join(_purposes(project))
    return pa.Table.from_pylist([{"purpose": purposes, **row} for row in rows], contract("genes").schema)


def _sample(tables: Tables) -> Tables:
    """Return the inputs of every n-th customer, so that at most SAMPLE remain."""
    customers = pc.unique(tables["weights"]["customer_id"]).sort()
    kept = customers.take(pa.array(range(0, len(customers), 1 + len(customers) // SAMPLE)))
    cut = {
        name: tables[name].filter(pc.is_in(tables[name]["customer_id"], value_set=kept))
        for name in ("weights", "sessions")
    }
    return {**tables, **cut} if len(kept) < len(customers) else tables


def _priors(support: pa.Table, names: list[str], families: list[str]) -> Prior:
    kept = support.filter(pc.is_in(support["gene"], value_set=pa.array(names)))
    indexed = kept.set_column(
        kept.schema.get_field_index("gene"), "gene", pc.index_in(kept["gene"], value_set=pa.array(names))
    )
    return prior(indexed, families=np.array([families.index(_family(name)) for name in names]))


def _trust(tables: Tables, imprinter: GenomeImprinter) -> Mapping[str, dict[str, float | None]]:
    """Measure every gene's reliability between the two halves of the population's history."""
    items = item_part(tables, names=imprinter.names_)
    found = dict(_figures(items, *_halves(items.rows, first="first_at", last="last_at"), session=False))
    sessions = session_part(tables, names=imprinter.names_)
    return found | dict(
        _figures(sessions, *_halves(sessions.rows, first="began", last="began"), session=True)
    )


def _halves(rows: pa.Table, *, first: str, last: str) -> tuple[pa.Table, pa.Table]:
    """Split distinct pairs at the middle of the history; a pair met on both sides stands in both."""
    start, end = pc.min(rows[first]).cast(pa.int64()).as_py(), pc.max(rows[last]).cast(pa.int64()).as_py()
    middle = (start + end) // 2 if start is not None else 0
    kept = ["customer", "item", "weight"]
    even = rows.set_column(rows.schema.get_field_index("weight"), "weight", pa.array(np.ones(rows.num_rows)))
    before = even.filter(pc.less(rows[first].cast(pa.int64()), middle)).select(kept)
    after = even.filter(pc.greater_equal(rows[last].cast(pa.int64()), middle)).select(kept)
    return before, after


def _figures(
    part: Part, before: pa.Table, after: pa.Table, *, session: bool
) -> list[tuple[str, dict[str, float | None]]]:
    if not before.num_rows or not after.num_rows:
        return []
    families = _codes([_family(name) for name in part.genes.to_pylist()])
    rule = SESSION_RULE if session else ItemRule()
    trial = Trial(dna=part.dna, families=families, n_customers=len(part.customers), rule=rule)
    found = reliability(before, after=after, trial=trial).to_pylist()
    columns = {"reliability_time": "over_time"}
    if not session:
        columns |= {
            "reliability_new_items": "on_new_items",
            "reliability_categories": "across_categories",
            "slope_new_items": "slope",
        }
    return [
        (name, {column: row[figure] for column, figure in columns.items()})
        for name, row in zip(part.genes.to_pylist(), found, strict=True)
    ]


def _standing(figures: Mapping[str, float | None], rule: Rule | None) -> str:
    lasts, crosses = figures.get("reliability_time"), figures.get("reliability_categories")
    if lasts is None or lasts < PERSISTS:
        return "hidden"
    if rule is not None and rule.unit == "item" and (crosses is None or crosses < CROSSES):
        return "category trait"
    return "gene"


def _definition(name: str, rule: Rule | None) -> str:
    family, _, label = name.partition(":")
    if rule is None:
        return f"{BUILT_IN.get(family, family)}: {label}"
    shown = (rule.rule.label if rule.rule is not None else None) or family
    unit = "sessions with" if rule.unit == "session" else "distinct items with"
    return f"{unit} {shown}: {label}, against what the same choices would lead one to expect"


def _family(gene: str) -> str:
    return gene.partition(":")[0]


def _minimum(rule: Rule | None) -> int:
    return rule.minimum_customers if rule is not None else MINIMUM_CUSTOMERS


def _owner(project: Project) -> str:
    return next(iter(project.sources_of("interactions").values())).department


def _purposes(project: Project) -> list[str]:
    """Genes rest on all interactions, so they may be read only for what every source of these allows."""
    sources = project.sources_of("interactions")
    return [
        purpose
        for purpose in project.purposes
        if all(purpose in project.purposes_of(name) for name in sources)
    ]


def _codes(values: list[str]) -> NDArray[np.int64]:
    return np.unique(np.array(values, dtype=str), return_inverse=True)[1].astype(np.int64)
