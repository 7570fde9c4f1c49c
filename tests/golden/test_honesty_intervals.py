"""Venn-Abers, conformal intervals and the bootstrap: what they promise holds in simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression

from customer_genome.core.intervals import wilson
from customer_genome.predictions.honesty.bootstrap import gain, interval, replicate
from customer_genome.predictions.honesty.cases import Cases
from customer_genome.predictions.honesty.conformal import conformal_interval, conformal_margins
from customer_genome.predictions.honesty.metrics import METRICS
from customer_genome.predictions.honesty.reliability import coverage, reliability
from customer_genome.predictions.honesty.venn_abers import venn_abers


@given(
    st.lists(st.tuples(st.integers(0, 6), st.booleans()), min_size=1, max_size=25),
    st.lists(st.integers(-1, 7)),
)
def test_venn_abers_is_isotonic_regression_with_one_case_more(known, asked):
    scores, labels = (np.asarray(column, dtype=float) for column in zip(*known, strict=True))
    low, high, probability = venn_abers(scores, labels=labels == 1, scores=np.asarray(asked, dtype=float))
    for place, score in enumerate(asked):
        for label, found in ((0, low), (1, high)):
            fit = IsotonicRegression().fit(np.append(scores, score), np.append(labels, label))
            assert found[place] == pytest.approx(fit.predict([score])[0], abs=1e-9)
    assert np.all((low <= probability) & (probability <= high))


def test_venn_abers_mends_planted_miscalibration():
    random = np.random.default_rng(0)
    chance = random.random(6_000)
    label = random.random(6_000) < chance
    boastful = np.where(chance > 0.5, chance**0.2, chance**5)
    _, _, found = venn_abers(boastful[:3_000], labels=label[:3_000], scores=boastful[3_000:])
    assert np.abs(boastful - chance).mean() > 0.15
    assert np.abs(found - chance[3_000:]).mean() < 0.04
    assert np.all(np.diff(found[np.argsort(boastful[3_000:])]) >= 0)


def test_venn_abers_without_cases_knows_nothing():
    low, high, probability = venn_abers(np.zeros(0), labels=np.zeros(0, bool), scores=np.array([0.2, 0.9]))
    assert (low.tolist(), high.tolist(), probability.tolist()) == ([0, 0], [1, 1], [0.5, 0.5])


@pytest.mark.parametrize("level", [0.8, 0.9])
def test_conformal_holds_the_truth_as_often_as_it_says(level):
    random, held = np.random.default_rng(4), []
    for _ in range(300):
        size = random.uniform(1, 10, 300)
        truth = size + size * random.standard_exponential(300)  # skewed, and wider where it is larger
        margins = conformal_margins(
            truth[:200], low=size[:200], high=size[:200], scale=size[:200], level=level
        )
        low, high = conformal_interval(margins, low=size[200:], high=size[200:], scale=size[200:])
        held.append(coverage(truth[200:], low=low, high=high).held)
    assert np.mean(held) == pytest.approx(level, abs=0.02)


def test_conformal_mends_quantiles_that_are_too_narrow():
    random = np.random.default_rng(5)
    truth = random.standard_normal(4_000)
    low, high = np.full(4_000, -0.5), np.full(4_000, 0.5)
    margins = conformal_margins(truth[:2_000], low=low[:2_000], high=high[:2_000])
    assert margins.below == pytest.approx(1.645 - 0.5, abs=0.12)
    bounds = conformal_interval(margins, low=low[2_000:], high=high[2_000:], least=-1.0)
    assert bounds[0].min() == -1
    assert coverage(truth[2_000:], low=bounds[0] - 9, high=bounds[1]).held == pytest.approx(0.95, abs=0.02)


def test_conformal_with_too_few_cases_is_unknown():
    few = np.arange(18.0)
    assert (
        conformal_margins(few, low=few, high=few, level=0.9) is None
    )  # 19 are the fewest for 5 % on each side
    enough = np.arange(19.0)
    assert conformal_margins(enough, low=enough * 0, high=enough * 0, level=0.9).above == 18
    low, high = conformal_interval(None, low=few, high=few)
    assert np.isnan(low).all()
    assert coverage(few, low=low, high=high) is None


def test_bootstrap_of_a_difference_covers_it():
    random, covered = np.random.default_rng(6), 0
    metric, rounds = METRICS["mae"], 150
    for seed in range(rounds):
        truth = random.normal(0, 3, 120)
        good, bad = truth + random.normal(0, 1, 120), truth + random.normal(0, 1.5, 120)
        cases = {"good": [Cases.of(truth, good)], "bad": [Cases.of(truth, bad)]}
        drawn = replicate(cases, metric, customers=120, replicates=200, seed=seed)
        found = gain(drawn["good"], drawn["bad"], metric=metric)
        covered += found.low <= 0.5 * np.sqrt(2 / np.pi) <= found.high
    assert 0.90 <= covered / rounds <= 0.99


def test_pairing_takes_out_what_models_share():
    random = np.random.default_rng(7)
    truth = random.exponential(5, 300)
    noise = random.normal(0, 4, 300)
    cases = {"a": [Cases.of(truth, truth + noise)], "b": [Cases.of(truth, truth + noise + 0.3)]}
    drawn = replicate(cases, METRICS["rmse"], customers=300)
    paired, one = gain(drawn["a"], drawn["b"], metric=METRICS["rmse"]), interval(drawn["a"])
    assert paired.high - paired.low < 0.3 * (one.high - one.low)
    again = replicate(cases, METRICS["rmse"], customers=300)
    np.testing.assert_array_equal(again["a"], drawn["a"])


def test_customers_are_drawn_not_rows():
    """Twenty rows of each customer that say the same are no more evidence than one."""
    random = np.random.default_rng(8)
    truth, score = random.exponential(5, 100), random.exponential(5, 100)
    many = Cases(
        np.repeat(np.arange(100), 20), np.full(2_000, -1), np.repeat(truth, 20), np.repeat(score, 20)
    )
    found = replicate({"many": [many], "one": [Cases.of(truth, score)]}, METRICS["mae"], customers=100)
    np.testing.assert_allclose(found["many"], found["one"])


def test_bias_gains_where_it_comes_nearer_to_nothing():
    assert gain(np.array([-0.1, -0.1, -0.1]), np.array([0.3, 0.3, 0.3]), metric=METRICS["total_bias"]).low > 0


def test_reliability_diagram():
    truth, probability = np.array([0, 1, 1, 1, 0, 0.0]), np.array([0.2, 0.9, 0.9, 0.9, 0.2, 0.2])
    first, second = reliability(truth, probability=probability)
    assert (first.cases, first.said, first.came_true) == (3, pytest.approx(0.2), 0)
    assert (second.cases, second.said, second.came_true) == (3, pytest.approx(0.9), 1)
    assert reliability(np.zeros(0), probability=np.zeros(0)) == ()
    assert wilson(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)
