"""A number with its bounds, or the reason why there is none; bounds of shares and rates; false-discovery control."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

Z95 = 1.959963984540054
"""Standard deviations on each side that hold 95 % of a normal distribution."""


@dataclass(frozen=True)
class Interval:
    """A number with bounds that hold it with 95 % confidence; what is unknown is None, with the reason."""

    value: float | None
    low: float | None = None
    high: float | None = None
    reason: str = ""

    @classmethod
    def unknown(cls, reason: str) -> Interval:
        """Return the state of not knowing."""
        return cls(None, None, None, reason)


def wilson(hits: F64 | float, cases: F64 | float) -> tuple[F64, F64]:
    """Return the 95 % bounds of a share (Wilson 1927, JASA 22:209); 0 and 1 where there is no case."""
    n = np.maximum(np.asarray(cases, np.float64), 1e-300)
    share, spread = np.asarray(hits, np.float64) / n, Z95**2 / n
    half = Z95 * np.sqrt(share * (1 - share) / n + spread / (4 * n))
    middle = share + spread / 2
    some = np.asarray(cases) > 0
    low = np.where(some & (np.asarray(hits) > 0), np.maximum((middle - half) / (1 + spread), 0), 0.0)
    high = np.where(some & (np.asarray(hits) < n), np.minimum((middle + half) / (1 + spread), 1), 1.0)
    return low, high


def share(hits: float, cases: float, *, fewest: int = 1, of: str = "customers") -> Interval:
    """Return `hits / cases` with Wilson's bounds; unknown below `fewest` cases."""
    if cases < fewest:
        return Interval.unknown(f"too few to say: {cases:,.0f} {of}, {fewest} are needed")
    low, high = wilson(hits, cases)
    return Interval(float(hits / cases), float(low), float(high))


def poisson_rate(count: float, exposure: float, *, unit: float = 1.0) -> Interval:
    """Return events per `unit` of exposure with exact bounds (Garwood 1936, Biometrika 28:437).

    Half the 2.5 % quantile of chi-squared with 2n degrees of freedom to half its 97.5 % quantile with 2n + 2.
    """
    from scipy.stats import chi2

    if exposure <= 0:
        return Interval.unknown("nobody was there for any time")
    low = float(chi2.ppf(0.025, 2 * count)) / 2 if count else 0.0
    high = float(chi2.ppf(0.975, 2 * count + 2)) / 2
    return Interval(count / exposure * unit, low / exposure * unit, high / exposure * unit)


def benjamini_hochberg(p: F64) -> F64:
    """Return q-values along the last axis, nan where p is (not counted).

    q(i) = min over j ≥ i of p(j) · tests / j, at most 1 (Benjamini & Hochberg 1995, JRSS B 57:289).
    """
    tests = np.isfinite(p).sum(axis=-1, keepdims=True)
    order = np.argsort(p, axis=-1)
    scaled = np.take_along_axis(p, order, -1) * tests / np.arange(1, p.shape[-1] + 1)
    least = np.fmin.accumulate(scaled[..., ::-1], axis=-1)[..., ::-1]
    q = np.empty_like(p)
    np.put_along_axis(q, order, np.minimum(least, 1), -1)
    return np.where(np.isfinite(p), q, np.nan)
