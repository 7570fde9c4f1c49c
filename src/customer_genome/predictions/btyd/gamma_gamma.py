"""Gamma-Gamma: what a purchase is worth (Fader & Hardie 2013, "The gamma-gamma model of monetary value")."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import digamma, gammaln

from customer_genome.core.errors import GenomeError
from customer_genome.predictions.btyd.fitting import BOUND, Rows, collapse, maximise
from customer_genome.predictions.btyd.histories import F64, Histories


class GammaGamma:
    """A purchase is worth Gamma(p, nu) with nu ~ Gamma(q, v) by customer, whatever their rate of buying.

    `parameters_` are p, q, v (an amount; gamma in the note). `fit` also learns `log_likelihood_`, `converged_`
    and `reason_`: why nothing could be learned, None where it could. Equation numbers are those of the note.

    minimum_repeaters: customers with a repeat purchase of some value, below which nothing is fitted.
    """

    TITLE: ClassVar[str] = "Gamma-Gamma"
    NAMES: ClassVar[tuple[str, ...]] = ("p", "q", "v")

    def __init__(self, *, minimum_repeaters: int = 20) -> None:
        self.minimum_repeaters = minimum_repeaters

    def fit(self, histories: Histories) -> Self:
        """Learn from the customers with repeat purchases worth more than nothing; the others say nothing here."""
        self.parameters_, self.log_likelihood_, self.converged_ = np.zeros(0), 0.0, False
        paid = (histories.frequency > 0) & (histories.value > 0)
        self.reason_ = self._too_little(histories, int(paid.sum()))
        if self.reason_ is not None:
            return self
        some = histories.take(paid)
        none = np.zeros(len(some))
        unit = float(some.value.mean())
        starts = [np.array([p, q, (q - 1) * unit / p]) for p, q in ((6.0, 4.0), (1.0, 2.0), (20.0, 10.0))]
        bare = collapse(Histories(some.frequency, none, none, some.value))
        found = maximise(
            _likelihood, bare, starts=starts, scale=np.array([1.0, 1.0, unit]), upper=(BOUND,) * 3
        )
        self.parameters_, self.log_likelihood_ = found.parameters, found.log_likelihood
        self.converged_ = found.converged
        if self.parameters_[1] <= 1:
            self.reason_ = (
                f"values differ so much that they have no mean (q = {self.parameters_[1]:.3g}, at most 1)"
            )
        return self

    def expected_value(self, histories: Histories) -> F64:
        """Return the expected worth of each customer's next purchase; the population's where none was repeated.

        Equation 5: p (v + x z) / (p x + q − 1), z the mean of x repeat purchases.
        """
        self._ready()
        p, q, v = self.parameters_
        x = histories.frequency
        return p * (v + x * histories.value) / (p * x + q - 1)

    def posterior(self, histories: Histories) -> tuple[float, F64, F64]:
        """Return p, and shape and inverse scale of each customer's nu: q + p x and v + x z (equation 4)."""
        self._ready()
        p, q, v = self.parameters_
        return float(p), q + p * histories.frequency, v + histories.frequency * histories.value

    def to_arrays(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return the learned state as plain arrays and a JSON-able dict."""
        learned = {name: getattr(self, f"{name}_") for name in ("log_likelihood", "converged", "reason")}
        return {"parameters": self.parameters_}, {"minimum_repeaters": self.minimum_repeaters, **learned}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any]) -> Self:
        """Rebuild a fitted model from what `to_arrays` gave."""
        made = cls(minimum_repeaters=meta["minimum_repeaters"])
        made.parameters_, made.log_likelihood_ = arrays["parameters"], meta["log_likelihood"]
        made.converged_, made.reason_ = meta["converged"], meta["reason"]
        return made

    def _too_little(self, histories: Histories, paid: int) -> str | None:
        if not (histories.frequency > 0).any():
            return "no customer has bought a second time"
        if paid == 0:
            return "all repeat purchases are worth nothing"
        if paid < self.minimum_repeaters:
            return f"too few with repeat purchases of some value: {paid}, {self.minimum_repeaters} are needed"
        return None

    def _ready(self) -> None:
        """Raise GenomeError where nothing was learned."""
        reason = getattr(self, "reason_", "it has not been fitted")
        if reason is not None:
            raise GenomeError(f"{self.TITLE} has nothing to predict from", found=reason)


def _likelihood(rows: Rows, parameters: F64) -> tuple[float, F64]:
    """Equation 1a, the density of a mean z of x purchases, and its gradient in p, q, v."""
    p, q, v = parameters
    x, z, weight = rows.histories.frequency, rows.histories.value, rows.weight
    spent, shape = x * z, p * x
    total = v + spent
    log_share, log_rest = np.log(spent / total), np.log(v / total)
    density = gammaln(shape + q) - gammaln(shape) - gammaln(q) + q * log_rest + shape * log_share - np.log(z)
    both = digamma(shape + q)
    gradient = [
        weight @ (x * (both - digamma(shape) + log_share)),
        weight @ (both - digamma(q) + log_rest),
        weight @ (q / v - (shape + q) / total),
    ]
    return float(weight @ density), np.array(gradient)
