"""The compiled loop that draws customers' futures; it compiles on first use (cached on disk) and checks nothing."""

# ruff: noqa: NPY002 - compiled code can start only its own generator anew; this is numba's, not numpy's global one

from __future__ import annotations

import math

import numpy as np

from customer_genome.core.compiled import compiled
from customer_genome.predictions.btyd.histories import F64
from customer_genome.predictions.btyd.purchase_model import Dying


def intervals(
    dying: Dying, paid: tuple[float, F64, F64] | None, *, until: F64, draws: int, coverage: float, seed: int
) -> F64:
    """Return the low and high bounds of purchases, or of spend where `paid` is given; shape (customers, 2).

    They are two of the `draws` ordered futures, so chosen that another draw lies between them (ends included)
    with at least the probability `coverage`. Every customer is drawn with the same seed, so a result depends on
    that customer alone. `paid` is p, and the shape and inverse scale of the posterior of nu (gamma-gamma).
    """
    zero = np.zeros(len(until))
    value, shape, scale = paid if paid is not None else (0.0, zero, zero)
    low = max(math.floor((draws + 1) * (1 - coverage) / 2), 1) - 1
    high = min(math.ceil((draws + 1) * (1 + coverage) / 2), draws) - 1
    out: F64 = np.empty((len(until), 2))
    fields = np.column_stack((*dying[:5], until, shape, scale))
    _bounds(fields, (dying.by_purchase, float(value)), (draws, low, high, seed), out)
    return out


@compiled
def _count(row: F64, model: tuple[bool, float]) -> float:
    """Draw the number of purchases of one customer within the horizon."""
    alive, rate_shape, rate_scale, leave_a, leave_b, until = row[0], row[1], row[2], row[3], row[4], row[5]
    if np.random.random() >= alive:
        return 0.0
    rate = np.random.gamma(rate_shape, 1 / rate_scale)
    if model[0]:
        bought = float(np.random.poisson(rate * until))
        leaves = np.random.beta(leave_a, leave_b) if bought > 0 else 0.0
        if leaves > 0:
            patience = math.log(1 - np.random.random()) / math.log1p(-leaves)
            bought = min(bought, math.floor(patience) + 1.0)
        return bought
    leaves = np.random.gamma(leave_a, 1 / leave_b)
    lifetime = np.random.standard_exponential() / leaves if leaves > 0 else until
    return float(np.random.poisson(rate * min(lifetime, until)))


@compiled
def _bounds(fields: F64, model: tuple[bool, float], plan: tuple[int, int, int, int], out: F64) -> None:
    """Fill `out` with two order statistics of each customer's draws."""
    value = model[1]
    draws, low, high, seed = plan
    drawn = np.empty(draws)
    for i in range(len(fields)):
        np.random.seed(seed)
        for k in range(draws):
            drawn[k] = _count(fields[i], model)
            if value > 0 and drawn[k] > 0:
                nu = np.random.gamma(fields[i, 6], 1 / fields[i, 7])
                drawn[k] = np.random.gamma(value * drawn[k], 1.0) / nu
        drawn.sort()
        out[i, 0], out[i, 1] = drawn[low], drawn[high]
