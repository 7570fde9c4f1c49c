"""Recipes: how each kind of target is learned: which trees, on what label, and how that is turned back."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from customer_genome.core.boosting import Objective, Trees
from customer_genome.core.targets import Target
from customer_genome.predictions.history import F64


@dataclass(frozen=True)
class Member:
    """One booster: its trees, and for amounts the power that the amount over its base is raised to."""

    trees: Trees
    power: float = 1.0

    def label(self, amount: F64, base: F64) -> tuple[F64, F64]:
        """Return the labels and the weights of amounts."""
        return (amount / base) ** self.power, base**self.power

    def amount(self, found: F64, base: F64) -> F64:
        """Return the amounts that predictions stand for; never below 0."""
        return np.asarray(np.maximum(found, 0.0) ** (1 / self.power) * base)


FEW = 50
"""Rows that a leaf holds where what is asked for is rare, as events are: with more, their leaves could not be told."""


def recipe(target: Target) -> tuple[Member, ...]:
    """Return the boosters whose mean answers a target.

    The median of an amount is between least absolute error and least squares of its root, which err in
    different ways; totals need least squares of the amount itself.
    """
    if target.predict in {"sum", "count"}:
        if target.statistic == "mean":
            return (Member(_trees("regression")),)
        return (Member(_trees("regression_l1")), Member(_trees("regression"), power=0.5))
    if target.predict == "event":
        return (Member(replace(_trees("binary"), leaf_rows=FEW)),)
    if target.predict == "phase":  # as rare, and of fewer customers: those who stand in another phase
        return (Member(replace(_trees("binary"), leaf_rows=FEW, rounds=100, leaves=6)),)
    return (Member(_trees("cross_entropy" if target.predict == "drop" else "binary")),)


def _trees(objective: Objective) -> Trees:
    return Trees(objective, rounds=150, leaves=15, rate=0.03, feature_share=0.3, row_share=0.7, l2=10)
