"""Moves: after which actions a gene changed in customers, beside matched customers whom the action did not reach.

This is observation, not an experiment: who is reached by an action, or answers it, is rarely a matter of
chance. A move says "followed by", never "made".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from customer_genome.core.intervals import benjamini_hochberg
from customer_genome.genome.best_adjusted import adjusted
from customer_genome.genome.best_history import Sessions, Windows, carried

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Mask = NDArray[np.bool_]
Csr = sparse.csr_matrix


@dataclass(frozen=True)
class Study:
    """`window` days are compared before and after the week of the action, with at least `sessions` in each."""

    window: float = 56
    step: float = 7
    sessions: int = 3
    minimum: int = 50
    """Customers reached, and matched, below which nothing is said."""


class Events(NamedTuple):
    """What happened to whom on which local day: positions of the customer and of the action."""

    customer: I64
    day: F64
    action: I64


@dataclass(frozen=True)
class Move:
    """`change` of the share of sessions with a gene after an action, over matched customers, 95 % interval."""

    action: int
    gene: int
    before: float
    change: float
    low: float
    high: float
    q: float
    customers: int
    matched: int


class _Week(NamedTuple):
    """One week: share of sessions with each gene before and after it (nan too few), and how much was bought before."""

    begin: float
    before: F64
    after: F64
    level: F64


class _Pairs(NamedTuple):
    """Customers reached (first half) and their matches (second half), one row each."""

    reached: Mask
    before: F64
    after: F64
    level: F64


def moves(
    sessions: Sessions, *, genes: Csr, events: Events, customers: int, as_of: float, study: Study = Study(),
) -> tuple[Move, ...]:  # fmt: skip
    """Return the change of every gene after every action that reached enough customers; empty where none did.

    Each customer counts once an action: its first with enough history on both sides. The match is the customer
    nearest in number and value of sessions before that week, whom the action did not reach within the windows;
    what is left of a difference before is held equal by regression (`adjusted`).
    """
    if not len(events.day) or not len(sessions.day):
        return ()
    first = np.floor(sessions.day.min() + study.window)
    starts = np.arange(first, as_of - study.window - study.step, study.step)
    weeks = [_week(sessions, genes, begin=start, customers=customers, study=study) for start in starts]
    found: list[Move] = []
    for action in range(int(events.action.max()) + 1):
        mine = events.action == action
        pairs = _pairs(weeks, events.customer[mine], day=events.day[mine], customers=customers, study=study)
        if pairs is not None:
            found += _moves(action, pairs, study)
    q = benjamini_hochberg(np.array([one.q for one in found]))
    return tuple(replace(one, q=float(value)) for one, value in zip(found, q, strict=True))


def _week(sessions: Sessions, genes: Csr, *, begin: float, customers: int, study: Study) -> _Week:
    before, level = _shares(
        sessions, genes, days=(begin - study.window, begin), customers=customers, study=study
    )
    end = begin + study.step
    after, _ = _shares(sessions, genes, days=(end, end + study.window), customers=customers, study=study)
    return _Week(begin, before, after, level)


def _shares(
    sessions: Sessions, genes: Csr, *, days: tuple[float, float], customers: int, study: Study
) -> tuple[F64, F64]:
    """Return customers × genes shares of sessions in a stretch of time, and log number and value of sessions."""
    begin, end = days
    key = sessions.customer * 1e6 + sessions.day
    start = np.searchsorted(key, np.arange(customers) * 1e6 + begin)
    stop = np.maximum(np.searchsorted(key, np.arange(customers) * 1e6 + end), start)
    count = (stop - start).astype(float)
    held = np.asarray(carried(Windows(start, stop, np.full(customers, end)), genes).todense())
    total = np.r_[0.0, np.cumsum(np.where(np.isfinite(sessions.value), sessions.value, 0))]
    level = np.column_stack([np.log1p(count), np.log1p(np.maximum(total[stop] - total[start], 0))])
    enough = count >= study.sessions
    return np.where(enough[:, None], held / np.maximum(count, 1)[:, None], np.nan), level


def _pairs(weeks: Sequence[_Week], customer: I64, *, day: F64, customers: int, study: Study) -> _Pairs | None:
    """Match the customers of one action week by week; None where there are too few."""
    left: list[_Pairs] = []
    done = np.zeros(customers, dtype=bool)
    for week in weeks:
        known = np.isfinite(week.before).all(axis=1) & np.isfinite(week.after).all(axis=1)
        within = (day >= week.begin) & (day < week.begin + study.step)
        reached = np.setdiff1d(customer[within], np.flatnonzero(done | ~known))
        near = (day >= week.begin - study.window) & (day < week.begin + study.step + study.window)
        free: Mask = np.array(known)
        free[customer[near]] = False
        done[reached] = True
        match = _nearest(week.level, reached, np.flatnonzero(free))
        if len(match):
            rows = np.r_[reached[: len(match)], match]
            side = np.arange(len(rows)) < len(match)
            left.append(_Pairs(side, week.before[rows], week.after[rows], week.level[rows]))
    if sum(int(part.reached.sum()) for part in left) < study.minimum:
        return None
    return _Pairs(*(np.concatenate(parts) for parts in zip(*left, strict=True)))


def _nearest(level: F64, reached: I64, free: I64) -> I64:
    """Return one match for each customer reached, each used once, ties to the first; fewer where they run out."""
    found: list[int] = []
    open_ = np.ones(len(free), dtype=bool)
    for row in reached.tolist():
        if not open_.any():
            break
        distance = np.where(open_, ((level[free] - level[row]) ** 2).sum(axis=1), np.inf)
        place = int(distance.argmin())
        open_[place] = False
        found.append(int(free[place]))
    return np.array(found, dtype=np.int64)


def _moves(action: int, pairs: _Pairs, study: Study) -> list[Move]:
    made = adjusted(
        pairs.after, group=pairs.reached, beside=pairs.level, before=pairs.before, minimum=study.minimum
    )
    found = []
    for gene in np.flatnonzero(np.isfinite(made.effect)).tolist():
        effect, reach = float(made.effect[gene]), float(made.reach[gene])
        found.append(
            Move(
                action=action, gene=gene, before=float(pairs.before[pairs.reached, gene].mean()), change=effect,
                low=effect - reach, high=effect + reach, q=float(made.p[gene]),
                customers=int(pairs.reached.sum()), matched=int((~pairs.reached).sum()),
            )
        )  # fmt: skip
    return found
