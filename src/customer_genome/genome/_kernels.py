"""The compiled loops of the imprint: rows into customers, the strongest row of an item, one dense sum per customer.

They compile on first use (cached on disk), hold no lock on Python, and check nothing: `support` has checked.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from customer_genome.core.compiled import compiled
from customer_genome.genome._batches import Out, Scratch
from customer_genome.genome._plan import Plan
from customer_genome.genome.evidence import Ints, Longs

Weights = NDArray[np.floating]
_SEQUENCE = np.uint64(0x03F79D71B4CB0A89)  # its 64 runs of six bits are all different
_PLACES = np.array([((0x03F79D71B4CB0A89 << i) & (2**64 - 1)) >> 58 for i in range(64)]).argsort()


class Rows(NamedTuple):
    """Evidence grouped by customer: customer `ids[i]` has the rows `starts[i]:starts[i + 1]`."""

    ids: Ints
    starts: Longs
    items: Ints
    weights: Weights


@compiled
def split(customers: Ints, items: Ints, weights: Weights, shift: int) -> tuple[Longs, Ints, Ints, Weights]:
    """Order rows by part (customer >> shift), keeping their order inside it; returns the parts' starts as well."""
    n_parts = 1
    for customer in customers:
        n_parts = max(n_parts, (customer >> shift) + 1)
    starts = np.zeros(n_parts + 1, np.int64)
    for customer in customers:
        starts[(customer >> shift) + 1] += 1
    for part in range(n_parts):
        starts[part + 1] += starts[part]
    place = starts.copy()
    customers_out, items_out, weights_out = (
        np.empty_like(customers),
        np.empty_like(items),
        np.empty_like(weights),
    )
    for row in range(len(customers)):
        part = customers[row] >> shift
        to = place[part]
        place[part] = to + 1
        customers_out[to] = customers[row]
        items_out[to] = items[row]
        weights_out[to] = weights[row]
    return starts, customers_out, items_out, weights_out


@compiled
def group(
    customers: Ints, items: Ints, weights: Weights, span: tuple[int, int]
) -> tuple[Longs, Ints, Weights]:
    """Order rows by customer (`span` = the first and how many), by counting; returns each one's start too."""
    first, n = span
    starts = np.zeros(n + 1, np.int64)
    for customer in customers:
        starts[customer - first + 1] += 1
    for i in range(n):
        starts[i + 1] += starts[i]
    place = starts[:-1].copy()
    items_out, weights_out = np.empty_like(items), np.empty_like(weights)
    for row in range(len(customers)):
        i = customers[row] - first
        to = place[i]
        place[i] = to + 1
        items_out[to] = items[row]
        weights_out[to] = weights[row]
    return starts, items_out, weights_out


@compiled
def strongest(starts: Longs, items: Ints, weights: Weights, best: Weights) -> Longs:
    """Keep one row per customer and item, the heaviest, ordered by item; returns the new starts.

    Works in place, rows only move forward. `best` holds a zero per item, and does so again on return.
    Rows of weight zero vanish. The order by item makes sums independent of the order of arrival.
    """
    fresh = np.zeros_like(starts)
    end = 0
    for customer in range(len(starts) - 1):
        begin = end
        for row in range(starts[customer], starts[customer + 1]):
            item, weight = items[row], weights[row]
            if weight > best[item]:
                if best[item] == 0:
                    items[end] = item
                    end += 1
                best[item] = weight
        items[begin:end].sort()
        for row in range(begin, end):
            weights[row] = best[items[row]]
            best[items[row]] = 0
        fresh[customer + 1] = end
    return fresh


