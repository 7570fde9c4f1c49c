"""Drift: whether what a model sees, says and achieves is still what it was when it learned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from customer_genome.predictions.history import F64, I64
from customer_genome.predictions.honesty.bootstrap import Interval
from customer_genome.predictions.honesty.metrics import METRICS

BINS = 10
MOVED, CHANGED = 0.1, 0.25
"""Population stability from which a column has moved, and has changed: the usual limits of credit scoring."""
HALF = 0.5
"""Cases added to each bin of both samples, so that an empty one is not infinitely far from a full one."""

State = Literal["stable", "moved", "changed", "too few to say"]


@dataclass(frozen=True)
class Shift:
    """How far one column (a feature, or the score) lies from what it was.

    `stability` is the population stability index Σ (q − p) ln(q / p) over the bins, `noise` what it exceeds by
    chance in 5 of 100 samples of these sizes, `distance` the largest difference of the cumulative shares
    (Kolmogorov-Smirnov, at the borders of the bins); all are None where there was nothing to compare.
    """

    column: str
    stability: float | None
    noise: float | None
    distance: float | None
    state: State

    @property
    def words(self) -> str:
        """Say it in one sentence."""
        if self.stability is None:
            return f"{self.column}: {self.state} (one of the two samples has no cases)"
        figures = f"stability index {self.stability:.3f}, by chance up to {self.noise:.3f}"
        return f"{self.column}: {self.state} ({figures}; largest difference of shares {self.distance:.1%})"


class Drift:
    """What columns looked like when a model learned, as shares of cases in bins; unknown values are a bin too."""

    def fit(self, columns: Mapping[str, F64], /) -> Self:
        """Learn the bins (deciles; equal values together) and their shares from one array a column."""
        self.cases_ = max((len(values) for values in columns.values()), default=0)
        self.edges_ = {name: _edges(values) for name, values in columns.items()}
        self.counts_ = {name: _counts(values, self.edges_[name]) for name, values in columns.items()}
        return self

    def compare(self, columns: Mapping[str, F64], /) -> tuple[Shift, ...]:
        """Return the shift of every column that was learned and is given, the largest first."""
        shifts = [
            _shift(name, self.counts_[name], _counts(values, self.edges_[name]))
            for name, values in columns.items()
            if name in self.edges_
        ]
        return tuple(sorted(shifts, key=lambda shift: (-(shift.stability or 0.0), shift.column)))

    def to_arrays(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return the learned state as plain arrays and a JSON-able dict."""
        edges = {f"edges:{name}": values for name, values in self.edges_.items()}
        counts = {f"counts:{name}": values for name, values in self.counts_.items()}
        return {**edges, **counts}, {"cases": self.cases_, "columns": list(self.edges_)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any]) -> Self:
        """Rebuild from what `to_arrays` gave."""
        made = cls()
        made.cases_ = meta["cases"]
        made.edges_ = {name: arrays[f"edges:{name}"] for name in meta["columns"]}
        made.counts_ = {name: arrays[f"counts:{name}"] for name in meta["columns"]}
        return made


def performance_drift(metric: str, /, *, tested: Interval, now: Interval) -> str:
    """Say whether a model still achieves what its backtest said, once what happened has become known."""
    title = METRICS[metric].title
    if tested.value is None or now.value is None or now.low is None or now.high is None:
        return f"{title} now is not known: {now.reason or tested.reason or 'no interval'}"
    figures = f"{now.value:.3g} ({now.low:.3g} to {now.high:.3g}) now, {tested.value:.3g} in the backtest"
    if now.low <= tested.value <= now.high:
        return f"{title} is as tested: {figures}"
    sign = METRICS[metric].sign
    better = abs(now.value) < abs(tested.value) if sign == 0 else sign * (now.value - tested.value) > 0
    return f"{title} is {'better' if better else 'worse'} than tested: {figures}"


def _edges(values: F64) -> F64:
    """Return the borders of the bins, the deciles; a value equal to one lies above it.

    What fills more than one tenth is a bin of its own, so that a column that was constant can change.
    """
    known = values[np.isfinite(values)]
    if not len(known):
        return np.zeros(0)
    inner = np.quantile(known, np.arange(1, BINS) / BINS, method="lower")
    repeated = np.nextafter(inner[1:][inner[1:] == inner[:-1]], np.inf)
    return np.asarray(np.unique(np.concatenate([inner, repeated])), dtype=np.float64)


def _counts(values: F64, edges: F64) -> I64:
    """Return cases per bin, the unknown ones last."""
    known = np.isfinite(values)
    place = np.searchsorted(edges, values[known], side="right")
    return np.append(np.bincount(place, minlength=len(edges) + 1), (~known).sum())


def _shift(column: str, before: I64, now: I64) -> Shift:
    if not before.sum() or not now.sum():
        return Shift(column, None, None, None, "too few to say")
    distance = float(np.abs(np.cumsum(now / now.sum()) - np.cumsum(before / before.sum())).max())
    used = (before > 0) | (now > 0)
    p, q = before[used] + HALF, now[used] + HALF
    p, q = p / p.sum(), q / q.sum()
    stability = float(((q - p) * np.log(q / p)).sum())
    spread = 1 / before.sum() + 1 / now.sum()
    noise = float(stats.chi2.ppf(0.95, max(1, len(p) - 1)) * spread)
    return Shift(column, stability, noise, distance, _state(stability, noise))


def _state(stability: float, noise: float) -> State:
    if noise > CHANGED:
        return "too few to say"
    if stability <= max(MOVED, noise):
        return "stable"
    return "moved" if stability <= CHANGED else "changed"
