"""Reliability: whether what was given a probability of 30 % happened in 30 of 100 cases, and bounds held."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from customer_genome.core.intervals import wilson
from customer_genome.predictions.history import F64


@dataclass(frozen=True)
class Bin:
    """Cases of like probability: what was said on average, and the share come true with 95 % bounds."""

    cases: int
    said: float
    came_true: float
    low: float
    high: float


@dataclass(frozen=True)
class Coverage:
    """The share of intervals that held the truth, with 95 % bounds, and how wide they were on average."""

    cases: int
    held: float
    low: float
    high: float
    width: float


def reliability(truth: F64, *, probability: F64, bins: int = 10) -> tuple[Bin, ...]:
    """Return the reliability diagram: up to `bins` bins of nearly equal size, rising, equal ones together."""
    order = np.argsort(probability, kind="stable")
    said, came = probability[order], truth[order]
    if not len(said):
        return ()
    edges = np.unique(np.searchsorted(said, said[np.arange(bins) * len(said) // bins]))
    parts = zip(np.split(said, edges)[1:], np.split(came, edges)[1:], strict=True)
    return tuple(_bin(said_here, came_here) for said_here, came_here in parts)


def coverage(truth: F64, *, low: F64, high: F64) -> Coverage | None:
    """Return how often `low` to `high` held the truth, of the cases that have bounds; None where none has."""
    known = np.isfinite(low) & np.isfinite(high)
    cases = int(known.sum())
    if not cases:
        return None
    held = int(((truth >= low) & (truth <= high))[known].sum())
    bottom, top = wilson(held, cases)
    return Coverage(cases, held / cases, float(bottom), float(top), float((high - low)[known].mean()))


def _bin(said: F64, came: F64) -> Bin:
    low, high = wilson(float(came.sum()), len(came))
    return Bin(len(came), float(said.mean()), float(came.mean()), float(low), float(high))
