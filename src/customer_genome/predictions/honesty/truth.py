"""Truth: what customers did within the horizon after a moment, in the terms of a target."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from customer_genome.core.errors import GenomeError
from customer_genome.core.targets import Target
from customer_genome.predictions.distinct import distinct
from customer_genome.predictions.history import F64, I64, History
from customer_genome.predictions.honesty.question import (
    Question,
    asked,
    chosen_between,
    is_known,
    spend_between,
    times_between,
    usual_spend,
    verb_codes,
)


@dataclass(frozen=True)
class Truth:
    """One row a case: a customer, or a customer and a target (−1 = the customer as a whole).

    `value` is 1 where what is named happened and else 0, for count and sum the amount. Of `next` there are only
    the rows that happened. Rows are in order of customer and target.
    """

    customer: I64
    target: I64
    value: F64


def truth(
    seen: History, question: Question, /, *, before: History, moment: float, wanted: I64 | None = None
) -> Truth:
    """Return what `seen` says happened in the `horizon` days from `moment` on, to whom the question asks about.

    `before` is the history cut at the moment; it alone decides who and what is asked about (see `asked`).
    Raises GenomeError for a phase without an outcome.
    """
    target, end = question.target, moment + question.target.horizon
    if target.predict == "next":
        return _next_session(seen, question, before=before, moment=moment)
    customer, wanted = asked(before, question, moment=moment, wanted=wanted)
    if target.predict == "choice":
        owner, chosen = chosen_between(seen, target, start=moment, end=end)
        width = len(seen.catalogue.levels[target.level].names) + 1
        value = np.isin(customer * width + wanted, owner * width + chosen).astype(float)
    elif target.predict == "action":
        value = (_first_verb(seen, target, moment=moment)[customer] == wanted).astype(float)
    elif target.predict == "phase":
        value = _outcome(seen, question, moment=moment)[customer]
    else:
        value = _of_customers(seen, target, before=before, moment=moment)[customer]
    return Truth(customer, wanted, value)


def _of_customers(seen: History, target: Target, *, before: History, moment: float) -> F64:
    end = moment + target.horizon
    if target.predict in {"sum", "drop"}:
        spent = spend_between(seen, start=moment, end=end)
        if target.predict == "sum":
            return spent
        return (spent < target.below * usual_spend(before, target, moment=moment)).astype(float)
    done = times_between(seen, target, start=moment, end=end)
    if target.predict == "count":
        return done
    return (done > 0 if target.predict == "event" else done == 0).astype(float)


def _next_session(seen: History, question: Question, /, *, before: History, moment: float) -> Truth:
    """Return what the first session held; whose session holds nothing that counts is not judged."""
    target, lines = question.target, seen.lines
    people = np.asarray(question.population(before, moment), dtype=bool)
    inside = (lines.session_day >= moment) & (lines.session_day < moment + target.horizon)
    first = np.full(len(seen.customers), np.iinfo(np.int64).max)
    np.minimum.at(first, lines.customer[inside], lines.session[inside])
    level = seen.catalogue.levels[target.level]
    chosen, width = level.code[lines.item], max(1, len(level.names))
    counts = np.append(_sessions_with(before, target) >= question.least, False)
    keep = (lines.session == first[lines.customer]) & people[lines.customer] & counts[chosen]
    pair = distinct(lines.customer[keep] * width + chosen[keep])
    customer, chosen = pair // width, pair % width
    if target.new:
        fresh = ~is_known(before, target, moment=moment, customer=customer, wanted=chosen)
        customer, chosen = customer[fresh], chosen[fresh]
    return Truth(customer, chosen, np.ones(len(customer)))


def _sessions_with(before: History, target: Target) -> I64:
    """Return how many sessions held each target."""
    level = before.catalogue.levels[target.level]
    chosen, width = level.code[before.lines.item], max(1, len(level.names))
    pair = distinct((before.lines.session * width + chosen)[chosen >= 0])
    return np.bincount(pair % width, minlength=len(level.names))


def _first_verb(seen: History, target: Target, *, moment: float) -> I64:
    """Return the code of the verb that came first within the horizon, −1 for none; ties in time by code."""
    acts, codes = seen.acts, verb_codes(seen, target)
    inside = (acts.day >= moment) & (acts.day < moment + target.horizon) & np.isin(acts.verb, codes)
    customer, verb = acts.customer[inside], acts.verb[inside]
    order = np.lexsort((verb, acts.day[inside], customer))
    one, place = np.unique(customer[order], return_index=True)
    came = np.full(len(seen.customers), -1)
    came[one] = verb[order][place]
    return came


def _outcome(seen: History, question: Question, /, *, moment: float) -> F64:
    if question.outcome is None:
        raise GenomeError(
            f"who enters the phase {question.target.phase!r} cannot be told from interactions alone",
            fix="give the question an `outcome`, made of the project's conditions",
        )
    return np.asarray(question.outcome(seen, moment), dtype=float)
