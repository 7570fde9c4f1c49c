"""What precedes a transition: what those who moved had done more often, or less, than others who could have then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from customer_genome.core.errors import GenomeError
from customer_genome.core.intervals import Z95, Interval, benjamini_hochberg
from customer_genome.journey.analysis._matching import TERMS, draw_controls, exposed_sums, together
from customer_genome.journey.analysis.spells import F64, I64, Mask, Spells, by_time

FEWEST_MOVES = 20
"""A candidate that tells fewer moves from those compared with them is too rare to say anything of."""


@dataclass(frozen=True)
class Exposures:
    """What customers did or received that may precede a transition: rows of customer, candidate (of `names`), day."""

    customer: I64
    candidate: I64
    day: F64
    names: tuple[str, ...]


@dataclass(frozen=True)
class Precedent:
    """One candidate: how often it was there before the transition, and how often among the others at that moment.

    `odds_ratio` above 1: it precedes the transition more often than chance would have it; below 1: less often. `q` is
    the rate of false discoveries in a list that ends here. All are unknown where `odds_ratio.reason` says why.
    """

    name: str
    cases: int
    of_cases: float
    of_controls: float
    odds_ratio: Interval
    p: float | None
    q: float | None

    @property
    def words(self) -> str:
        """What may be said of it: that it precedes, never that it causes."""
        value = self.odds_ratio.value
        if value is None:
            return f"{self.name}: {self.odds_ratio.reason}"
        side = "more" if value > 1 else "less"
        return f"{self.name} precedes it {side} often than among others in the phase at that time"


@dataclass(frozen=True)
class Preceding:
    """All candidates, the surest first, and how they were compared.

    `transitions` happened; `matched` of them have others to be compared with, `controls` in all.
    """

    start: str
    to: str
    days: float
    gap: float
    transitions: int
    matched: int
    controls: int
    found: tuple[Precedent, ...]

    def listed(self, *, rate: float = 0.05) -> tuple[Precedent, ...]:
        """Return those that would be false in at most `rate` of such a list, on average."""
        return tuple(one for one in self.found if one.q is not None and one.q <= rate)


def precedes(
    spells: Spells,
    exposures: Exposures,
    *,
    start: str,
    to: str,
    days: float = 14,
    gap: float = 0,
    controls: int = 10,
    seed: int = 0,
) -> Preceding:
    """Return what precedes the moves from phase `start` to `to`: had it happened in the `days` before, or not.

    Each move is compared with up to `controls` others, drawn from those who then stood in `start` too, had entered it
    at nearly the same time (a tenth of the days in it, or if there is nobody a third; half a day to 7), and stayed: a
    nested case-control sample of the risk set (Goldstein & Langholz 1992, Ann Stat 20:1903), matched on the calendar
    and on the time in the phase. What happened in the `gap` days before the move, or at its moment, is not looked at.
    Odds ratios are Mantel & Haenszel's with the interval of Robins, Breslow & Greenland 1986; p is of their test
    without continuity correction, q Benjamini & Hochberg's over all candidates that tell enough moves apart. Moves at
    one moment after nearly as long are one set.

    This is an association: what precedes a transition need not bring it about.
    """
    if days <= gap:
        raise GenomeError("nothing lies in the window", found=f"{days:g} days, of which {gap:g} are left out")
    customer, entered, left, cases = _stays(spells, start, to)
    time_in = left[cases] - entered[cases]
    caliper = np.stack([np.clip(time_in / 10, 0.5, 7), np.clip(time_in / 3, 0.5, 7)])
    begins = together(left[cases], entered[cases], caliper[0])
    drawn = np.full(len(cases) * controls, -1, np.int64)
    draw_controls((entered, left), (cases, begins, caliper), seed, drawn)
    others = np.where(drawn >= 0, customer[drawn], -1)
    compared = _compared(others, begins)
    sets = (np.where(compared, customer[cases], -1), others, begins, left[cases[begins[:-1]]])
    sums = np.zeros((len(exposures.names), TERMS))
    exposed_sums(sets, _by_customer(exposures, spells.customers), (float(days), float(gap)), sums)
    matched, total = int(compared.sum()), int((others >= 0).sum())
    found = [
        _precedent(name, row, cases=matched, controls=total)
        for name, row in zip(exposures.names, sums, strict=True)
    ]
    return Preceding(start, to, days, gap, len(cases), matched, total, _ranked(found))


def _compared(others: I64, begins: I64) -> Mask:
    """Return which cases are in a set with anybody to be compared with."""
    sizes = np.diff(begins)
    if not len(sizes):
        return np.zeros(0, bool)
    each = len(others) // int(begins[-1])
    return np.repeat(np.logical_or.reduceat(others >= 0, begins[:-1] * each), sizes)


def _stays(spells: Spells, start: str, to: str) -> tuple[I64, F64, F64, I64]:
    """Return the stays in `start` whose beginning is known, in order of it: customer, entered, left, and which moved.

    Those that moved are rows of the stays, in order of the move's moment and of entered.
    """
    rows = np.flatnonzero((spells.phase == spells.code(start)) & np.isfinite(spells.entered))
    rows = rows[np.argsort(spells.entered[rows], kind="stable")]
    left = np.where(spells.left[rows] <= spells.end, spells.left[rows], spells.end)
    moved = (spells.to[rows] == spells.code(to)) & (left > spells.start) & (spells.left[rows] <= spells.end)
    cases = np.flatnonzero(moved)
    entered = spells.entered[rows]
    return spells.customer[rows], entered, left, cases[np.lexsort((entered[cases], left[cases]))]


def _by_customer(exposures: Exposures, customers: int) -> tuple[I64, I64, F64]:
    order = by_time(exposures.customer, exposures.day)
    start = np.searchsorted(exposures.customer[order], np.arange(customers + 1))
    return start, exposures.candidate[order], exposures.day[order]


def _precedent(name: str, sums: F64, *, cases: int, controls: int) -> Precedent:
    """Return one candidate from its sums; too few sets that tell it apart, and nothing is said."""
    from scipy.stats import chi2

    r, s, pr, mixed, qs, exposed, expected, variance, telling, others = sums.tolist()
    shares = exposed / max(cases, 1), others / max(controls, 1)
    if telling < FEWEST_MOVES:
        reason = f"too few to say: it tells {telling:.0f} moves from the others, {FEWEST_MOVES} are needed"
        return Precedent(name, int(exposed), *shares, Interval.unknown(reason), None, None)
    p = float(chi2.sf((exposed - expected) ** 2 / variance, 1))
    if r == 0 or s == 0:
        side = "never" if r == 0 else "always"
        ratio = Interval.unknown(f"it {side} precedes the transition where the matched set tells it apart")
        return Precedent(name, int(exposed), *shares, ratio, p, None)
    half = Z95 * float(np.sqrt(pr / (2 * r * r) + mixed / (2 * r * s) + qs / (2 * s * s)))
    ratio = Interval(r / s, r / s * float(np.exp(-half)), r / s * float(np.exp(half)))
    return Precedent(name, int(exposed), *shares, ratio, p, None)


def _ranked(found: Sequence[Precedent]) -> tuple[Precedent, ...]:
    q = benjamini_hochberg(np.array([np.nan if one.p is None else one.p for one in found]))
    made = [
        replace(one, q=None if np.isnan(value) else float(value)) for one, value in zip(found, q, strict=True)
    ]
    return tuple(sorted(made, key=lambda one: (one.p is None, one.p or 0.0, -one.cases, one.name)))
