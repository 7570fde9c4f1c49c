"""Probability: from a model's score to a calibrated probability with bounds, never changing the order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from customer_genome.predictions.history import F64, Mask
from customer_genome.predictions.honesty.venn_abers import venn_abers

STEPS, CASES, ORDER = 400, 20_000, 1e-4
"""Scores told apart; calibration cases used at most; weight of the score itself, which keeps the order among equals."""


class Probability:
    """Venn-Abers over cases that the model has not seen, kept at `STEPS` scores and straight between them."""

    def fit(self, scores: F64, *, true: Mask) -> Self:
        """Learn from scores in 0 to 1 and whether each case came true."""
        take = np.arange(len(scores))
        if len(take) > CASES:
            take = np.linspace(0, len(take) - 1, CASES).astype(np.int64)
        scores, true = scores[take], true[take]
        self.score_ = np.unique(np.quantile(scores, np.linspace(0, 1, STEPS)))
        self.low_, self.high_, self.middle_ = venn_abers(scores, labels=true, scores=self.score_)
        return self

    def apply(self, scores: F64, /) -> tuple[F64, F64, F64]:
        """Return (probability, low, high) of each score: low and high are Venn-Abers' two answers."""
        low, high, middle = (
            np.interp(scores, self.score_, line) for line in (self.low_, self.high_, self.middle_)
        )
        middle = (1 - ORDER) * middle + ORDER * scores
        return middle, np.minimum(low, middle), np.maximum(high, middle)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the learned state as plain arrays."""
        return {
            f"probability.{name}": getattr(self, f"{name}_") for name in ("score", "low", "high", "middle")
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Rebuild what `to_arrays` gave."""
        made = cls()
        for name in ("score", "low", "high", "middle"):
            setattr(made, f"{name}_", arrays[f"probability.{name}"])
        return made
