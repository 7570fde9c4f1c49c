"""Population: what all customers' sessions say of a target, and what a customer's sessions say of their habits."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from customer_genome.predictions.baskets import Baskets
from customer_genome.predictions.history import F64, Mask, Visits
from customer_genome.predictions.pairs.block import Block, Pairs, block, ratio, total
from customer_genome.predictions.pairs.own import opening
from customer_genome.predictions.panel import Panel

POPULAR = (7, 28)
"""Days looked back, for a target's popularity."""
SMALL = 3
"""Targets in a session, at most, that make it a small trip."""

Columns = dict[str, F64]


def popularity(panel: Panel, moment: float, *, level: str, days: float = 56) -> F64:
    """Return each target's sum of 1/√size over the sessions of the last `days`, per session."""

    def make() -> F64:
        baskets = panel.baskets(moment, level=level)
        recent = (moment - baskets.day) <= days
        sessions = int(np.sum(moment - panel.cut(moment).visits.day <= days))
        weight = np.where(recent, 1 / np.sqrt(baskets.size), 0)
        return total(baskets.target, weight, n=len(baskets.targets)) / max(sessions, 1)

    return panel.keep(("popularity", level, days), make, moment=moment)


def of_targets(panel: Panel, moment: float, pairs: Pairs, *, level: str) -> Block:
    """Return features of the pairs' targets, from all customers before `moment`."""

    def make() -> Columns:
        found = _targets(panel.baskets(moment, level=level), panel.cut(moment).visits, moment)
        return found | {"popular": popularity(panel, moment, level=level)}

    found = panel.keep(("targets", level), make, moment=moment)
    columns = {f"target_{name}": column[pairs.target] for name, column in found.items()}
    return block(columns | {"channel_lift": _channel_lift(panel, moment, pairs, level)})


def of_customers(panel: Panel, moment: float, pairs: Pairs, *, level: str) -> Block:
    """Return features of the pairs' customers: how often, how much at once and on which days they come."""
    found = panel.keep(
        ("customers", level),
        lambda: _customers(panel.baskets(moment, level=level), panel.cut(moment).visits, moment),
        moment=moment,
    )
    return block({f"customer_{name}": column[pairs.customer] for name, column in found.items()})


def _targets(baskets: Baskets, visits: Visits, moment: float) -> Columns:
    """Popularity in windows, its trend, who chooses it again and after how long, price and session size."""
    width, age, session_age = len(baskets.targets), moment - baskets.day, moment - visits.day

    def per(weight: Mask | F64) -> F64:
        return total(baskets.target, weight, n=width)

    found: Columns = {}
    for days in POPULAR:
        sessions = max(1, int(np.sum(session_age <= days)))
        found[f"share_{days}d"] = per(age <= days) / sessions
    n = per(np.ones(len(age)))
    found["lift"] = (found["share_28d"] + 1e-4) / (n / max(1, len(session_age)) + 1e-4)
    found["root_size"] = ratio(per(np.sqrt(baskets.size)), n)
    found["small_share"] = ratio(per(baskets.size <= SMALL), n)
    return found | _repeats(baskets)


def _repeats(baskets: Baskets) -> Columns:
    """How many customers chose each target, the share who chose it again, and the mean of log days between."""
    width = max(1, len(baskets.targets))
    order = np.lexsort((baskets.session, baskets.target, baskets.customer))
    target, day = baskets.target[order], baskets.day[order]
    key = baskets.customer[order] * width + target
    again = np.diff(key, prepend=-1) == 0
    second = again & ~np.append(False, again[:-1])
    customers = total(target[~again], n=len(baskets.targets))
    repeats = total(target[again], n=len(baskets.targets))
    gaps = np.log1p(np.where(again, np.diff(day, prepend=0), 0))
    return {
        "customers": customers,
        "repeat_share": total(target[second], n=len(baskets.targets)) / np.maximum(customers, 1),
        "times_each": (repeats + customers) / np.maximum(customers, 1),
        "log_gap": ratio(total(target[again], gaps[again], n=len(baskets.targets)), repeats),
    }


