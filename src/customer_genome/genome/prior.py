"""One prior per gene: how much the customers differ in it, estimated from all of them (empirical Bayes).

A customer's true ratio l to the population is taken as Gamma(a, b). With k = E / V, the scaled support x =
k O is treated as a Poisson count of mean l e, e = k E (DuMouchel 1999, The American Statistician
53:177-190, with one gamma component). Integrating l out gives a negative binomial, whose logarithm, up to
terms free of a and b, is

    log L(a, b) = sum of [ lgamma(a + x) - lgamma(a) + a log b - (a + x) log(b + e) ]

It is maximised by Newton's method in (log a, log b) with analytic derivatives, damped until the likelihood
rises. a is held between 0.05 and 20, so that no gene is believed to be alike in everybody.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray

from customer_genome.core.errors import GenomeError
from customer_genome.genome._gamma import fit_gamma
from customer_genome.genome.evidence import Floats, Longs

ORIGINS = ("gene", "family", "all", "none")


@dataclass(frozen=True, eq=False)
class Prior:
    """Gamma(a, b) of every gene; `origin` says whose data it rests on (an index into ORIGINS), NaN where none."""

    a: Floats
    b: Floats
    origin: NDArray[np.int8]

    def table(self) -> pa.Table:
        """Return the priors as an Arrow table: gene, a, b (null where there is none), origin (a word)."""
        missing = np.isnan(self.a)
        words = pa.array(ORIGINS).take(pa.array(self.origin))
        numbers = {"a": pa.array(self.a, mask=missing), "b": pa.array(self.b, mask=missing)}
        return pa.table({"gene": np.arange(len(self.a), dtype=np.int32), **numbers, "origin": words})

    @classmethod
    def of(cls, table: pa.Table, *, n_genes: int) -> Prior:
        """Read back what `table` wrote, with rows in any order; genes without a row have no prior."""
        a, b, origin = np.full(n_genes, np.nan), np.full(n_genes, np.nan), np.full(n_genes, 3, np.int8)
        gene = table["gene"].to_numpy()
        a[gene], b[gene] = (table[name].cast(pa.float64()).to_numpy() for name in ("a", "b"))
        origin[gene] = [ORIGINS.index(word) for word in table["origin"].to_pylist()]
        return cls(a, b, origin)


@dataclass(frozen=True)
class Enough:
    """When a gene's own data carry a prior: customers with E > 0, and the sum of k O over them.

    A gene with less takes its family's, a family with less takes that of all genes. `cells` bounds how many
    customers are used per gene (every n-th), which bounds the time. `exposure` is the least k E of a row that
    is used: where the support left out rows with less and no O, those with less and some O would mislead.
    """

    customers: int = 30
    count: float = 30.0
    cells: int = 20_000
    exposure: float = 0.0


def prior(support: pa.Table, *, families: ArrayLike, enough: Enough | None = None, threads: int = 2) -> Prior:
    """Fit the prior of every gene from rows of (gene, observed, expected, variance), in any order.

    `families[g]` is the family's index, one per gene. Rows with E or V of nothing are left out. A gene
    without any row takes its family's prior too; with no data at all, a and b are NaN and the origin is
    "none".
    """
    enough, family = enough or Enough(), np.asarray(families, dtype=np.int64)
    gene, count, exposure = scaled(support)
    if len(gene) and gene.max() >= len(family):
        raise GenomeError("the support names a gene without a family", found=f"gene {gene.max()}")
    used = exposure >= enough.exposure
    gene, count, exposure = gene[used], count[used], exposure[used]
    order = np.argsort(gene, kind="stable")
    gene, count, exposure = gene[order], count[order], exposure[order]
    a, b = np.full(len(family), np.nan), np.full(len(family), np.nan)
    origin = np.full(len(family), 3, np.int8)
    everything = np.zeros(len(family), dtype=np.int64)
    for number, groups in enumerate((np.arange(len(family)), family, everything)):
        lacking = np.isnan(a)
        if not lacking.any():
            break
        wanted = np.isin(groups, groups[lacking])
        own = groups[gene]
        fit = _fit(own, count, exposure, wanted=groups[wanted], enough=enough, threads=threads)
        a[lacking], b[lacking] = fit[0][groups[lacking]], fit[1][groups[lacking]]
        origin[lacking & ~np.isnan(a)] = number
    return Prior(a, b, origin)


def scaled(support: pa.Table) -> tuple[Longs, Floats, Floats]:
    """Return gene, k O and k E, k = E / V, of the rows whose E and V are more than nothing."""
    observed, expected, variance = (
        support[name].to_numpy().astype(np.float64) for name in ("observed", "expected", "variance")
    )
    known = (expected > 0) & (variance > 0)
    factor = expected[known] / variance[known]
    gene = support["gene"].to_numpy()[known].astype(np.int64)
    return gene, np.maximum(observed[known], 0) * factor, expected[known] * factor


def _fit(
    groups: Longs, count: Floats, exposure: Floats, *, wanted: Longs, enough: Enough, threads: int
) -> tuple[Floats, Floats]:
    """Fit Gamma(a, b) for the wanted groups that have enough data; NaN elsewhere. Cells of a group are thinned."""
    n = int(max(groups.max(initial=-1), wanted.max(initial=-1))) + 1
    a, b = np.full(n, np.nan), np.full(n, np.nan)
    order = np.argsort(groups, kind="stable")
    sizes = np.bincount(groups, minlength=n)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    events = np.bincount(groups, weights=count, minlength=n)
    able = np.unique(wanted[(sizes[wanted] >= enough.customers) & (events[wanted] >= enough.count)])

    def work(some: Longs) -> None:
        for group in some:
            step = -(-sizes[group] // enough.cells)
            rows = order[starts[group] : starts[group + 1] : step]
            a[group], b[group] = fit_gamma(count[rows], exposure[rows])

    cuts = np.linspace(0, len(able), threads * 8 + 1).astype(int)
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, (able[i:j] for i, j in pairwise(cuts))))
    return a, b
