"""The compiled loops of an increment: what rows weigh now against what they weighed, as differences of results."""

from __future__ import annotations

import numpy as np

from customer_genome.core.compiled import compiled
from customer_genome.genome._batches import Out, Scratch
from customer_genome.genome._kernels import Rows, Weights, expect, observe, write
from customer_genome.genome._plan import Plan, Turned


@compiled
def _observe_change(rows: Rows, was: Weights, at: int, both: tuple[Plan, Scratch]) -> int:
    """Add what one customer's rows weigh more than they did to the sums, as `observe` adds what they weigh."""
    plan, scratch = both
    n_touched = 0
    for row in range(rows.starts[at], rows.starts[at + 1]):
        item, now, then = rows.items[row], float(rows.weights[row]), float(was[row])
        if now == then:
            continue
        presence = int(now > 0) - int(then > 0)
        for entry in range(plan.starts[item], plan.starts[item + 1]):
            gene = plan.genes[entry]
            scratch.sums[gene, 0] += (now - then) * plan.strengths[entry]
            scratch.sums[gene, 3] += presence
        for stratum in (plan.categories[item], plan.groups[item]):
            if stratum < 0:
                continue
            known = False
            for i in range(n_touched):
                known |= scratch.touched[i] == stratum
            if not known:
                scratch.touched[n_touched] = stratum
                n_touched += 1
            scratch.strata[stratum, 0] += now - then
            scratch.strata[stratum, 1] += now * now - then * then
    return n_touched


@compiled
def _change(n_genes: int, both: tuple[Scratch, Scratch], turned: Turned, minimum: float) -> None:
    """Turn the sums of change into the change of what is told, and select the genes where there is any.

    What was or will be worth no row (see `select`) counts as nothing. E and V as they were are summed here, for the
    genes in change alone.
    """
    earlier, change = both
    for i in range(n_genes):
        gene = change.genes[i]
        change.marks[gene] = 0
        expected, variance = 0.0, 0.0
        for entry in range(turned.starts[gene], turned.starts[gene + 1]):
            stratum = turned.strata[entry]
            expected += earlier.strata[stratum, 0] * turned.share[entry]
            variance += earlier.strata[stratum, 1] * turned.variance[entry]
        items = earlier.sums[gene, 3]
        later, spread = expected + change.sums[gene, 1], variance + change.sums[gene, 2]
        was = (items > 0) | (expected * expected >= minimum * variance)
        will = (items + change.sums[gene, 3] > 0) | (later * later >= minimum * spread)
        if was != will:
            sign = 1.0 if will else -1.0
            change.sums[gene, 0] = sign * earlier.sums[gene, 0] + change.sums[gene, 0] * will
            change.sums[gene, 1] = sign * expected + change.sums[gene, 1] * will
            change.sums[gene, 2] = sign * variance + change.sums[gene, 2] * will
            change.sums[gene, 3] = sign * items + change.sums[gene, 3] * will
        for column in range(4):
            change.sums[gene, column] *= was | will
        change.words[gene >> 6] |= np.uint64(was | will) << np.uint64(gene & 63)


@compiled
def _forget(rows: Rows, at: int, n_touched: int, both: tuple[Plan, Scratch]) -> None:
    """Clear what `observe` summed of one customer."""
    plan, scratch = both
    for row in range(rows.starts[at], rows.starts[at + 1]):
        item = rows.items[row]
        for entry in range(plan.starts[item], plan.starts[item + 1]):
            scratch.sums[plan.genes[entry], 0] = 0
            scratch.sums[plan.genes[entry], 3] = 0
    for i in range(n_touched):
        scratch.strata[scratch.touched[i], 0] = 0
        scratch.strata[scratch.touched[i], 1] = 0


@compiled
def imprint_change(
    rows: tuple[Rows, Weights],
    plans: tuple[Plan, Turned],
    work: tuple[Scratch, Scratch, Out],
    begin: tuple[int, float],
) -> tuple[int, int]:
    """Imprint what rows weigh now against what they weighed (`rows[1]`), written as differences; as `imprint`."""
    earlier, change, out = work
    (now, was), (plan, turned) = rows, plans
    before = Rows(now.ids, now.starts, now.items, was)
    at, minimum = begin
    to = 0
    while at < len(now.ids) and to + len(change.sums) <= len(out.gene):
        known = observe(before, at, plan, earlier)
        touched = expect(_observe_change(now, was, at, (plan, change)), plan, change)
        _change(touched, (earlier, change), turned, minimum)
        to = write(now.ids[at], change, out, to)
        _forget(before, at, known, (plan, earlier))
        at += 1
    return at, to
