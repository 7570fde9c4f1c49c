"""Own: what a customer's own past with a target says of the pair."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from customer_genome.predictions.baskets import Baskets
from customer_genome.predictions.history import F64, I64, Mask, Visits
from customer_genome.predictions.pairs.block import Block, Pairs, block, ratio, total
from customer_genome.predictions.panel import Panel

WINDOWS = (28, 84)
"""Days looked back, for counts."""
HALF_LIVES = (14, 30, 60, 120, 240)
"""Days in which the weight of a session halves, for decayed shares."""
TRIPS = (5, 20)
"""Last sessions looked at, for counts."""
SIZED = (30, 120, 10_000)
"""Half-lives of the shares whose sessions count by their size."""


@dataclass(frozen=True)
class Past:
    """The rows of the asked pairs' past, in order of pair and session: one row a pair and session.

    `pair` is the row's position among `pairs` (asked), `first` and `last` are the pair's first and last row
    (`n` is 0 where there is none, and they mean nothing). `age` is in days before the moment, `trip` counts
    the customer's sessions after this one, `size` the targets of the session.
    """

    asked: Pairs
    pair: I64
    n: I64
    last: I64
    age: F64
    trip: I64
    size: I64
    value: F64
    discount: F64
    opening: Mask

    def sum(self, weight: F64, /) -> F64:
        """Return the sum of a weight per row over each pair's past."""
        return total(self.pair, weight, n=len(self.n))

    def at_last(self, values: F64 | I64, /) -> F64:
        """Return a row's value at each pair's last session; nan where there is none."""
        found = np.full(len(self.n), np.nan)
        some = self.n > 0
        found[some] = values[self.last[some]]
        return found


def own(panel: Panel, moment: float, pairs: Pairs, *, level: str) -> Block:
    """Return the features of pairs from the customer's own sessions before `moment`.

    Shares are of the customer's sessions in the same window or under the same decay; due ratios compare the
    time since the last choice with the mean time between choices.
    """
    visits = panel.cut(moment).visits
    past = _past(panel.baskets(moment, level=level), visits, pairs, moment)
    sessions = _Sessions(visits, moment, pairs.customer, len(panel.history.customers))
    return block(_recency(past, sessions) | _windows(past, sessions) | _sized(past, sessions))


def opening(visits: Visits, moment: float) -> Mask:
    """Mark each customer's first session in each week, weeks counted back from the moment."""
    week = np.floor((moment - visits.day) / 7 - 1e-9).astype(np.int64)
    other: Mask = np.diff(visits.customer, prepend=-1) != 0
    return np.asarray(other | (np.diff(week, prepend=-1) != 0))


def trips_after(visits: Visits) -> I64:
    """Return how many sessions the same customer had after each session."""
    last = np.searchsorted(visits.customer, visits.customer, side="right") - 1
    return last - np.arange(len(visits.customer))


class _Sessions:
    """The customers' sessions, summed per customer and looked up for pairs."""

    def __init__(self, visits: Visits, moment: float, customer: I64, customers: int) -> None:
        self.visits, self.customer, self.customers = visits, customer, customers
        self.age, self.trip = moment - visits.day, trips_after(visits)
        self.opening = opening(visits, moment)

    def sum(self, weight: F64, /) -> F64:
        """Return, for each pair, the sum over its customer's sessions."""
        return total(self.visits.customer, weight, n=self.customers)[self.customer]


def _past(baskets: Baskets, visits: Visits, pairs: Pairs, moment: float) -> Past:
    width = max(1, len(baskets.targets))
    asked = pairs.customer * width + pairs.target
    order = np.argsort(asked, kind="stable")
    key = baskets.customer * width + baskets.target
    place = np.minimum(np.searchsorted(asked, key, sorter=order), max(len(asked) - 1, 0))
    rows = np.flatnonzero(asked[order][place] == key) if len(asked) else np.zeros(0, dtype=np.int64)
    pair = order[place[rows]]
    by_pair = np.argsort(pair, kind="stable")
    rows, pair = rows[by_pair], pair[by_pair]
    n = np.bincount(pair, minlength=len(asked)).astype(np.int64)
    session = baskets.session[rows]
    return Past(
        asked=pairs,
        pair=pair,
        n=n,
        last=np.cumsum(n) - 1,
        age=moment - baskets.day[rows],
        trip=trips_after(visits)[session],
        size=baskets.size[rows],
        value=baskets.value[rows],
        discount=baskets.discount[rows],
        opening=opening(visits, moment)[session],
    )


