"""Daily volumes held against the weeks before: silent, dropped and doubled sources, by exact tails."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEARN, LEAST = 56, 28
"""Days that a day is held against, and the fewest that make a judgement (days of incidents do not count)."""
ALPHA = 1e-5
"""Probability, by chance, of each single judgement; benchmarks and tests measure what comes of it together."""
LOW, HIGH = 0.5, 1.8
"""Shares of the expected volume below and above which a difference is worth a word."""
ACCEPTED = 28
"""Days after which a new level is what is expected."""
TESTED = 400
"""Days before the as-of that are judged."""

_WEEK = 7
_NOTABLE = 1.4
"""Factor from which a day of a week that is too full (or too empty) is part of it."""
_APART = 3
"""Days between which two spells are one, and for which one lasts that is not seen to end."""
_CERTAIN = 12.0
"""Events expected in a time without any, from which it is told apart as a silence: exp(-12) is below ALPHA."""

Counts = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Spell:
    """Days `first` to `last` (positions, both included) of one kind; counts a day; `open` while it lasts."""

    kind: str
    first: int
    last: int
    open: bool
    found: float
    expected: float


def volumes(counts: Counts, /, *, complete: int, incidents: Mask | None = None) -> list[Spell]:
    """Return the spells in which one source's daily `counts` are not what the weeks before lead one to expect.

    `complete` days are whole: in the others nothing can be missing yet. A day is held against the same weekday of the
    56 days before, without the days that are tested with it, those of known `incidents` and those found before:
    Poisson with the dispersion of those weeks (quasi-likelihood, McCullagh and Nelder 1989, section 9.2), as negative
    binomial and as Student's t, whichever is the more patient. A level that lasts 28 days is the new one.
    """
    days = len(counts)
    state = np.zeros(days, np.int8)
    expected = np.zeros(days)
    excluded = np.zeros(days, bool) if incidents is None else incidents.copy()
    started = int(np.flatnonzero(counts)[0]) if counts.any() else days
    for day in range(max(started + LEAST + _WEEK, days - TESTED), days):
        base = _base(counts, excluded, day=day, floor=started)
        if len(base) < LEAST:
            continue
        means = _means(counts, base)
        spread = _spread(counts, base, means)
        expected[day] = means[day % _WEEK]
        state[day] = _judge(counts, state, day=day, means=means, spread=spread, whole=day < complete)
        _mark(counts, state, excluded, day=day, means=means, spread=spread, expected=expected)
        run = _run(state, day)
        if run >= ACCEPTED and counts[day - run + 1 : day + 1].any():
            started = day - run + 1
            excluded[started : day + 1] = False
            state[day] = 0
    return _spells(counts, state, expected, complete=complete)


def _base(counts: Counts, excluded: Mask, *, day: int, floor: int) -> Counts:
    """Return the days to learn from: before the week, and the quiet days, that end with `day`; none excluded."""
    end = day - _WEEK + 1
    if not counts[day]:
        end = min(end, int(_quiet(counts, day)[0]))
    first = max(floor, end - LEARN)
    return first + np.flatnonzero(~excluded[first : max(end, first)])


def _means(counts: Counts, base: Counts) -> NDArray[np.float64]:
    """Return the mean count of each weekday (position modulo 7), drawn to the mean of all as far as chance explains it.

    The weight of the weekday's own mean is t / (t + s / n): t the variance between weekdays beyond chance, s that
    within them, n the weekday's days (empirical Bayes; Morris 1983, equation 1.10).
    """
    place = base % _WEEK
    rows = np.bincount(place, minlength=_WEEK)
    level = counts[base].mean()
    own = np.bincount(place, weights=counts[base], minlength=_WEEK) / np.maximum(rows, 1)
    own[rows == 0] = level
    within = float(((counts[base] - own[place]) ** 2).sum()) / max(len(base) - _WEEK, 1)
    noise = within / np.maximum(rows, 1)
    between = max(float(np.var(own, ddof=1) - noise.mean()), 0.0)
    weight = np.where(rows > 0, between / np.maximum(between + noise, 1e-12), 0.0)
    means: NDArray[np.float64] = level + weight * (own - level)
    return means


def _spread(counts: Counts, base: Counts, means: NDArray[np.float64]) -> tuple[float, int]:
    """Return Pearson's dispersion (at least 1) and how much is known of it: at most the days that had events."""
    fitted = means[base % _WEEK]
    live = fitted > 0
    free = max(int(live.sum()) - _WEEK, 1)
    residuals = (counts[base][live] - fitted[live]) ** 2 / fitted[live]
    return max(float(residuals.sum()) / free, 1.0), max(min(free, int((counts[base] > 0).sum()) - 1), 1)


