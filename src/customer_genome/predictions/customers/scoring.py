"""Scoring: many models over many customers, some customers at a time."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from customer_genome.predictions.customers.features import Features, features
from customer_genome.predictions.customers.part import Part, parts
from customer_genome.predictions.customers.training import features_at
from customer_genome.predictions.history import F64, I64, Mask
from customer_genome.predictions.panel import Panel
from customer_genome.predictions.scores import Scores

if TYPE_CHECKING:
    from customer_genome.predictions.customers.model import CustomerModel

CUSTOMERS = 50_000
"""Customers whose features are held at once: bounds memory, changes no result."""
Columns = tuple[I64, F64, F64, F64]


def score_customers(models: Sequence[CustomerModel], panel: Panel, *, threads: int = 1) -> list[Scores]:
    """Return each model's scores of its population at the panel's end; features are made once for all models.

    `threads` parts of the customers are worked on side by side.
    """
    chosen = [model.population(panel.history, panel.as_of) for model in models]

    def work(part: Part) -> list[Columns]:
        made: dict[object, Features] = {}
        found = []
        for model, own in zip(models, chosen, strict=True):
            key = model.outlook.key
            if key not in made:
                made[key] = _features(model, panel, part)
            found.append(_score(model, made[key], part, own))
        return found

    several = parts(panel.history, moment=panel.as_of, size=CUSTOMERS)
    with ThreadPoolExecutor(threads) as pool:
        found = list(pool.map(work, several))
    return [_joined(columns) for columns in zip(*found, strict=True)]


def _features(model: CustomerModel, panel: Panel, part: Part) -> Features:
    """Return a part's features; those of a small company are kept with the panel."""
    if part.size == len(panel.history.customers):
        return features_at(panel, panel.as_of, model.outlook)
    return features(part, model.outlook)


def _score(model: CustomerModel, found: Features, part: Part, chosen: Mask) -> Columns:
    rows = np.flatnonzero(chosen[part.first : part.end])
    score, low, high = model.finish(*model.raw(Features(found.names, found.values[rows])))
    return rows + part.first, score, low, high


def _joined(columns: Sequence[Columns]) -> Scores:
    customer, score, low, high = (np.concatenate(column) for column in zip(*columns, strict=True))
    return Scores(customer, np.full(len(customer), -1), score, low, high)
