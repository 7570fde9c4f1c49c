"""What the stage `best` reads: what customers brought, and their sessions with the genes that were in them."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy import sparse

from customer_genome.core.frames import codes
from customer_genome.core.project import Project
from customer_genome.core.step import Sql, Tables, sql_file
from customer_genome.core.verbs import money_table
from customer_genome.genome.best_history import Sessions
from customer_genome.privacy import Workbench

EARNED, PROPERTIES = "CAST(value AS DOUBLE) /* earned */", " /* properties */"
"""What stands in the .sql files for what a purchase earns, and for the properties that it is computed from."""
DNA = Sql(
    "SELECT d.item_id, d.gene, d.strength FROM item_dna AS d JOIN genes AS g ON d.gene = g.gene "
    "WHERE d.strength > 0 AND g.sensitivity = 'ordinary' ORDER BY d.item_id, d.gene",
    reads=("item_dna", "genes"),
)
"""Genes that anybody may be ranked by: those that say something personal are left out."""


class Baskets(NamedTuple):
    """Sessions with a purchase, sessions × genes (1 where an item of it carries the gene), and the genes' names."""

    sessions: Sessions
    genes: sparse.csr_matrix
    names: list[str]


def value_sql(bench: Workbench) -> Sql:
    """Return the SELECT of what each customer brings a day, with their vector and number of sessions."""
    half_life = float(bench.project.best.half_life)
    return _filled(
        sql_file("customer_genome.genome.stages", "best_value", as_of=bench.state.as_of, half_life=half_life),
        bench.project,
    )


def lines_sql(bench: Workbench) -> Sql:
    """Return the SELECT of sessions and what was in them."""
    return _filled(sql_file(__package__, "best_lines", zone=bench.project.time_zone), bench.project)


def small_tables(project: Project) -> Tables:
    """Return the verbs that are purchases, and what each verb costs."""
    costs = {name: amount for name, amount in project.best.costs.items() if name in project.verbs}
    table = pa.table(
        {"verb": pa.array(list(costs), pa.string()), "amount": pa.array(list(costs.values()), pa.float64())}
    )
    return {"money_verbs": money_table(project), "verb_costs": table}


def baskets(lines: pa.Table, *, customers: pa.Array, dna: pa.Table) -> Baskets:
    """Return the sessions of `customers` (sorted) and the genes in each."""
    place = lines["place"].to_numpy().astype(np.int64)
    first = (
        np.flatnonzero(np.r_[True, place[1:] != place[:-1]]) if len(place) else np.zeros(0, dtype=np.int64)
    )
    each = lines.take(pa.array(first))
    channels = pc.unique(pc.drop_null(each["channel"])).sort()
    sessions = Sessions(
        customer=codes(each["customer_id"], customers),
        day=_numbers(each, "day"),
        value=_numbers(each, "value"),
        items=_numbers(each, "items"),
        categories=_numbers(each, "categories"),
        channel=codes(each["channel"], channels),
    )
    items, genes = pc.unique(dna["item_id"]).sort(), pc.unique(dna["gene"]).sort()
    shape = len(first), len(items)
    item = codes(lines["item_id"], items)
    held = sparse.csr_matrix((np.ones((item >= 0).sum()), (place[item >= 0], item[item >= 0])), shape=shape)
    cells = codes(dna["item_id"], items), codes(dna["gene"], genes)
    carries = sparse.csr_matrix((np.ones(dna.num_rows), cells), shape=(len(items), len(genes)))
    made = sparse.csr_matrix(held @ carries)
    made.data[:] = 1
    return Baskets(sessions, made, genes.to_pylist())


def _numbers(rows: pa.Table, name: str) -> NDArray[np.float64]:
    return np.asarray(rows[name].cast(pa.float64()).to_numpy(), dtype=np.float64)


def _filled(sql: Sql, project: Project) -> Sql:
    best, verbs = project.best, tuple(project.verbs)
    text = sql.text.replace(EARNED, f"CAST({best.earned(verbs)} AS DOUBLE)")
    return replace(sql, text=text.replace(PROPERTIES, best.property_columns(verbs)))
