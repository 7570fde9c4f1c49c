"""The stage `encode`: the genome's digital encoding."""

from __future__ import annotations

from functools import partial

import numpy as np
import pyarrow as pa

from customer_genome.core.frames import counts, dense
from customer_genome.core.settings import BuildSettings
from customer_genome.core.step import KernelStep, Sql, StepRun, Tables, sql_file
from customer_genome.core.verbs import money_table
from customer_genome.genome.vector import Inputs, Measured, Vectoriser
from customer_genome.privacy import Workbench

PURPOSE = "analytics"
COMPONENT = "vector"
HABITS = ("spend", "basket", "breadth", "gap_mean", "gap_deviation", "novelty", "discounts", "response")
"""Measured over the history: the vector of a customer without news does not move with the calendar."""
STRENGTHS = Sql(
    "SELECT e.customer_id, e.gene, e.strength FROM imprints AS e JOIN touched AS t ON e.customer_id = t.customer_id "
    "JOIN genes AS g ON e.gene = g.gene WHERE g.unit = 'item' ORDER BY e.customer_id, e.gene",
    reads=("imprints", "genes", "touched"),
)
HABIT_ROWS = Sql(
    "SELECT h.* FROM habits AS h JOIN touched AS t ON h.customer_id = t.customer_id ORDER BY h.customer_id",
    reads=("habits", "touched"),
)


def encode(bench: Workbench, settings: BuildSettings) -> tuple[StepRun, ...]:
    """Encode the customers touched by the reference's transform, learned anew with the reference."""
    del settings
    tables = {"money_verbs": money_table(bench.project), "touched": bench.touched}
    inputs = {
        "contents": sql_file(__package__, "contents"),
        "strengths": STRENGTHS,
        "habits": HABIT_ROWS,
    }
    found = {name: bench.query(sql, purpose=PURPOSE, tables=tables) for name, sql in inputs.items()}
    if bench.refit:
        vectoriser = Vectoriser().fit(blocks(found, customers=_customers(bench.touched)))
        arrays, meta = vectoriser.to_arrays()
        bench.hold(COMPONENT, arrays=arrays, meta=meta)
    else:
        vectoriser = Vectoriser.from_arrays(*bench.held(COMPONENT))
    function = partial(vectors, vectoriser=vectoriser)
    step = KernelStep("vectors", {}, function, "vectors", PURPOSE, tables={**found, "touched": bench.touched})
    return (bench.run(step),)


def vectors(tables: Tables, *, vectoriser: Vectoriser) -> pa.Table:
    """Encode each touched customer in 128 numbers."""
    customers = _customers(tables["touched"])
    made = vectoriser.encode(blocks(tables, customers=customers))
    flat = pa.array(made.ravel(), pa.float32())
    offsets = pa.array(np.arange(0, made.size + 1, vectoriser.dimensions, dtype=np.int32))
    return pa.table(
        {
            "customer_id": customers,
            "vector": pa.ListArray.from_arrays(offsets, flat),
            "transform": pa.array([vectoriser.version_] * len(customers), pa.string()),
        }
    )


def blocks(tables: Tables, *, customers: pa.Array) -> Inputs:
    """Return each block's measurements of `customers`, from contents, strengths and habits."""
    contents, strengths, habits = tables["contents"], tables["strengths"], tables["habits"]
    made = {
        block: Measured(*counts(contents, customers=customers, key=key, value="sessions"))
        for block, key in (("identity", "item_id"), ("channel", "channel"), ("lifestyle", "category"))
    }
    genes = strengths["gene"].unique().sort()
    logs = np.log2(dense(strengths, customers=customers, columns=genes, key="gene", value="strength"))
    made["genes"] = Measured(logs, genes.to_pylist())
    made["behaviour"] = Measured(_habits(habits, customers), list(HABITS))
    return made


def _habits(habits: pa.Table, customers: pa.Array) -> np.ndarray:
    columns = []
    for name in HABITS:
        rows = habits.select(["customer_id", name]).append_column(
            "key", pa.array(["x"] * habits.num_rows, pa.string())
        )
        columns.append(dense(rows, customers=customers, columns=pa.array(["x"]), key="key", value=name)[:, 0])
    return np.log1p(np.maximum(np.stack(columns, axis=1), 0))


def _customers(touched: pa.Table) -> pa.Array:
    return touched["customer_id"].combine_chunks()
