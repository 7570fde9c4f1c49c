"""Twins: the best customers whom a customer resembles most, if wanted only those at the same point of the journey."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from customer_genome.genome.similar import similar

Vectors = NDArray[np.float32]
WITHIN = 2.0
"""A match has been a customer for at least half and at most twice as long."""


@dataclass(frozen=True)
class Point:
    """Where a customer stands: phase, and days since the first purchase (None without one)."""

    phase: str | None
    tenure: float | None

    def matches(self, other: Point) -> bool:
        """Whether both are in the same phase and have been customers for about as long."""
        if self.phase != other.phase or (self.tenure is None) != (other.tenure is None):
            return False
        if self.tenure is None or other.tenure is None:
            return True
        low, high = sorted((self.tenure + 1, other.tenure + 1))
        return high <= WITHIN * low


@dataclass(frozen=True)
class Twin:
    """One of the best and the cosine to them, -1 to 1."""

    customer_id: str
    similarity: float


def twins(
    vector: Vectors,
    *,
    pool: Vectors,
    ids: Sequence[str],
    k: int = 1,
    points: tuple[Point, Sequence[Point]] | None = None,
) -> tuple[Twin, ...]:
    """Return the k nearest of the `pool` of best customers, ties to the smaller id; fewer where there are fewer.

    `points` (of the customer, and of each in the pool) keeps only matches. Empty where the customer's vector, or
    everyone in the pool, is unknown.
    """
    kept = np.arange(len(ids))
    if points is not None:
        kept = np.flatnonzero([points[0].matches(other) for other in points[1]])
    names = [ids[row] for row in kept.tolist()]
    if not names:
        return ()
    found = similar(vector, pool=pool[kept], ids=names, k=k)
    places, cosines = found.index[0].tolist(), found.similarity[0].tolist()
    return tuple(
        Twin(names[place], cosine) for place, cosine in zip(places, cosines, strict=True) if place >= 0
    )
