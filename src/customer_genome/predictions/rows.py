"""Scores as the rows of the table `forecasts`."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from customer_genome.core.frames import codes
from customer_genome.core.targets import Target
from customer_genome.predictions.actions import When
from customer_genome.predictions.history import F64, History, Strings
from customer_genome.predictions.scores import Scores
from customer_genome.tables import contract


def forecast_rows(
    history: History, target: Target, scores: Scores, *, name: str, as_of: datetime
) -> pa.Table:
    """Return scores under customers' ids and targets' names, in order of customer and rank; unknown is null."""
    order = np.lexsort((scores.target, -scores.score, scores.customer))
    customer = scores.customer[order]
    rank = np.arange(len(order)) - np.searchsorted(customer, customer) + 1
    names, at = target_names(history, target), scores.target[order]
    whole = at < 0
    item = (
        pa.array(np.append(names, "")[at].tolist(), pa.string(), mask=whole)
        if len(at)
        else pa.array([], pa.string())
    )
    same = {"target": name, "purpose": target.purpose}
    columns: dict[str, pa.Array] = {"by_day": pa.nulls(len(order), pa.float64())}
    columns |= {key: pa.array([value] * len(order), pa.string()) for key, value in same.items()}
    columns |= {
        "customer_id": pa.array(history.customers[customer].tolist(), pa.string()),
        "item": item,
        "rank": pa.array(rank, pa.int64()),
        "as_of": pa.array([as_of] * len(order), pa.timestamp("us", "UTC")),
        **{key: _known(getattr(scores, key)[order]) for key in ("score", "low", "high")},
    }
    return pa.table(columns).select(contract("forecasts").names)


def scores_of(rows: pa.Table, history: History, target: Target) -> Scores:
    """Return the scores that rows hold, in positions of this history; who or what is not in it is left out."""
    rows = rows.filter(pc.is_null(rows["by_day"]))
    customer = codes(rows["customer_id"], pa.array(history.customers.tolist(), pa.string()))
    names = pa.array(target_names(history, target).tolist(), pa.string())
    item = codes(rows["item"], names)
    keep = (customer >= 0) & ((item >= 0) | np.asarray(rows["item"].is_null()))
    columns = (rows[name].cast(pa.float64()).to_numpy()[keep] for name in ("score", "low", "high"))
    return Scores(customer[keep], item[keep], *columns)


def time_rows(history: History, target: Target, when: When, *, name: str, as_of: datetime) -> pa.Table:
    """Return a distribution over time as rows: the chance that the verb comes next, and by that day."""
    customers, verbs, days = when.chance.shape
    place = np.repeat(np.arange(customers), verbs * days)
    verb = np.tile(np.repeat(when.verbs, days), customers)
    unknown = np.full(len(place), np.nan)
    scores = Scores(when.customer[place], verb, when.chance.ravel(), unknown, unknown)
    order = np.lexsort((scores.target, -scores.score, scores.customer))
    rows = forecast_rows(history, target, scores, name=name, as_of=as_of)
    by_day = pa.array(np.tile(when.days, customers * verbs)[order], pa.float64())
    ranks = pa.nulls(rows.num_rows, pa.int64())
    rows = rows.set_column(rows.column_names.index("rank"), "rank", ranks)
    return rows.set_column(rows.column_names.index("by_day"), "by_day", by_day)


def target_names(history: History, target: Target) -> Strings:
    """Return what the positions of a target's scores stand for."""
    if target.predict == "action":
        return np.asarray(history.verbs, np.str_)
    return history.catalogue.levels[target.level].names if target.of_items else np.zeros(0, np.str_)


def _known(values: F64) -> pa.Array:
    return pa.array(values, pa.float64(), mask=~np.isfinite(values))
