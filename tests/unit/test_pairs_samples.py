"""What came true after a moment, the labels and weights that follow from it, and the calibration of scores."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.pair_histories import history_of

from customer_genome.predictions.history import History
from customer_genome.predictions.pairs.block import Pairs, below, beside, block
from customer_genome.predictions.pairs.calibrated import Calibrated
from customer_genome.predictions.pairs.samples import (
    Truth,
    label_of_size,
    next_session,
    thinned,
    within,
    without,
)

SHOPPED = [
    ("a", 1, ["bread"]),
    ("a", 10, ["bread", "milk"]),
    ("a", 12, ["soap"]),
    ("b", 25, ["milk"]),
    ("c", 5, ["milk"]),
]


@pytest.fixture(scope="module")
def history() -> History:
    return history_of(SHOPPED)  # customers a b c; items bread 0, milk 1, soap 2


def rows(truth: Truth) -> list[tuple[int, int]]:
    return list(zip(truth.pairs.customer.tolist(), truth.pairs.target.tolist(), strict=True))


def test_the_first_session_within_the_horizon(history: History) -> None:
    truth = next_session(history, 8.0, horizon=14, level="item")
    assert rows(truth) == [(0, 0), (0, 1)]
    assert truth.size.tolist() == [2, 2]
    assert truth.seen.tolist() == [True, False, False]


def test_everything_within_the_horizon(history: History) -> None:
    truth = within(history, 8.0, horizon=18, level="item")
    assert rows(truth) == [(0, 0), (0, 1), (0, 2), (1, 1)]
    assert truth.seen.all()


def test_only_what_is_new(history: History) -> None:
    truth = next_session(history, 8.0, horizon=28, level="item")
    new = without(truth, Pairs(np.asarray([0, 1]), np.asarray([0, 1])))
    assert rows(new) == [(0, 1)]
    assert new.size.tolist() == [1]
    assert new.seen.tolist() == [True, False, False]


def test_pairs_are_looked_up(history: History) -> None:
    truth = next_session(history, 8.0, horizon=28, level="item")
    true, size = truth.holds(Pairs(np.asarray([0, 0, 1, 2]), np.asarray([2, 1, 1, 1])))
    assert true.tolist() == [False, True, True, False]
    assert size.tolist() == [2, 2, 1, 0]


def test_labels_by_hand() -> None:
    second = 1 + 1 / np.log2(3)
    expected = [1, 0.5 * (1 / 2 + 1 / second)]
    assert label_of_size(np.asarray([1, 2])).tolist() == pytest.approx(expected)
    ideal = sum(1 / np.log2(place + 2) for place in range(10))
    assert label_of_size(np.asarray([40]))[0] == pytest.approx(0.5 * (1 / 40 + 1 / ideal))


@given(st.integers(1, 500), st.integers(1, 9), st.integers(0, 5))
def test_thinning_keeps_every_positive_and_the_number_of_pairs(n: int, one_in: int, seed: int) -> None:
    true = np.arange(n) % 5 == 0
    chosen, weight = thinned(true, one_in=one_in, seed=seed)
    assert set(np.flatnonzero(true)) <= set(chosen.tolist())
    assert np.all(weight[true[chosen]] == 1)
    if one_in == 1:
        assert weight.sum() == n


def test_a_planted_probability_is_found_and_the_order_kept() -> None:
    random = np.random.default_rng(0)
    score = random.uniform(0.01, 1, 40_000)
    true = random.random(40_000) < score**2
    calibrated = Calibrated().fit(score, true=true, weight=np.ones(40_000))
    asked = np.linspace(0.05, 0.95, 300)
    found, low, high = calibrated.apply(asked)
    assert np.abs(found - asked**2).max() < 0.06
    assert np.all(np.diff(found) > 0)
    assert np.all((low <= found) & (found <= high))
    again = Calibrated.from_arrays(calibrated.to_arrays())
    np.testing.assert_array_equal(again.apply(asked)[0], found)


def test_a_weight_stands_for_as_many_cases() -> None:
    score, true = np.asarray([0.2, 0.2, 0.8, 0.8]), np.asarray([False, True, False, True])
    heavy = Calibrated().fit(score, true=true, weight=np.asarray([3.0, 1, 1, 3]))
    plain = Calibrated().fit(
        np.repeat(score, [3, 1, 1, 3]), true=np.repeat(true, [3, 1, 1, 3]), weight=np.ones(8)
    )
    np.testing.assert_array_equal(heavy.apply(score)[0], plain.apply(score)[0])


def test_blocks_stand_beside_and_below_each_other() -> None:
    first, second = block({"x": np.asarray([1.0, np.inf])}), block({"y": np.asarray([3.0, 4.0])})
    both = beside([first, second])
    assert both.names == ("x", "y")
    assert np.isnan(both.values[1, 0])
    assert below([both, both]).values.shape == (4, 2)
