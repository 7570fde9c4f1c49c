"""Funnel: how many who entered the first of several phases went on to each next one, how fast, and where others are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from customer_genome.core.errors import ContractError, GenomeError
from customer_genome.core.intervals import Interval, share
from customer_genome.journey.analysis.curves import FEWEST
from customer_genome.journey.analysis.spells import F64, I64, Spells

GONE = "in no phase"


@dataclass(frozen=True)
class FunnelStep:
    """One step: how many reached it, as a share of the step before and of the first, and the days since the one before.

    `others` counts those who reached the step before and not this one, by the phase where they stood at the end.
    """

    phase: str
    customers: int
    of_previous: Interval
    of_first: Interval
    days: Interval
    others: dict[str, int]


@dataclass(frozen=True)
class Funnel:
    """The steps in order; `too_recent` entered the first step too lately to be judged and are not counted."""

    steps: tuple[FunnelStep, ...]
    within: float | None
    too_recent: int


def funnel(spells: Spells, steps: Sequence[str], *, within: float | None = None) -> Funnel:
    """Return how many customers entered `steps` in this order, other phases between them allowed.

    The first entry of the first step counts, then the first entry of each next one at that moment or later. With
    `within`, all steps must come within so many days of the first, and those who have not had so many days are left
    out; without it, the last to enter have had less time than the others, so that shares are those so far.
    """
    if len(steps) < 2:
        raise GenomeError("a funnel has at least two steps", found=", ".join(steps))
    if within is not None and within <= 0:
        raise GenomeError("a funnel's days are more than 0", found=f"{within:g}")
    if len(set(steps)) < len(steps):
        raise ContractError("a funnel names a phase twice", found=", ".join(steps))
    reached = [_first_entry(spells, steps[0], np.full(spells.customers, -np.inf))]
    deadline = np.full(spells.customers, np.inf) if within is None else reached[0] + within
    recent = np.isfinite(reached[0]) & (deadline > spells.end) & (within is not None)
    reached[0][recent] = np.nan
    for name in steps[1:]:
        found = _first_entry(spells, name, reached[-1])
        reached.append(np.where(found <= deadline, found, np.nan))
    place = _place_at(spells, np.minimum(deadline, spells.end))
    made = tuple(_step(spells, name, number, reached, place=place) for number, name in enumerate(steps))
    return Funnel(made, within, int(recent.sum()))


def _first_entry(spells: Spells, phase: str, since: F64) -> F64:
    """Return each customer's first entry of a phase at `since` (nan: never) or later, nan where there is none."""
    rows = np.flatnonzero(spells.phase == spells.code(phase))
    rows = rows[spells.entered[rows] >= since[spells.customer[rows]]]
    owner, first = np.unique(spells.customer[rows], return_index=True)
    made = np.full(spells.customers, np.nan)
    made[owner] = spells.entered[rows[first]]
    return made


def _place_at(spells: Spells, moment: F64) -> I64:
    """Return the phase where each customer stands at their own moment, -1 where in none."""
    own = moment[spells.customer]
    rows = np.flatnonzero(~(spells.entered > own) & ~(spells.left <= own))
    made = np.full(spells.customers, -1)
    made[spells.customer[rows]] = spells.phase[rows]
    return made


def _step(spells: Spells, name: str, number: int, reached: list[F64], *, place: I64) -> FunnelStep:
    here = np.isfinite(reached[number])
    count, first = int(here.sum()), int(np.isfinite(reached[0]).sum())
    if number == 0:
        nothing = Interval.unknown("the first step")
        return FunnelStep(name, count, nothing, share(count, first, fewest=FEWEST), nothing, {})
    before = np.isfinite(reached[number - 1])
    counts = np.bincount(place[before & ~here] + 1, minlength=len(spells.phases) + 1)
    others = dict(zip((GONE, *spells.phases), counts.tolist(), strict=True))
    return FunnelStep(
        name, count, share(count, int(before.sum()), fewest=FEWEST), share(count, first, fewest=FEWEST),
        median((reached[number] - reached[number - 1])[here]), {key: n for key, n in others.items() if n},
    )  # fmt: skip


def median(values: F64) -> Interval:
    """Return the median between the order statistics that hold it with 95 % confidence or more (binomial, exact)."""
    from scipy.stats import binom

    if len(values) < FEWEST:
        return Interval.unknown(f"too few to say: {len(values)} customers, {FEWEST} are needed")
    ordered = np.sort(values)
    below = int(binom.ppf(0.025, len(values), 0.5))
    return Interval(float(np.median(ordered)), float(ordered[below - 1]), float(ordered[-below]))
