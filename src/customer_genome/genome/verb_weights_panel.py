"""What verbs are learned from: at past cut-offs, the evidence each verb left, and what was bought first after them.

At a cut-off T, for customer c and gene g, over distinct items i (B the item's strength, p the population's share in
the item's stratum, as in `shares`):

    y = sum of B[i, g], e = sum of p[j, g]   over items bought in [T, T + horizon) and never met before T
    O = sum of w_i B[i, g], E = sum of w_i p[j, g]   over items met before T under one verb, w_i = 2^-(age / half-life)

An item that several verbs met counts under one of them: the purchase, else the rarest verb (a click, not the opening
before it), as the imprint counts its strongest one. A verb that is mostly done to items bought before (a return, a
review) is a *follow-up*: it counts beside the purchase, and its weight is what it adds to it.

What was met before cannot be met for the first time: in a catalogue of which customers know a few per cent, weights
come out a few per cent low (benchmarks/verb_weights.py: with 2,000 items .28 for .30, with 20,000 items .295).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from scipy import sparse

from customer_genome.core.frames import codes
from customer_genome.core.step import Tables
from customer_genome.genome.evidence import ItemDna, item_dna
from customer_genome.genome.shares import Shares, shares

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]
DAY = 86_400_000_000.0
"""Microseconds."""
MOST_GENES = 100
LEAST_EXPECTED = 0.05
"""Rows of which less than this many purchases were to be expected say nothing."""
FOLLOWS = 0.5
"""A verb is a follow-up where more than this share of its items had been bought before."""


@dataclass(frozen=True, eq=False)
class Panel:
    """Rows (cut-off, customer, gene) ordered by gene, with the outcome and, on demand, the evidence of a verb.

    `verbs[0]` is the unit: the commonest purchase. `customer`, `gene` index the rows' owners from 0; `places` are
    their cells in the cut-off's customers x genes matrices.
    """

    verbs: tuple[str, ...]
    horizon: float
    y: Floats
    e: Floats
    customer: Longs
    gene: Longs
    follow_ups: frozenset[str]
    _cuts: tuple[_Cut, ...]
    _strata: _Strata
    _order: Longs

    def evidence(self, verb: str, *, half_life: float) -> tuple[Floats, Floats]:
        """Return O and E of every row for one verb and half-life (days)."""
        parts = [cut.evidence(verb, half_life=half_life, strata=self._strata) for cut in self._cuts]
        observed, expected = (np.concatenate(side)[self._order] for side in zip(*parts, strict=True))
        return observed, expected


@dataclass(frozen=True, eq=False)
class _Strata:
    """Items x genes (kept cells alone), items x strata, strata x genes."""

    carried: sparse.csr_matrix
    member: sparse.csr_matrix
    share: sparse.csr_matrix

    def sums(self, chosen: sparse.csr_matrix) -> tuple[Floats, Floats]:
        """Return O and E of customers x items."""
        return (chosen @ self.carried).toarray(), ((chosen @ self.member) @ self.share).toarray()


@dataclass(frozen=True, eq=False)
class _Cut:
    """The pairs known at one cut-off, verb by verb: customer, item, age in days; `cells` are the rows that are kept."""

    pairs: dict[str, tuple[Longs, Longs, Floats]]
    shape: tuple[int, int]
    cells: Longs

    def evidence(self, verb: str, *, half_life: float, strata: _Strata) -> tuple[Floats, Floats]:
        customer, item, age = self.pairs[verb]
        chosen = sparse.csr_matrix((np.exp2(-age / half_life), (customer, item)), shape=self.shape)
        observed, expected = strata.sums(chosen)
        return observed.ravel()[self.cells], expected.ravel()[self.cells]


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Distinct customer x item x verb as numbers; `last` has a column per cut-off, days, NaN where not yet met."""

    customer: Longs
    item: Longs
    verb: Longs
    first: Floats
    last: Floats
    names: tuple[str, ...]
    money: NDArray[np.bool_]

    @cached_property
    def pair(self) -> Longs:
        """The distinct customer x item of each row, counted from 0."""
        key = self.customer * (int(self.item.max(initial=0)) + 1) + self.item
        return np.asarray(np.unique(key, return_inverse=True)[1], np.int64)

    def marked(self, rows: NDArray[np.bool_] | Longs) -> NDArray[np.bool_]:
        """Mark the distinct customer x items that stand in `rows`."""
        marks = np.zeros(int(self.pair.max(initial=-1)) + 1, bool)
        marks[self.pair[rows]] = True
        return marks


