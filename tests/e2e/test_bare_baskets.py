"""A second company, of bare baskets: ids and days, no categories, no prices, no times of day. By configuration alone."""

from __future__ import annotations

import csv
import math
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

import customer_genome

pytestmark = pytest.mark.slow
DAYS, CUSTOMERS, ITEMS = 200, 300, 60
PROJECT = """\
version: 1
name: Bare baskets
time_zone: UTC
currency: EUR
departments: [shop]
purposes:
  service: {basis: contract}
  analytics: {basis: legitimate_interest}
  personalisation: {basis: legitimate_interest}
identifiers: {user: {direct: false}}
verbs: {order: {money: true}}
targets:
  next-item: {predict: next, level: item, horizon: 14}
  next-new-item: {predict: next, level: item, new: true, horizon: 14}
  item-chosen: {predict: choice, level: item, top: 20, horizon: 14}
  gone: {predict: absence, horizon: 14}
  orders: {predict: count, horizon: 14}
  next-action: {predict: action, horizon: 14}
  money: {predict: sum, horizon: 14}
  far-ahead: {predict: event, verbs: [order], horizon: 400}
sources:
  orders:
    department: shop
    path: data/orders.csv
    interactions:
      key: [basket, item]
      identifiers: {user: user}
      verb: order
      item: item
      occurred_at: day
      session: basket
"""


@pytest.fixture(scope="module")
def bare(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("bare")
    (folder / "data").mkdir()
    (folder / "genome.yaml").write_text(PROJECT, encoding="utf-8")
    with (folder / "data" / "orders.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("user", "basket", "item", "day"), *_orders()])
    customer_genome.open(folder).build()
    return folder


def _orders():
    """Customers come every few days until they stop for good; each has six items that they love."""
    drawn = np.random.default_rng(7)
    basket = 0
    for user in range(CUSTOMERS):
        loved = drawn.choice(ITEMS, 6, replace=False).tolist()
        gap, stop = int(drawn.choice((4, 7, 11))), int(drawn.choice((60, 120, DAYS, DAYS, DAYS)))
        day = int(drawn.integers(gap))
        while day < stop:
            basket += 1
            chosen = {*drawn.choice(loved, 3).tolist(), int(drawn.integers(ITEMS))}
            for item in sorted(chosen):
                yield f"u{user}", basket, f"i{item}", date(2024, 1, 1) + timedelta(days=day)
            day += max(1, round(drawn.normal(gap, 1)))


def test_every_target_is_answered_or_refused_with_a_reason(bare, tmp_path):
    written = customer_genome.open(bare).targets.write("all", tmp_path, identifier="user")
    refused = {name: said for name, said in written.items() if isinstance(said, str)}
    assert {"money", "far-ahead"} <= set(refused)
    assert {"item-chosen", "next-action"} <= set(written) - set(refused)
    beaten = {name: said for name, said in refused.items() if name not in {"money", "far-ahead"}}
    assert all("does not beat" in said for said in beaten.values())
    assert "amount" in refused["money"] or "spend" in refused["money"]
    assert "horizon" in refused["far-ahead"] or "history" in refused["far-ahead"]
    for name in set(written) - set(refused):
        rows = pq.read_table(tmp_path / f"{name}.parquet")
        assert rows.column_names == ["user", "item", "score", "low", "high"]
        assert rows.num_rows == written[name] > 0
        scores = rows["score"].to_pylist()
        assert all(score is not None and math.isfinite(score) for score in scores)
        if name != "orders":
            assert 0 <= min(scores) <= max(scores) <= 1


def test_what_is_loved_is_found(bare):
    """Three in four lines are of a customer's six loved items: these must be likelier than the rest by far."""
    bought = Counter((user, item) for user, _, item, _ in _orders())
    rows = customer_genome.open(bare).targets.predict("item-chosen", identifier="user").to_pylist()
    scores = {True: [], False: []}
    for row in rows:
        scores[bought[row["user"], row["item"]] >= 5].append(row["score"])
    assert np.mean(scores[True]) > 2 * np.mean(scores[False])
