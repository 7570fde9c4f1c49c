"""Split conformal intervals: bounds around a prediction that hold the truth as often as they say."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from customer_genome.predictions.history import F64


@dataclass(frozen=True)
class Margins:
    """How far to go `below` and `above` a prediction, in units of its scale, from `cases` other predictions."""

    level: float
    below: float
    above: float
    cases: int


def conformal_margins(
    truth: F64, *, low: F64, high: F64, scale: F64 | None = None, level: float = 0.9
) -> Margins | None:
    """Return the margins that make intervals hold the truth with probability `level`; None with too few cases.

    `low` and `high` are the model's own quantiles (conformalised quantile regression) or both its one
    prediction (split conformal); residuals are divided by `scale`, which must be above 0, such as the usual error
    of a case like this. Each side misses with (1 − level) / 2: the ⌈(n + 1)(1 + level) / 2⌉-th smallest
    residual, so that the promise holds for any model and any distribution if the cases are exchangeable and
    have not trained the model. Sources: Lei et al. 2018, section 2.2; Romano, Patterson & Candès 2019, theorem 2.
    """
    cases = len(truth)
    rank = int(np.ceil((cases + 1) * (1 + level) / 2 - 1e-9))
    if rank > cases:
        return None
    unit = np.ones(cases) if scale is None else scale
    below = np.partition((low - truth) / unit, rank - 1)[rank - 1]
    above = np.partition((truth - high) / unit, rank - 1)[rank - 1]
    return Margins(level, float(below), float(above), cases)


def conformal_interval(
    margins: Margins | None, *, low: F64, high: F64, scale: F64 | None = None, least: float = -np.inf
) -> tuple[F64, F64]:
    """Return the bounds of predictions: nan (unknown) without margins, never under `least` (0 for amounts)."""
    if margins is None:
        return np.full(len(low), np.nan), np.full(len(low), np.nan)
    unit = np.ones(len(low)) if scale is None else scale
    bottom = np.maximum(low - margins.below * unit, least)
    return bottom, np.maximum(high + margins.above * unit, bottom)
