"""Customer value: how often times for how much, with an interval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from customer_genome.core.errors import GenomeError
from customer_genome.predictions.btyd.bg_nbd import BgNbd
from customer_genome.predictions.btyd.gamma_gamma import GammaGamma
from customer_genome.predictions.btyd.histories import F64, Histories
from customer_genome.predictions.btyd.pareto_nbd import ParetoNbd
from customer_genome.predictions.btyd.purchase_model import PurchaseModel

MODELS: Mapping[str, type[PurchaseModel]] = {"bg-nbd": BgNbd, "pareto-nbd": ParetoNbd}


class CustomerValue:
    """Purchases by BG/NBD or Pareto/NBD, the worth of each by Gamma-Gamma, taken as independent.

    `fit` learns `purchases_`, `value_` and `reason_`, the reason of either for having learned nothing.

    purchases: "bg-nbd" or "pareto-nbd". horizon_limit: see PurchaseModel. draws, seed: futures drawn per
    customer for an interval.
    """

    def __init__(
        self, *, purchases: str = "pareto-nbd", horizon_limit: float = 2.0, draws: int = 200, seed: int = 0
    ) -> None:
        self.purchases, self.horizon_limit = purchases, horizon_limit
        self.draws, self.seed = draws, seed

    def fit(self, histories: Histories) -> Self:
        """Learn both models from histories as of one cut-off."""
        self.purchases_ = self._model()(horizon_limit=self.horizon_limit).fit(histories)
        self.value_ = GammaGamma().fit(histories)
        self.reason_ = self.purchases_.reason_ or self.value_.reason_
        return self

    def expected_spend(self, histories: Histories, *, horizon: ArrayLike) -> F64:
        """Return what each customer is expected to spend in the `horizon` after the cut-off, in the values' unit."""
        purchases = self._fitted().expected_purchases(histories, horizon=horizon)
        return purchases * self.value_.expected_value(histories)

    def spend_interval(
        self, histories: Histories, *, horizon: ArrayLike, coverage: float = 0.9
    ) -> tuple[F64, F64]:
        """Return low and high of each customer's spend in the horizon, drawn from the fitted models.

        The parameters are taken as known; where there are few customers, true coverage is lower. Spend is
        often exactly 0, and an interval that holds 0 from its lower end covers more than asked for.
        """
        self._fitted()
        return self._interval(histories, self.value_.posterior(histories), horizon=horizon, coverage=coverage)

    def purchases_interval(
        self, histories: Histories, *, horizon: ArrayLike, coverage: float = 0.9
    ) -> tuple[F64, F64]:
        """Return low and high of each customer's number of purchases in the horizon, as for the spend."""
        self._fitted()
        return self._interval(histories, None, horizon=horizon, coverage=coverage)

    def to_arrays(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return the learned state as plain arrays and a JSON-able dict."""
        names = ("purchases", "horizon_limit", "draws", "seed")
        arrays: dict[str, NDArray[Any]] = {}
        meta: dict[str, Any] = {"settings": {name: getattr(self, name) for name in names}}
        for name, model in (("purchases", self.purchases_), ("value", self.value_)):
            part, meta[name] = model.to_arrays()
            arrays |= {f"{name}.{key}": array for key, array in part.items()}
        return arrays, meta

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any]) -> Self:
        """Rebuild fitted models from what `to_arrays` gave."""
        made = cls(**meta["settings"])
        part = {name: {"parameters": arrays[f"{name}.parameters"]} for name in ("purchases", "value")}
        made.purchases_ = made._model().from_arrays(part["purchases"], meta["purchases"])
        made.value_ = GammaGamma.from_arrays(part["value"], meta["value"])
        made.reason_ = made.purchases_.reason_ or made.value_.reason_
        return made

    def _model(self) -> type[PurchaseModel]:
        if self.purchases not in MODELS:
            raise GenomeError("no such model of purchases", found=self.purchases, expected=", ".join(MODELS))
        return MODELS[self.purchases]

    def _fitted(self) -> PurchaseModel:
        if not hasattr(self, "purchases_"):
            raise GenomeError("customer value has nothing to predict from", found="it has not been fitted")
        return self.purchases_

    def _interval(
        self,
        histories: Histories,
        paid: tuple[float, F64, F64] | None,
        *,
        horizon: ArrayLike,
        coverage: float,
    ) -> tuple[F64, F64]:
        from customer_genome.predictions.btyd._draws import intervals

        if not 0 < coverage < 1:
            raise GenomeError("no such interval", found=f"coverage {coverage}", expected="between 0 and 1")
        until = self.purchases_.horizon_of(histories, horizon)
        found = intervals(
            self.purchases_.dying(histories),
            paid,
            until=until,
            draws=self.draws,
            coverage=coverage,
            seed=self.seed,
        )
        return np.ascontiguousarray(found[:, 0]), np.ascontiguousarray(found[:, 1])
