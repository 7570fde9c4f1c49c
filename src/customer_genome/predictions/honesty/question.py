"""Question: a target as it is asked of a history at a moment: of whom, about what, and what was usual before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from customer_genome.core.targets import Target
from customer_genome.predictions.distinct import distinct
from customer_genome.predictions.history import F64, I64, History, Mask

RECENT_DAYS = 84
"""The days in which the commonest targets of a choice are counted."""

Population = Callable[[History, float], Mask]
"""Who is predicted and learned from at a moment, by what was known before it: True per customer."""
Outcome = Callable[[History, float], Mask]
"""To whom a target came true after a moment, by a history that reaches beyond its horizon: True per customer."""


@dataclass(frozen=True)
class Question:
    """A target with what it takes to ask it of a history.

    `population` says who is predicted and learned from; `outcome`, for a phase, to whom it came true. Targets
    of `next` that fewer than `least` sessions held before the moment are left out.
    """

    target: Target
    population: Population
    outcome: Outcome | None = None
    least: int = 0


def asked(
    before: History, question: Question, /, *, moment: float, wanted: I64 | None = None
) -> tuple[I64, I64]:
    """Return the customers, or customers and targets, that are asked about; not for `next`, which asks for lists.

    Of a drop only who spent in the usual days is asked; of a choice about the commonest targets before the
    moment, or about those `wanted`.
    """
    target, people = question.target, np.array(question.population(before, moment), dtype=bool)
    if target.predict == "drop":
        people &= usual_spend(before, target, moment=moment) > 0
    who = np.flatnonzero(people)
    if target.predict == "action":
        wanted = verb_codes(before, target)
    elif target.predict != "choice":
        return who, np.full(len(who), -1)
    elif wanted is None:
        wanted = top_targets(before, target, moment=moment)
    customer, chosen = np.repeat(who, len(wanted)), np.tile(wanted, len(who))
    if target.new:
        fresh = ~is_known(before, target, moment=moment, customer=customer, wanted=chosen)
        customer, chosen = customer[fresh], chosen[fresh]
    return customer, chosen


def top_targets(before: History, target: Target, *, moment: float) -> I64:
    """Return the targets that a choice is about: chosen by most customers lately, ties by position, sorted."""
    customer, chosen = chosen_between(before, target, start=moment - RECENT_DAYS, end=moment)
    names = len(before.catalogue.levels[target.level].names)
    pair = distinct(customer * max(1, names) + chosen)
    buyers = np.bincount(pair % max(1, names), minlength=names)
    order = np.argsort(-buyers, kind="stable")[: target.top or names]
    return np.sort(order[buyers[order] > 0])


def is_known(before: History, target: Target, *, moment: float, customer: I64, wanted: I64) -> Mask:
    """Return whether each customer chose each wanted target before (in the last `new_days`, where they are set)."""
    start = moment - target.new_days if target.new_days else -np.inf
    owner, chosen = chosen_between(before, target, start=start, end=moment)
    width = len(before.catalogue.levels[target.level].names) + 1
    return np.isin(customer * width + wanted, owner * width + chosen)


def chosen_between(history: History, target: Target, *, start: float, end: float) -> tuple[I64, I64]:
    """Return customer and target of each line with one, of sessions that began in the days given."""
    lines = history.lines
    chosen = history.catalogue.levels[target.level].code[lines.item]
    inside = (lines.session_day >= start) & (lines.session_day < end) & (chosen >= 0)
    return lines.customer[inside], chosen[inside]


def verb_codes(history: History, target: Target, /) -> I64:
    """Return the codes of the verbs that a target counts; of an action or a phase without any named, all."""
    wanted = target.verbs or (history.verbs if target.predict in {"action", "phase"} else history.money)
    return np.asarray([history.verbs.index(verb) for verb in wanted], dtype=np.int64)


def times_between(history: History, target: Target, *, start: float, end: float) -> F64:
    """Return how often each customer did one of the target's verbs, without verbs how often they came to buy.

    Of a phase without verbs everything counts: most who may enter one have bought nothing.
    """
    counted = bool(target.verbs) or target.predict == "phase"
    rows = history.acts if counted else history.visits
    inside = (rows.day >= start) & (rows.day < end)
    if counted:
        inside &= np.isin(history.acts.verb, verb_codes(history, target))
    return np.bincount(rows.customer[inside], minlength=len(history.customers)).astype(float)


def spend_between(history: History, *, start: float, end: float) -> F64:
    """Return the money that each customer spent in the days given; lines of unknown value count nothing."""
    lines = history.lines
    inside = (lines.day >= start) & (lines.day < end)
    return np.bincount(
        lines.customer[inside], np.nan_to_num(lines.value[inside]), minlength=len(history.customers)
    ).astype(float)


def usual_spend(before: History, target: Target, *, moment: float) -> F64:
    """Return each customer's spend in the `usual_days` before the moment, brought to the length of the horizon."""
    spent = spend_between(before, start=moment - target.usual_days, end=moment)
    return spent * target.horizon / target.usual_days