def _channel_lift(panel: Panel, moment: float, pairs: Pairs, level: str) -> F64:
    """Return how much more often the customer's last channel's sessions hold the target than all sessions do.

    Both counts are smoothed by 20 sessions of the average; nan where the channel is not known.
    """
    baskets, visits = panel.baskets(moment, level=level), panel.cut(moment).visits
    last = np.full(len(panel.history.customers), -1, dtype=np.int64)
    last[visits.customer] = visits.channel
    width, channel = max(1, len(baskets.targets)), visits.channel[baskets.session]
    known = channel >= 0
    key, count = np.unique(channel[known] * width + baskets.target[known], return_counts=True)
    sessions = total(visits.channel[visits.channel >= 0], n=1)
    rate = total(baskets.target, n=width) / max(1, len(visits.day))
    asked_channel = last[pairs.customer]
    asked = np.maximum(asked_channel, 0) * width + pairs.target
    place = np.minimum(np.searchsorted(key, asked), max(len(key) - 1, 0))
    times = np.where(key[place] == asked, count[place], 0) if len(key) else np.zeros(len(asked))
    held = sessions[np.minimum(np.maximum(asked_channel, 0), len(sessions) - 1)]
    lift = (times / np.maximum(rate[pairs.target], 1e-9) + 20) / (held + 20)
    return np.where((asked_channel >= 0) & (rate[pairs.target] > 0), lift, np.nan)


def _customers(baskets: Baskets, visits: Visits, moment: float) -> Columns:
    """Sessions, the time between them and since the last, their sizes and money, and how much was new."""
    n = baskets.customers

    def per(values: F64, weight: F64 | None = None) -> F64:
        weights = np.ones(len(visits.customer)) if weight is None else weight
        whole = total(visits.customer, weights, n=n)
        return ratio(total(visits.customer, values * weights, n=n), whole)

    age = moment - visits.day
    size = total(baskets.session, n=len(age))
    last = np.full((2, n), np.nan)
    last[:, visits.customer] = age, size
    found = {
        "sessions": total(visits.customer, n=n),
        "sessions_28d": total(visits.customer, age <= 28, n=n),
        "since": last[0],
        "size_last": last[1],
        "value_recent": per(visits.value, 0.5 ** (age / 30)),
    }
    found |= _gaps(per, visits, age) | _sizes(per, size, age)
    found["due"] = found["since"] / np.maximum(found["gap_recent"], 0.5)
    return found | _weekly(per, size, visits, moment) | _new(baskets, n)


def _gaps(per: Callable[..., F64], visits: Visits, age: F64) -> Columns:
    """Days between sessions: their mean, the mean of the recent, their deviation."""
    same = np.diff(visits.customer, prepend=-1) == 0
    gap, gapped = np.where(same, np.diff(visits.day, prepend=0), 0), same.astype(float)
    mean = per(gap, gapped)
    return {
        "gap_mean": mean,
        "gap_recent": per(gap, gapped * 0.5 ** (age / 30)),
        "gap_spread": np.sqrt(np.maximum(per(gap**2, gapped) - mean**2, 0)),
    }


def _sizes(per: Callable[..., F64], size: F64, age: F64) -> Columns:
    """Targets in a session: the mean, the mean of the recent, the deviation of logs, the share of small ones."""
    log, recent = np.log1p(size), 0.5 ** (age / 30)
    return {
        "size_mean": per(size),
        "size_recent": per(size, recent),
        "log_size_spread": np.sqrt(np.maximum(per(log**2) - per(log) ** 2, 0)),
        "small_share": per((size <= SMALL).astype(float)),
        "small_recent": per((size <= SMALL).astype(float), recent),
    }


def _weekly(per: Callable[..., F64], size: F64, visits: Visits, moment: float) -> Columns:
    """Habits by days after the start of a week (weeks counted back from the moment), and each week's first session."""
    first = opening(visits, moment).astype(float)
    offset = np.floor((visits.day - moment) % 7)
    return {
        "opening_size": per(size, first),
        "opening_small": per((size <= SMALL).astype(float), first),
        "opening_day": per(offset, first),
        "hour": per(visits.day % 1),
    }


def _new(baskets: Baskets, n: int) -> Columns:
    """How many different targets a customer chose, and what part of the last 56 days' was new then."""
    width = max(1, len(baskets.targets))
    key = baskets.customer * width + baskets.target
    order = np.argsort(key, kind="stable")
    new = np.zeros(len(key), dtype=bool)
    new[order[np.flatnonzero(np.diff(key[order], prepend=-1) != 0)]] = True
    age = (baskets.day.max(initial=0.0)) - baskets.day
    recent = (age <= 56).astype(float)
    chosen = total(baskets.customer, recent, n=n)
    fresh = total(baskets.customer, recent * new, n=n)
    return {
        "targets": total(baskets.customer, new.astype(float), n=n),
        "new_share": ratio(fresh, chosen),
    }
