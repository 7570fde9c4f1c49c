"""Metrics: how well scores agree with what happened, for one or many weightings of the customers at once.

Each takes cases and `weights` (customers × replicates) and gives one number a replicate, nan where it is not
defined; a weighting of ones gives the plain metric. Ties in score are counted as ties, never broken by luck.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from customer_genome.predictions.history import F64, I64
from customer_genome.predictions.honesty.cases import DEPTH, Cases, tie_groups

Function = Callable[[Cases, F64], F64]
FLOOR = 1e-6
"""Log loss takes no probability for nearer to 0 or 1 than this."""
BINS = 10


@dataclass(frozen=True)
class Metric:
    """A metric, and its `title` for people. `sign`: 1 where more is better, −1 where less is, 0 where nothing is best.

    `probability`: scores must lie in 0 to 1.
    """

    name: str
    title: str
    function: Function
    sign: int = 1
    probability: bool = False


@dataclass(frozen=True)
class Measure:
    """A metric's value, or None and the `reason` why it has none."""

    value: float | None
    reason: str = ""


def measure(cases: Cases, metric: Metric, /) -> Measure:
    """Return the plain metric of cases."""
    if reason := undefined(cases, metric):
        return Measure(None, reason)
    value = float(metric.function(cases, np.ones((int(cases.customer.max()) + 1, 1)))[0])
    if not np.isfinite(value):
        return Measure(None, "what happened, or what was said, does not vary or adds up to nothing")
    return Measure(value)


def undefined(cases: Cases, metric: Metric, /) -> str:
    """Return why a metric says nothing of these cases, empty where it may."""
    if not len(cases.truth):
        return "there are no cases"
    if metric.probability and ((cases.score < 0) | (cases.score > 1)).any():
        return "the scores are no probabilities"
    if metric.name in {"auroc", "average_precision"} and cases.truth.min() == cases.truth.max():
        return "no case came true" if cases.truth.max() == 0 else "every case came true"
    return ""


def auroc(cases: Cases, weights: F64) -> F64:
    """Return the chance that a case that came true scores above one that did not (ties count half)."""
    hits, misses = _tied(cases, weights)
    below = np.cumsum(misses, axis=0) - misses / 2
    return ratio((hits * below).sum(axis=0), hits.sum(axis=0) * misses.sum(axis=0))


def average_precision(cases: Cases, weights: F64) -> F64:
    """Return the precision at each score, weighted by the cases that came true at it."""
    hits, misses = _tied(cases, weights)
    above = np.cumsum(hits[::-1], axis=0)
    every = above + np.cumsum(misses[::-1], axis=0)
    precision = np.divide(above, every, out=np.zeros_like(above), where=every > 0)
    return ratio((hits[::-1] * precision).sum(axis=0), above[-1])


def brier(cases: Cases, weights: F64) -> F64:
    """Return the mean squared error of the probabilities."""
    return _mean((cases.score - cases.truth) ** 2, cases, weights)


def log_loss(cases: Cases, weights: F64) -> F64:
    """Return the mean of minus the natural logarithm of the probability given to what happened."""
    p = np.clip(cases.score, FLOOR, 1 - FLOOR)
    return _mean(-(cases.truth * np.log(p) + (1 - cases.truth) * np.log1p(-p)), cases, weights)


def calibration_error(cases: Cases, weights: F64) -> F64:
    """Return the mean distance of probability and share come true over ten bins of equal size, by cases."""
    order, starts = _bins(cases)
    weight = weights[cases.customer[order]]
    gap = (cases.score - cases.truth)[order, None] * weight
    return ratio(np.abs(np.add.reduceat(gap, starts, axis=0)).sum(axis=0), weight.sum(axis=0))


def mae(cases: Cases, weights: F64) -> F64:
    """Return the mean absolute error."""
    return _mean(np.abs(cases.score - cases.truth), cases, weights)


def rmse(cases: Cases, weights: F64) -> F64:
    """Return the root of the mean squared error."""
    return np.sqrt(_mean((cases.score - cases.truth) ** 2, cases, weights))


def total_bias(cases: Cases, weights: F64) -> F64:
    """Return what was said in sum over what happened in sum, less 1: +0.05 is 5 % too much."""
    said, happened = (
        np.bincount(cases.customer, values, minlength=len(weights)) @ weights
        for values in (cases.score, cases.truth)
    )
    return ratio(said, happened) - 1


def spearman(cases: Cases, weights: F64) -> F64:
    """Return the correlation of the ranks of truth and score, equal values sharing their mean rank."""
    weight = weights[cases.customer]
    first, second = _ranks(cases.score, weight), _ranks(cases.truth, weight)
    total = weight.sum(axis=0)
    first -= (first * weight).sum(axis=0) / total
    second -= (second * weight).sum(axis=0) / total
    spread = (weight * first**2).sum(axis=0) * (weight * second**2).sum(axis=0)
    return ratio((weight * first * second).sum(axis=0), np.sqrt(spread))


def top_decile_capture(cases: Cases, weights: F64) -> F64:
    """Return what the tenth with the highest scores holds of all that happened, over what a tenth can hold at most.

    A group of equal scores on the border counts in proportion, as does the customer on it.
    """
    return ratio(_held(cases.score, cases, weights), _held(cases.truth, cases, weights))


