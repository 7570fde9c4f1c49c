"""Personal: what each customer chose before, how often and how lately, which all list baselines rest on."""

from __future__ import annotations

import numpy as np

from customer_genome.predictions.baskets import Baskets
from customer_genome.predictions.distinct import distinct
from customer_genome.predictions.history import F64, I64, History
from customer_genome.predictions.honesty.question import Question, is_known

DEPTH = 50
"""Targets that a global list offers to each customer, before what they know is taken out."""


def counts(past: Baskets, /, *, moment: float, half_life: float | None) -> tuple[I64, I64, F64]:
    """Return customer, target and sessions with it (each halved every `half_life` days), sorted."""
    width = max(1, len(past.targets))
    pair, row = np.unique(past.customer * width + past.target, return_inverse=True)
    age = moment - past.day
    weight = np.ones(len(age)) if half_life is None else 0.5 ** (age / half_life)
    return pair // width, pair % width, np.bincount(row, weight, minlength=len(pair)).astype(float)


def shares(past: Baskets, /) -> F64:
    """Return the share of all sessions with targets that holds each target."""
    sessions = max(1, len(distinct(past.session)))
    return np.bincount(past.target, minlength=len(past.targets)) / sessions


def top(before: History, question: Question, past: Baskets, /, *, moment: float) -> tuple[I64, I64]:
    """Return the customers of the population, each with the commonest targets (only new ones where it says so)."""
    target = question.target
    who = np.flatnonzero(question.population(before, moment))
    common = np.argsort(-shares(past), kind="stable")[: DEPTH * (6 if target.new else 1)]
    customer, wanted = np.repeat(who, len(common)), np.tile(common, len(who))
    if target.new:
        fresh = ~is_known(before, target, moment=moment, customer=customer, wanted=wanted)
        customer, wanted = customer[fresh], wanted[fresh]
    return customer, wanted


def look_up(past: Baskets, own: tuple[I64, I64, F64], /, *, customer: I64, wanted: I64) -> F64:
    """Return the count of each pair asked about, 0 where there is none."""
    width = max(1, len(past.targets))
    keys, values = own[0] * width + own[1], np.append(own[2], 0.0)
    asked = customer * width + wanted
    place = np.searchsorted(keys, asked)
    return np.where(np.append(keys, -1)[place] == asked, values[place], 0.0)
