"""The counting behind every curve: who was at risk when, who left for where, and the estimators' recursions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from customer_genome.core.compiled import compiled
from customer_genome.journey.analysis.spells import F64, I64, Mask, Spells

_DIGITS = 9
"""Ages are rounded to so many digits of a day, so that equal ones are equal whenever they began."""


@dataclass(frozen=True)
class Stays:
    """Spells of one phase as durations: seen from age `since` (days in the phase; -inf: from the beginning) to `until`.

    `cause` is the destination's code, -1 where the stay was cut off by the end of what is known.
    """

    row: I64
    since: F64
    until: F64
    cause: I64


@dataclass(frozen=True)
class RiskTable:
    """At each distinct age `day` at which somebody left: how many were at risk, and how many left for each cause.

    `left` is days × causes. `last` is the greatest age at which anybody was seen, `stays` how many were seen at all.
    """

    day: F64
    at_risk: F64
    left: F64
    last: float
    stays: int


@dataclass(frozen=True)
class AalenJohansen:
    """After each `day`: the probability of being there still, and of having left for each cause, with variances."""

    survival: F64
    survival_variance: F64
    incidence: F64
    incidence_variance: F64


def stays(spells: Spells, phase: str) -> tuple[Stays, int]:
    """Return the stays in a phase, and how many spells are left out because nobody knows when they began."""
    inside = (spells.phase == spells.code(phase)) & ~(spells.left <= spells.start)
    known = np.isfinite(spells.entered) & (spells.entered < spells.end)
    row = np.flatnonzero(inside & known)
    entered, to = spells.entered[row], spells.to[row]
    gone = spells.left[row] <= spells.end
    until = np.where(gone, spells.left[row], spells.end)
    since = np.where(entered < spells.start, np.round(spells.start - entered, _DIGITS), -np.inf)
    cause = np.where(gone, to, -1)
    return Stays(row, since, np.round(until - entered, _DIGITS), cause), int(
        (inside & np.isnan(spells.entered)).sum()
    )


def risk_table(stays: Stays, *, causes: I64, chosen: Mask | None = None) -> RiskTable:
    """Count those at risk and those who left, of all stays or those `chosen`.

    At risk at age t is who was seen before t (from the beginning: also at 0) and until t or later.
    """
    since, until, cause = stays.since, stays.until, stays.cause
    if chosen is not None:
        since, until, cause = since[chosen], until[chosen], cause[chosen]
    place = np.full(max(int(causes.max(initial=-1)), int(cause.max(initial=-1))) + 2, -1, np.int64)
    place[causes] = np.arange(len(causes))
    column = np.where(cause >= 0, place[cause], -1)
    some = column >= 0
    day, where = np.unique(until[some], return_inverse=True)
    flat = np.bincount(where * max(len(causes), 1) + column[some], minlength=len(day) * len(causes))
    entries, exits = np.sort(since), np.sort(until)
    at_risk = np.searchsorted(entries, day, side="left") - np.searchsorted(exits, day, side="left")
    last = float(exits[-1]) if len(exits) else 0.0
    left = flat.reshape(len(day), len(causes)).astype(np.float64)
    return RiskTable(day, at_risk.astype(np.float64), left, last, len(until))


def number_at_risk(stays: Stays, day: F64) -> I64:
    """Return how many were seen at each age."""
    entries, exits = np.sort(stays.since), np.sort(stays.until)
    found = np.searchsorted(entries, day, side="left") - np.searchsorted(exits, day, side="left")
    return np.asarray(found, np.int64)


def aalen_johansen(table: RiskTable) -> AalenJohansen:
    """Return the Aalen-Johansen estimator with its variance of the Greenwood type.

    With dA the increments left / at_risk: survival S(t) = S(t-)(1 - ΣdA), incidence F_j(t) = F_j(t-) + S(t-) dA_j
    (Aalen & Johansen 1978, Scand J Stat 5:141). The covariance is carried along by the recursion of Andersen, Borgan,
    Gill & Keiding 1993, eq. 4.4.19, with the multinomial covariance of dA at each day (their eq. 4.4.20, as in the R
    package etm: Allignol, Schumacher & Beyersmann 2010, Biometrical J 52:126). For survival it is Greenwood's
    formula, for incidences without ties that of Gaynor et al. 1993. Where nobody is cut off it is F(1 - F) / n.
    """
    size, causes = table.left.shape
    out = np.empty((2 + 2 * causes, size))
    _recursion(table.at_risk, np.ascontiguousarray(table.left), out)
    return AalenJohansen(out[0], out[1], out[2 : 2 + causes], out[2 + causes :])


@compiled
def _recursion(at_risk: F64, left: F64, out: F64) -> None:
    size, causes = left.shape
    survival, variance = 1.0, 0.0
    incidence, own = np.zeros(causes), np.zeros(causes)
    shared = np.zeros(causes)  # covariance of survival and incidence
    for step in range(size):
        n = at_risk[step]
        gone = left[step].sum()
        hazard, square = gone / n, survival * survival / (n * n * n)
        for j in range(causes):
            d = left[step, j]
            a = d / n
            own[j] += 2 * a * shared[j] + a * a * variance + square * d * (n - d)
            shared[j] = (1 - hazard) * (shared[j] + a * variance) - square * d * (n - gone)
            incidence[j] += survival * a
            out[2 + j, step] = incidence[j]
            out[2 + causes + j, step] = own[j]
        variance = (1 - hazard) ** 2 * variance + square * gone * (n - gone)
        survival *= 1 - hazard
        out[0, step] = survival
        out[1, step] = variance
