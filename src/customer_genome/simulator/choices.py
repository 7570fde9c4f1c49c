"""How people choose among items of a category: the odds of the population, times their own likings.

For each kind of choice the shares are exact, so that the true ratio of a person's share to the population's can be
written down. Areas of features are one category; within an area features, within a format the looks of templates.
"""

from __future__ import annotations

import numpy as np

from customer_genome.simulator.catalogue import (
    ACTIVATING,
    AREA_SHARES,
    AREAS,
    FORMATS,
    PALETTES,
    PER_AREA,
    THEMES,
    popularity,
)
from customer_genome.simulator.draws import F64, Bool
from customer_genome.simulator.people import People

ADVANCED = np.arange(PER_AREA) >= PER_AREA // 2
LOOK_THEME, LOOK_PALETTE = np.arange(32) // len(PALETTES), np.arange(32) % len(PALETTES)


def activating() -> Bool:
    """Return which areas make subscribers."""
    return np.array([name in ACTIVATING for name in AREAS])


def area_shares(crowd: People) -> F64:
    """Return the shares of areas in each person's uses, people × 8."""
    return _shares(AREA_SHARES * np.exp(crowd.area))


def area_bounds(crowd: People) -> F64:
    """Return cumulative odds of areas, two rows a person: among the areas that do not activate, then those that do."""
    odds = AREA_SHARES * np.exp(crowd.area)
    both = np.stack([odds * ~activating(), odds * activating()], axis=1)
    return np.asarray(np.cumsum(both, axis=2).reshape(-1, len(AREAS)))


def feature_shares(crowd: People) -> F64:
    """Return the shares of features within areas, people × areas × features."""
    popular = popularity("features", len(AREAS) * PER_AREA).reshape(len(AREAS), PER_AREA)
    return _shares(popular * np.exp(crowd.level[:, None, None] * ADVANCED))


def feature_bounds(crowd: People) -> F64:
    """Return cumulative shares of features, a row a person and area."""
    return np.asarray(np.cumsum(feature_shares(crowd), axis=2).reshape(-1, PER_AREA))


def format_shares(crowd: People) -> F64:
    """Return the shares of formats in each person's designs, people × 6."""
    one = crowd.draws("formats")
    odds = np.exp(0.5 * np.stack([one.normal(k) for k in range(len(FORMATS))], axis=1))
    return _shares(odds * np.array([0.3, 0.2, 0.2, 0.08, 0.1, 0.12]))


def look_shares(crowd: People) -> F64:
    """Return the shares of looks (theme and palette) within formats, people × formats × 32."""
    popular = popularity("looks", len(FORMATS) * 32).reshape(len(FORMATS), 32)
    liking = np.exp(crowd.theme[:, LOOK_THEME] + crowd.palette[:, LOOK_PALETTE])
    return _shares(popular * liking[:, None, :])


def look_bounds(crowd: People) -> F64:
    """Return cumulative shares of looks, a row a person and format."""
    return np.asarray(np.cumsum(look_shares(crowd), axis=2).reshape(-1, 32))


def carried(places: np.ndarray, n: int) -> F64:
    """Return which item carries which label, items × labels, as zeros and ones."""
    return np.asarray(places[:, None] == np.arange(n), np.float64)


THEME_OF, PALETTE_OF = carried(LOOK_THEME, len(THEMES)), carried(LOOK_PALETTE, len(PALETTES))


def _shares(odds: F64) -> F64:
    return np.asarray(odds / odds.sum(axis=-1, keepdims=True))
