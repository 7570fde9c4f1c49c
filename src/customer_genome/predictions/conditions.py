"""Conditions over the journey's columns, asked of a history at any moment."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np
import pyarrow as pa

from customer_genome.core.project import Project
from customer_genome.core.targets import Target
from customer_genome.predictions.history import F64, I64, History, Mask

Derive = Callable[[str, dict[str, pa.Table]], pa.Table]
"""Runs a SELECT over tables that were read already."""


class Conditions:
    """Answers the conditions of `genome.yaml` (populations, phases) for every customer of a history.

    `derive` runs the SQL. Times are those of the project's clocks, and the columns those that phases see.
    """

    def __init__(self, project: Project, *, derive: Derive) -> None:
        self.project, self.derive = project, derive

    def hold(self, history: History, moment: float, *, condition: str) -> Mask:
        """Return for each customer of `history` whether `condition` holds at `moment`; unknown counts as no."""
        rows = journey_rows(history, moment)
        text = f"SELECT COALESCE({condition}, FALSE) AS holds FROM journey ORDER BY customer_id"
        found = self.derive(text, {"journey": rows})["holds"]
        return cast("Mask", found.to_numpy(zero_copy_only=False).astype(bool))

    def in_phase(self, history: History, moment: float, *, phase: str) -> Mask:
        """Return for each customer whether `phase` is the first phase whose condition holds at `moment`."""
        cases = " ".join(f"WHEN {one.when} THEN '{one.name}'" for one in self.project.phases)
        return self.hold(history, moment, condition=f"CASE {cases} END = '{phase}'")

    def entered(self, history: History, moment: float, *, target: Target) -> Mask:
        """Return for each customer whether they are in the target's phase when its horizon after `moment` is over."""
        assert target.phase is not None
        end = moment + target.horizon
        return self.in_phase(history.before(end), end, phase=target.phase)


def journey_rows(history: History, moment: float) -> pa.Table:
    """Return one row a customer with the columns that conditions may look at; `history` ends before `moment`."""
    visits, n = history.visits, len(history.customers)
    purchases = np.bincount(visits.customer, minlength=n)
    first, last = _ends(visits.customer, visits.day, n)
    columns: dict[str, pa.Array] = {
        "customer_id": pa.array(history.customers.tolist(), pa.string()),
        "interactions": pa.array(np.bincount(history.acts.customer, minlength=n)),
        "purchases": pa.array(purchases),
        "first_purchase_at": _times(first),
        "last_purchase_at": _times(last),
        "days_since_first": pa.array(moment - first, pa.float64(), from_pandas=True),
        "days_since_last": pa.array(moment - last, pa.float64(), from_pandas=True),
        "typical_gap_days": pa.array(_typical_gap(visits.customer, visits.day, n), from_pandas=True),
    }
    for code, verb in enumerate(history.verbs):
        mine = history.acts.verb == code
        customer, name = history.acts.customer[mine], verb.replace("-", "_")
        first, last = _ends(customer, history.acts.day[mine], n)
        columns |= {f"first_{name}_at": _times(first), f"last_{name}_at": _times(last)}
        columns[f"{name}_count"] = pa.array(np.bincount(customer, minlength=n))
    return pa.table(columns)


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
