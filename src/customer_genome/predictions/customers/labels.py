"""Labels: what customers did within the horizon after a moment, and what a model is trained on in its place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from customer_genome.core.targets import Target
from customer_genome.predictions.history import F64, History, Mask
from customer_genome.predictions.honesty.question import Outcome, spend_between, times_between, usual_spend

THRESHOLDS = np.array([0.4, 0.7, 1.0, 1.3, 1.6])
"""A drop is learned as the mean of drops below these multiples of its threshold, which tells near from far."""


@dataclass(frozen=True)
class Labels:
    """One entry a customer: what came true (0 or 1, or an amount), what is trained on, and whether it can be told."""

    truth: F64
    trained: F64
    known: Mask


def labels(history: History, moment: float, *, target: Target, outcome: Outcome | None = None) -> Labels:
    """Return the labels at `moment` from a history that reaches at least `target.horizon` days beyond it."""
    everyone = np.ones(len(history.customers), np.bool_)
    if outcome is not None:
        truth = np.asarray(outcome(history, moment), np.float64)
        return Labels(truth, truth, everyone)
    if target.predict == "drop":
        return _drop(history, moment, target=target)
    if target.predict == "sum":
        truth = spend_between(history, start=moment, end=moment + target.horizon)
        return Labels(truth, truth, everyone)
    times = times_between(history, target, start=moment, end=moment + target.horizon)
    if target.predict != "count":
        times = (times == 0 if target.predict == "absence" else times > 0).astype(np.float64)
    return Labels(times, times, everyone)


def _drop(history: History, moment: float, *, target: Target) -> Labels:
    usual = usual_spend(history, target, moment=moment)
    after = spend_between(history, start=moment, end=moment + target.horizon)
    soft = (after[:, None] < target.below * usual[:, None] * THRESHOLDS).mean(axis=1)
    return Labels((after < target.below * usual).astype(np.float64), soft, usual > 0)
