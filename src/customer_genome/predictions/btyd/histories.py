"""Histories: all that these models know of a customer, which is four numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from customer_genome.core.errors import GenomeError

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Histories:
    """One row a customer, times in one unit of the caller's choice (days, weeks), counted from their first purchase.

    `frequency` is the number of repeat purchases (all but the first), `recency` the time of the last
    purchase (0 where none was repeated), `age` the time of the cut-off, `value` the mean amount of the
    repeat purchases (0 where there are none). All have shape (customers,). `of` makes and checks them.
    """

    frequency: F64
    recency: F64
    age: F64
    value: F64

    def __len__(self) -> int:
        """Return the number of customers."""
        return len(self.frequency)

    @classmethod
    def of(
        cls, frequency: ArrayLike, *, recency: ArrayLike, age: ArrayLike, value: ArrayLike | None = None
    ) -> Histories:
        """Return checked histories; without `value` all amounts are 0. Raises GenomeError, naming the first bad row."""
        x, t_x, t = (np.array(part, dtype=np.float64, ndmin=1) for part in (frequency, recency, age))
        z = np.zeros(len(x)) if value is None else np.array(value, dtype=np.float64, ndmin=1)
        if not x.shape == t_x.shape == t.shape == z.shape or x.ndim != 1:
            shapes = ", ".join(str(part.shape) for part in (x, t_x, t, z))
            raise GenomeError(
                "histories do not fit together", found=shapes, expected="one row a customer in each"
            )
        _check(x, t_x, t, z)
        return cls(x, t_x, t, z)

    def take(self, rows: NDArray[np.integer] | NDArray[np.bool_] | slice) -> Histories:
        """Return the histories of some customers."""
        return Histories(self.frequency[rows], self.recency[rows], self.age[rows], self.value[rows])


def summarise(
    customer: ArrayLike, *, at: ArrayLike, value: ArrayLike, until: float, customers: int
) -> Histories:
    """Sum purchases up into the histories of customers 0 to `customers` − 1 as of the time `until`.

    `customer`, `at` (time of purchase, before or at `until`) and `value` have one row a purchase; purchases at
    the same time count as one, of their total value. A customer without any has age 0: nothing is known.
    """
    who, when, amount = (
        np.asarray(customer, np.int64),
        np.asarray(at, np.float64),
        np.asarray(value, np.float64),
    )
    if len(when) and not when.max() <= until:
        raise GenomeError(
            "a purchase lies after the cut-off", found=str(when.max()), expected=f"at most {until}"
        )
    order = np.lexsort((when, who))
    who, when, amount = who[order], when[order], amount[order]
    fresh = np.ones(len(who), dtype=np.bool_)
    fresh[1:] = (np.diff(who) != 0) | (np.diff(when) != 0)
    total = np.bincount(np.cumsum(fresh) - 1, amount, minlength=int(fresh.sum())).astype(np.float64)
    who, when = who[fresh], when[fresh]
    first = np.ones(len(who), dtype=np.bool_)
    first[1:] = np.diff(who) != 0
    born = np.full(customers, float(until))
    born[who[first]] = when[first]
    return _finish(who[~first], when[~first], total[~first], born=born, until=until)


def _finish(who: I64, when: F64, total: F64, *, born: F64, until: float) -> Histories:
    """Count, date and average the repeat purchases of customers born at `born`."""
    x = np.bincount(who, minlength=len(born)).astype(np.float64)
    last = born.copy()
    np.maximum.at(last, who, when)
    value = np.bincount(who, total, minlength=len(born)) / np.maximum(x, 1)
    return Histories.of(x, recency=last - born, age=until - born, value=value)


def _check(x: F64, t_x: F64, t: F64, z: F64) -> None:
    """Raise GenomeError for the first row that no purchase history can have."""
    finite = np.isfinite(x) & np.isfinite(t_x) & np.isfinite(t) & np.isfinite(z)
    possible = (x >= 0) & (t_x >= 0) & (t_x <= t) & (z >= 0) & ((x > 0) | (t_x == 0))
    bad = np.flatnonzero(~(finite & possible))
    if len(bad):
        row = bad[0]
        raise GenomeError(
            f"{len(bad)} of {len(x)} histories are impossible",
            found=f"row {row}: frequency {x[row]}, recency {t_x[row]}, age {t[row]}, value {z[row]}",
            expected="frequency ≥ 0, 0 ≤ recency ≤ age, recency 0 without repeat purchases, value ≥ 0",
        )