def panel(tables: Tables, *, cuts: Sequence[float], horizon: float) -> Panel | None:
    """Build the panel, or None where nothing can be foretold (no purchases, no genes, no new items).

    `pairs` has customer_id, item_id, verb, first_at, last_1, last_2, ... (one a cut-off); `items`, `dna` as for the
    imprint; `verbs` verb and money. `cuts` and `horizon` are days since 1970 and days.
    """
    pairs = _pairs(tables, n_cuts=len(cuts))
    if pairs is None:
        return None
    unit, made = _unit(pairs), _strata(tables, pairs)
    follow_ups = _follow_ups(pairs)
    shape = (int(pairs.customer.max()) + 1, made.carried.shape[0])
    outcomes = [
        _bought_first(pairs, place=k, cut=cut, horizon=horizon, shape=shape) for k, cut in enumerate(cuts)
    ]
    sums = [made.sums(chosen) for chosen in outcomes]
    top = _top(np.sum([e.sum(axis=0) for _, e in sums], axis=0))
    made = _Strata(made.carried[:, top], made.member, made.share[:, top])
    kept = [np.flatnonzero(e[:, top].ravel() >= LEAST_EXPECTED) for _, e in sums]
    if not sum(map(len, kept)):
        return None
    verbs = _ranked(pairs, unit)
    parts = tuple(
        _Cut(_known(pairs, place=k, cut=cut, verbs=verbs, follow_ups=follow_ups), shape, cells)
        for k, (cut, cells) in enumerate(zip(cuts, kept, strict=True))
    )
    cells: Longs = np.concatenate(kept)
    order = np.argsort(cells % len(top), kind="stable")
    y, e = (
        np.concatenate([s[i][:, top].ravel()[c] for s, c in zip(sums, kept, strict=True)])[order]
        for i in (0, 1)
    )
    names = tuple(pairs.names[v] for v in verbs)
    follows = frozenset(pairs.names[v] for v in follow_ups)
    customer, gene = (cells // len(top))[order], (cells % len(top))[order]
    return Panel(names, horizon, y, e, customer, gene, follows, parts, made, order)


def _pairs(tables: Tables, *, n_cuts: int) -> _Pairs | None:
    items = tables["items"]["item_id"].combine_chunks()
    rows = tables["pairs"].filter(pc.is_in(tables["pairs"]["item_id"], value_set=items))
    names = tuple(tables["verbs"]["verb"].to_pylist())
    money = np.asarray(tables["verbs"]["money"].to_pylist(), bool)
    verb = codes(rows["verb"], pa.array(names, pa.string()))
    if not rows.num_rows or not money[verb].any() or not tables["dna"].num_rows:
        return None
    customers = pc.unique(rows["customer_id"])
    last = np.stack([_days(rows[f"last_{k + 1}"]) for k in range(n_cuts)], axis=1)
    return _Pairs(
        codes(rows["customer_id"], customers), codes(rows["item_id"], items), verb, _days(rows["first_at"]), last,
        names, money,
    )  # fmt: skip


def _days(times: pa.ChunkedArray) -> Floats:
    return np.asarray(times.cast(pa.int64()).cast(pa.float64(), safe=False).to_numpy(), np.float64) / DAY


def _unit(pairs: _Pairs) -> int:
    counted = np.bincount(pairs.verb, minlength=len(pairs.names))
    return int(np.argmax(np.where(pairs.money, counted, -1)))


def _ranked(pairs: _Pairs, unit: int) -> list[int]:
    """The unit first, then other purchases, then the rarest: the order in which verbs claim an item."""
    counted = np.bincount(pairs.verb, minlength=len(pairs.names))
    order = sorted(
        range(len(pairs.names)), key=lambda v: (v != unit, not pairs.money[v], counted[v], pairs.names[v])
    )
    return [v for v in order if counted[v]]


def _strata(tables: Tables, pairs: _Pairs) -> _Strata:
    """Estimate the shares from every pair of the panel's history, and lay them out as matrices."""
    dna = _dna(tables)
    item_of = np.zeros(int(pairs.pair.max()) + 1, np.int64)
    item_of[pairs.pair] = pairs.item
    count = np.bincount(item_of, minlength=dna.n_items).astype(np.int64)
    kept = shares(dna, weights=count.astype(np.float64), units=count)
    return _laid_out(dna, kept)


def _dna(tables: Tables) -> ItemDna:
    items, dna = tables["items"], tables["dna"]
    ids = items["item_id"].combine_chunks()
    genes = pc.unique(dna["gene"]).sort()
    return item_dna(
        codes(dna["item_id"], ids),
        genes=codes(dna["gene"], genes),
        strengths=dna["strength"].to_numpy(),
        categories=_coded(items["category"]),
        groups=_coded(items["item_group"]),
        n_genes=len(genes),
    )


def _coded(values: pa.ChunkedArray) -> Longs:
    return codes(values, pc.unique(values).drop_null().sort())


def _laid_out(dna: ItemDna, kept: Shares) -> _Strata:
    n_groups = int(dna.groups.max(initial=-1)) + 1
    n_strata = n_groups + int(dna.categories.max(initial=-1)) + 1
    cell = (kept.strata.astype(np.int64) + n_groups) * dna.n_genes + kept.genes
    item, gene = np.repeat(np.arange(dna.n_items), np.diff(dna.starts)), dna.genes.astype(np.int64)
    group, category = n_groups - 1 - dna.groups.astype(np.int64), n_groups + dna.categories.astype(np.int64)
    inside = np.isin(category[item] * dna.n_genes + gene, cell) & (dna.categories[item] >= 0)
    inside |= np.isin(group[item] * dna.n_genes + gene, cell) & (dna.groups[item] >= 0)
    carried = sparse.csr_matrix(
        (dna.strengths[inside], (item[inside], gene[inside])), shape=(dna.n_items, dna.n_genes)
    )
    rows = np.concatenate([np.flatnonzero(dna.groups >= 0), np.flatnonzero(dna.categories >= 0)])
    strata = np.concatenate([group[dna.groups >= 0], category[dna.categories >= 0]])
    member = sparse.csr_matrix((np.ones(len(rows)), (rows, strata)), shape=(dna.n_items, n_strata))
    share = sparse.csr_matrix(
        (kept.share, (kept.strata.astype(np.int64) + n_groups, kept.genes)), shape=(n_strata, dna.n_genes)
    )
    return _Strata(carried, member, share)


def _follow_ups(pairs: _Pairs) -> set[int]:
    bought = pairs.money[pairs.verb]
    began = np.full(int(pairs.pair.max()) + 1, np.inf)
    np.minimum.at(began, pairs.pair[bought], pairs.first[bought])
    after = began[pairs.pair] <= pairs.first
    n = len(pairs.names)
    share = np.bincount(pairs.verb, weights=after, minlength=n) / np.maximum(
        np.bincount(pairs.verb, minlength=n), 1
    )
    return {v for v in range(n) if share[v] > FOLLOWS and not pairs.money[v]}


def _bought_first(
    pairs: _Pairs, *, place: int, cut: float, horizon: float, shape: tuple[int, int]
) -> sparse.csr_matrix:
    """Customers x items: 1 for what was bought in the window and never met before it."""
    met = pairs.marked(~np.isnan(pairs.last[:, place]))
    inside = pairs.money[pairs.verb] & (pairs.first >= cut) & (pairs.first < cut + horizon)
    rows = np.flatnonzero(inside & ~met[pairs.pair])
    rows = rows[np.unique(pairs.pair[rows], return_index=True)[1]]
    return sparse.csr_matrix((np.ones(len(rows)), (pairs.customer[rows], pairs.item[rows])), shape=shape)


def _known(
    pairs: _Pairs, *, place: int, cut: float, verbs: Sequence[int], follow_ups: set[int]
) -> dict[str, tuple[Longs, Longs, Floats]]:
    """Give each item met before the cut-off to one verb, in the order of `verbs`; follow-ups stand beside."""
    found: dict[str, tuple[Longs, Longs, Floats]] = {}
    claimed = pairs.marked(np.zeros(0, np.int64))
    met = ~np.isnan(pairs.last[:, place])
    for verb in verbs:
        rows = np.flatnonzero(met & (pairs.verb == verb))
        if verb not in follow_ups:
            rows = rows[~claimed[pairs.pair[rows]]]
            claimed |= pairs.marked(rows)
        found[pairs.names[verb]] = (pairs.customer[rows], pairs.item[rows], cut - pairs.last[rows, place])
    return found


def _top(expected: Floats) -> Longs:
    """The genes of which most was expected, in order."""
    order = np.argsort(-expected, kind="stable")[:MOST_GENES]
    return np.sort(order[expected[order] > 0])
