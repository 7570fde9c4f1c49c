"""Best past: the company's own history, cut into moments whose future is known, to learn the chance from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from customer_genome.genome.best_chance import Known, rank_within
from customer_genome.genome.best_history import (
    FEATURES,
    Sessions,
    Windows,
    behaviour,
    carried,
    openings,
    together,
    until,
    value_after,
)

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Mask = NDArray[np.bool_]
Csr = sparse.csr_matrix


@dataclass(frozen=True)
class Past:
    """How windows are cut: every `step` days up to `cuts` times, with at least `warm_up` days of history before."""

    horizon: float = 182
    least_horizon: float = 28
    step: float = 14
    cuts: int = 8
    warm_up: float = 28
    length: int = 3
    """Sessions of a run that stands for a newcomer."""
    lately: float = 28
    """Days within which a newcomer bought last."""
    most: int = 60_000
    """Runs learned from; where there are more, every n-th."""


class Lesson(NamedTuple):
    """Windows with a known future: their later rank against all customers of that time, and which ones are checked.

    `past_value` is the decayed value a day that each window shows (a logarithm).
    """

    known: Known
    customer: I64
    rank: F64
    past_value: F64
    checked: Mask


class Lessons(NamedTuple):
    """What those teach whose spend is known, and what those teach who were new, over the same horizon in days."""

    settled: Lesson
    newcomers: Lesson
    horizon: float


def lessons(sessions: Sessions, genes: Csr, *, as_of: float, past: Past) -> Lessons | str:
    """Return what can be learned from before `as_of` (local days), or why there is nothing.

    Settled customers are seen at moments `step` days apart, and checked at the latest; a newcomer is any run of
    `length` sessions seen at its end, and checked as a customer's first.
    """
    if not len(sessions.day):
        return "too few to say: no purchases yet"
    began = float(sessions.day.min())
    horizon = float(min(past.horizon, np.floor((as_of - began) / 2)))
    if horizon < past.least_horizon:
        return f"too few to say: {as_of - began:.0f} days of history, {2 * past.least_horizon:g} are needed"
    moments = [as_of - horizon - past.step * n for n in range(past.cuts)]
    moments = [moment for n, moment in enumerate(moments) if n == 0 or moment >= began + past.warm_up]
    cuts, group = together([until(sessions, moment=moment, least=past.length) for moment in moments])
    later = value_after(sessions, cuts, horizon=horizon)
    runs = openings(sessions, length=past.length, moment=as_of - horizon)
    first = runs.start == np.searchsorted(sessions.customer, sessions.customer[runs.start])
    kept = first | (np.arange(len(first)) % (len(first) // past.most + 1) == 0)
    runs, first = runs.pick(kept), first[kept]
    rank = _against(value_after(sessions, runs, horizon=horizon), np.sort(later))
    return Lessons(
        _lesson(sessions, genes, cuts, rank=rank_within(later, group=group), checked=group == 0),
        _lesson(sessions, genes, runs, rank=rank, checked=first),
        horizon,
    )


def _lesson(sessions: Sessions, genes: Csr, windows: Windows, *, rank: F64, checked: Mask) -> Lesson:
    seen = behaviour(sessions, windows)
    known = Known(seen, carried(windows, genes))
    return Lesson(known, sessions.customer[windows.start], rank, past_value(seen), checked)


def past_value(seen: F64) -> F64:
    """Return the decayed value a day (a logarithm) from what `behaviour` gave."""
    return np.asarray(seen[:, FEATURES.index("value a day, 56")], dtype=np.float64)


def _against(value: F64, pool: F64) -> F64:
    """Return the share of `pool` (sorted) at or below each value; 0 for no value."""
    share = np.searchsorted(pool, value, side="right") / max(len(pool), 1)
    return np.where(value > 0, share, 0)


class Asked(NamedTuple):
    """Customers whose chance is asked, and what is known of them."""

    customer: I64
    known: Known


def asked(sessions: Sessions, genes: Csr, *, as_of: float, past: Past) -> tuple[Asked, Asked]:
    """Return settled customers, and newcomers (few sessions, the last one lately) by their latest `length` sessions."""
    whole = until(sessions, moment=as_of, least=past.length)
    fresh = (whole.end - whole.start < 2 * past.length) & (sessions.day[whole.end - 1] >= as_of - past.lately)
    settled, late = whole.pick(~fresh), whole.pick(fresh)
    latest = Windows(late.end - past.length, late.end, sessions.day[late.end - 1])
    made = [
        Asked(sessions.customer[one.start], Known(behaviour(sessions, one), carried(one, genes)))
        for one in (settled, latest)
    ]
    return made[0], made[1]
