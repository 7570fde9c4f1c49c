"""Retention: of those who came in the same period, how many did something again one, two, three periods later."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from customer_genome.core.errors import GenomeError
from customer_genome.core.intervals import Interval, share
from customer_genome.journey.analysis.curves import FEWEST
from customer_genome.journey.analysis.spells import F64, I64, distinct


@dataclass(frozen=True)
class Retention:
    """Cohorts by the period of their first interaction (`first_day`: its first day), counted over their own periods.

    A customer's period p runs from `length` · p days after their first interaction to the next. `due[c, p]` are those
    of cohort c whose period p is over, `active[c, p]` those of them who did something in it; nobody else is counted.
    """

    first_day: F64
    customers: I64
    due: I64
    active: I64
    length: float

    def cell(self, cohort: int, period: int) -> Interval:
        """Return the share of a cohort that was active in a period; unknown while it is over for fewer than 10."""
        due = int(self.due[cohort, period])
        return share(int(self.active[cohort, period]), due, fewest=FEWEST)

    def overall(self, period: int) -> Interval:
        """Return the share active in a period over all cohorts."""
        due, active = int(self.due[:, period].sum()), int(self.active[:, period].sum())
        return share(active, due, fewest=FEWEST)


def retention(
    customer: I64, day: F64, *, end: float, length: float = 28, periods: int = 12, start: float | None = None
) -> Retention:
    """Return the retention table of interactions, one row of `customer` and `day` (local days) each.

    `end` is where knowledge ends; later rows are not counted. Cohorts are periods of `length` days from `start` on
    (without it: the first interaction's day); customers who came before it are left out.
    """
    if length <= 0 or periods < 1:
        raise GenomeError("retention needs periods", found=f"{periods} periods of {length:g} days")
    known = day < end
    owner, place = np.unique(customer[known], return_inverse=True)
    first = np.full(len(owner), np.inf)
    np.minimum.at(first, place, day[known])
    origin = float(np.floor(first.min())) if start is None and len(first) else float(start or 0.0)
    cohort = np.floor((first - origin) / length).astype(np.int64) if len(first) else np.zeros(0, np.int64)
    cohorts = int(cohort.max(initial=-1)) + 1
    over = np.minimum(np.floor((end - first) / length).astype(np.int64), periods)
    period = np.floor((day[known] - first[place]) / length).astype(np.int64)
    counted = (period < over[place]) & (cohort[place] >= 0)
    pairs = distinct(place[counted] * periods + period[counted])
    flat = cohort[pairs // periods] * periods + pairs % periods
    active = np.bincount(flat, minlength=cohorts * periods).reshape(cohorts, periods)
    inside = cohort >= 0
    ended = np.bincount(cohort[inside] * (periods + 1) + over[inside], minlength=cohorts * (periods + 1))
    due = np.cumsum(ended.reshape(cohorts, periods + 1)[:, :0:-1], axis=1)[:, ::-1]
    sizes = np.bincount(cohort[inside], minlength=cohorts)
    days = np.asarray(origin + length * np.arange(cohorts), np.float64)
    return Retention(days, sizes, due, active, float(length))
