"""One source held against the others: a drift that their common ups and downs do not explain."""

from __future__ import annotations

import numpy as np

from customer_genome.precision.volume import ALPHA, Counts

LEARN, TESTED = 12, 2
"""Weeks learned from, and weeks tested: all of these must differ, to the same side."""
WORTH = 1.25
"""Factor from which a difference is worth a word."""

_WEEK = 7


def shifted(own: Counts, others: Counts, /) -> tuple[float, float] | None:
    """Return the factor of own to others now and before, or None where it did not move; both are whole days' counts.

    The logarithm of the weekly ratio is held against the 12 weeks before the last two: each of the two must lie
    outside by Student's t, at the square root of the chance that one judgement may err.
    """
    weeks = min(len(own) // _WEEK, LEARN + TESTED)
    if weeks < LEARN + TESTED:
        return None
    mine, rest = (part[-weeks * _WEEK :].reshape(weeks, _WEEK).sum(axis=1) for part in (own, others))
    if min(mine[:LEARN].min(), rest.min()) < 1:
        return None
    ratios = np.log((mine + 0.5) / (rest + 0.5))
    usual, now = ratios[:LEARN], ratios[LEARN:]
    return _outside(usual, now, noise=float(np.sqrt(1 / mine[:LEARN].mean() + 1 / rest[:LEARN].mean())))


def _outside(usual: np.ndarray, now: np.ndarray, *, noise: float) -> tuple[float, float] | None:
    from scipy import stats

    spread = max(float(usual.std(ddof=1)), noise) * np.sqrt(1 + 1 / LEARN)
    distance = now - usual.mean()
    chance = stats.t.sf(np.abs(distance) / spread, LEARN - 1).max()
    same_side = bool((distance > 0).all() or (distance < 0).all())
    if not same_side or np.abs(distance).min() < np.log(WORTH) or chance >= np.sqrt(ALPHA):
        return None
    return float(np.exp(now.mean())), float(np.exp(usual.mean()))
