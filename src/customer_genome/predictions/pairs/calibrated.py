"""Calibrated: from a ranking score to a probability with bounds, never changing the order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from customer_genome.predictions.history import F64, Mask
from customer_genome.predictions.honesty.venn_abers import venn_abers

PER_E, LEAST = 50, 1e-6
"""Scores are told apart in steps of 2 %, from `LEAST` up."""
ORDER = 1e-6
"""How far a score may move its probability, so that equal probabilities keep the order of their scores."""


class Calibrated:
    """Venn-Abers over scores of pairs that the model had not seen, kept at each step and straight between."""

    def fit(self, scores: F64, *, true: Mask, weight: F64) -> Self:
        """Learn from cases, each of which stands for `weight` (a whole number) like it."""
        step = np.round(np.log(np.maximum(scores, LEAST)) * PER_E)
        times = np.round(weight).astype(np.int64)
        grid = np.unique(step)
        low, high, probability = venn_abers(
            np.repeat(step, times), labels=np.repeat(true, times), scores=grid
        )
        self.score_ = np.exp(grid / PER_E)
        self.low_, self.high_, self.probability_ = low, high, probability
        return self

    def apply(self, scores: F64, /) -> tuple[F64, F64, F64]:
        """Return (probability, low, high) of each score; a higher score has a higher probability, always."""
        low, high, probability = (
            np.interp(scores, self.score_, learned) for learned in (self.low_, self.high_, self.probability_)
        )
        moved = (1 - ORDER) * probability + ORDER * scores / (1 + scores)
        return moved, np.minimum(low, moved), np.maximum(high, moved)

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the learned state as plain arrays."""
        names = ("score", "low", "high", "probability")
        return {f"calibrated.{name}": getattr(self, f"{name}_") for name in names}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Rebuild what `to_arrays` gave."""
        made = cls()
        for name in ("score", "low", "high", "probability"):
            setattr(made, f"{name}_", arrays[f"calibrated.{name}"])
        return made
