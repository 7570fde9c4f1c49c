"""A company whose transition rates are known: exponential stays, competing destinations."""

import numpy as np
import pyarrow as pa

from customer_genome.journey.analysis.spells import Spells

PHASES = ("lead", "trial", "subscription", "gone")
HAZARDS = np.array(
    [[0, 1 / 20, 1 / 80, 1 / 60], [0, 0, 1 / 15, 1 / 10], [0, 1 / 400, 0, 1 / 100], [1 / 300, 0, 0, 0]]
)
"""Moves a day from each phase (row) to each other (column)."""


def world(customers: int, *, seed: int = 0, end: float = 150.0, come: float = 100.0) -> Spells:
    """Return spells of customers who come as leads on days 0 to `come` and move by HAZARDS until `end`."""
    random = np.random.default_rng(seed)
    phase, day, live = np.zeros(customers, int), random.uniform(0, come, customers), np.arange(customers)
    parts = []
    while len(live):
        rates = HAZARDS[phase[live]]
        total = rates.sum(axis=1)
        left = day[live] + random.exponential(1 / total)
        following = (random.random(len(live))[:, None] > np.cumsum(rates, axis=1) / total[:, None]).sum(
            axis=1
        )
        parts.append((live, phase[live], day[live], np.where(left < end, left, np.nan)))
        day[live], phase[live] = left, following
        live = live[left < end]
    customer, phase, entered, left = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((entered, customer))
    ids = pa.array([f"c{one:07}" for one in range(customers)])
    return Spells(customer[order], phase[order], entered[order], left[order], PHASES, end, ids)


def stays(until, cause, *, since=None, end=1000.0) -> Spells:
    """Return one spell a customer in phase `here`: it lasts `until` days and ends for `cause` (1, 2; 0: cut off).

    `since`: the age from which each was seen, put into one `start` by moving their beginnings.
    """
    until, cause = np.asarray(until, float), np.asarray(cause)
    phases = ("here", "one", "two")
    begun = np.zeros(len(until)) if since is None else 100.0 - np.asarray(since, float)
    rows = []
    for who, (first, days, where) in enumerate(zip(begun, until, cause, strict=True)):
        rows.append((who, 0, first, first + days))
        if where:
            rows.append((who, where, first + days, np.nan))
    customer, phase, entered, left = (np.array(column) for column in zip(*rows, strict=True))
    ids = pa.array([str(who) for who in range(len(until))])
    start = -np.inf if since is None else 100.0
    return Spells(customer, phase, entered.astype(float), left.astype(float), phases, end, ids, start)
