"""Amounts: what a customer usually comes to within a horizon, and how far from a prediction the truth may lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Self

import numpy as np

from customer_genome.core.targets import Target
from customer_genome.predictions.customers.kernels import F32
from customer_genome.predictions.history import F64
from customer_genome.predictions.honesty.conformal import Margins, conformal_interval, conformal_margins

_RATES = (
    "half-life 28 days", "half-life 56 days", "half-life 112 days", "last 28 days", "last 84 days", "last 168 days",
)  # fmt: skip
FLOOR, SPREAD = 0.03, 0.75
"""The base of a customer without a past, as a part of the mean amount; the power of the base that errors grow with."""


def usual(names: Sequence[str], values: F32, *, target: Target) -> F64:
    """Return what each row comes to in `target.horizon` days at the rates so far, the mean of several looks back."""
    place = {name: k for k, name in enumerate(names)}
    if target.predict == "count" and target.verbs:
        windows = (28.0, 84.0)
        rates = [
            sum(
                values[:, place[f"times of {verb}, last {days:g} days"]].astype(float)
                for verb in _known(target, place)
            )
            / days
            for days in windows
        ]
    else:
        name = "spend" if target.predict == "sum" else "sessions"
        rates = [values[:, place[f"{name} a day, {rate}"]].astype(float) for rate in _RATES]
    return np.asarray(np.mean(np.broadcast_arrays(*rates), axis=0)) * target.horizon + np.zeros(len(values))


def _known(target: Target, place: Mapping[str, int]) -> list[str]:
    return [verb for verb in target.verbs if f"times of {verb}" in place]


class Interval:
    """Split conformal bounds: errors over `base^SPREAD` of cases that the model had not seen."""

    def fit(self, amount: F64, *, base: F64, truth: F64) -> Self:
        """Learn the margins from predictions and what came true; too few cases leave bounds unknown."""
        self.margins_ = conformal_margins(truth, low=amount, high=amount, scale=base**SPREAD)
        return self

    def apply(self, amount: F64, *, base: F64) -> tuple[F64, F64]:
        """Return low and high of each amount."""
        return conformal_interval(self.margins_, low=amount, high=amount, scale=base**SPREAD, least=0.0)

    def to_meta(self) -> dict[str, Any] | None:
        """Return the learned state as a JSON-able dict."""
        return None if self.margins_ is None else asdict(self.margins_)

    @classmethod
    def from_meta(cls, meta: Mapping[str, Any] | None) -> Self:
        """Rebuild what `to_meta` gave."""
        made = cls()
        made.margins_ = None if meta is None else Margins(**meta)
        return made
