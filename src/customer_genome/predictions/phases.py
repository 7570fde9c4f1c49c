"""Phases: where each customer stood at a moment, as it was believed then, and who entered a phase afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from customer_genome.core.frames import codes
from customer_genome.core.step import Sql
from customer_genome.predictions.history import F64, I64, Mask, Strings
from customer_genome.privacy import Access

_READ = Sql(
    """SELECT customer_id, phase, entered_at, left_at, known_at, left_known_at, corrected_at FROM phase_history
    WHERE entered_at IS NOT NULL ORDER BY customer_id, entered_at, known_at""",
    reads=("phase_history",),
)
_TIMES = ("entered_at", "left_at", "known_at", "left_known_at", "corrected_at")


@dataclass(frozen=True)
class Phases:
    """Every spell in a phase, what was believed and corrected too; days are local, since 1970, infinite where null.

    `customer` is a position in `customers` (sorted ids), `phase` one in `names`.
    """

    customers: Strings
    names: tuple[str, ...]
    customer: I64
    phase: I64
    entered: F64
    left: F64
    known: F64
    left_known: F64
    corrected: F64

    def standing(self, customers: Strings, moment: float) -> tuple[I64, F64]:
        """Return for each of `customers` (sorted ids) the phase believed at `moment`, −1 if none, and its days."""
        told = (self.known < moment) & (self.corrected >= moment) & (self.entered < moment)
        left = np.where(self.left_known < moment, self.left, np.inf)
        rows = np.flatnonzero(told & (left > moment))
        phase, days = np.full(len(customers), -1), np.full(len(customers), np.nan)
        place = self._places(customers, rows)
        phase[place[place >= 0]] = self.phase[rows][place >= 0]
        days[place[place >= 0]] = (moment - self.entered[rows])[place >= 0]
        return phase, days

    def entered_between(self, customers: Strings, *, phase: str, start: float, end: float) -> Mask:
        """Return for each of `customers` whether `phase` began for them from `start` until before `end`."""
        holds = np.isinf(self.corrected) & (self.phase == self.names.index(phase))
        rows = np.flatnonzero(holds & (self.entered >= start) & (self.entered < end))
        found = np.zeros(len(customers), np.bool_)
        place = self._places(customers, rows)
        found[place[place >= 0]] = True
        return found

    def _places(self, customers: Strings, rows: I64) -> I64:
        """Return where the customers of `rows` stand in `customers`, −1 for those who do not."""
        ids = self.customers[self.customer[rows]]
        place = np.searchsorted(customers, ids).clip(max=max(len(customers) - 1, 0))
        return np.where(customers[place] == ids, place, -1) if len(customers) else np.full(len(rows), -1)


def load_phases(access: Access, *, purposes: tuple[str, ...]) -> Phases:
    """Return the history of phases of every customer whom one of `purposes` may see."""
    read = [access.query(_READ, purpose=purpose) for purpose in purposes]
    rows = pa.concat_tables(read)
    if len(read) > 1:
        rows = rows.group_by(rows.column_names).aggregate([])
    ids = pc.unique(rows["customer_id"]).sort()
    names = tuple(dict.fromkeys(phase.name for phase in access.project.phases))
    days = [_days(rows[name], access.project.tz) for name in _TIMES]
    return Phases(
        np.asarray(ids.to_pylist(), np.str_),
        names,
        codes(rows["customer_id"], ids),
        codes(rows["phase"], pa.array(names, pa.string())),
        *days,
    )


def _days(times: pa.ChunkedArray, zone: tzinfo) -> F64:
    """Return times as local days since 1970, infinite where there is none."""
    local = pc.local_timestamp(times.cast(pa.timestamp("us", str(zone))))
    stamps = local.cast(pa.int64())
    days = np.asarray(stamps.fill_null(0).to_numpy(), np.float64) / 86_400e6
    days[np.asarray(stamps.is_null().to_numpy(), np.bool_)] = np.inf
    return days