def _held(values: F64, cases: Cases, weights: F64) -> F64:
    """Return the sum of the truth over the tenth with the highest values."""
    order, starts = tie_groups(values)
    weight = weights[cases.customer[order]]
    held = np.add.reduceat(cases.truth[order, None] * weight, starts, axis=0)[::-1]
    size = np.add.reduceat(weight, starts, axis=0)[::-1]
    room = size.sum(axis=0) / 10 - (np.cumsum(size, axis=0) - size)
    part = np.divide(np.clip(room, 0, size), size, out=np.zeros_like(size), where=size > 0)
    return np.asarray((held * part).sum(axis=0))


def over_targets(cases: Cases, weights: F64, *, function: Function) -> F64:
    """Return the plain mean of a metric over the targets for which it is defined."""
    parts = np.stack([function(part, weights) for part in cases.by_target])
    some = np.isfinite(parts)
    return ratio(np.where(some, parts, 0).sum(axis=0), some.sum(axis=0).astype(float))


def of_lists(cases: Cases, weights: F64, *, function: Callable[[F64, I64, Cases], F64]) -> F64:
    """Return the mean over customers of what `function` says of their lists."""
    who, row = np.unique(cases.customer, return_inverse=True)
    size = np.bincount(row, cases.truth).astype(float)
    weight = weights[who]
    return ratio(function(size, row, cases) @ weight, weight.sum(axis=0))


def recall(size: F64, row: I64, cases: Cases) -> F64:
    """Return, per customer, the share of what they did that stood in the list."""
    return np.bincount(row, cases.truth * np.isfinite(cases.score)) / size


def ndcg(size: F64, row: I64, cases: Cases) -> F64:
    """Return, per customer, Σ 1 / log2(1 + place) of the hits over that of a perfect list (Järvelin 2002)."""
    place = np.where(np.isfinite(cases.score), -cases.score, np.inf)
    gain = np.bincount(row, cases.truth / np.log2(1 + place))
    best = np.cumsum(1 / np.log2(np.arange(2, DEPTH + 2)))
    return np.asarray(gain / best[np.minimum(size, DEPTH).astype(np.int64) - 1])


def hit(size: F64, row: I64, cases: Cases) -> F64:
    """Return, per customer, 1 where anything in the list was done."""
    return (recall(size, row, cases) > 0).astype(float)


def _tied(cases: Cases, weights: F64) -> tuple[F64, F64]:
    """Return the weight of hits and of misses per group of equal scores, scores rising."""
    order, starts = cases.rising
    weight = weights[cases.customer[order]]
    hits = weight * cases.truth[order, None]
    if len(starts) == len(order):
        return hits, weight - hits
    hits = np.add.reduceat(hits, starts, axis=0)
    return hits, np.add.reduceat(weight, starts, axis=0) - hits


def _bins(cases: Cases) -> tuple[I64, I64]:
    """Return rising scores cut into bins of nearly equal size, none of which splits equal scores."""
    order, starts = cases.rising
    edges = np.arange(BINS) * len(order) // BINS
    return order, np.unique(starts[np.searchsorted(starts, edges, side="right") - 1])


def _ranks(values: F64, weight: F64) -> F64:
    order, starts = tie_groups(values)
    size = np.add.reduceat(weight[order], starts, axis=0)
    middle = np.cumsum(size, axis=0) - size / 2
    ranks = np.empty_like(weight)
    ranks[order] = np.repeat(middle, np.diff(np.append(starts, len(order))), axis=0)
    return ranks


def _mean(values: F64, cases: Cases, weights: F64) -> F64:
    size = len(weights)
    total = np.bincount(cases.customer, values, minlength=size) @ weights
    return ratio(total, np.bincount(cases.customer, minlength=size) @ weights)


def ratio(part: F64, whole: F64) -> F64:
    """Return part / whole, nan where the whole is 0."""
    out = np.full(np.shape(part), np.nan)
    np.divide(part, whole, out=out, where=whole != 0)
    return out


_ALL = (
    Metric("auroc", "AUROC", auroc),
    Metric("average_precision", "average precision", average_precision),
    Metric("brier", "Brier score", brier, -1, probability=True),
    Metric("log_loss", "log loss", log_loss, -1, probability=True),
    Metric("calibration_error", "calibration error", calibration_error, -1, probability=True),
    Metric("mae", "mean absolute error", mae, -1),
    Metric("rmse", "root mean squared error", rmse, -1),
    Metric("spearman", "rank correlation", spearman),
    Metric("top_decile_capture", "capture in the top tenth", top_decile_capture),
    Metric("total_bias", "bias of the total", total_bias, 0),
    Metric("macro_auroc", "mean AUROC over targets", partial(over_targets, function=auroc)),
    Metric(
        "macro_average_precision",
        "mean average precision over targets",
        partial(over_targets, function=average_precision),
    ),
    Metric(f"recall@{DEPTH}", f"recall@{DEPTH}", partial(of_lists, function=recall)),
    Metric(f"ndcg@{DEPTH}", f"NDCG@{DEPTH}", partial(of_lists, function=ndcg)),
    Metric(f"hit@{DEPTH}", f"hit rate@{DEPTH}", partial(of_lists, function=hit)),
)
METRICS = {metric.name: metric for metric in _ALL}
