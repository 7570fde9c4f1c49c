"""What the population chooses: the share of every gene inside every stratum, a part of the reference.

For stratum j and gene g, over the population's evidence (distinct customer x item pairs, each with weight w):

    p[j, g] = sum of w B[item, g] / sum of w          m[j, g] = sum of w B[item, g]^2 / sum of w

B is the item's DNA strength, 0 where it does not carry the gene. One draw from the stratum then has the
expected strength p and the variance m - p^2 (which is p(1 - p) where strengths are 0 or 1).

The stratum of a gene is the item's category. A gene that varies inside too few categories (organic, a diet)
is judged in the wider group instead. A session gene is judged among all sessions of its kind. The rule and
its limits were found by experiment on a retailer's half-years.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from customer_genome.core.errors import GenomeError
from customer_genome.genome.evidence import Floats, Ints, ItemDna, Longs

CATEGORY, GROUP, NOWHERE = 0, 1, -1
_SPREAD = 1e-9  # a stratum in which every item carries the gene alike says nothing about a customer


@dataclass(frozen=True)
class Rule:
    """Which strata are kept for a gene: low < p < high, and more than `minimum_units` pairs of evidence.

    A gene kept in fewer than `minimum_categories` categories moves to the groups, with `group_low` as its
    low.
    """

    low: float = 0.01
    high: float = 0.99
    group_low: float = 0.0003
    minimum_units: int = 50
    minimum_categories: int = 3


SESSION_RULE = Rule(low=0.0, high=1.0, group_low=1.0, minimum_units=0, minimum_categories=1)


@dataclass(frozen=True, eq=False)
class Shares:
    """The kept shares, one row per stratum and gene, ordered by both.

    `strata` counts categories from 0 up and groups from -1 down (group d is -(d + 1)); `share` is p,
    `second` is m, `units` the number of pairs in the stratum.
    """

    strata: Ints
    genes: Ints
    share: Floats
    second: Floats
    units: Longs

    def table(self) -> pa.Table:
        """Return the shares as an Arrow table: stratum, gene, share, second, units."""
        columns = (self.strata, self.genes, self.share, self.second, self.units)
        return pa.table(dict(zip(_COLUMNS, columns, strict=True)))

    @classmethod
    def of(cls, table: pa.Table) -> Shares:
        """Read back what `table` wrote, with rows in any order."""
        ordered = table.sort_by([("stratum", "ascending"), ("gene", "ascending")])
        column = {name: ordered[name].to_numpy() for name in _COLUMNS}
        return cls(
            strata=column["stratum"].astype(np.int32),
            genes=column["gene"].astype(np.int32),
            share=column["share"].astype(np.float64),
            second=column["second"].astype(np.float64),
            units=column["units"].astype(np.int64),
        )

    def select(self, rows: NDArray[np.bool_]) -> Shares:
        """Return only some of the rows, by a mask."""
        return Shares(
            self.strata[rows], self.genes[rows], self.share[rows], self.second[rows], self.units[rows]
        )


_COLUMNS = ["stratum", "gene", "share", "second", "units"]


def shares(dna: ItemDna, *, weights: ArrayLike, units: ArrayLike, rule: Rule | None = None) -> Shares:
    """Estimate the population's shares from the evidence summed per item.

    `weights[i]` is the sum of w and `units[i]` the number of customers, over the distinct customer x item
    pairs of item i. Returns the strata that the rule keeps. Raises GenomeError when the sums are not one
    per item.
    """
    rule = rule or Rule()
    weight, unit = np.asarray(weights, dtype=np.float64), np.asarray(units, dtype=np.int64)
    if not len(weight) == len(unit) == dna.n_items:
        raise GenomeError(
            "the evidence summed per item does not fit the item DNA",
            found=f"{len(weight)} weights, {len(unit)} units",
            expected=f"{dna.n_items} of each",
        )
    inside = _within(dna, dna.categories, weight=weight, unit=unit)
    inside = inside.select(_kept(inside, low=rule.low, rule=rule))
    spread = np.bincount(inside.genes, minlength=dna.n_genes)
    level = np.where(spread >= rule.minimum_categories, CATEGORY, GROUP)
    wider = _within(dna, dna.groups, weight=weight, unit=unit)
    wider = wider.select(_kept(wider, low=rule.group_low, rule=rule) & (level[wider.genes] == GROUP))
    inside = inside.select(level[inside.genes] == CATEGORY)
    return _joined(inside, wider)


def totals(items: ArrayLike, *, weights: ArrayLike, n_items: int) -> tuple[Floats, Longs]:
    """Sum distinct customer x item pairs per item: what `shares` takes as its weights and units."""
    item = np.asarray(items)
    weight = np.bincount(item, weights=np.asarray(weights), minlength=n_items).astype(np.float64)
    return weight, np.bincount(item, minlength=n_items).astype(np.int64)


def levels(kept: Shares, *, n_genes: int) -> Ints:
    """Tell for every gene whether its strata are categories (0), groups (1), or none is kept (-1)."""
    level = np.full(n_genes, NOWHERE, dtype=np.int32)
    level[kept.genes] = np.where(kept.strata >= 0, CATEGORY, GROUP)
    return level


def _within(dna: ItemDna, strata: Ints, *, weight: Floats, unit: Longs) -> Shares:
    """Return the share of every gene in every stratum where it occurs."""
    known = strata >= 0
    n_strata = int(strata.max(initial=-1)) + 1
    total = np.bincount(strata[known], weights=weight[known], minlength=n_strata)
    pairs = np.bincount(strata[known], weights=unit[known], minlength=n_strata).astype(np.int64)
    item = np.repeat(np.arange(dna.n_items), np.diff(dna.starts))
    rows = known[item] & (weight[item] > 0)
    item, gene, strength = item[rows], dna.genes[rows], dna.strengths[rows]
    cells, place = np.unique(strata[item].astype(np.int64) * dna.n_genes + gene, return_inverse=True)
    stratum, genes = cells // max(dna.n_genes, 1), (cells % max(dna.n_genes, 1)).astype(np.int32)
    first = np.bincount(place, weights=weight[item] * strength, minlength=len(cells)) / total[stratum]
    second = np.bincount(place, weights=weight[item] * strength**2, minlength=len(cells)) / total[stratum]
    return Shares(stratum.astype(np.int32), genes, first, second, pairs[stratum])


def _kept(cells: Shares, *, low: float, rule: Rule) -> NDArray[np.bool_]:
    """Tell which cells are informative enough to be kept."""
    inside = (cells.share > low) & (cells.share < rule.high) & (cells.units > rule.minimum_units)
    kept: NDArray[np.bool_] = inside & (cells.second - cells.share**2 > _SPREAD)
    return kept


def _joined(inside: Shares, wider: Shares) -> Shares:
    """Put groups (numbered from -1 down) and categories into one table ordered by stratum and gene."""
    strata = np.concatenate([-(wider.strata + 1), inside.strata]).astype(np.int32)
    genes = np.concatenate([wider.genes, inside.genes])
    order = np.lexsort((genes, strata))
    columns = ((getattr(wider, name), getattr(inside, name)) for name in ("share", "second", "units"))
    return Shares(strata[order], genes[order], *(np.concatenate(pair)[order] for pair in columns))
