"""A small company whose customers come at rates of their own, and what is asked of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from customer_genome.core.targets import Target
from customer_genome.predictions.history import Acts, History
from customer_genome.predictions.honesty.question import Question
from customer_genome.predictions.scores import Scores
from pair_histories import history_of

KINDS = {
    "absence": Target(predict="absence", horizon=14),
    "event": Target(predict="event", horizon=14, verbs=("open",)),
    "count": Target(predict="count", horizon=14),
    "sum": Target(predict="sum", horizon=14),
    "median": Target(predict="sum", horizon=14, statistic="median"),
    "drop": Target(predict="drop", horizon=14, usual_days=28),
    "next": Target(predict="next", horizon=14, level="item"),
    "next new": Target(predict="next", horizon=14, level="item", new=True),
    "choice": Target(predict="choice", horizon=14, level="item", top=4),
    "choice new": Target(predict="choice", horizon=14, level="item", new=True, new_days=21),
    "action": Target(predict="action", horizon=14),
}


def bought_before(history: History, moment: float) -> np.ndarray:
    """Return who has three sessions or more."""
    del moment
    return np.bincount(history.visits.customer, minlength=len(history.customers)) >= 3


def question(kind: str) -> Question:
    """Return one of KINDS, asked of who has three sessions."""
    return Question(KINDS[kind], bought_before)


def company(*, customers: int = 120, days: int = 160, seed: int = 0) -> History:
    """Return customers who come every 2 to 20 days for some of their six items; half of them open mails."""
    random = np.random.default_rng(seed)
    gaps = np.exp(random.uniform(np.log(2), np.log(20), customers))
    shopped = []
    for who in range(customers):
        day = random.uniform(0, gaps[who])
        while day < days:
            held = {(who + int(random.integers(6))) % 15 for _ in range(1 + int(random.integers(3)))}
            shopped.append((f"c{who:03}", day, [f"i{item:02}" for item in sorted(held)]))
            day += random.exponential(gaps[who])
    return _with_mails(history_of(shopped, value=2.0), random=random, days=days)


def _with_mails(history: History, *, random: np.random.Generator, days: int) -> History:
    who = np.repeat(np.arange(len(history.customers)), 8)
    who = who[(who % 2 == 0) | (random.random(len(who)) < 0.1)]
    day, acts = random.uniform(0, days, len(who)), history.acts
    columns = {
        "customer": np.append(acts.customer, who),
        "verb": np.append(acts.verb, np.ones(len(who), dtype=np.int64)),
        "item": np.append(acts.item, np.full(len(who), -1)),
        "day": np.append(acts.day, day),
        "known": np.append(acts.known, day),
    }
    order = np.lexsort((columns["verb"], columns["day"], columns["customer"]))
    sorted_acts = Acts(**{name: values[order] for name, values in columns.items()})
    return replace(history, verbs=("buy", "open"), acts=sorted_acts)


def whole(history: History, score: np.ndarray) -> Scores:
    """Return scores of all customers as a whole, by position."""
    unknown = np.full(len(score), np.nan)
    return Scores(np.arange(len(history.customers)), np.full(len(score), -1), score, unknown, unknown)
