"""Spells: who was in which phase from when to when, as arrays; what every analysis of the journey reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from customer_genome.core.errors import ContractError
from customer_genome.core.frames import codes

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Mask = NDArray[np.bool_]

_DAY = 86_400_000_000


@dataclass(frozen=True)
class Spells:
    """Stays in phases, one row each, in order of customer and `entered`; at any moment a customer is in one phase.

    `customer` are positions in `ids`, `phase` positions in `phases`; `entered` and `left` are local days since 1970.
    `left` is nan while it lasts, `entered` nan where nobody knows (only a customer's first spell). Nothing is known
    of the time before `start` (spells that began earlier are seen from then on: left truncation) and of the time
    from `end` on (right censoring).
    """

    customer: I64
    phase: I64
    entered: F64
    left: F64
    phases: tuple[str, ...]
    end: float
    ids: pa.Array
    start: float = -np.inf

    @property
    def customers(self) -> int:
        """How many customers there are, those without a spell included."""
        return len(self.ids)

    @property
    def follows(self) -> I64:
        """The row of the same customer's next spell, -1 where there is none."""
        rows = np.arange(len(self.customer))
        same = np.zeros(len(rows), bool)
        same[:-1] = self.customer[1:] == self.customer[:-1]
        return np.where(same, rows + 1, -1)

    @property
    def to(self) -> I64:
        """The phase that each spell was left for, -1 while it lasts or where the history ends with it."""
        follows = self.follows
        return np.where((follows >= 0) & np.isfinite(self.left), self.phase[follows], -1)

    def code(self, phase: str) -> int:
        """Return a phase's position; raises ContractError."""
        if phase not in self.phases:
            raise ContractError(f"no phase {phase!r}", expected=", ".join(self.phases))
        return self.phases.index(phase)

    def of(self, chosen: Mask) -> Spells:
        """Return the spells of the customers that are `chosen` (one boolean a customer); codes stay as they are."""
        rows = chosen[self.customer]
        return replace(
            self,
            customer=self.customer[rows],
            phase=self.phase[rows],
            entered=self.entered[rows],
            left=self.left[rows],
        )


def spells(
    table: pa.Table,
    *,
    phases: Sequence[str],
    zone: ZoneInfo,
    as_of: datetime,
    start: datetime | None = None,
    entity: str = "customer_id",
) -> Spells:
    """Return the spells in rows of `entity`, phase, entered_at, left_at, whatever their order.

    Two rows of one phase without a gap are one spell. Raises ContractError for a phase that is not configured, or
    where somebody is in two phases at once or, between two of them, in none.
    """
    names = tuple(phases)
    phase = codes(table["phase"], pa.array(names, pa.string()))
    if (phase < 0).any():
        unknown = table["phase"].filter(pa.array(phase < 0))[0].as_py()
        raise ContractError(f"phase {unknown!r} is not configured", expected=", ".join(names))
    ids = pc.unique(table[entity]).sort()
    customer = codes(table[entity], ids)
    entered, left = (days(table[name], zone=zone, as_of=as_of) for name in ("entered_at", "left_at"))
    order = np.lexsort((left, np.where(np.isnan(entered), -np.inf, entered), customer))
    made = Spells(
        customer[order], phase[order], entered[order], left[order], names,
        days_of(as_of, zone=zone, as_of=as_of), ids,
        -np.inf if start is None else days_of(start, zone=zone, as_of=as_of),
    )  # fmt: skip
    return _joined(_checked(made))


def days(times: pa.ChunkedArray | pa.Array, *, zone: ZoneInfo, as_of: datetime) -> F64:
    """Return moments as local days since 1970, nan where there is none.

    The zone's offset is that of `as_of` throughout, so that a day always has 24 hours and nothing changes order when
    clocks do.
    """
    micros = times.cast(pa.timestamp("us", "UTC")).cast(pa.int64()).cast(pa.float64())
    return np.asarray(micros.to_numpy(zero_copy_only=False), np.float64) / _DAY + _offset(zone, as_of)


def days_of(moment: datetime, *, zone: ZoneInfo, as_of: datetime) -> float:
    """Return one moment on the clock of `days`."""
    return float(days(pa.array([moment], pa.timestamp("us", "UTC")), zone=zone, as_of=as_of)[0])


def times(day: F64, *, zone: ZoneInfo, as_of: datetime) -> pa.Array:
    """Return local days of `days` as moments again, to the microsecond."""
    micros = np.round((day - _offset(zone, as_of)) * _DAY).astype(np.int64)
    return pa.array(micros, pa.int64()).cast(pa.timestamp("us", "UTC"))


def _offset(zone: ZoneInfo, as_of: datetime) -> float:
    return (as_of.astimezone(zone).utcoffset() or timedelta()) / timedelta(days=1)


def distinct(values: I64) -> I64:
    """Return the different values, sorted; by sorting, which is faster than numpy's hash table on many."""
    ordered = np.sort(values)
    return np.asarray(ordered[np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)]], np.int64)


def by_time(customer: I64, day: F64) -> I64:
    """Return the order of customer and day; rows that stand in it already are not sorted again."""
    same = customer[1:] == customer[:-1]
    if ((customer[1:] > customer[:-1]) | (same & (day[1:] >= day[:-1]))).all():
        return np.arange(len(customer))
    return np.lexsort((day, customer))


def standing(spells: Spells, moment: float) -> I64:
    """Return how many customers stand in each phase at a moment (whoever enters at that moment is in it)."""
    return np.bincount(spells.phase[stands(spells, moment)], minlength=len(spells.phases)).astype(np.int64)


def stands(spells: Spells, moment: float) -> I64:
    """Return the rows of the spells that hold a moment: at most one a customer."""
    begun = ~(spells.entered > moment)
    lasts = ~(spells.left <= moment)
    return np.flatnonzero(begun & lasts)


def _checked(made: Spells) -> Spells:
    """Refuse histories in which somebody is in two phases at once, or in none for a while."""
    inner = made.follows >= 0
    torn = inner & ~(made.left == made.entered[made.follows])
    wrong = np.flatnonzero(torn | (made.left < made.entered))
    if len(wrong):
        who = made.ids[int(made.customer[wrong[0]])].as_py()
        raise ContractError(
            "a customer is in two phases at once, or in none", found=f"{who}, and {len(wrong)} spells in all",
            expected="each spell left when the next is entered", fix="leave out spells that were corrected",
        )  # fmt: skip
    return made


def _joined(made: Spells) -> Spells:
    """Make one spell of those of one phase that follow each other without a gap."""
    follows = made.follows
    inner = follows >= 0
    goes_on = inner & (made.phase == made.phase[follows])
    if not goes_on.any():
        return made
    first = np.append(True, ~goes_on[:-1])
    starts = np.flatnonzero(first)
    ends = np.append(starts[1:], len(first)) - 1
    return replace(
        made, customer=made.customer[starts], phase=made.phase[starts], entered=made.entered[starts],
        left=made.left[ends],
    )  # fmt: skip
