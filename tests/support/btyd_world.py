"""Customers drawn from the buy-till-you-die models, whose truth is known, and the CDNOW cohort."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from customer_genome.predictions.btyd import Histories


@dataclass(frozen=True)
class World:
    """What was seen until the cut-off, and the truth behind and after it."""

    histories: Histories
    alive: np.ndarray
    purchases: np.ndarray
    spend: np.ndarray


def cdnow() -> Histories:
    """Return the 2,357 customers of CDNOW in weeks, read from the files of `lifetimes` without importing it."""
    spec = find_spec("lifetimes")
    assert spec is not None, "the CDNOW data come with the package lifetimes, which is among the dev extras"
    assert spec.origin is not None
    path = Path(spec.origin).parent / "datasets" / "cdnow_customers_summary_with_transactions.csv"
    with path.open(encoding="utf-8") as lines:
        rows = np.array([row[1:5] for row in list(csv.reader(lines))[1:]], dtype=float)
    return Histories.of(rows[:, 0], recency=rows[:, 1], age=rows[:, 2], value=rows[:, 3])


def draw(kind: str, parameters: tuple[float, ...], *, customers: int, horizon: float, seed: int) -> World:
    """Draw customers of age 26 to 39 and their purchases within `horizon` after; worth Gamma-Gamma (6, 4, 15)."""
    random = np.random.default_rng(seed)
    r, alpha, leave_a, leave_b = parameters
    age = random.uniform(26, 39, customers)
    rate = random.gamma(r, 1 / alpha, customers)
    if kind == "bg-nbd":
        leaves = np.clip(random.beta(leave_a, leave_b, customers), 1e-12, 1)
        number = random.geometric(leaves).astype(float)
        ends = np.full(customers, np.inf)
    else:
        number = np.full(customers, np.inf)
        ends = random.exponential(1 / np.maximum(random.gamma(leave_a, 1 / leave_b, customers), 1e-12))
    clock, count = np.zeros(customers), np.zeros(customers)
    x, last, later, left = (np.zeros(customers) for _ in range(4))
    going = np.ones(customers, dtype=bool)
    while going.any():
        clock[going] += random.exponential(1 / np.maximum(rate[going], 1e-12))
        going &= (clock <= np.minimum(ends, age + horizon)) & (count < number)
        count += going
        before = going & (clock <= age)
        x, last = x + before, np.where(before, clock, last)
        later += going & ~before
        left += before & (count == number)
    alive = (left == 0) & (ends > age)
    nu = random.gamma(4, 1 / 15, customers)
    value = np.where(x > 0, random.gamma(6 * np.maximum(x, 1)) / nu / np.maximum(x, 1), 0)
    spend = np.where(later > 0, random.gamma(6 * np.maximum(later, 1)) / nu, 0)
    return World(Histories.of(x, recency=last, age=age, value=value), alive, later, spend)
