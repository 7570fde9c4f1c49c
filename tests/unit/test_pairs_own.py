"""A customer's own past with a target, in numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from tests.support.pair_histories import history_of

from customer_genome.predictions.pairs.block import Block, Pairs
from customer_genome.predictions.pairs.own import opening, own, trips_after
from customer_genome.predictions.pairs.population import of_customers, of_targets, popularity
from customer_genome.predictions.panel import Panel

# (customer, day, items): a customer buys milk on days 2, 9 and 20, and bread too on day 9
SHOPPED = [
    ("a", 2, ["milk"]),
    ("a", 9, ["bread", "milk"]),
    ("a", 12, ["soap"]),
    ("a", 20, ["milk"]),
    ("b", 19, ["bread"]),
]
NOW = 28.0


def column(block: Block, name: str) -> np.ndarray:
    return block.values[:, block.names.index(name)].astype(float)


def pairs(*asked: tuple[int, int]) -> Pairs:
    return Pairs(*(np.asarray(side, dtype=np.int64) for side in zip(*asked, strict=True)))


@pytest.fixture
def panel() -> Panel:
    return Panel(history_of(SHOPPED), as_of=NOW)  # items by position: bread 0, milk 1, soap 2


@pytest.fixture
def found(panel: Panel) -> Block:
    return own(panel, NOW, pairs((0, 1), (0, 0), (1, 1)), level="item")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("count", [3, 1, 0]),
        ("days_since", [8, 19, np.nan]),
        ("days_first", [26, 19, np.nan]),
        ("trips_since", [0, 2, np.nan]),
        ("gap_mean", [9, np.nan, np.nan]),
        ("gap_last", [11, np.nan, np.nan]),
        ("trip_gap_mean", [1.5, np.nan, np.nan]),
        ("due", [8 / 9, np.nan, np.nan]),
        ("share", [3 / 4, 1 / 4, 0]),
        ("in_28d", [3, 1, 0]),
        ("in_5_trips", [3, 1, 0]),
        ("due_spread", [-1 / 5, np.nan, np.nan]),
        ("last_size", [1, 2, np.nan]),
        ("in_small", [3, 1, 0]),
        ("spend", [3, 1, np.nan]),
    ],
)
def test_numbers_by_hand(found: Block, name: str, expected: list[float]) -> None:
    np.testing.assert_allclose(column(found, name), expected, rtol=1e-6)


def test_decay_halves_and_large_sessions_count_less(found: Block) -> None:
    ages = np.asarray([26.0, 19, 8])
    everything = 0.5 ** (np.asarray([26.0, 19, 16, 8]) / 30)
    decayed = 0.5 ** (ages / 30)
    assert column(found, "decayed_30d")[0] == pytest.approx(decayed.sum(), rel=1e-6)
    sized = (decayed / np.sqrt([1, 2, 1])).sum() / everything.sum()
    assert column(found, "root_share_30d")[0] == pytest.approx(sized, rel=1e-6)


def test_the_first_session_of_a_week_opens_it(panel: Panel) -> None:
    # Weeks back from day 28 are days 21 to 27, 14 to 20, 7 to 13: day 12 is not the first in its week.
    assert opening(panel.history.visits, NOW).tolist() == [True, True, False, True, True]
    assert trips_after(panel.history.visits).tolist() == [3, 2, 1, 0, 0]


def test_the_order_of_pairs_does_not_matter(panel: Panel) -> None:
    asked = pairs((1, 0), (0, 2), (0, 1), (1, 2))
    backwards = asked.where(np.arange(3, -1, -1))
    forth, back = own(panel, NOW, asked, level="item"), own(panel, NOW, backwards, level="item")
    np.testing.assert_array_equal(forth.values, back.values[::-1])


def test_targets_and_customers(panel: Panel) -> None:
    targets = of_targets(panel, NOW, pairs((0, 0), (0, 1)), level="item")
    assert column(targets, "target_customers").tolist() == [2, 1]
    assert column(targets, "target_repeat_share").tolist() == [0, 1]
    assert column(targets, "target_log_gap")[1] == pytest.approx((np.log(8) + np.log(12)) / 2)
    np.testing.assert_allclose(
        popularity(panel, NOW, level="item"), np.asarray([1 + 1 / np.sqrt(2), 2 + 1 / np.sqrt(2), 1]) / 5
    )
    customers = of_customers(panel, NOW, pairs((0, 0), (1, 0)), level="item")
    assert column(customers, "customer_sessions").tolist() == [4, 1]
    assert column(customers, "customer_since").tolist() == [8, 9]
    np.testing.assert_allclose(column(customers, "customer_gap_mean"), [6, np.nan])
    assert column(customers, "customer_size_mean").tolist() == [1.25, 1]


def test_nothing_known_is_no_number_made_up() -> None:
    empty = Panel(history_of(SHOPPED), as_of=1.0)
    found = own(empty, 1.0, pairs((0, 0), (1, 1)), level="item")
    assert column(found, "count").tolist() == [0, 0]
    assert np.isnan(column(found, "share")).all()
    assert np.isnan(column(of_customers(empty, 1.0, pairs((0, 0)), level="item"), "customer_since")).all()
