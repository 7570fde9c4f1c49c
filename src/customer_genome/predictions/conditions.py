"""Conditions over the journey's columns, asked of a history at any moment."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import cast

import numpy as np
import pyarrow as pa

from customer_genome.core.targets import Target
from customer_genome.core.user_sql import columns_of
from customer_genome.predictions.history import F64, I64, History, Mask
from customer_genome.predictions.phases import Phases

Derive = Callable[[str, dict[str, pa.Table]], pa.Table]
"""Runs a SELECT over tables that were read already."""
Makers = dict[str, Callable[[], pa.Array]]
"""What makes each column, so that only those are made that a condition looks at."""


class Conditions:
    """Answers the conditions of `genome.yaml` on who is predicted, for every customer of a history.

    `derive` runs the SQL, `phases` says who stood where. Times are those of the project's clocks; the columns are
    those that phases see, but facts and genes, and `phase` and `days_in_phase`, as they were believed at the moment.
    """

    def __init__(self, derive: Derive, *, phases: Phases) -> None:
        self.derive, self.phases = derive, phases

    def hold(self, history: History, moment: float, *, condition: str) -> Mask:
        """Return for each customer of `history` whether `condition` holds at `moment`; unknown counts as no."""
        columns = {name.lower() for name in columns_of(condition)}
        rows = journey_rows(history, moment, columns=columns)
        if columns & {"phase", "days_in_phase"}:
            phase, days = self.phases.standing(history.customers, moment)
            names = pa.array([*self.phases.names, None], pa.string())
            rows = rows.append_column("phase", names.take(pa.array(phase % len(names))))
            rows = rows.append_column("days_in_phase", pa.array(days, from_pandas=True))
        text = f"SELECT COALESCE({condition}, FALSE) AS holds FROM journey ORDER BY customer_id"
        found = self.derive(text, {"journey": rows})["holds"]
        return cast("Mask", found.to_numpy(zero_copy_only=False).astype(bool))

    def entered(self, history: History, moment: float, *, target: Target) -> Mask:
        """Return for each customer whether they entered the target's phase in its horizon from `moment` on."""
        assert target.phase is not None
        end = moment + target.horizon
        return self.phases.entered_between(history.customers, phase=target.phase, start=moment, end=end)


def journey_rows(history: History, moment: float, *, columns: Collection[str]) -> pa.Table:
    """Return one row a customer with customer_id and those of the journey's `columns` that are asked for.

    `history` ends before `moment`. Populations are asked at many moments and most look at one column.
    """
    makers = _purchases(history, moment)
    for code, verb in enumerate(history.verbs):
        makers |= _verb(history, code, name=verb.replace("-", "_"), moment=moment)
    found = {name: make() for name, make in makers.items() if name in columns}
    return pa.table({"customer_id": pa.array(history.customers.tolist(), pa.string()), **found})


def _purchases(history: History, moment: float) -> Makers:
    """Return what makes the columns of every project."""
    n = len(history.customers)

    def ends() -> tuple[F64, F64]:
        return _ends(history.visits.customer, history.visits.day, n)

    def gap() -> pa.Array:
        return pa.array(_typical_gap(history.visits.customer, history.visits.day, n), from_pandas=True)

    return {
        "interactions": lambda: pa.array(np.bincount(history.acts.customer, minlength=n)),
        "purchases": lambda: pa.array(np.bincount(history.visits.customer, minlength=n)),
        "first_purchase_at": lambda: _times(ends()[0]),
        "last_purchase_at": lambda: _times(ends()[1]),
        "days_since_first": lambda: pa.array(moment - ends()[0], pa.float64(), from_pandas=True),
        "days_since_last": lambda: pa.array(moment - ends()[1], pa.float64(), from_pandas=True),
        "typical_gap_days": gap,
    }


def _verb(history: History, code: int, *, name: str, moment: float) -> Makers:
    """Return what makes the columns of a verb."""
    n = len(history.customers)

    def ends() -> tuple[F64, F64]:
        mine = history.acts.verb == code
        return _ends(history.acts.customer[mine], history.acts.day[mine], n)

    def times() -> pa.Array:
        return pa.array(np.bincount(history.acts.customer[history.acts.verb == code], minlength=n))

    return {
        f"first_{name}_at": lambda: _times(ends()[0]),
        f"last_{name}_at": lambda: _times(ends()[1]),
        f"{name}_count": times,
        f"days_since_{name}": lambda: pa.array(moment - ends()[1], pa.float64(), from_pandas=True),
    }


def _ends(customer: I64, day: F64, n: int) -> tuple[F64, F64]:
    """Return each customer's first and last day, nan without any; rows are in order of customer and day."""
    first, last = np.full(n, np.nan), np.full(n, np.nan)
    first[customer[::-1]] = day[::-1]
    last[customer] = day
    return first, last


def _typical_gap(customer: I64, day: F64, n: int) -> F64:
    """Return the median days between purchases, nan below three purchases."""
    gap, owner = np.diff(day), customer[1:]
    same = owner == customer[:-1]
    gap, owner = gap[same], owner[same]
    order = np.lexsort((gap, owner))
    gap, count = gap[order], np.bincount(owner, minlength=n)
    start = np.cumsum(count) - count
    enough = np.flatnonzero(count >= 2)
    low, high = start[enough] + (count[enough] - 1) // 2, start[enough] + count[enough] // 2
    typical = np.full(n, np.nan)
    typical[enough] = (gap[low] + gap[high]) / 2
    return typical


def _times(days: F64) -> pa.Array:
    known = np.isfinite(days)
    stamps = np.where(known, np.round(np.nan_to_num(days) * 86_400e6), 0).astype(np.int64)
    return pa.array(stamps, pa.int64(), mask=~known).cast(pa.timestamp("us")).cast(pa.timestamp("us", "UTC"))
