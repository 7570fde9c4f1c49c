"""How fast customers move from phase to phase, and how often they come back, skip a phase or fall back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from customer_genome.core.errors import ContractError
from customer_genome.core.intervals import Interval, poisson_rate, share
from customer_genome.journey.analysis.curves import FEWEST
from customer_genome.journey.analysis.spells import F64, I64, Spells, distinct

PER_DAYS = 30


@dataclass(frozen=True)
class Move:
    """One step from a phase to the next: how many took it, how fast, and which share of those who left.

    `rate` is moves per 30 customer-days in the phase. `forward` steps go on in the configured order, `skipped` names
    the phases left out; `backward` ones fall back.
    """

    start: str
    to: str
    count: int
    rate: Interval
    share: Interval
    forward: bool
    backward: bool
    skipped: tuple[str, ...]


@dataclass(frozen=True)
class Stand:
    """What one phase saw: spells, customers, days spent in it, how many left, and how many came back to it."""

    phase: str
    spells: int
    customers: int
    days: float
    left: int
    returned: int


@dataclass(frozen=True)
class TransitionRates:
    """All moves between phases, those that happened, and what each phase saw; `customers` in all.

    `skips` counts how often each phase was passed over, `regressions` moves against the order.
    """

    customers: int
    moves: tuple[Move, ...]
    phases: tuple[Stand, ...]
    skips: dict[str, int]
    regressions: int

    def rate(self, start: str, to: str) -> Interval:
        """Return the rate of one move per 30 days; where it never happened, 0 with an upper bound."""
        found = [move.rate for move in self.moves if (move.start, move.to) == (start, to)]
        if found:
            return found[0]
        exposure = next((one.days for one in self.phases if one.phase == start), 0.0)
        return poisson_rate(0, exposure, unit=PER_DAYS)


def transition_rates(spells: Spells, *, order: Sequence[str] | None = None) -> TransitionRates:
    """Return how many moved from each phase to each next one, per 30 days that somebody spent in the phase.

    A rate is a count over customer-days, with the exact Poisson interval (Garwood 1936); the share of those who left a
    phase for each next one has Wilson's interval. Both take moves as independent. `order` says which way is forward
    (the phases as they stand, if it is not given); a phase that it does not name is neither skipped nor fallen back to.
    """
    places = _places(spells, order)
    to = spells.to
    row = np.flatnonzero((spells.left > spells.start) & (spells.left <= spells.end) & (to >= 0))
    size = len(spells.phases)
    pairs = np.bincount(spells.phase[row] * size + to[row], minlength=size * size)
    counts: I64 = pairs.reshape(size, size)
    exposure: F64 = np.bincount(spells.phase, weights=_exposure(spells), minlength=size).astype(np.float64)
    moves = tuple(
        _move(spells, counts, exposure, codes=(int(start), int(to)), places=places)
        for start, to in zip(*np.nonzero(counts), strict=True)
    )
    skips = {phase: sum(move.count for move in moves if phase in move.skipped) for phase in spells.phases}
    return TransitionRates(
        customers=len(distinct(spells.customer)),
        moves=moves,
        phases=_stands(spells, counts, exposure),
        skips={phase: count for phase, count in skips.items() if count},
        regressions=sum(move.count for move in moves if move.backward),
    )


def _places(spells: Spells, order: Sequence[str] | None) -> dict[str, int]:
    names = tuple(spells.phases if order is None else order)
    unknown = [name for name in names if name not in spells.phases]
    if unknown:
        raise ContractError(f"no phase {unknown[0]!r}", expected=", ".join(spells.phases))
    return {name: place for place, name in enumerate(names)}


def _exposure(spells: Spells) -> F64:
    """Return the days of each spell between the beginning and the end of what is known; 0 where they are unknown."""
    begun = np.where(np.isnan(spells.entered), spells.start, np.maximum(spells.entered, spells.start))
    ended = np.fmin(spells.left, spells.end)
    made = np.maximum(ended - begun, 0.0)
    return np.where(np.isfinite(made), made, 0.0)


def _move(
    spells: Spells, counts: I64, exposure: F64, *, codes: tuple[int, int], places: dict[str, int]
) -> Move:
    start, to = codes
    names, count = spells.phases, int(counts[codes])
    here, there = places.get(names[start]), places.get(names[to])
    ordered = here is not None and there is not None
    forward, backward = ordered and there > here, ordered and there < here  # type: ignore[operator]
    between = (
        tuple(name for name, place in places.items() if here < place < there)  # type: ignore[operator]
        if forward
        else ()
    )
    rate = poisson_rate(count, float(exposure[start]), unit=PER_DAYS)
    left = share(count, int(counts[start].sum()), fewest=FEWEST, of="moves")
    return Move(names[start], names[to], count, rate, left, forward, backward, between)


def _stands(spells: Spells, counts: I64, exposure: F64) -> tuple[Stand, ...]:
    size = len(spells.phases)
    spent = np.bincount(spells.phase, minlength=size)
    been = np.zeros((spells.customers, size), bool)
    been[spells.customer, spells.phase] = True
    customers = been.sum(axis=0)
    return tuple(
        Stand(
            name, int(spent[code]), int(customers[code]), float(exposure[code]), int(counts[code].sum()),
            int(spent[code] - customers[code]),
        )
        for code, name in enumerate(spells.phases)
    )  # fmt: skip
