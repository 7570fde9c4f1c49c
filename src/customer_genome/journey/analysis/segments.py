"""The same analysis for each segment, and whether segments differ more than chance would have it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from customer_genome.core.errors import ContractError
from customer_genome.core.intervals import benjamini_hochberg
from customer_genome.journey.analysis._survival import (
    Stays,
    aalen_johansen,
    number_at_risk,
    risk_table,
    stays,
)
from customer_genome.journey.analysis.curves import FEWEST, TooFew, too_few
from customer_genome.journey.analysis.spells import F64, I64, Spells, distinct

T = TypeVar("T")


@dataclass(frozen=True)
class Labels:
    """The segment of each customer: `code` positions in `names`, -1 where it is not known; what it says in `title`."""

    title: str
    names: tuple[str, ...]
    code: I64


@dataclass(frozen=True)
class Difference:
    """Whether segments differ in one respect: the test's p, and q with the false discoveries of all of them controlled.

    p and q are None where `reason` says why they are unknown.
    """

    what: str
    test: str
    statistic: float | None
    p: float | None
    q: float | None
    reason: str = ""


def labels(title: str, values: Sequence[str | None] | NDArray[np.object_]) -> Labels:
    """Return labels from one text a customer (None: not known), the names sorted."""
    known = sorted({value for value in values if value is not None})
    place = {name: code for code, name in enumerate(known)}
    code = np.array([-1 if value is None else place[value] for value in values], np.int64)
    return Labels(title, tuple(known), code)


def high_and_low(title: str, values: F64) -> Labels:
    """Return the upper and the lower third of a number (a gene's strength) as high and low, the rest as between."""
    names = ("low", "between", "high")
    known = np.isfinite(values)
    if not known.any():
        return Labels(title, names, np.full(len(values), -1))
    low, high = np.quantile(values[known], (1 / 3, 2 / 3))
    code = np.where(values <= low, 0, np.where(values > high, 2, 1))
    return Labels(title, names, np.where(known, code, -1))


def by_segment(spells: Spells, by: Labels, analyse: Callable[[Spells], T]) -> dict[str, T | TooFew]:
    """Return an analysis of each segment's spells; segments of fewer than 10 customers are too few."""
    if len(by.code) != spells.customers:
        raise ContractError(
            f"{by.title} does not fit the spells",
            found=f"{len(by.code)} labels",
            expected=f"{spells.customers}",
        )
    there = np.zeros(spells.customers, bool)
    there[spells.customer] = True
    sizes = [int((there & (by.code == code)).sum()) for code in range(len(by.names))]
    return {
        name: too_few(size) if size < FEWEST else analyse(spells.of(by.code == code))
        for code, (name, size) in enumerate(zip(by.names, sizes, strict=True))
    }


def differences(
    spells: Spells, phase: str, *, by: Labels, day: float | None = None
) -> tuple[Difference, ...]:
    """Return how surely segments differ in leaving a phase: how fast at all, how fast for each destination, how many.

    How fast: the log-rank test over segments (Mantel 1966; Peto & Peto 1972), for a destination with the others as
    censored (it tests the cause-specific rate). How many have gone there by `day`: a test of the Aalen-Johansen
    probabilities at that day on the log(-log) scale (Klein, Logan, Harhoff & Andersen 2007, Stat Med 26:4505), without
    `day` left out. q-values are Benjamini & Hochberg's over all tests returned.
    """
    seen, _ = stays(spells, phase)
    group = by.code[spells.customer[seen.row]]
    sizes = [len(distinct(spells.customer[seen.row][group == code])) for code in range(len(by.names))]
    kept = [code for code, size in enumerate(sizes) if size >= FEWEST]
    if len(kept) < 2:
        return (
            Difference("leaving", "log-rank", None, None, None, "fewer than two segments are large enough"),
        )
    place = np.full(len(by.names) + 1, -1)
    place[kept] = np.arange(len(kept))
    group = place[group]
    causes = np.unique(seen.cause[(seen.cause >= 0) & (group >= 0)])
    found = [_tested("leaving", "log-rank", logrank(seen, group, causes=causes))]
    for cause in causes:
        name = spells.phases[cause]
        found.append(_tested(f"to {name}", "log-rank", logrank(seen, group, causes=cause[None])))
        if day is not None:
            at_day = fixed_day(seen, group, cause=int(cause), day=day)
            found.append(_tested(f"to {name} by day {day:g}", "probability", at_day))
    q = benjamini_hochberg(np.array([np.nan if one.p is None else one.p for one in found]))
    return tuple(
        replace(one, q=None if np.isnan(value) else float(value)) for one, value in zip(found, q, strict=True)
    )


def logrank(seen: Stays, group: I64, *, causes: I64) -> tuple[float, int]:
    """Return the log-rank statistic over the groups 0 to k - 1 (-1 is left out), and its degrees of freedom.

    Expected departures of group g at each day are d · Y_g / Y, with the hypergeometric covariance (Klein & Moeschberger
    2003, eq. 7.3.3).
    """
    groups = int(group.max()) + 1
    table = risk_table(_pooled(seen, causes), causes=np.zeros(1, np.int64), chosen=group >= 0)
    d, at_risk = table.left[:, 0], table.at_risk
    shares, observed = np.empty((groups, len(d))), np.empty(groups)
    for code in range(groups):
        own = Stays(*(part[group == code] for part in _parts(seen)))
        shares[code] = number_at_risk(own, table.day) / at_risk
        observed[code] = np.isin(own.cause, causes).sum()
    spread = np.where(at_risk > 1, d * (at_risk - d) / np.maximum(at_risk - 1, 1), 0.0)
    covariance = np.diag((shares * spread).sum(axis=1)) - (shares * spread) @ shares.T
    return _chi_squared(observed - shares @ d, covariance), groups - 1


def fixed_day(seen: Stays, group: I64, *, cause: int, day: float) -> tuple[float, int]:
    """Return the statistic that compares the probabilities of `cause` by a day; nan where one is 0 or 1."""
    groups = int(group.max()) + 1
    scores, variances = np.empty(groups), np.empty(groups)
    for code in range(groups):
        own = Stays(*(part[group == code] for part in _parts(seen)))
        causes = np.unique(np.append(own.cause[own.cause >= 0], cause))
        table = risk_table(own, causes=causes)
        made, column = aalen_johansen(table), int(np.searchsorted(causes, cause))
        last = int(np.searchsorted(table.day, day, side="right")) - 1
        value = made.incidence[column, last] if last >= 0 and day <= table.last else np.nan
        if not 0 < value < 1:
            return float("nan"), groups - 1
        slope = (1 - value) * -np.log1p(-value)
        scores[code] = np.log(-np.log1p(-value))
        variances[code] = made.incidence_variance[column, last] / slope**2
    weight = 1 / variances
    mean = (weight * scores).sum() / weight.sum()
    return float((weight * (scores - mean) ** 2).sum()), groups - 1


def _pooled(seen: Stays, causes: I64) -> Stays:
    return Stays(seen.row, seen.since, seen.until, np.where(np.isin(seen.cause, causes), 0, -1))


def _parts(seen: Stays) -> tuple[I64, F64, F64, I64]:
    return seen.row, seen.since, seen.until, seen.cause


def _chi_squared(excess: F64, covariance: F64) -> float:
    """Return the quadratic form of all groups but the last, whose excess the others' fix."""
    inner = covariance[:-1, :-1]
    if np.linalg.matrix_rank(inner) < len(inner):
        return float("nan")
    return float(excess[:-1] @ np.linalg.solve(inner, excess[:-1]))


def _tested(what: str, test: str, found: tuple[float, int]) -> Difference:
    from scipy.stats import chi2

    statistic, freedom = found
    if not np.isfinite(statistic):
        return Difference(what, test, None, None, None, "a segment has nobody, or everybody, who left for it")
    return Difference(what, test, statistic, float(chi2.sf(statistic, freedom)), None)
