"""Best rates: how well a ranking finds what came true."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

F64 = NDArray[np.float64]
Mask = NDArray[np.bool_]


def auroc(true: Mask, score: F64) -> float:
    """Return the area under the ROC curve, ties counting half; nan where all or none are true."""
    hits = int(true.sum())
    if hits in (0, len(true)):
        return float("nan")
    return float((rankdata(score)[true].sum() - hits * (hits + 1) / 2) / (hits * (len(true) - hits)))


def capture(true: Mask, score: F64) -> float:
    """Return the share of those true that are in the top decile by score (ties in the order given)."""
    hits = int(true.sum())
    if not hits:
        return float("nan")
    top = np.argsort(-score, kind="stable")[: int(np.ceil(len(score) / 10))]
    return float(true[top].sum() / hits)


class Gain(NamedTuple):
    """How much one ranking is ahead of another in AUROC, with its 95 % interval."""

    gain: float
    low: float
    high: float


def ahead(true: Mask, score: F64, *, of: F64, resamples: int = 500, seed: int = 0) -> Gain:
    """Return the paired difference of AUROC by bootstrap over customers."""
    random = np.random.default_rng(seed)
    found = []
    for _ in range(resamples):
        drawn = random.integers(0, len(true), len(true))
        found.append(auroc(true[drawn], score[drawn]) - auroc(true[drawn], of[drawn]))
    low, high = np.nanquantile(found, [0.025, 0.975])
    return Gain(auroc(true, score) - auroc(true, of), float(low), float(high))
