"""Boosting: gradient-boosted trees (LightGBM), several seeds averaged; the one module that knows the library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
Objective = Literal["binary", "cross_entropy", "regression", "regression_l1", "quantile"]


@dataclass(frozen=True)
class Trees:
    """How many trees of which size; `leaf_rows` is the least number of rows a leaf holds, `l2` shrinks its value."""

    objective: Objective = "cross_entropy"
    rounds: int = 150
    leaves: int = 31
    rate: float = 0.05
    leaf_rows: int = 200
    feature_share: float = 0.6
    row_share: float = 1.0
    l2: float = 5.0
    bins: int = 127
    alpha: float = 0.5


class Boosting:
    """One booster per seed, each trained on the rows that its seed is given; predictions are their mean."""

    def __init__(self, trees: Trees, *, names: Sequence[str], threads: int = 1) -> None:
        self.trees, self.names, self.threads = trees, tuple(names), threads
        self.models_: list[Any] = []

    def fit(self, features: NDArray[Any], labels: F64, *, weight: F64 | None = None, seed: int = 0) -> Self:
        """Train one more booster (features are rows × names, nan where unknown)."""
        import lightgbm

        parameters = self._parameters(seed)
        names = [f"f{place}" for place in range(len(self.names))]  # the library allows few characters
        data = lightgbm.Dataset(features, labels, weight=weight, feature_name=names, params=parameters)
        self.models_.append(lightgbm.train(parameters, data, num_boost_round=self.trees.rounds))
        return self

    def predict(self, features: NDArray[Any], /) -> F64:
        """Return the mean of the boosters' predictions, one a row."""
        return np.asarray(
            sum(self.predict_with(place, features) for place in range(len(self.models_)))
        ) / len(self.models_)

    def predict_with(self, place: int, features: NDArray[Any], /) -> F64:
        """Return the predictions of one booster, by its place in the order of training."""
        if not len(features):
            return np.zeros(0)
        return np.asarray(self.models_[place].predict(features, num_threads=self.threads))

    def contributions(self, features: NDArray[Any], /) -> F64:
        """Return rows × (names, then the base): what each feature adds before the link function (Lundberg's SHAP)."""
        found = [
            model.predict(features, pred_contrib=True, num_threads=self.threads) for model in self.models_
        ]
        return np.asarray(np.mean(found, axis=0))

    def to_meta(self) -> dict[str, Any]:
        """Return the learned state, boosters as text, as a JSON-able dict."""
        models = [model.model_to_string() for model in self.models_]
        return {
            "trees": asdict(self.trees),
            "names": list(self.names),
            "threads": self.threads,
            "models": models,
        }

    @classmethod
    def from_meta(cls, meta: Mapping[str, Any]) -> Self:
        """Rebuild what `to_meta` gave."""
        import lightgbm

        made = cls(Trees(**meta["trees"]), names=meta["names"], threads=meta["threads"])
        made.models_ = [lightgbm.Booster(model_str=text) for text in meta["models"]]
        return made

    def _parameters(self, seed: int) -> dict[str, Any]:
        trees = self.trees
        return {
            "objective": trees.objective,
            "learning_rate": trees.rate,
            "num_leaves": trees.leaves,
            "min_data_in_leaf": trees.leaf_rows,
            "feature_fraction": trees.feature_share,
            "bagging_fraction": trees.row_share,
            "bagging_freq": int(trees.row_share < 1),
            "lambda_l2": trees.l2,
            "max_bin": trees.bins,
            "alpha": trees.alpha,
            "num_threads": self.threads,
            "seed": seed,
            "deterministic": True,
            "force_col_wise": True,
            "verbose": -1,
        }
