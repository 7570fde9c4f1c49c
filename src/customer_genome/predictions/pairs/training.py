"""Training: from a panel to pairs with features, labels and weights, at one moment or at many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from customer_genome.core.targets import Target
from customer_genome.predictions.history import F64, I64, Mask
from customer_genome.predictions.honesty.question import Population
from customer_genome.predictions.pairs.block import Block, Pairs, below
from customer_genome.predictions.pairs.blocks import described
from customer_genome.predictions.pairs.candidates import candidates, choices, universe
from customer_genome.predictions.pairs.samples import (
    Truth,
    among,
    label_of_size,
    next_session,
    thinned,
    within,
    without,
)
from customer_genome.predictions.pairs.settings import Settings
from customer_genome.predictions.panel import Panel

LATER = 0.5
"""Weight of each later session beside the next one."""


@dataclass(frozen=True)
class Sample:
    """Pairs at one or more moments: what they were like, whether they came true, and what each row stands for.

    `label` is what is learned, `weight` the number of pairs that a row stands for, `scale` the label that a hit of
    this customer usually gets.
    """

    pairs: Pairs
    features: Block
    true: Mask
    label: F64
    weight: F64
    scale: F64


def asked(panel: Panel, moment: float, target: Target, *, customers: I64, minimum: int) -> Pairs:
    """Return the pairs that are compared, of the customers at these positions."""
    if target.predict == "choice":
        days = (target.new_days or np.inf) if target.new else None
        return choices(panel, moment, level=target.level, top=target.top, customers=customers, new_days=days)
    return candidates(
        panel,
        moment,
        level=target.level,
        new=target.new,
        customers=customers,
        new_days=target.new_days,
        minimum=minimum,
    )


def sampled(
    panel: Panel, moment: float, target: Target, *, population: Population, settings: Settings, seed: int
) -> Sample | None:
    """Return a sample of the pairs at `moment`, of customers whose outcome was known before the panel's end, if any."""
    truth = _truth(panel, moment, target, minimum=settings.minimum)
    known = np.flatnonzero(population(panel.cut(moment), moment) & truth.seen)
    pairs = asked(panel, moment, target, customers=known, minimum=settings.minimum)
    if not len(pairs.customer):
        return None
    true, _ = truth.holds(pairs)
    label = _labels(panel, moment, target, truth=truth, pairs=pairs, settings=settings)
    chosen, weight = thinned(label > 0, one_in=settings.negatives, seed=seed)
    pairs = pairs.where(chosen)
    return Sample(
        pairs=pairs,
        features=described(
            panel, moment, pairs, level=target.level, names=settings.blocks, minimum=settings.minimum
        ),
        true=true[chosen],
        label=label[chosen],
        weight=weight,
        scale=scale(panel, moment, target, pairs.customer),
    )


def joined(samples: Sequence[Sample], /) -> Sample:
    """Return samples below each other."""
    columns = {
        name: np.concatenate([getattr(sample, name) for sample in samples])
        for name in ("true", "label", "weight", "scale")
    }
    pairs = Pairs(*(np.concatenate(column) for column in zip(*(one.pairs for one in samples), strict=True)))
    return Sample(pairs=pairs, features=below([one.features for one in samples]), **columns)


def scale(panel: Panel, moment: float, target: Target, customer: I64) -> F64:
    """Return the mean label of a hit in each customer's sessions before `moment`; 1 where labels are 0 or 1.

    A score is an expected label; divided by this it is comparable between customers whose sessions differ in size.
    """
    if target.predict == "choice":
        return np.ones(len(customer))
    baskets = panel.baskets(moment, level=target.level)
    n = np.bincount(baskets.customer, minlength=baskets.customers)
    total = np.bincount(baskets.customer, label_of_size(baskets.size), minlength=baskets.customers)
    return np.where(n > 0, total / np.maximum(n, 1), 1.0)[customer]


def _labels(
    panel: Panel, moment: float, target: Target, *, truth: Truth, pairs: Pairs, settings: Settings
) -> F64:
    """Return what is learned of pairs: 0 or 1, or for `next` what a hit is worth, over the next `sessions`.

    The sessions after the first count `LATER` each; those that the customer did not come for do not count.
    """
    true, size = truth.holds(pairs)
    if target.predict == "choice":
        return true.astype(float)
    total, whole = np.where(true, label_of_size(size), 0.0), np.ones(len(true))
    for place in range(1, settings.sessions):
        later = _truth(panel, moment, target, minimum=settings.minimum, place=place)
        true, size = later.holds(pairs)
        total += LATER * np.where(true, label_of_size(size), 0.0)
        whole += LATER * later.seen[pairs.customer]
    return total / whole


def _truth(panel: Panel, moment: float, target: Target, *, minimum: int, place: int = 0) -> Truth:
    """Return what came true after `moment`, of the targets that are compared; `place` as in `next_session`."""
    if target.predict == "choice":
        return within(panel.history, moment, horizon=target.horizon, level=target.level)
    truth = next_session(panel.history, moment, horizon=target.horizon, level=target.level, place=place)
    truth = among(truth, universe(panel, moment, level=target.level, minimum=minimum))
    if not target.new:
        return truth
    baskets = panel.baskets(moment, level=target.level)
    recent = moment - baskets.day <= (target.new_days or np.inf)
    return without(truth, Pairs(baskets.customer[recent], baskets.target[recent]))