def _recency(past: Past, sessions: _Sessions) -> dict[str, F64]:
    """Time and sessions since the last choice, between choices, and how due the next one is."""
    same = np.diff(past.pair, prepend=-1) == 0
    gap = np.where(same, -np.diff(past.age, prepend=0), 0.0)
    trips = np.where(same, -np.diff(past.trip, prepend=0), 0)
    more = np.where(past.n > 1, past.n - 1, np.nan)
    mean, trip_mean = past.sum(gap) / more, past.sum(trips) / more
    spread = np.sqrt(np.maximum(past.sum(gap**2) / more - mean**2, 0))
    days, since = past.at_last(past.age), past.at_last(past.trip)
    return {
        "count": past.n.astype(float),
        "days_since": days,
        "trips_since": since,
        "days_first": past.at_last(past.age[(past.last - past.n + 1)[past.pair]]),
        "gap_mean": mean,
        "gap_last": np.where(past.n > 1, past.at_last(gap), np.nan),
        "trip_gap_mean": trip_mean,
        "due": days / np.maximum(mean, 0.5),
        "due_trips": (since + 1) / np.maximum(trip_mean, 1),
        "due_spread": (days - mean) / (spread + 3),
        "share": ratio(past.n.astype(float), sessions.sum(np.ones(len(sessions.age)))),
    }


def _windows(past: Past, sessions: _Sessions) -> dict[str, F64]:
    """Counts and shares of sessions in windows, among the last sessions, and decayed."""
    found: dict[str, F64] = {}
    for days in WINDOWS:
        inside = past.sum((past.age <= days).astype(float))
        found[f"in_{days}d"] = inside
    for trips in TRIPS:
        found[f"in_{trips}_trips"] = past.sum((past.trip < trips).astype(float))
    for days in HALF_LIVES:
        weight = past.sum(0.5 ** (past.age / days))
        found[f"decayed_{days}d"] = weight
        found[f"decayed_share_{days}d"] = ratio(weight, sessions.sum(0.5 ** (sessions.age / days)))
    found["decayed_20_trips"] = past.sum(0.5 ** (past.trip / 20))
    return found


def _sized(past: Past, sessions: _Sessions) -> dict[str, F64]:
    """Decayed shares whose sessions count 1/√size and 1/size, and shares of each week's first session."""
    found: dict[str, F64] = {}
    for days in SIZED:
        decay, whole = 0.5 ** (past.age / days), sessions.sum(0.5 ** (sessions.age / days))
        found[f"root_share_{days}d"] = ratio(past.sum(decay / np.sqrt(past.size)), whole)
        found[f"size_share_{days}d"] = ratio(past.sum(decay / past.size), whole)
    small = past.sum((past.size <= 3).astype(float))
    found["in_small"] = small
    found["mean_root_size"] = ratio(past.sum(np.sqrt(past.size)), past.n.astype(float))
    found["last_size"] = past.at_last(past.size)
    found["spend"] = np.where(past.n > 0, past.sum(past.value), np.nan)
    for days in (60, 10_000):
        whole = sessions.sum(sessions.opening * 0.5 ** (sessions.age / days))
        decay = past.opening * 0.5 ** (past.age / days)
        found[f"opening_share_{days}d"] = ratio(past.sum(decay), whole)
        found[f"opening_root_share_{days}d"] = ratio(past.sum(decay / np.sqrt(past.size)), whole)
    return found