def _judge(
    counts: Counts, state: NDArray[np.int8], *, day: int, means: NDArray[np.float64], spread: tuple[float, int],
    whole: bool,
) -> int:  # fmt: skip
    """Return -1 (too few), 1 (too many) or 0 for one day on its own; many on a day that never has any are too many."""
    mean = means[day % _WEEK]
    number = int(counts[day])
    if whole and number < LOW * mean and tail(number, mean, spread, lower=True) < ALPHA:
        return -1
    least = max(mean, means.mean() / LEARN)
    if number > HIGH * least and tail(number, least, spread, lower=False) < ALPHA:
        return 1
    if whole and number == 0 and mean == 0 and day and state[day - 1] == -1 and not counts[day - 1]:
        return -1  # a day off within a silence
    return 0


def _mark(
    counts: Counts, state: NDArray[np.int8], excluded: Mask, *, day: int, means: NDArray[np.float64],
    spread: tuple[float, int], expected: NDArray[np.float64],
) -> None:  # fmt: skip
    """Judge the days up to `day` together where each alone says too little: a silence, then a week."""
    if not state[day] and not counts[day]:
        quiet = _quiet(counts, day)
        if _silence(quiet, means, spread) < ALPHA:
            state[quiet[0] : day + 1] = -1
            expected[quiet[0] : day + 1] = means[np.arange(quiet[0], day + 1) % _WEEK]
    week = np.arange(day - _WEEK + 1, day + 1)
    week = week[state[week] == 0]
    total, hoped = int(counts[week].sum()), means[week % _WEEK]
    sign = 1 if total > HIGH * hoped.sum() else -1 if total < LOW * hoped.sum() else 0
    if sign and len(week) > _WEEK // 2 and tail(total, float(hoped.sum()), spread, lower=sign < 0) < ALPHA:
        part = week[np.log(np.maximum(counts[week], 0.1) / np.maximum(hoped, 0.1)) * sign > np.log(_NOTABLE)]
        state[part] = sign
        expected[part] = means[part % _WEEK]
    excluded |= state != 0


def _quiet(counts: Counts, day: int) -> Counts:
    before = np.flatnonzero(counts[: day + 1])
    return np.arange(int(before[-1]) + 1 if len(before) else 0, day + 1)


def _silence(quiet: Counts, means: NDArray[np.float64], spread: tuple[float, int]) -> float:
    """Return the probability of no event in these days: that of 0 under a negative binomial."""
    hoped = float(means[quiet % _WEEK].sum())
    factor = spread[0]
    rate = 1.0 if factor - 1 < 1e-6 else float(np.log(factor)) / (factor - 1)
    return float(np.exp(-hoped * rate))


def tail(number: int, mean: float, spread: tuple[float, int], *, lower: bool) -> float:
    """Return the probability of `number` or less (`lower`) or more, when `mean` are expected with this dispersion."""
    from scipy import stats

    factor, free = spread
    factor *= 1 + _WEEK / (free + _WEEK)  # the mean itself is estimated from free + 7 days
    factor *= free / stats.chi2.ppf(0.1, free)  # and so is the dispersion: its upper bound at 90 %
    if mean <= 0:
        return 1.0
    size = mean / max(factor - 1, 1e-9)
    exact = (
        stats.nbinom.cdf(number, size, 1 / factor) if lower else stats.nbinom.sf(number - 1, size, 1 / factor)
    )
    distance = abs(number - mean) / np.sqrt(factor * mean)
    return float(max(exact, stats.t.sf(distance, free)))


def _run(state: NDArray[np.int8], day: int) -> int:
    """Return how many days up to `day` have the state of that day, 0 where it has none."""
    if not state[day]:
        return 0
    other = np.flatnonzero(state[: day + 1] != state[day])
    return day - int(other[-1]) if len(other) else day + 1


def _spells(
    counts: Counts, state: NDArray[np.int8], expected: NDArray[np.float64], *, complete: int
) -> list[Spell]:
    """Return runs of days of one state; two that are up to 3 days apart are one."""
    found: list[Spell] = []
    marked = np.flatnonzero(state)
    if not len(marked):
        return found
    breaks = np.flatnonzero((np.diff(marked) > _APART) | (np.diff(state[marked]) != 0))
    for part in np.split(marked, breaks + 1):
        for run in _apart(counts, part, expected):
            first, last = int(run[0]), int(run[-1])
            there = counts[first : last + 1]
            kind = "doubled" if state[first] > 0 else "silent" if not there.any() else "dropped"
            end = len(counts) if kind == "doubled" else complete
            still = last >= end - (1 if kind == "silent" else _APART)
            found.append(Spell(kind, first, last, still, float(there.mean()), float(expected[run].mean())))
    return found


def _apart(counts: Counts, days: Counts, expected: NDArray[np.float64]) -> list[Counts]:
    """Part a spell from the silence that it ends in, where that is certain."""
    quiet = _quiet(counts, int(days[-1]))
    tailing = days >= quiet[0] if len(quiet) else np.zeros(len(days), bool)
    if tailing.all() or expected[days[tailing]].sum() < _CERTAIN:
        return [days]
    return [days[~tailing], days[tailing]]
