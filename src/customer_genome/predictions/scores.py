"""Scores: what a model says of each customer, or of each customer and target."""

from __future__ import annotations

from dataclasses import dataclass

from customer_genome.predictions.history import F64, I64


@dataclass(frozen=True)
class Scores:
    """One row a prediction: positions of the customer and the target (−1 = of the customer as a whole).

    `score` is the probability of what is named, or an expected amount; `low` and `high` bound it, nan where they
    are not known.
    """

    customer: I64
    target: I64
    score: F64
    low: F64
    high: F64
