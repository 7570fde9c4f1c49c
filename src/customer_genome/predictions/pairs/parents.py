"""Parents: the category that a target belongs to, and how much each customer chooses from each category."""

from __future__ import annotations

import numpy as np

from customer_genome.predictions.history import F64, I64
from customer_genome.predictions.panel import Panel

PARENT = "category"
"""The level of the catalogue that groups the targets of wider ones."""
HALF_LIFE = 60
"""Days in which the weight of a choice halves."""
PRIOR = 2.0
"""Weighted sessions' worth of the population's shares in a customer's."""


def parents(panel: Panel, *, level: str) -> I64:
    """Return each target's category, that of its first item that has one; −1 where none has."""
    levels = panel.history.catalogue.levels
    found = np.full(len(levels[level].names), -1)
    if PARENT in levels:
        inside = (levels[level].code >= 0) & (levels[PARENT].code >= 0)
        target, first = np.unique(levels[level].code[inside], return_index=True)
        found[target] = levels[PARENT].code[inside][first]
    return found


def affinity(panel: Panel, moment: float) -> F64:
    """Return customers × categories: shares of a customer's decayed choices, sessions counting 1/√size.

    Shrunk towards the population's shares by `PRIOR`; one column of zeros where there are no categories.
    """

    def make() -> F64:
        n = len(panel.history.customers)
        if PARENT not in panel.history.catalogue.levels:
            return np.zeros((n, 1))
        baskets = panel.baskets(moment, level=PARENT)
        width = max(1, len(baskets.targets))
        weight = np.exp2((baskets.day - moment) / HALF_LIFE) / np.sqrt(baskets.size)
        key = baskets.customer * width + baskets.target
        chosen = np.bincount(key, weight, minlength=n * width).reshape(n, width)
        everyone = chosen.sum(axis=0) / max(chosen.sum(), 1e-12)
        shares = (chosen + PRIOR * everyone) / (chosen.sum(axis=1, keepdims=True) + PRIOR)
        return np.asarray(shares, np.float64)

    return panel.keep("affinity", make, moment=moment)
