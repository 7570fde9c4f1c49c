"""What BG/NBD and Pareto/NBD share: fitting, refusing, and the questions that one asks of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from customer_genome.core.errors import GenomeError
from customer_genome.predictions.btyd.fitting import BOUND, Rows, collapse, maximise
from customer_genome.predictions.btyd.histories import F64, Histories

CHUNK = 20_000
"""Customers computed at once: bounds memory, changes no result."""


class Dying(NamedTuple):
    """The posterior of customers in the form that they are drawn in, each with shape (customers,).

    With probability `alive` a customer still buys, at a rate ~ Gamma(`rate_shape`, `rate_scale`). They
    leave after a purchase with probability ~ Beta(`leave_a`, `leave_b`) where `by_purchase`, else at any
    time at a rate ~ Gamma(`leave_a`, `leave_b`); the second number of a Gamma is its inverse scale.
    """

    alive: F64
    rate_shape: F64
    rate_scale: F64
    leave_a: F64
    leave_b: F64
    by_purchase: bool


class PurchaseModel(ABC):
    """A customer buys at random at their own rate until they leave, unseen; rates and leaving differ by customer.

    `fit` learns `parameters_` (in the order of NAMES), `log_likelihood_` (summed over customers, with all
    constants of the cited source), `longest_` (the oldest age seen), `converged_`, and `reason_`: why
    nothing could be learned, None where it could. A model with a reason refuses every question with it.

    minimum_customers, minimum_repeaters: customers and customers with a repeat purchase, below which nothing is
    fitted. horizon_limit: horizons beyond this many times the oldest age are refused, for nothing was seen
    that far.
    """

    TITLE: ClassVar[str]
    NAMES: ClassVar[tuple[str, ...]]
    UPPER: ClassVar[tuple[float, ...]] = (BOUND,) * 4

    def __init__(
        self, *, minimum_customers: int = 50, minimum_repeaters: int = 20, horizon_limit: float = 2.0
    ) -> None:
        self.minimum_customers, self.minimum_repeaters = minimum_customers, minimum_repeaters
        self.horizon_limit = horizon_limit

    def fit(self, histories: Histories) -> Self:
        """Learn the parameters of greatest likelihood from histories as of one cut-off (their values are not used)."""
        self.parameters_, self.log_likelihood_ = np.zeros(0), 0.0
        self.longest_ = float(histories.age.max(initial=0.0))
        self.converged_ = False
        self.reason_ = self._too_little(histories)
        if self.reason_ is not None:
            return self
        bare = Histories(histories.frequency, histories.recency, histories.age, np.zeros(len(histories)))
        unit = float(histories.age.mean())
        rate = float(histories.frequency.sum() / histories.age.sum())
        found = maximise(
            self._likelihood,
            collapse(bare),
            starts=self._starts(rate, unit),
            scale=self._scale(unit),
            upper=self.UPPER,
        )
        self.parameters_, self.log_likelihood_ = found.parameters, found.log_likelihood
        self.converged_ = found.converged
        return self

    def expected_purchases(self, histories: Histories, *, horizon: ArrayLike) -> F64:
        """Return the expected number of purchases in the `horizon` (one, or one a customer) after the cut-off."""
        until = self.horizon_of(histories, horizon)
        return _in_chunks(self._expected, histories, until)

    def probability_alive(self, histories: Histories) -> F64:
        """Return the probability of each customer to be still there at the cut-off."""
        self._ready()
        return _in_chunks(lambda part, _: self._alive(part), histories, np.zeros(len(histories)))

    def probability_of_purchases(self, histories: Histories, *, horizon: ArrayLike, at_least: int = 1) -> F64:
        """Return the probability of `at_least` so many purchases in the horizon after the cut-off."""
        until = self.horizon_of(histories, horizon)
        if at_least <= 0:
            return np.ones(len(histories))
        found = _in_chunks(lambda part, h: self._at_least(part, h, at_least), histories, until)
        return np.clip(found, 0.0, 1.0)

    def cumulative(self, histories: Histories, *, horizons: Sequence[float]) -> F64:
        """Return the expected purchases of all customers together within each of the horizons; shape (horizons,)."""
        totals = [self.expected_purchases(histories, horizon=horizon).sum() for horizon in horizons]
        return np.array(totals, dtype=np.float64)

    def to_arrays(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return the learned state as plain arrays and a JSON-able dict."""
        names = ("minimum_customers", "minimum_repeaters", "horizon_limit")
        meta = {name: getattr(self, name) for name in names}
        learned = {
            name: getattr(self, f"{name}_") for name in ("log_likelihood", "longest", "converged", "reason")
        }
        return {"parameters": self.parameters_}, {"settings": meta, **learned}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any]) -> Self:
        """Rebuild a fitted model from what `to_arrays` gave."""
        made = cls(**meta["settings"])
        made.parameters_ = arrays["parameters"]
        made.log_likelihood_, made.longest_ = meta["log_likelihood"], meta["longest"]
        made.converged_, made.reason_ = meta["converged"], meta["reason"]
        return made

    def dying(self, histories: Histories) -> Dying:
        """Return the posterior of each customer, to be drawn from."""
        self._ready()
        return self._dying(histories, self.probability_alive(histories))

    @abstractmethod
    def _starts(self, rate: float, unit: float) -> list[F64]:
        """Return where the search begins, given the purchases per time and the mean age."""

    @abstractmethod
    def _scale(self, unit: float) -> F64:
        """Return `unit` where a parameter is a time, else 1."""

    @abstractmethod
    def _likelihood(self, rows: Rows, parameters: F64) -> tuple[float, F64]:
        """Return the log-likelihood and its gradient in the parameters."""

    @abstractmethod
    def _alive(self, histories: Histories) -> F64: ...

    @abstractmethod
    def _expected(self, histories: Histories, horizon: F64) -> F64: ...

    @abstractmethod
    def _at_least(self, histories: Histories, horizon: F64, least: int) -> F64: ...

    @abstractmethod
    def _dying(self, histories: Histories, alive: F64) -> Dying: ...

    def _too_little(self, histories: Histories) -> str | None:
        repeaters = int((histories.frequency > 0).sum())
        if len(histories) < self.minimum_customers:
            return f"too few customers: {len(histories)}, {self.minimum_customers} are needed"
        if repeaters == 0:
            return "no customer has bought a second time"
        if repeaters < self.minimum_repeaters:
            return f"too few who bought again: {repeaters}, {self.minimum_repeaters} are needed"
        if not histories.age.sum() > 0:
            return "no time has passed since the first purchases"
        return None

    def _ready(self) -> None:
        """Raise GenomeError where nothing was learned."""
        reason = getattr(self, "reason_", "it has not been fitted")
        if reason is not None:
            raise GenomeError(f"{self.TITLE} has nothing to predict from", found=reason)

    def horizon_of(self, histories: Histories, horizon: ArrayLike) -> F64:
        """Return the horizon of each customer; raises GenomeError where it is none, or beyond what was seen."""
        self._ready()
        given = np.asarray(horizon, dtype=np.float64)
        limit = self.horizon_limit * self.longest_
        if not np.all((given >= 0) & (given <= limit)):
            raise GenomeError(
                f"{self.TITLE} cannot see that far: what happens beyond is unknown",
                found=f"a horizon of {given.max() if given.size else given}",
                expected=f"0 to {limit:g}, {self.horizon_limit:g} times the longest history",
            )
        return np.broadcast_to(given, (len(histories),))


def _in_chunks(function: Callable[[Histories, F64], F64], histories: Histories, horizon: F64) -> F64:
    out = np.empty(len(histories))
    for start in range(0, len(histories), CHUNK):
        part = slice(start, start + CHUNK)
        out[part] = function(histories.take(part), horizon[part])
    return out
