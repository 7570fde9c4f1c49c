"""Best: who the best customers are, which genes set them apart, and who resembles them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from customer_genome.core.intervals import benjamini_hochberg
from customer_genome.genome.best_adjusted import adjusted
from customer_genome.genome.similar import similar, unit

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Mask = NDArray[np.bool_]
GENES_AT_ONCE = 256


@dataclass(frozen=True)
class GeneEffect:
    """How the best differ from the rest in one gene; None with a reason where there are too few to say.

    `effect` is the difference of mean log2 strength, `ratio` = 2^effect with its 95 % interval, `q` the
    false-discovery rate at which the gene would be listed, `stability` the share of resamples that find it
    again with the same sign.
    """

    gene: str
    effect: float | None
    ratio: float | None
    low: float | None
    high: float | None
    p: float | None
    q: float | None
    stability: float | None
    best_mean: float | None
    rest_mean: float | None
    best_known: int
    rest_known: int
    reason: str | None
    equal_ratio: float | None = None
    """The ratio among customers with equally much evidence; None where that was not asked or cannot be said."""
    equal_low: float | None = None
    equal_high: float | None = None

    @property
    def restates(self) -> bool | None:
        """Whether the difference may be no more than that the best buy more often; None where that is not known."""
        if self.equal_low is None or self.equal_high is None or self.effect is None:
            return None
        return not (self.equal_low > 1 if self.effect > 0 else self.equal_high < 1)

    @property
    def separates(self) -> bool:
        """Whether the gene belongs to the Best Customer Genome: q at most .05, found again in 80 % of resamples."""
        return self.q is not None and self.q <= 0.05 and self.stability is not None and self.stability >= 0.8


@dataclass(frozen=True)
class BestGenome:
    """The genes of best against rest, those that separate first, by size of effect; None with a reason."""

    genes: tuple[GeneEffect, ...] | None
    reason: str | None
    best: int
    rest: int
    threshold: float | None
    """The least expected value among the best."""


@dataclass(frozen=True)
class Likeness:
    """Per customer: cosine to the mean best vector (oneself left out) and the twin among the best (row, −1 none)."""

    similarity: F64
    twin: I64
    twin_similarity: F64


def best_mask(value: F64, *, ids: Sequence[str], share: float = 0.2) -> Mask:
    """Mark the top `share` of customers by value (rounded up, only values above 0), ties to the smaller id."""
    order = np.lexsort((np.asarray(ids, dtype=np.str_), -value))
    chosen = order[: ceil(share * len(value) - 1e-9)]
    mask = np.zeros(len(value), dtype=bool)
    mask[chosen[value[chosen] > 0]] = True
    return mask


def best_genome(
    strengths: NDArray[Any],
    *,
    genes: Sequence[str],
    value: F64,
    ids: Sequence[str],
    share: float = 0.2,
    evidence: F64 | None = None,
    resamples: int = 200,
    seed: int = 0,
    minimum: int = 30,
) -> BestGenome:
    """Return the genes that separate the best customers from the rest.

    `strengths` is customers × genes (ratios, nan unknown). Per gene: Welch's t-test on log2 strength,
    q-values by Benjamini and Hochberg (1995) over all genes tested, stability over bootstrap resamples of
    customers within each group. Strengths are shrunk where evidence is thin, and the best have more of it:
    an effect says how the estimates differ, and understates those of little-known customers. `evidence` (how
    many sessions each customer has) gives the difference among customers with equally much of it: a gene whose
    difference is gone then only restates that the best buy more. Nothing here says anything about causes.
    """
    best = best_mask(value, ids=ids, share=share)
    sizes = int(best.sum()), int((~best).sum())
    if min(sizes) < minimum:
        reason = (
            f"too few to say: {sizes[0]} best and {sizes[1]} other customers, {minimum} of each are needed"
        )
        return BestGenome(None, reason, *sizes, None)
    good = np.isfinite(strengths) & (np.asarray(strengths) > 0)
    logs = np.where(good, np.log2(np.where(good, strengths, 1)), np.nan)
    groups = _Moments.of(logs[best]), _Moments.of(logs[~best])
    test = _welch(*groups, minimum=minimum)
    stable = _stability(logs, best=best, test=test, resamples=resamples, seed=seed)
    found = [
        _effect(name, place=place, groups=groups, test=test, stable=stable, minimum=minimum)
        for place, name in enumerate(genes)
    ]
    if evidence is not None:
        equal = adjusted(logs, group=best, beside=np.log1p(evidence)[:, None], minimum=minimum)
        found = [_at_equal(gene, equal.effect[place], equal.reach[place]) for place, gene in enumerate(found)]
    found.sort(key=lambda gene: (not gene.separates, -abs(gene.effect or 0), gene.gene))
    return BestGenome(tuple(found), None, *sizes, float(value[best].min()))


def likeness(vectors: NDArray[Any], *, best: Mask, ids: Sequence[str]) -> Likeness:
    """Return everyone's similarity to the best, and their twin: the nearest of the best by cosine, not oneself."""
    directions, length = unit(vectors)
    members = best & (length > 0)
    others = directions[members].sum(axis=0) - np.where(members[:, None], directions, 0)
    goal, distance = unit(others)
    cosine = (directions * goal).sum(axis=1)
    rows = np.flatnonzero(best)
    names = np.asarray(ids, dtype=np.str_)
    near = similar(
        vectors, pool=np.asarray(vectors)[rows], ids=names[rows].tolist(), k=1, exclude=names.tolist()
    )
    found = near.index[:, 0]
    twin = np.where(found >= 0, rows[np.maximum(found, 0)], -1) if len(rows) else found
    known = (length > 0) & (distance > 1e-9)
    return Likeness(np.where(known, cosine, np.nan), twin.astype(np.int64), near.similarity[:, 0])


