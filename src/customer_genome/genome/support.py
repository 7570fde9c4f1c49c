"""The imprint: what each customer's choices say about each gene, against what the population would have chosen.

For customer c and gene g, over the customer's distinct items i that lie in a stratum j(i, g) kept for the
gene:

    O = sum of w_i B[i, g]        E = sum of w_i p[j, g]        V = sum of w_i^2 (m[j, g] - p[j, g]^2)

w_i is the weight of the strongest row of that item, B the item's DNA strength, p and m the population's
shares (`shares`). Under no preference O has the mean E and the variance V, so k = E / V makes k O as
variable as a Poisson count of mean k E: one factor settles decay (Kish's effective size, sum(w)^2 /
sum(w^2)), the bound of a share and clustering. Repeats of an item are not added up: habit makes them
dependent.

E and V need no pass over items x genes: w and w^2 are summed per customer and stratum and meet the shares
there. O, E and V are sums over items, so a change of evidence changes them by a sum over the changed rows
(`changes`, in a module of its own).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias, TypeVar

import numpy as np
import pyarrow as pa

from customer_genome.genome import _kernels
from customer_genome.genome._batches import empty, filled, scratch
from customer_genome.genome._parts import Batch, Cutting, Gathered, gather, in_order
from customer_genome.genome._plan import Plan, plan_of
from customer_genome.genome.evidence import ItemDna
from customer_genome.genome.shares import Shares

T = TypeVar("T")
Evidence: TypeAlias = pa.Table | Callable[[], Iterable[Batch]]


@dataclass(frozen=True)
class Imprinter:
    """How to imprint: the item DNA, the reference's shares, and the limits of the machine.

    `n_customers` customers are indexed from 0. `memory` bytes bound the evidence held at once (half of it;
    more is read in several passes) and the results on their way. Rows without O are left out where k E, the
    effective number expected, is below `minimum_expected`: with many genes they are most of the rows, and all
    they could say is that nothing was to be expected (fit the prior with the same minimum, see `Enough`).
    `single` writes O, E and V as float32 (sums are always float64). Customers are cut into `parts` runs,
    the unit of work of a thread.
    """

    dna: ItemDna
    shares: Shares
    n_customers: int
    threads: int = 2
    memory: int = 1 << 30
    minimum_expected: float = 0.0
    single: bool = False
    parts: int = 64

    @property
    def schema(self) -> pa.Schema:
        """The columns of the results: one row per customer and gene, ordered by both."""
        number = pa.float32() if self.single else pa.float64()
        sums = [pa.field(name, number, nullable=False) for name in ("observed", "expected", "variance")]
        keys = [pa.field(name, pa.int32(), nullable=False) for name in ("customer", "gene")]
        return pa.schema([*keys, *sums, pa.field("items", pa.int32(), nullable=False)])


def support(evidence: Evidence, *, how: Imprinter) -> Iterator[pa.RecordBatch]:
    """Yield O, E, V and the number of items that carry the gene, ordered by customer and gene.

    `evidence` has the columns customer and item (int32, no nulls) and weight (float32 or float64, at least
    0): a table, or a callable that starts the same batches afresh whenever it is called. An item may repeat
    in a customer's rows: the heaviest counts. Instead of a batch the callable may yield a function that reads
    it: that is called in a worker thread. Raises GenomeError for an index out of range or an unusable
    weight.
    """
    for batches in _run(evidence, how=how, sink=lambda _, results: list(results)):
        yield from batches


def support_into(
    evidence: Evidence, *, how: Imprinter, sink: Callable[[int, Iterator[pa.RecordBatch]], T]
) -> list[T]:
    """Give the results of each part to `sink(part, batches)`, in the threads that compute them; returns its results.

    A sink that writes one file per part writes in parallel.
    """
    return list(_run(evidence, how=how, sink=sink))


def pairs(evidence: Evidence, *, how: Imprinter) -> Iterator[pa.RecordBatch]:
    """Yield the distinct pairs the imprint counts: customer, item (int32), and the heaviest row's weight.

    Ordered by customer and item, one batch a part, weights of nothing left out. Neither `how.shares` nor
    the DNA's genes matter. `shares.totals` of them is what the shares are estimated from; kept, they are
    what an increment finds its earlier weights in.
    """
    names = ["customer", "item", "weight"]

    def batch(part: int, gathered: Gathered) -> pa.RecordBatch:
        rows = gathered.rows(part)
        customers = np.repeat(rows.ids, np.diff(rows.starts))
        return pa.RecordBatch.from_arrays([pa.array(c) for c in (customers, rows.items, rows.weights)], names)

    yield from _each_part(evidence, how=how, work=batch)


def _run(
    evidence: Evidence, *, how: Imprinter, sink: Callable[[int, Iterator[pa.RecordBatch]], T]
) -> Iterator[T]:
    """Imprint part after part."""
    plan = plan_of(how.dna, kept=how.shares)

    def work(part: int, gathered: Gathered) -> T:
        return sink(part, _results(gathered.rows(part), plan=plan, how=how))

    return _each_part(evidence, how=how, work=work)


def _each_part(evidence: Evidence, *, how: Imprinter, work: Callable[[int, Gathered], T]) -> Iterator[T]:
    """Read the evidence in as many passes as the memory asks for, and work on part after part, in threads."""
    read = evidence.to_batches if isinstance(evidence, pa.Table) else evidence
    cutting = Cutting.into(how.parts, n_customers=how.n_customers, n_items=how.dna.n_items)
    first = 0
    with ThreadPoolExecutor(how.threads) as pool:
        while first < cutting.n_parts:
            gathered = gather(read(), cutting=cutting, first=first, memory=how.memory // 2, pool=pool)
            if not gathered.chunks:
                return
            task = partial(_with, work, gathered)
            yield from in_order(pool, task, range(first, gathered.last))
            first = gathered.last


def _with(work: Callable[[int, Gathered], T], gathered: Gathered, part: int) -> T:
    return work(part, gathered)


def _results(rows: _kernels.Rows, *, plan: Plan, how: Imprinter) -> Iterator[pa.RecordBatch]:
    """Imprint grouped rows, a batch at a time."""
    sums, at = scratch(n_genes=how.dna.n_genes, n_strata=len(plan.strata) - 1), 0
    while at < len(rows.ids):
        out = empty(n_genes=how.dna.n_genes, single=how.single)
        at, n = _kernels.imprint(rows, plan, (sums, out), (at, how.minimum_expected))
        yield from filled(out, rows=n, schema=how.schema)
