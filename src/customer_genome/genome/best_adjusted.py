"""Best adjusted: a difference between two groups, gene by gene, with what else differs held equal."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

from customer_genome.core.intervals import benjamini_hochberg

F64 = NDArray[np.float64]
Mask = NDArray[np.bool_]


class Adjusted(NamedTuple):
    """Per column: the difference, half its 95 % interval, p and q; nan where there are too few to say."""

    effect: F64
    reach: F64
    p: F64
    q: F64


def adjusted(
    outcome: F64, *, group: Mask, beside: F64, before: F64 | None = None, minimum: int = 30
) -> Adjusted:
    """Return what belonging to `group` goes with in each column of `outcome`, other things being equal.

    Least squares per column over its known rows: outcome ~ 1 + group + `beside` (rows × anything) + that column of
    `before`, where given; standard errors robust to unequal variance (HC3, MacKinnon and White 1985).
    """
    found = np.full((3, outcome.shape[1]), np.nan)
    for column in range(outcome.shape[1]):
        extra = before[:, column : column + 1] if before is not None else np.zeros((len(outcome), 0))
        known = np.isfinite(outcome[:, column]) & np.isfinite(extra).all(axis=1)
        if min((known & group).sum(), (known & ~group).sum()) < minimum:
            continue
        design = np.column_stack([np.ones(known.sum()), group[known], beside[known], extra[known]])
        found[:, column] = _difference(outcome[known, column], design)
    effect, reach, p = found
    return Adjusted(effect, reach, p, benjamini_hochberg(p))


def _difference(outcome: F64, design: F64) -> tuple[float, float, float]:
    """Return the second coefficient, half its interval and p; nan where the columns do not tell it apart."""
    others = np.delete(design, 1, axis=1)
    own = design[:, 1] - others @ np.linalg.lstsq(others, design[:, 1], rcond=None)[0]
    if own @ own < 1e-9 * len(own):
        return np.nan, np.nan, np.nan
    inverse = np.linalg.pinv(design.T @ design)
    fitted = inverse @ design.T @ outcome
    lever = np.clip((design @ inverse * design).sum(axis=1), 0, 1 - 1e-6)
    left = (outcome - design @ fitted) / (1 - lever)
    error = float(np.sqrt(max((((inverse @ design.T) * left) ** 2).sum(axis=1)[1], 0.0)))
    if error < 1e-9:
        return np.nan, np.nan, np.nan
    freedom = max(len(outcome) - design.shape[1], 1)
    effect = float(fitted[1])
    return effect, float(stdtrit(freedom, 0.975)) * error, float(2 * stdtr(freedom, -abs(effect) / error))