class _Moments(NamedTuple):
    """Known values, mean and variance per gene (arrays of any leading shape)."""

    n: F64
    mean: F64
    variance: F64

    @classmethod
    def of(cls, logs: F64, weights: F64 | None = None) -> _Moments:
        """Count each row once, or `weights` (resamples × rows) times."""
        repeat = np.ones((1, len(logs))) if weights is None else weights
        known = np.isfinite(logs)
        centre = np.where(known, logs, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        values = np.where(known, logs - centre, 0)
        n = repeat @ known
        mean = (repeat @ values) / np.maximum(n, 1)
        variance = (repeat @ values**2 - n * mean**2) / np.maximum(n - 1, 1)
        moments = cls(n, mean + centre, np.maximum(variance, 0))
        return cls(*(part[0] for part in moments)) if weights is None else moments


class _Test(NamedTuple):
    effect: F64
    reach: F64
    p: F64
    q: F64


def _welch(best: _Moments, rest: _Moments, *, minimum: int) -> _Test:
    """Return the difference of means, half its 95 % interval, p and q along the last axis; nan where too few."""
    parts = best.variance / np.maximum(best.n, 1), rest.variance / np.maximum(rest.n, 1)
    error = parts[0] + parts[1]
    enough = (best.n >= minimum) & (rest.n >= minimum) & (error > 1e-18)
    safe = np.where(enough, error, 1)
    below = parts[0] ** 2 / np.maximum(best.n - 1, 1) + parts[1] ** 2 / np.maximum(rest.n - 1, 1)
    freedom = np.where(enough, safe**2 / np.where(enough, below, 1), 1)
    effect = np.where(enough, best.mean - rest.mean, np.nan)
    p = np.asarray(2 * stdtr(freedom, -np.abs(effect) / np.sqrt(safe)))
    return _Test(effect, np.asarray(stdtrit(freedom, 0.975) * np.sqrt(safe)), p, benjamini_hochberg(p))


def _stability(logs: F64, *, best: Mask, test: _Test, resamples: int, seed: int) -> F64:
    """Return the share of bootstrap resamples in which a gene has q <= .05 and the full data's sign."""
    random = np.random.default_rng(seed)
    groups = logs[best], logs[~best]
    weights = [random.multinomial(len(rows), np.full(len(rows), 1 / len(rows)), resamples) for rows in groups]
    pieces = [
        [_Moments.of(rows[:, start : start + GENES_AT_ONCE], times.astype(float))
         for rows, times in zip(groups, weights, strict=True)]
        for start in range(0, logs.shape[1], GENES_AT_ONCE)
    ]  # fmt: skip
    sides = [
        _Moments(*(np.concatenate(part, axis=1) for part in zip(*side, strict=True)))
        for side in zip(*pieces, strict=True)
    ]
    again = _welch(*sides, minimum=2)
    same = (again.q <= 0.05) & (np.sign(again.effect) == np.sign(test.effect))
    return cast("F64", same.mean(axis=0))


def _effect(
    gene: str, *, place: int, groups: tuple[_Moments, _Moments], test: _Test, stable: F64, minimum: int
) -> GeneEffect:
    """Gather one gene's numbers, or say why there are none."""
    counts = int(groups[0].n[place]), int(groups[1].n[place])
    effect, reach = float(test.effect[place]), float(test.reach[place])
    if not np.isfinite(effect):
        few = (
            f"too few to say: known of {counts[0]} best and {counts[1]} others, {minimum} of each are needed"
        )
        return GeneEffect(
            gene=gene, effect=None, ratio=None, low=None, high=None, p=None, q=None, stability=None, best_mean=None,
            rest_mean=None, best_known=counts[0], rest_known=counts[1],
            reason=few if min(counts) < minimum else "the strength does not vary",
        )  # fmt: skip
    return GeneEffect(
        gene=gene, effect=effect, ratio=2**effect, low=2 ** (effect - reach), high=2 ** (effect + reach),
        p=float(test.p[place]), q=float(test.q[place]), stability=float(stable[place]),
        best_mean=float(2 ** groups[0].mean[place]), rest_mean=float(2 ** groups[1].mean[place]),
        best_known=counts[0], rest_known=counts[1], reason=None,
    )  # fmt: skip


def _at_equal(gene: GeneEffect, effect: float, reach: float) -> GeneEffect:
    """Add the difference among customers with equally much evidence."""
    if not np.isfinite(effect):
        return gene
    middle, low, high = (float(2 ** (effect + side)) for side in (0, -reach, reach))
    return replace(gene, equal_ratio=middle, equal_low=low, equal_high=high)
