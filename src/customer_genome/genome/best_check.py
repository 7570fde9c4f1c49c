"""Best check: how well each ranking found those who became best, on this company's own past."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from customer_genome.genome.best_rates import Gain, ahead, auroc, capture

F64 = NDArray[np.float64]
Mask = NDArray[np.bool_]
KNOWN, NEWCOMERS = "spend is known", "newcomers"
"""Customers outside the best by then, and customers as they stood after their first sessions."""
SO_FAR, GENES_ALONE, WITHOUT, WITH = "value so far", "genes alone", "behaviour", "behaviour and genes"


class Check(NamedTuple):
    """One ranking of one population; `ahead` compares with the next simpler one, None with nothing to compare."""

    population: str
    method: str
    customers: int
    became_best: int
    auroc: float
    capture: float
    against: str | None
    gain: Gain | None


def checks(population: str, true: Mask, scores: Mapping[str, F64], *, minimum: int = 20) -> list[Check]:
    """Return how each ranking did; none where fewer than `minimum` became best, or did not."""
    hits = int(true.sum())
    if min(hits, len(true) - hits) < minimum:
        return []
    found = []
    for method, score in scores.items():
        against = {WITHOUT: SO_FAR, WITH: WITHOUT}.get(method)
        gain = ahead(true, score, of=scores[against]) if against is not None else None
        figures = auroc(true, score), capture(true, score)
        found.append(Check(population, method, len(true), hits, *figures, against, gain))
    return found
