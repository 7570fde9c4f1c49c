"""Bootstrap over customers: how much a metric, or a difference between two models, owes to who was there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from customer_genome.predictions.history import F64
from customer_genome.predictions.honesty.cases import Cases
from customer_genome.predictions.honesty.metrics import Metric, ratio, undefined

REPLICATES, FEWEST = 1_000, 200
CELLS, WORK = 4_000_000, 40_000_000
"""Rows × replicates held at once, and gone through in all as long as `FEWEST` replicates or more are left."""


@dataclass(frozen=True)
class Interval:
    """A number with the bounds that hold it with 95 % probability; all None where it has none, with the reason."""

    value: float | None
    low: float | None
    high: float | None
    reason: str = ""


Rounds = Mapping[str, Sequence[Cases]]
"""Each model's cases at each cut-off: at one cut-off, all models have the same truth of the same customers."""


def replicate(
    rounds: Rounds, metric: Metric, /, *, customers: int, replicates: int = REPLICATES, seed: int = 0
) -> dict[str, F64]:
    """Return each model's metric, first as it is and then under `replicates` draws of the customers.

    A draw weighs each customer by a Poisson(1) number (Hanley & MacGibbon 2006), the same for all their rows, at
    all cut-offs and for all models, so that differences are paired. The metric is the mean over the cut-offs. Of very
    many cases there are fewer draws: their intervals are narrow.
    """
    random = np.random.default_rng(seed)
    rows = max((len(cases.truth) for found in rounds.values() for cases in found), default=0)
    replicates = min(replicates, max(FEWEST, WORK // max(1, rows)))
    size = max(1, min(replicates, CELLS // max(1, rows, customers)))
    found: dict[str, list[F64]] = {
        name: [_mean(rounds[name], metric, np.ones((customers, 1)))] for name in rounds
    }
    for start in range(0, replicates, size):
        count = min(size, replicates - start)
        weights = random.poisson(1.0, (count, customers)).T.astype(float, order="C")
        for name, cases in rounds.items():
            found[name].append(_mean(cases, metric, weights))
    return {name: np.concatenate(parts) for name, parts in found.items()}


def interval(replicated: F64, /, *, reason: str = "") -> Interval:
    """Return the first number with the 2.5 % and 97.5 % quantiles of the others that are defined."""
    value, drawn = replicated[0], replicated[1:][np.isfinite(replicated[1:])]
    if not np.isfinite(value):
        return Interval(None, None, None, reason or "it is not defined for these cases")
    if not len(drawn):
        return Interval(float(value), None, None, "no draw of the customers defines it")
    low, high = np.quantile(drawn, (0.025, 0.975))
    return Interval(float(value), float(low), float(high))


def gain(model: F64, baseline: F64, /, *, metric: Metric) -> Interval:
    """Return by how much a model is better than a baseline (above 0: better), from their replicated metrics."""
    if metric.sign == 0:
        return interval(np.abs(baseline) - np.abs(model))
    return interval(metric.sign * (model - baseline))


def _mean(cases: Sequence[Cases], metric: Metric, weights: F64) -> F64:
    """Return the mean of a metric over the cut-offs where it is defined."""
    usable = [one for one in cases if not undefined(one, metric)]
    if not usable:
        return np.full(weights.shape[1], np.nan)
    values = np.stack([metric.function(one, weights) for one in usable])
    some = np.isfinite(values)
    return ratio(np.where(some, values, 0).sum(axis=0), some.sum(axis=0).astype(float))
