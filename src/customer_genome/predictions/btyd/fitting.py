"""Fitting: the parameters under which what was seen is most likely, from several starts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize

from customer_genome.predictions.btyd.histories import F64, I64, Histories

Likelihood = Callable[["Rows", F64], tuple[float, F64]]
"""The log-likelihood of rows under parameters, and its gradient in them."""

SAMPLE = 20_000
"""Rows (every k-th) on which the starts compete; the best of them is finished on all."""
BOUND = 15.0
"""The logarithm of a parameter, times in units of the mean age, is kept within ± this and under the model's `upper`."""


@dataclass(frozen=True, eq=False)
class Rows:
    """Distinct histories and how many customers have each; `level` is each row's place in `levels`, the frequencies."""

    histories: Histories
    weight: F64
    levels: F64
    level: I64
    level_weight: F64


class Fitted(NamedTuple):
    """The best parameters, their log-likelihood summed over customers, and whether the search came to rest."""

    parameters: F64
    log_likelihood: float
    converged: bool


class _Space(NamedTuple):
    """Where the logarithms of the parameters, each over its `scale`, are looked for: up to `upper`."""

    scale: F64
    upper: F64


def collapse(histories: Histories) -> Rows:
    """Return the distinct histories, ordered, with their counts."""
    columns = (histories.value, histories.age, histories.recency, histories.frequency)
    order = np.lexsort(columns)
    changed = np.zeros(len(order), dtype=np.bool_)
    changed[:1] = True
    for column in columns:
        changed[1:] |= np.diff(column[order]) != 0
    starts = np.flatnonzero(changed)
    return _rows(histories.take(order[starts]), np.diff(np.append(starts, len(order))).astype(np.float64))


def maximise(
    likelihood: Likelihood, rows: Rows, *, starts: Sequence[F64], scale: F64, upper: Sequence[float]
) -> Fitted:
    """Return the parameters (all positive) of the highest likelihood by L-BFGS-B in their logarithms.

    `scale` divides each parameter (the unit of time where it has one, else 1), so that the search does not
    depend on the unit; `starts` are in the parameters' own units.
    """
    few, space = _thinned(rows), _Space(scale, np.array(upper))
    tried = [_search(likelihood, few, start=np.log(s / scale), space=space, rest=1e-7) for s in starts]
    first = min(tried, key=lambda found: found[1])[0]
    log_parameters, loss, converged = _search(likelihood, rows, start=first, space=space, rest=1e-14)
    return Fitted(np.exp(log_parameters) * scale, -loss * rows.weight.sum(), converged)


def _search(
    likelihood: Likelihood, rows: Rows, *, start: F64, space: _Space, rest: float
) -> tuple[F64, float, bool]:
    """Minimise the mean negative log-likelihood from one start until a step gains less than `rest` of it."""
    total, scale = rows.weight.sum(), space.scale

    def loss(log_parameters: F64) -> tuple[float, F64]:
        parameters = np.exp(log_parameters) * scale
        value, gradient = likelihood(rows, parameters)
        return -value / total, -gradient * parameters / total

    found = minimize(
        loss,
        np.clip(start, -BOUND, space.upper),
        jac=True,
        method="L-BFGS-B",
        bounds=[(-BOUND, top) for top in space.upper],
        options={"maxiter": 500, "ftol": rest, "gtol": 1e-8, "maxls": 40},
    )
    steep = float(np.abs(found.jac[(found.x > -BOUND) & (found.x < space.upper)]).max(initial=0.0))
    return np.asarray(found.x), float(found.fun), bool(steep < 1e-4)


def _thinned(rows: Rows) -> Rows:
    """Return every k-th row, `SAMPLE` of them at most; all where there are few."""
    step = -(-len(rows.weight) // SAMPLE)
    return rows if step <= 1 else _rows(rows.histories.take(slice(None, None, step)), rows.weight[::step])


def _rows(histories: Histories, weight: F64) -> Rows:
    levels, level = np.unique(histories.frequency, return_inverse=True)
    return Rows(histories, weight, levels, level, np.bincount(level, weight).astype(np.float64))
