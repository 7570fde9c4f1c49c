"""Net revenue: what the whole base will bring over time, and what a change of retention or acquisition is worth.

The area under the curve of expected value (Customer Worth over time), from what each customer is expected to do
in each coming period; with assumptions that are stated, not estimated, for customers yet to come.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from customer_genome.core.errors import GenomeError

F64 = NDArray[np.float64]


@dataclass(frozen=True)
class Coming:
    """Expectations in equal periods: `purchases` (customers × periods), the purchases that each period adds.

    `worth` is what one purchase of the customer earns; `alive` (customers × periods) the probability of still being
    a customer at the middle of each period; `days` the length of a period.
    """

    purchases: F64
    worth: F64
    alive: F64
    days: float = 30.4375


@dataclass(frozen=True)
class WhatIf:
    """A change that is assumed: `retention` adds to each period's share that stays (0.01 is a point).

    `acquired` customers come in each period, each bringing `acquired_value` (periods since joining, or one number)
    and costing `acquired_cost`.
    """

    retention: float = 0.0
    acquired: float = 0.0
    acquired_value: F64 | float = 0.0
    acquired_cost: float = 0.0


@dataclass(frozen=True)
class NetRevenue:
    """Expected value of each period and its running total, as expected and under the assumption."""

    expected: F64
    assumed: F64

    @property
    def total(self) -> float:
        """The area under the expected curve."""
        return float(self.expected.sum())

    @property
    def gain(self) -> float:
        """The area under the assumed curve less that."""
        return float(self.assumed.sum() - self.expected.sum())


def net_revenue(coming: Coming, *, what_if: WhatIf = WhatIf(), yearly_discount: float = 0.0) -> NetRevenue:
    """Return the base's value curve; raises GenomeError for shapes or numbers that cannot be.

    A period's purchases given that the customer is still there stay as they are; with a period's retention
    r(t) = alive(t) / alive(t − 1) raised to min(1, r + retention), alive becomes the product of the new ones.
    """
    periods = _checked(coming)
    value = np.maximum(coming.purchases, 0) * coming.worth[:, None]
    stays = _raised(coming.alive, what_if.retention)
    more = np.divide(stays, coming.alive, out=np.ones_like(stays), where=coming.alive > 1e-12)
    present = (1 + yearly_discount) ** (-(np.arange(periods) + 0.5) * coming.days / 365.25)
    joined = _joining(what_if, periods)
    return NetRevenue(value.sum(axis=0) * present, ((value * more).sum(axis=0) + joined) * present)


def _raised(alive: F64, by: float) -> F64:
    """Return the probability of being there with `by` added to each period's retention (0 at the least, 1 at most)."""
    before = np.column_stack([np.ones(len(alive)), alive[:, :-1]])
    stays = np.divide(alive, before, out=np.zeros_like(alive), where=before > 1e-12)
    stays[:, 1:] = np.clip(stays[:, 1:] + by, 0, 1)
    return np.asarray(np.cumprod(stays, axis=1), dtype=np.float64)


def _joining(what_if: WhatIf, periods: int) -> F64:
    """Return what customers yet to come bring in each period, less what it costs to win them."""
    each = np.broadcast_to(np.asarray(what_if.acquired_value, dtype=np.float64), (periods,))
    return what_if.acquired * (np.cumsum(each) - what_if.acquired_cost)


def _checked(coming: Coming) -> int:
    shape = coming.purchases.shape
    if len(shape) != 2 or coming.alive.shape != shape or coming.worth.shape != shape[:1] or not shape[1]:
        raise GenomeError(
            f"expectations of shapes {shape}, {coming.alive.shape} and {coming.worth.shape}",
            expected="purchases and alive as customers × periods, worth one a customer",
        )
    numbers = (coming.purchases, coming.worth, coming.alive)
    if (
        not all(np.isfinite(one).all() for one in numbers)
        or (coming.alive < 0).any()
        or (coming.alive > 1).any()
    ):
        raise GenomeError(
            "expectations that are unknown or impossible", expected="finite numbers, alive between 0 and 1"
        )
    return int(shape[1])
