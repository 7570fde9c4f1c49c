"""Features and labels of a few sessions, worked out by hand."""

import numpy as np
import pytest

from customer_genome.core.targets import Target
from customer_genome.predictions.customers.features import Outlook
from customer_genome.predictions.customers.labels import labels
from customer_genome.predictions.customers.training import features_at, reference_of
from customer_genome.predictions.panel import Panel
from customer_world import history_of

# Day 4 is a Monday. Customer 0 came on the days 4, 14 and 21 (and again at noon), and spent 10, 20, 30 and 6;
# customer 1 once; customer 2 only after the moment, on day 25.
SESSIONS = {
    "customer": [0, 0, 0, 0, 1, 2],
    "day": [4.0, 14.0, 21.0, 21.5, 0.0, 25.0],
    "value": [10, 20, 30, 6, 5, 7],
}


@pytest.fixture
def world():
    return history_of(**SESSIONS, customers=3)


@pytest.fixture
def found(world):
    panel = Panel(world, as_of=24.0)
    table = features_at(panel, 24.0, Outlook(reference_of(panel), 4.0, 0.5))
    return {name: table.values[:, k] for k, name in enumerate(table.names)}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("spend a day, last 7 days", 36 / 7),
        ("sessions a day, last 14 days", 3 / 14),
        ("spend a day, last 168 days", 66 / 24),  # there are 24 days of history, not 168
        ("days since the last session", 3),
        ("days since the first session", 20),
        ("shopping days", 3),
        ("mean gap", 8.5),
        ("spread of gaps", 1.5),
        ("longest gap", 10),
        ("last gap", 7),
        ("mean of recent gaps", 0.65 * 10 + 0.35 * 7),
        (
            "own chance that the gap outlasts the horizon",
            1.5 / 4,
        ),  # of gaps 10 and 7 beyond 3: one beyond 3 + 4
        ("gaps longer than the horizon", 2),
        ("spend, week 1 back", 36),
        ("spend, week 2 back", 20),
        ("weeks with a session, of the last 4", 3),
        ("spend of the last session", 6),
        ("share of sessions on Monday", 1 / 4),
        ("share of sessions on Thursday", 3 / 4),
        ("times of buy", 4),
    ],
)
def test_features_by_hand(found, name, value) -> None:
    assert found[name][0] == pytest.approx(value, rel=1e-5)


def test_whoever_never_came_is_as_old_as_time(found) -> None:
    assert found["days since the last session"][2] == 24
    assert found["shopping days"][2] == 0


def test_an_ewma_is_a_rate(found) -> None:
    weight = np.exp2(-np.array([20, 10, 3, 2.5]) / 7) @ [1, 1, 1, 1]
    there = 7 / np.log(2) * (1 - 2 ** (-24 / 7))
    assert found["sessions a day, half-life 7 days"][0] == pytest.approx(weight / there, rel=1e-5)


def test_labels_by_hand(world) -> None:
    def label(moment=14.0, **target):
        return labels(world, moment, target=Target(horizon=8, **target))

    assert label(predict="absence").truth.tolist() == [0, 1, 1]
    assert label(predict="event", verbs=("answer",)).truth.tolist() == [0, 0, 0]
    assert label(predict="sum").truth.tolist() == [56, 0, 0]
    assert label(predict="count").truth.tolist() == [3, 0, 0]
    # Customer 0 spent 20 in the 10 days before day 22 and 8 days on nothing: usual is 20 + 36, over 8 of 10 days.
    drop = label(22.0, predict="drop", usual_days=10)
    assert drop.truth.tolist() == [1, 0, 0]
    assert drop.trained.tolist() == [1, 0, 0]
    assert drop.known.tolist() == [True, False, False]
