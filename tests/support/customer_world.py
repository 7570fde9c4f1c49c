"""A small company whose truth is known: everybody comes at their own rate, some stop, and each spends in their own way."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from customer_genome.predictions.history import Acts, Catalogue, History, Level, Lines, arrange

DAYS, ITEMS = 300.0, 40


def history_of(
    customer, day, value, *, customers: int, known=None, item=None, shuffle: int | None = None
) -> History:
    """Return a history of one purchase line a session, from rows in any order."""
    who, day, value = np.asarray(customer, np.int64), np.asarray(day, float), np.asarray(value, float)
    known = day if known is None else np.asarray(known, float)
    item = np.arange(len(who)) % ITEMS if item is None else np.asarray(item)
    rows = np.arange(len(who))
    if shuffle is not None:
        order = np.random.default_rng(shuffle).permutation(len(who))
        who, day, value, known, item, rows = (part[order] for part in (who, day, value, known, item, rows))
    nan = np.full(len(who), np.nan)
    none = np.full(len(who), -1)
    lines = arrange(Lines(who, rows, item, day, known, day, nan, value, nan, none))
    acts = Acts(lines.customer, np.zeros(len(who), np.int64), lines.item, lines.day, lines.known)
    names = np.array([f"i{k:02d}" for k in range(ITEMS)])
    levels = {
        "item": Level(np.arange(ITEMS), names),
        "category": Level(np.arange(ITEMS) % 5, np.array([f"c{k}" for k in range(5)])),
    }
    dna = sparse.csr_matrix((np.ones(ITEMS), (np.arange(ITEMS), np.arange(ITEMS) % 2)), shape=(ITEMS, 2))
    catalogue = Catalogue(names, levels, dna, np.array(["kind:even", "kind:odd"]))
    ids = np.array([f"{k:04d}" for k in range(customers)])
    return History(ids, catalogue, ("buy", "answer"), ("buy",), lines, acts)


def company(
    customers: int = 200, *, seed: int = 0, timed: bool = True, priced: bool = True
) -> tuple[History, np.ndarray]:
    """Return a history of `DAYS` days and each customer's true sessions a day."""
    rng = np.random.default_rng(seed)
    rate = rng.gamma(1.0, 0.12, customers) + 0.005
    who = np.repeat(np.arange(customers), rng.poisson(rate * DAYS))
    day = rng.uniform(0, DAYS, len(who))
    worth = rng.gamma(3.0, 10.0, customers)
    value = rng.gamma(4.0, 0.25, len(who)) * worth[who] if priced else np.full(len(who), np.nan)
    return history_of(who, day if timed else np.floor(day), value, customers=customers), rate


def several(history: History, moment: float) -> np.ndarray:
    """Return who has at least two sessions."""
    del moment
    return np.bincount(history.visits.customer, minlength=len(history.customers)) >= 2
