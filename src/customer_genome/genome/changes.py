"""What an increment adds to the imprint: its cost follows the changed evidence, not the history.

O, E and V are sums over items, so changed rows change them by sums over these rows. Which results are told, however
(see `Imprinter.minimum_expected`), is judged by the sums as they were and as they are: the difference is taken
between what was told before and what is told after, so that all differences add up to the full results.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from customer_genome.genome._batches import empty, filled, scratch
from customer_genome.genome._change_kernels import imprint_change
from customer_genome.genome._kernels import Rows, Weights
from customer_genome.genome._parts import Cutting, check_rows, column_of, in_order
from customer_genome.genome._plan import Plan, Turned, plan_of, turned
from customer_genome.genome.support import Imprinter

_NOTHING = 1e-9  # what is left of an E whose evidence was taken away again


def changes(changed: pa.Table, *, how: Imprinter) -> Iterator[pa.RecordBatch]:
    """Yield what changed evidence adds to O, E, V and items: added to the earlier results, they are the full ones.

    `changed` has distinct rows of customer and item (int32), before and after (float, the weights; 0 =
    none): those that changed, and where `minimum_expected` is not 0 all others of these customers too. The
    cost follows these rows alone. Raises GenomeError as `support` does.
    """
    plan = plan_of(how.dna, kept=how.shares)
    plans = plan, turned(plan, n_genes=how.dna.n_genes)
    rows, was = _changed_rows(changed, how=how)
    cuts = np.linspace(0, len(rows.ids), how.threads * 4 + 1).astype(int)
    pieces = [
        rows._replace(ids=rows.ids[first:last], starts=rows.starts[first : last + 1])
        for first, last in pairwise(cuts)
        if first < last
    ]

    def work(piece: Rows) -> list[pa.RecordBatch]:
        return list(_differences(piece, was, plans=plans, how=how))

    with ThreadPoolExecutor(how.threads) as pool:
        for batches in in_order(pool, work, pieces):
            yield from batches


def summed(results: pa.Table) -> pa.Table:
    """Add up results and changes by customer and gene, in order of both; what has come to nothing is left out."""
    sums = [(name, "sum") for name in ("observed", "expected", "variance", "items")]
    table = results.group_by(["customer", "gene"]).aggregate(sums)
    table = table.rename_columns([name.removesuffix("_sum") for name in table.column_names])
    there = pc.or_(pc.greater(table["items"], 0), pc.greater(table["expected"], _NOTHING))
    order = [("customer", "ascending"), ("gene", "ascending")]
    return table.filter(there).select(results.column_names).sort_by(order).cast(results.schema)


def _differences(
    rows: Rows, was: Weights, *, plans: tuple[Plan, Turned], how: Imprinter
) -> Iterator[pa.RecordBatch]:
    """Imprint changed rows, a batch of differences at a time."""
    size = {"n_genes": how.dna.n_genes, "n_strata": len(plans[0].strata) - 1}
    earlier, change, at = scratch(**size), scratch(**size), 0
    while at < len(rows.ids):
        out = empty(n_genes=how.dna.n_genes, single=how.single)
        at, n = imprint_change((rows, was), plans, (earlier, change, out), (at, how.minimum_expected))
        yield from filled(out, rows=n, schema=how.schema)


def _changed_rows(changed: pa.Table, *, how: Imprinter) -> tuple[Rows, Weights]:
    """Group changed evidence by customer, ordered by item; returns the weights that it had as well."""
    cutting = Cutting.into(1, n_customers=how.n_customers, n_items=how.dna.n_items)
    customers, items, was, now = (
        column_of(changed, name) for name in ("customer", "item", "before", "after")
    )
    check_rows(customers, items, was, cutting=cutting)
    check_rows(customers, items, now, cutting=cutting)
    keys = customers.astype(np.int64) * max(how.dna.n_items, 1) + items
    if (np.diff(keys) <= 0).any():
        order = np.argsort(keys, kind="stable")
        customers, items, was, now = customers[order], items[order], was[order], now[order]
    firsts = np.nonzero(np.diff(customers, prepend=-1))[0]
    starts = np.append(firsts, len(customers)).astype(np.int64)
    return Rows(customers[firsts], starts, items, now), was
