"""A customer's own curve: the phase's, from today on, through the customer's own probability."""

from __future__ import annotations

import numpy as np
import pytest

from customer_genome.journey.analysis.curves import Curve
from customer_genome.journey.analysis.personal import personal


def curve(days, values, *, last) -> Curve:
    value = np.asarray(values, float)
    return Curve(np.asarray(days, float), value, value, value, np.full(len(value), 9), last)


MOVES = curve([0, 1, 5, 10], [0.0, 0.2, 0.3, 0.5], last=40.0)
STAYING = curve([0, 1, 5, 10], [1.0, 0.8, 0.6, 0.4], last=40.0)


def own(chance, *, in_phase, days, horizon=10.0):
    found = personal(
        np.asarray([chance]),
        horizon=horizon,
        in_phase=np.asarray([in_phase]),
        days=np.asarray(days, float),
        moves=MOVES,
        staying=STAYING,
    )
    return found.chance[0], found.done[0]


def test_who_is_as_likely_as_all_has_the_curve_of_all() -> None:
    chance, done = own(0.5, in_phase=0.0, days=[0, 1, 5, 10])
    assert chance == pytest.approx([0, 0.2, 0.3, 0.5])
    assert done == 0.0


def test_the_curve_meets_the_own_probability_at_the_horizon_and_keeps_the_order_of_hazards() -> None:
    likely, _ = own(0.9, in_phase=0.0, days=[1, 5, 10])
    unlikely, _ = own(0.1, in_phase=0.0, days=[1, 5, 10])
    assert (likely[-1], unlikely[-1]) == (pytest.approx(0.9), pytest.approx(0.1))
    ratio = np.log1p(-likely) / np.log1p(-unlikely)
    assert ratio == pytest.approx(np.full(3, ratio[0]))  # proportional hazards


def test_time_already_spent_in_the_phase_counts_by_hand() -> None:
    # after 5 days 0.6 are still there; of them (0.5 - 0.3) / 0.6 = 1/3 move within 10 days, none within 1
    chance, done = own(1 / 3, in_phase=5.0, days=[1, 10])
    assert chance == pytest.approx([0, 1 / 3])
    assert done == pytest.approx(0.3 / 0.5)


def test_what_nobody_was_seen_to_do_is_unknown() -> None:
    assert np.isnan(own(0.3, in_phase=35.0, days=[1, 10])[0]).all()  # nobody was seen for 45 days
    assert np.isnan(own(0.3, in_phase=10.0, days=[1, 10])[0]).all()  # nobody moved later than on day 10


def test_a_phase_that_everybody_has_left_by_then_is_over() -> None:
    gone = curve([0, 1, 5, 10], [1.0, 0.8, 0.6, 0.0], last=10.0)
    found = personal(
        np.asarray([0.5]),
        horizon=30.0,
        in_phase=np.asarray([0.0]),
        days=np.asarray([5.0, 60.0]),
        moves=MOVES,
        staying=gone,
    )
    assert found.chance[0] == pytest.approx([0.3, 0.5])
