"""Paths: which sequences of phases or interactions are frequent, how they end, and at which step people leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from customer_genome.core.errors import GenomeError
from customer_genome.core.intervals import Interval, share
from customer_genome.journey.analysis.curves import FEWEST
from customer_genome.journey.analysis.spells import F64, I64, Mask, Spells, by_time


@dataclass(frozen=True)
class Sequences:
    """What each customer went through: rows in order of customer and time, `code` positions in `names`.

    `open` says of each customer whether the sequence may still go on, `good` whether it led to the outcome asked for
    (None: none was).
    """

    customer: I64
    code: I64
    names: tuple[str, ...]
    open: Mask
    good: Mask | None


@dataclass(frozen=True)
class Path:
    """One sequence from its beginning: how many customers went exactly through it, and how many of them to the outcome.

    `longer`: it goes on beyond the steps shown, in different ways.
    """

    steps: tuple[str, ...]
    customers: int
    share: Interval
    outcome: Interval
    longer: bool = False


@dataclass(frozen=True)
class Drop:
    """Where people leave: of those whose step number `step` was `name`, how many went no further without the outcome.

    Those whose path may still go on are not counted in `reached`.
    """

    step: int
    name: str
    reached: int
    stopped: int
    share: Interval


@dataclass(frozen=True)
class Paths:
    """The most frequent paths, what they leave out, and where people leave."""

    customers: int
    distinct: int
    paths: tuple[Path, ...]
    others: int
    drops: tuple[Drop, ...]


def phase_sequences(spells: Spells, *, goal: str | None = None, quiet: float = 90) -> Sequences:
    """Return the phases that each customer went through; the outcome is to have reached `goal`, if one is given.

    A path may still go on if its last phase was entered in the last `quiet` days.
    """
    last = np.append(spells.customer[1:] != spells.customer[:-1], True)[: len(spells.customer)]
    goes_on, good = np.zeros(spells.customers, bool), None
    goes_on[spells.customer[last]] = np.isnan(spells.left[last]) & (spells.entered[last] > spells.end - quiet)
    if goal is not None:
        good = np.zeros(spells.customers, bool)
        good[spells.customer[spells.phase == spells.code(goal)]] = True
    return Sequences(spells.customer, spells.phase, spells.phases, goes_on, good)


def event_sequences(
    customer: I64,
    code: I64,
    day: F64,
    *,
    names: Sequence[str],
    end: float,
    good: Mask | None = None,
    quiet: float = 28,
    repeats: bool = False,
) -> Sequences:
    """Return sequences of interactions; a path may still go on if it has one in the last `quiet` days before `end`.

    The same thing several times running is one step, unless `repeats`.
    """
    order = by_time(customer, day)
    customer, code, day = customer[order], code[order], day[order]
    goes_on = np.zeros(int(customer.max(initial=-1)) + 1, bool)
    np.logical_or.at(goes_on, customer, day > end - quiet)
    if not repeats and len(code):
        kept = np.append(True, (customer[1:] != customer[:-1]) | (code[1:] != code[:-1]))
        customer, code = customer[kept], code[kept]
    return Sequences(customer, code, tuple(names), goes_on, good)


def paths(of: Sequences, *, most: int = 20, depth: int = 12) -> Paths:
    """Return the `most` frequent whole paths, and where people leave.

    Paths are told apart by their first `depth` steps; those that are longer are shown as such. A path is frequent by
    how many customers went through exactly it; shares have Wilson's interval.
    """
    if most < 1 or depth < 1:
        raise GenomeError("paths need a number of steps", found=f"most {most}, depth {depth}")
    starts = np.flatnonzero(np.append(True, of.customer[1:] != of.customer[:-1])[: len(of.customer)])
    owner, length = of.customer[starts], np.diff(np.append(starts, len(of.customer)))
    node = np.zeros(len(owner), np.int64)
    drops: list[Drop] = []
    for step in range(min(depth, int(length.max(initial=0)))):
        there = np.flatnonzero(length > step)
        code = of.code[starts[there] + step]
        drops += _drops(of, step, owner[there], code=code, ends=length[there] == step + 1)
        _, node[there] = np.unique(node[there] * (len(of.names) + 1) + code + 1, return_inverse=True)
        node[there] += int(node.max(initial=0)) + 1  # those that ended keep their numbers
    node = 2 * node + (length > depth)
    kinds, first, kind, counts = np.unique(node, return_index=True, return_inverse=True, return_counts=True)
    good = None
    if of.good is not None:
        good = np.bincount(kind, weights=of.good[owner], minlength=len(kinds)).astype(np.float64)
    chosen = np.lexsort((first, -counts))[:most]
    shown = tuple(
        Path(
            tuple(of.names[code] for code in of.code[starts[first[one]] :][: min(length[first[one]], depth)]),
            int(counts[one]), share(int(counts[one]), len(owner), fewest=FEWEST),
            _outcome(good, int(one), int(counts[one])), bool(length[first[one]] > depth),
        )
        for one in chosen
    )  # fmt: skip
    others = len(owner) - sum(one.customers for one in shown)
    return Paths(len(owner), len(kinds), shown, others, tuple(sorted(drops, key=lambda one: -one.stopped)))


def _outcome(good: F64 | None, place: int, customers: int) -> Interval:
    if good is None:
        return Interval.unknown("no outcome was asked for")
    return share(float(good[place]), customers, fewest=FEWEST)


def _drops(of: Sequences, step: int, owner: I64, *, code: I64, ends: Mask) -> list[Drop]:
    """Return who got to a step, by what the step was, and who went no further."""
    size, settled = len(of.names), ~(ends & of.open[owner])
    without = ends if of.good is None else ends & ~of.good[owner]
    stopped = np.bincount(code[settled & without], minlength=size)
    reached = np.bincount(code[settled], minlength=size)
    return [
        Drop(
            step + 1, of.names[one], int(reached[one]), int(stopped[one]),
            share(int(stopped[one]), int(reached[one]), fewest=FEWEST),
        )
        for one in np.flatnonzero(reached)
    ]  # fmt: skip
