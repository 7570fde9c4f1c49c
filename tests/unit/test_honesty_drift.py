"""Drift: what is planted is found, chance alone is not called a change, and few cases say nothing."""

import numpy as np
import pytest

from customer_genome.predictions.honesty.bootstrap import Interval
from customer_genome.predictions.honesty.drift import Drift, performance_drift
from customer_genome.predictions.honesty.metrics import METRICS


def _states(before, now):
    return {shift.column: shift.state for shift in Drift().fit(before).compare(now)}


def test_stability_by_hand():
    before = {"kind": np.repeat([0.0, 1.0], [50, 50])}
    (shift,) = Drift().fit(before).compare({"kind": np.repeat([0.0, 1.0], [80, 20])})
    assert shift.stability == pytest.approx(60 / 202 * (np.log(80.5 / 50.5) - np.log(20.5 / 50.5)))
    assert shift.distance == pytest.approx(0.3)
    assert shift.noise == pytest.approx(3.841 * 0.02, abs=1e-3)
    assert shift.words.startswith("kind: changed (stability index 0.406, by chance up to 0.077;")


def test_planted_drift_is_found_and_the_largest_comes_first():
    random = np.random.default_rng(0)
    before = {name: random.normal(0, 1, 3_000) for name in ("same", "moved", "changed", "unknown")}
    now = {
        "same": random.normal(0, 1, 3_000),
        "moved": random.normal(0.4, 1, 3_000),
        "changed": random.normal(1.5, 1, 3_000),
        "unknown": np.where(random.random(3_000) < 0.3, np.nan, random.normal(0, 1, 3_000)),
        "never learned": random.normal(0, 1, 3_000),
    }
    assert _states(before, now) == {
        "unknown": "changed", "changed": "changed", "moved": "moved", "same": "stable",
    }  # fmt: skip
    assert Drift().fit(before).compare(now)[-1].column == "same"


def test_chance_is_not_drift():
    random = np.random.default_rng(1)
    states = [
        _states({"x": random.normal(0, 1, 300)}, {"x": random.normal(0, 1, 300)})["x"] for _ in range(100)
    ]
    assert states.count("stable") >= 88


@pytest.mark.parametrize("few", [[], [1.0, 2.0, 3.0]])
def test_few_cases_say_nothing(few):
    assert _states({"x": np.arange(500.0)}, {"x": np.asarray(few)}) == {"x": "too few to say"}


def test_a_constant_column_that_varies_has_changed():
    before = {"x": np.ones(500), "nothing": np.full(500, np.nan)}
    assert _states(before, {"x": np.repeat([1.0, 2.0], 250), "nothing": np.ones(500)}) == {
        "x": "changed", "nothing": "changed",
    }  # fmt: skip
    assert _states(before, {"x": np.ones(500), "nothing": np.full(500, np.nan)}) == {
        "x": "stable",
        "nothing": "stable",
    }


def test_state_survives_storage():
    drift = Drift().fit({"x": np.arange(100.0)})
    again = Drift.from_arrays(*drift.to_arrays())
    now = {"x": np.arange(50, 150.0)}
    assert again.compare(now) == drift.compare(now)


@pytest.mark.parametrize(
    ("metric", "now", "word"),
    [("auroc", 0.7, "worse"), ("auroc", 0.9, "better"), ("mae", 0.9, "worse"), ("auroc", 0.81, "as tested")],
)
def test_performance_since(metric, now, word):
    said = performance_drift(
        metric, tested=Interval(0.8, 0.78, 0.82), now=Interval(now, now - 0.03, now + 0.03)
    )
    assert said.startswith(f"{METRICS[metric].title} is {word}")


def test_performance_that_is_not_known_yet():
    said = performance_drift(
        "auroc", tested=Interval(0.8, 0.7, 0.9), now=Interval(None, None, None, "no case came true")
    )
    assert said == "AUROC now is not known: no case came true"
