"""Curves over the days since a phase was entered: who is there still, and who has left for where."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from customer_genome.core.errors import GenomeError
from customer_genome.core.intervals import Z95, Interval
from customer_genome.journey.analysis._survival import (
    AalenJohansen,
    RiskTable,
    Stays,
    aalen_johansen,
    number_at_risk,
    risk_table,
    stays,
)
from customer_genome.journey.analysis.spells import F64, I64, Spells, distinct

FEWEST = 10
"""Fewer customers than these are too few to say anything of."""


@dataclass(frozen=True)
class TooFew:
    """Nothing is said, and why."""

    customers: int
    reason: str


@dataclass(frozen=True)
class Curve:
    """A probability over days, a step at each `day` (the first is 0), with pointwise 95 % bands.

    `at_risk` were seen at each day and had not left before; beyond `last` nobody was seen.
    """

    day: F64
    value: F64
    low: F64
    high: F64
    at_risk: I64
    last: float

    def at(self, day: float) -> Interval:
        """Return the probability at a day; unknown where nobody was seen for so long."""
        if not 0 <= day <= self.last:
            return Interval.unknown(
                f"nobody was followed for {day:,.0f} days; the longest was {self.last:,.0f}"
            )
        place = int(np.searchsorted(self.day, day, side="right")) - 1
        return Interval(float(self.value[place]), float(self.low[place]), float(self.high[place]))

    def sampled(self, days: F64) -> dict[str, list[float | None]]:
        """Return day, value, low and high at the days given, None beyond `last`: what a picture needs."""
        found = [self.at(float(one)) for one in days]
        return {
            "day": [float(one) for one in days],
            "value": [one.value for one in found],
            "low": [one.low for one in found],
            "high": [one.high for one in found],
        }


@dataclass(frozen=True)
class TimeInPhase:
    """How long a phase lasts: the curve of those still there, the median, and the mean up to `horizon` days.

    `left_out` spells began before anybody looked, at an unknown time.
    """

    phase: str
    customers: int
    stays: int
    left: int
    left_out: int
    staying: Curve
    median: Interval
    mean: Interval
    horizon: float


@dataclass(frozen=True)
class Conversion:
    """What becomes of those who enter a phase: a curve for each destination, and that of those still there.

    At every day the values sum to 1. `left_out` spells began before anybody looked, at an unknown time.
    """

    phase: str
    customers: int
    stays: int
    left: dict[str, int]
    left_out: int
    to: dict[str, Curve]
    staying: Curve


def time_in_phase(spells: Spells, phase: str, *, horizon: float | None = None) -> TimeInPhase | TooFew:
    """Return how long stays in a phase last, by Kaplan & Meier 1958 (JASA 53:457).

    Bands are Greenwood's on the log(-log) scale (Kalbfleisch & Prentice 2002, 1.4). The median's interval holds the
    days at which the band holds one half (Brookmeyer & Crowley 1982, Biometrics 38:29). The mean is the area under
    the curve up to `horizon` days (without it: the longest stay seen), with the variance of Klein & Moeschberger 2003,
    eq. 4.5.2. Stays of one customer count as independent. Days still running are cut off at the end (censored).
    """
    seen, left_out = stays(spells, phase)
    customers = len(distinct(spells.customer[seen.row]))
    if customers < FEWEST:
        return too_few(customers)
    anywhere = Stays(seen.row, seen.since, seen.until, np.where(seen.cause >= 0, 0, -1))
    table = risk_table(anywhere, causes=np.zeros(1, np.int64))
    table, made = _held(table, aalen_johansen(table))
    gone = _curve(table, seen, 1 - made.survival, variance=made.survival_variance)
    staying = _complement(gone)
    until = table.last if horizon is None else horizon
    return TimeInPhase(
        phase, customers, table.stays, int(table.left.sum()), left_out, staying, _median(staying),
        _mean(staying, table, horizon=until), until,
    )  # fmt: skip


def conversion_curves(spells: Spells, phase: str, *, horizon: float | None = None) -> Conversion | TooFew:
    """Return the probability of having left a phase for each destination by each day since it was entered.

    Destinations compete: the estimator is Aalen & Johansen's (1978), with the Greenwood-type variance of Andersen,
    Borgan, Gill & Keiding 1993, IV.4, and bands on the log(-log) scale of the probability of not having gone there.
    Stays still running are censored, stays that began before the data are seen from then on (delayed entry). Curves
    end at `horizon` days, if one is given. Departures at the same time are counted together: no jitter.
    """
    seen, left_out = stays(spells, phase)
    customers = len(distinct(spells.customer[seen.row]))
    if customers < FEWEST:
        return too_few(customers)
    causes = np.unique(seen.cause[seen.cause >= 0])
    table = risk_table(seen, causes=causes)
    table, made = _held(table, aalen_johansen(table))
    names = [spells.phases[code] for code in causes]
    curves = {
        name: _curve(table, seen, made.incidence[place], variance=made.incidence_variance[place])
        for place, name in enumerate(names)
    }
    gone = _curve(table, seen, 1 - made.survival, variance=made.survival_variance)
    left = dict(zip(names, table.left.sum(axis=0).astype(int).tolist(), strict=True))
    cut = {name: _until(curve, horizon) for name, curve in curves.items()}
    return Conversion(phase, customers, table.stays, left, left_out, cut, _until(_complement(gone), horizon))


def too_few(customers: int, *, fewest: int = FEWEST) -> TooFew:
    """Return the state of having too few customers."""
    return TooFew(customers, f"too few to say: {customers} customers, {fewest} are needed")


def _held(table: RiskTable, made: AalenJohansen) -> tuple[RiskTable, AalenJohansen]:
    """Cut both before a day on which all who were seen left, though others were seen later.

    With late entries that can be: it says nothing of those others, so nothing is said from that day on.
    """
    ends = np.flatnonzero((made.survival <= 0) & (table.day < table.last))[:1]
    if not len(ends):
        return table, made
    n = int(ends[0])
    last = float(np.nextafter(table.day[n], 0))
    kept = RiskTable(table.day[:n], table.at_risk[:n], table.left[:n], last, table.stays)
    survival, variance = made.survival[:n], made.survival_variance[:n]
    return kept, AalenJohansen(survival, variance, made.incidence[:, :n], made.incidence_variance[:, :n])


def _curve(table: RiskTable, seen: Stays, value: F64, *, variance: F64) -> Curve:
    """Put the origin before the steps, and bands around them.

    With g = log(-log(1 - F)), bounds are 1 - (1 - F)^exp(±1.96 se(g)). Where nothing happened yet, the upper
    bound is the exact one of none among those at risk; where everybody has gone, the lower bound stays what it was.
    """
    begins = len(table.day) > 0 and table.day[0] == 0
    day = table.day if begins else np.append(0.0, table.day)
    value, variance = (part if begins else np.append(0.0, part) for part in (np.clip(value, 0, 1), variance))
    at_risk = number_at_risk(seen, day)
    staying = 1 - value
    inner = (value > 0) & (staying > 1e-12)
    kept = np.where(inner, staying, 0.5)
    error = Z95 * np.sqrt(np.maximum(variance, 0)) / (kept * -np.log(kept))
    low = np.where(inner, 1 - kept ** np.exp(-error), 0.0)
    high = np.where(inner, 1 - kept ** np.exp(error), 1.0)
    later = np.append(at_risk[1:], at_risk[-1:])  # the step lasts until the next day, when fewer are left
    high = np.where(value <= 0, 1 - 0.025 ** (1 / np.maximum(later, 1)), high)
    everybody = staying <= 1e-12
    low = np.where(everybody, np.max(low, initial=0.0, where=inner), low)
    return Curve(day, value, low, high, at_risk, table.last)


def _complement(curve: Curve) -> Curve:
    return Curve(curve.day, 1 - curve.value, 1 - curve.high, 1 - curve.low, curve.at_risk, curve.last)


def _until(curve: Curve, horizon: float | None) -> Curve:
    if horizon is None:
        return curve
    if horizon <= 0:
        raise GenomeError("a horizon is a number of days", found=f"{horizon}", expected="more than 0")
    kept = curve.day <= horizon
    day, value, low, high = (part[kept] for part in (curve.day, curve.value, curve.low, curve.high))
    return Curve(day, value, low, high, curve.at_risk[kept], min(curve.last, horizon))


def _median(staying: Curve) -> Interval:
    """Return the first day at which half have gone, with the days at which the bands say so."""
    found = [_first(staying, part) for part in (staying.value, staying.low, staying.high)]
    if found[0] is None:
        return Interval.unknown(
            f"more than half stay longer than {staying.last:,.0f} days, as long as was seen"
        )
    reason = "" if found[2] is not None else "no upper bound: too few were seen for long enough"
    return Interval(found[0], found[1], found[2], reason)


def _first(staying: Curve, value: F64) -> float | None:
    below = np.flatnonzero(value <= 0.5)
    return float(staying.day[below[0]]) if len(below) else None


def _mean(staying: Curve, table: RiskTable, *, horizon: float) -> Interval:
    """Return the area under the curve up to `horizon` (d / (Y (Y - d)) weighs the square of what follows)."""
    if horizon > table.last:
        return Interval.unknown(
            f"nobody was followed for {horizon:,.0f} days; the longest was {table.last:,.0f}"
        )
    inside = staying.day <= horizon
    edges = np.append(staying.day[inside], horizon)
    areas = staying.value[inside] * np.diff(edges)
    behind = np.cumsum(areas[::-1])[::-1]
    days = table.day <= horizon
    left, at_risk = table.left.sum(axis=1)[days], table.at_risk[days]
    rest = behind[np.searchsorted(staying.day[inside], table.day[days])]
    weight = np.where(left < at_risk, left / (at_risk * np.maximum(at_risk - left, 1)), 0.0)
    half = Z95 * float(np.sqrt((rest**2 * weight).sum()))
    mean = float(areas.sum())
    return Interval(mean, max(0.0, mean - half), min(horizon, mean + half))