@compiled
def observe(rows: Rows, at: int, plan: Plan, scratch: Scratch) -> int:
    """Add one customer's rows to O, to the item counts, and to the sums per stratum; returns how many strata."""
    n_touched = 0
    for row in range(rows.starts[at], rows.starts[at + 1]):
        item, weight = rows.items[row], float(rows.weights[row])
        if weight == 0:
            continue
        for entry in range(plan.starts[item], plan.starts[item + 1]):
            gene = plan.genes[entry]
            scratch.sums[gene, 0] += weight * plan.strengths[entry]
            scratch.sums[gene, 3] += 1
        for stratum in (plan.categories[item], plan.groups[item]):
            if stratum < 0:
                continue
            if scratch.strata[stratum, 0] == 0:
                scratch.touched[n_touched] = stratum
                n_touched += 1
            scratch.strata[stratum, 0] += weight
            scratch.strata[stratum, 1] += weight * weight
    return n_touched


@compiled
def expect(n_touched: int, plan: Plan, scratch: Scratch) -> int:
    """Turn the sums per stratum into E and V, and clear them; returns how many genes were touched."""
    n_genes = 0
    for i in range(n_touched):
        stratum = scratch.touched[i]
        total, squares = scratch.strata[stratum, 0], scratch.strata[stratum, 1]
        scratch.strata[stratum, 0] = 0
        scratch.strata[stratum, 1] = 0
        for entry in range(plan.strata[stratum], plan.strata[stratum + 1]):
            gene = plan.kept[entry]
            scratch.genes[n_genes] = gene
            n_genes += 1 - scratch.marks[gene]
            scratch.marks[gene] = 1
            scratch.sums[gene, 1] += total * plan.share[entry]
            scratch.sums[gene, 2] += squares * plan.variance[entry]
    return n_genes


@compiled
def _select(n_genes: int, scratch: Scratch, minimum: float) -> None:
    """Set the bits of the touched genes worth a row, clear the sums of the others, and forget the marks.

    A row is worth it where something was observed, or where k E = E^2 / V reaches the minimum. There is no
    branch: nothing could predict it, and guessing wrong took half of the imprint's time.
    """
    for i in range(n_genes):
        gene = scratch.genes[i]
        scratch.marks[gene] = 0
        expected, variance = scratch.sums[gene, 1], scratch.sums[gene, 2]
        told = (scratch.sums[gene, 0] > 0) | (expected * expected >= minimum * variance)
        scratch.words[gene >> 6] |= np.uint64(told) << np.uint64(gene & 63)
        scratch.sums[gene, 1] = expected * told
        scratch.sums[gene, 2] = variance * told


@compiled
def _lowest(word: np.uint64) -> int:
    """Return the number of the lowest bit set (de Bruijn's sequence; a word of zero has none)."""
    return int(_PLACES[((word & (~word + np.uint64(1))) * _SEQUENCE) >> np.uint64(58)])


@compiled
def write(customer: int, scratch: Scratch, out: Out, to: int) -> int:
    """Write the selected genes in ascending order from row `to` on and clear all; returns the next free row."""
    for place in range(len(scratch.words)):
        word = scratch.words[place]
        scratch.words[place] = 0
        while word != 0:
            gene = place * 64 + _lowest(word)
            word &= word - np.uint64(1)
            out.customer[to] = customer
            out.gene[to] = gene
            out.observed[to] = scratch.sums[gene, 0]
            out.expected[to] = scratch.sums[gene, 1]
            out.variance[to] = scratch.sums[gene, 2]
            out.items[to] = int(scratch.sums[gene, 3])
            for column in range(4):
                scratch.sums[gene, column] = 0
            to += 1
    return to


@compiled
def imprint(rows: Rows, plan: Plan, work: tuple[Scratch, Out], begin: tuple[int, float]) -> tuple[int, int]:
    """Imprint customers from number `begin[0]` on until the batch cannot hold another; the minimum is `begin[1]`.

    Returns the first customer not done and the number of rows written. A batch must hold a row per gene.
    """
    scratch, out = work
    at, minimum = begin
    to = 0
    while at < len(rows.ids) and to + len(scratch.sums) <= len(out.gene):
        _select(expect(observe(rows, at, plan, scratch), plan, scratch), scratch, minimum)
        to = write(rows.ids[at], scratch, out, to)
        at += 1
    return at, to
