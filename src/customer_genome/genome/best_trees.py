"""Best trees: the boosted trees of the chance of becoming one of the best, as text."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from customer_genome.core.boosting import Boosting
from customer_genome.core.boosting import Trees as Shape

F64 = NDArray[np.float64]


@dataclass(frozen=True)
class Trees:
    """How many trees of which size; a leaf holds at least one row in `leaf_part`, and never fewer than 20."""

    rounds: int = 150
    leaves: int = 15
    rate: float = 0.03
    leaf_part: int = 250
    feature_share: float = 0.5
    row_share: float = 0.7
    l2: float = 5.0


def grown(features: F64, *, label: F64, weight: F64, trees: Trees, seed: int) -> str:
    """Return a model of the chance that `label` (0 or 1) is 1, as text."""
    shape = Shape(
        "binary", rounds=trees.rounds, leaves=trees.leaves, rate=trees.rate,
        leaf_rows=max(20, len(features) // trees.leaf_part), feature_share=trees.feature_share,
        row_share=trees.row_share, l2=trees.l2, bins=255,
    )  # fmt: skip
    names = [str(place) for place in range(features.shape[1])]
    return json.dumps(Boosting(shape, names=names).fit(features, label, weight=weight, seed=seed).to_meta())


def foretold(model: str, features: F64) -> F64:
    """Return what `grown` says of each row, 0 to 1."""
    return Boosting.from_meta(json.loads(model)).predict(features)
