"""The stage `encode`: the genome's digital encoding."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import numpy as np
import pyarrow as pa

from customer_genome.core.frames import dense
from customer_genome.core.settings import BuildSettings
from customer_genome.core.step import KernelStep, Sql, StepRun, Tables
from customer_genome.genome.block import F64, Inputs, Measured
from customer_genome.genome.stages.contents import (
    PERIODS,
    contents,
    counted,
    drawn,
    identities,
    item_crosses,
    periods,
    span,
)
from customer_genome.genome.vector import Vectoriser
from customer_genome.privacy import Workbench

PURPOSE = "analytics"
COMPONENT = "vector"
BATCH = 4_000
"""Customers encoded at once: bounds memory, changes no result."""
ALWAYS = (datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC))
HABITS = ("spend", "basket", "breadth", "gap_mean", "gap_deviation", "novelty", "discounts", "response")
"""Measured over the history: the vector of a customer without news does not move with the calendar."""
STRENGTHS = Sql(
    "SELECT e.customer_id, e.gene, e.strength FROM imprints AS e JOIN chosen AS t ON e.customer_id = t.customer_id "
    "JOIN genes AS g ON e.gene = g.gene WHERE g.unit = 'item' ORDER BY e.customer_id, e.gene",
    reads=("imprints", "genes", "chosen"),
)
HABIT_ROWS = Sql(
    "SELECT h.* FROM habits AS h JOIN chosen AS t ON h.customer_id = t.customer_id ORDER BY h.customer_id",
    reads=("habits", "chosen"),
)
DIGITS = 6
"""Of measured values: an engine that adds up in another order must not give another transform."""
Measure = Callable[[pa.Table], Inputs]


def encode(bench: Workbench, settings: BuildSettings) -> tuple[StepRun, ...]:
    """Encode the customers touched by the reference's transform, learned anew with the reference."""
    del settings
    crosses = item_crosses(bench, purpose=PURPOSE)
    if bench.refit:
        vectoriser, learned_from = _learn(bench, crosses)
        arrays, meta = vectoriser.to_arrays()
        bench.hold(COMPONENT, arrays=arrays, meta={**meta, "learned_from": learned_from})
    else:
        vectoriser = Vectoriser.from_arrays(*bench.held(COMPONENT))
    function = partial(vectors, vectoriser=vectoriser, measure=partial(_measure, bench, crosses))
    step = KernelStep("vectors", {}, function, "vectors", PURPOSE, tables={"touched": bench.touched})
    return (bench.run(step),)


def vectors(tables: Tables, *, vectoriser: Vectoriser, measure: Measure) -> pa.Table:
    """Encode each touched customer in 128 numbers.

    The transform is learned from at most 5,000 customers. Customers are encoded 4,000 at a time.
    """
    touched = tables["touched"].select(["customer_id"])
    batches = [touched.slice(start, BATCH) for start in range(0, touched.num_rows, BATCH)]
    made = [vectoriser.encode(measure(batch)) for batch in batches]
    empty = np.zeros((0, vectoriser.dimensions), np.float32)
    return vector_table(touched["customer_id"], np.concatenate([empty, *made]), version=vectoriser.version_)


def vector_table(customers: pa.ChunkedArray, made: np.ndarray, *, version: str) -> pa.Table:
    """Return customer_id, vector, transform."""
    offsets = pa.array(np.arange(0, made.size + 1, made.shape[1], dtype=np.int32))
    return pa.table(
        {
            "customer_id": customers,
            "vector": pa.ListArray.from_arrays(offsets, pa.array(made.ravel(), pa.float32())),
            "transform": pa.array([version] * len(customers), pa.string()),
        }
    )


def habit_values(habits: pa.Table, *, customers: pa.Array) -> Measured:
    """Return the block `behaviour`: log1p of each habit, nan where it is unknown."""
    columns = []
    for name in HABITS:
        rows = habits.select(["customer_id", name]).append_column(
            "key", pa.array(["x"] * habits.num_rows, pa.string())
        )
        columns.append(dense(rows, customers=customers, columns=pa.array(["x"]), key="key", value=name)[:, 0])
    values: F64 = np.log1p(np.maximum(np.stack(columns, axis=1), 0))
    return Measured(np.round(values, DIGITS), list(HABITS))


def _learn(bench: Workbench, crosses: pa.Table) -> tuple[Vectoriser, int]:
    """Learn the transform from a sample of the customers; returns it and how many they were."""
    chosen = drawn(bench.touched)
    ids = chosen["customer_id"].combine_chunks()
    found = span(bench, touched=bench.touched, purpose=PURPOSE) or ALWAYS
    tables = {
        "touched": bench.touched,
        "chosen": chosen,
        "item_crosses": crosses,
        "periods": periods(*found, number=PERIODS),
    }
    rows = contents(bench, tables=tables, purpose=PURPOSE)
    inputs = {**counted(rows, customers=ids), **_derived(bench, chosen)}
    vectoriser = Vectoriser().fit(inputs, periods=identities(rows, customers=ids, number=PERIODS))
    return vectoriser, len(ids)


def _measure(bench: Workbench, crosses: pa.Table, chosen: pa.Table) -> Inputs:
    """Measure all blocks of the customers `chosen`."""
    tables = {
        "touched": bench.touched,
        "chosen": chosen,
        "item_crosses": crosses,
        "periods": periods(*ALWAYS, number=1),
    }
    rows = contents(bench, tables=tables, purpose=PURPOSE)
    return {
        **counted(rows, customers=chosen["customer_id"].combine_chunks()),
        **_derived(bench, chosen),
    }


def _derived(bench: Workbench, chosen: pa.Table) -> Inputs:
    """Measure the blocks that rest on what earlier steps derived: expressions and habits."""
    customers = chosen["customer_id"].combine_chunks()
    strengths, habits = (
        bench.query(sql, purpose=PURPOSE, tables={"chosen": chosen}) for sql in (STRENGTHS, HABIT_ROWS)
    )
    genes = strengths["gene"].unique().sort()
    logs = np.log2(dense(strengths, customers=customers, columns=genes, key="gene", value="strength"))
    return {
        "genes": Measured(np.round(logs, DIGITS), genes.to_pylist()),
        "behaviour": habit_values(habits, customers=customers),
    }
