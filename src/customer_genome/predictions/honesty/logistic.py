"""Logistic regression with a ridge, for baselines: small, deterministic, without settings."""

from __future__ import annotations

from typing import Self

import numpy as np
from scipy.special import expit

from customer_genome.predictions.history import F64


class Logistic:
    """P(y = 1) = 1 / (1 + e^−(b + x·w)) with columns standardised and |w|² · ridge / 2 added to the loss.

    Newton's method (iteratively reweighted least squares); `ridge` also keeps separable cases finite.
    """

    def __init__(self, *, ridge: float = 1.0) -> None:
        self.ridge = ridge

    def fit(self, features: F64, *, labels: F64) -> Self:
        """Learn from cases × columns without unknown values, and 0 or 1 for each case."""
        self.mean_, spread = features.mean(axis=0), features.std(axis=0)
        self.spread_ = np.where(spread > 0, spread, 1.0)
        x = self._design(features)
        penalty = np.diag(np.append(1e-6, np.full(features.shape[1], self.ridge)))
        self.weights_ = np.zeros(x.shape[1])
        for _ in range(25):
            p = expit(x @ self.weights_)
            slope = x.T @ (labels - p) - penalty @ self.weights_
            step = np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x + penalty, slope)
            self.weights_ = self.weights_ + step * min(1.0, 5.0 / max(1e-12, float(np.abs(step).max())))
            if np.abs(step).max() < 1e-8:
                break
        return self

    def apply(self, features: F64) -> F64:
        """Return the probability of each case."""
        return np.asarray(expit(self._design(features) @ self.weights_))

    def _design(self, features: F64) -> F64:
        return np.column_stack([np.ones(len(features)), (features - self.mean_) / self.spread_])
