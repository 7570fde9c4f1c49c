"""Labels: what customers did within the horizon after a moment, and what a model is trained on in its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from customer_genome.core.targets import Target
from customer_genome.predictions.history import F64, History, Mask

Outcome = Callable[[History, float], Mask]
"""Says of each customer of a whole history whether the target came true after the moment."""
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
        truth = spent(history, moment, moment + target.horizon)
        return Labels(truth, truth, everyone)
    times = done(history, moment, moment + target.horizon, verbs=target.verbs)
    if target.predict != "count":
        times = (times == 0 if target.predict == "absence" else times > 0).astype(np.float64)
    return Labels(times, times, everyone)


def spent(history: History, start: float, end: float) -> F64:
    """Return each customer's spend from `start` up to `end`; what is unknown counts as nothing."""
    lines = history.lines
    inside = (lines.day >= start) & (lines.day < end)
    value = np.nan_to_num(lines.value[inside])
    return np.bincount(lines.customer[inside], value, minlength=len(history.customers)).astype(np.float64)


def done(history: History, start: float, end: float, *, verbs: tuple[str, ...]) -> F64:
    """Return how often each customer did one of `verbs`; without verbs, their sessions with a purchase."""
    if not verbs:
        visits = history.visits
        inside = (visits.day >= start) & (visits.day < end)
        who = visits.customer[inside]
    else:
        acts = history.acts
        codes = [history.verbs.index(verb) for verb in verbs if verb in history.verbs]
        inside = (acts.day >= start) & (acts.day < end)
        who = acts.customer[inside][np.isin(acts.verb[inside], codes)]
    return np.bincount(who, minlength=len(history.customers)).astype(np.float64)


def _drop(history: History, moment: float, *, target: Target) -> Labels:
    usual = spent(history, moment - target.usual_days, moment) * target.horizon / target.usual_days
    after = spent(history, moment, moment + target.horizon)
    soft = (after[:, None] < target.below * usual[:, None] * THRESHOLDS).mean(axis=1)
    return Labels((after < target.below * usual).astype(np.float64), soft, usual > 0)
