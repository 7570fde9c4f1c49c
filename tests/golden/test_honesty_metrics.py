"""Metrics against scikit-learn and scipy where they have them, and by hand where they have not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr
from sklearn import metrics as sk

from customer_genome.predictions.honesty.cases import Cases, aligned, ranked
from customer_genome.predictions.honesty.metrics import METRICS, measure
from customer_genome.predictions.honesty.truth import Truth
from customer_genome.predictions.scores import Scores


def _value(name, truth, score):
    return measure(Cases.of(truth, score), METRICS[name]).value


def _drawn(seed=0, rows=400, digits=1):
    """Probabilities with many ties, and what came true by them."""
    random = np.random.default_rng(seed)
    score = np.round(random.random(rows), digits)
    return (random.random(rows) < score).astype(float), score


def _scores(rows):
    customer, target, score = (np.asarray(column) for column in zip(*rows, strict=True))
    unknown = np.full(len(rows), np.nan)
    return Scores(customer, target, score.astype(float), unknown, unknown)


@pytest.mark.parametrize("digits", [1, 2, 8])
def test_like_scikit_learn(digits):
    truth, score = _drawn(digits=digits)
    assert _value("auroc", truth, score) == pytest.approx(sk.roc_auc_score(truth, score))
    assert _value("average_precision", truth, score) == pytest.approx(
        sk.average_precision_score(truth, score)
    )
    assert _value("brier", truth, score) == pytest.approx(sk.brier_score_loss(truth, score))
    inside = np.clip(score, 1e-6, 1 - 1e-6)
    assert _value("log_loss", truth, score) == pytest.approx(sk.log_loss(truth, inside))
    assert _value("mae", truth, score) == pytest.approx(sk.mean_absolute_error(truth, score))
    assert _value("rmse", truth, score) == pytest.approx(sk.root_mean_squared_error(truth, score))
    assert _value("spearman", truth, score) == pytest.approx(spearmanr(truth, score).statistic)


@pytest.mark.parametrize(
    "name", ["auroc", "average_precision", "brier", "mae", "spearman", "top_decile_capture"]
)
def test_weights_are_repetitions(name):
    random = np.random.default_rng(5)
    truth, score = _drawn(seed=3, rows=60)
    times = random.integers(0, 4, (60, 3))
    found = METRICS[name].function(Cases.of(truth, score), times.astype(float))
    for place in range(3):
        rows = np.repeat(np.arange(60), times[:, place])
        assert found[place] == pytest.approx(_value(name, truth[rows], score[rows]))


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=40))
def test_auroc_counts_pairs(rows):
    truth, score = (np.asarray(column, dtype=float) for column in zip(*rows, strict=True))
    pairs = [(a > b) + (a == b) / 2 for a in score[truth == 1] for b in score[truth == 0]]
    found = measure(Cases.of(truth, score), METRICS["auroc"])
    if pairs:
        assert found.value == pytest.approx(np.mean(pairs))
    else:
        assert found.value is None
        assert found.reason in {"no case came true", "every case came true"}


def test_calibration_error_by_hand():
    # two bins' worth of probabilities: .2 said and .4 came true, .8 said and .8 came true
    truth, score = np.array([1, 1, 0, 0, 0, 1, 1, 1, 1, 0.0]), np.repeat([0.2, 0.8], 5)
    assert _value("calibration_error", truth, score) == pytest.approx((0.2 + 0.0) / 2)


def test_calibration_error_finds_what_is_planted():
    random = np.random.default_rng(1)
    score = random.random(20_000)
    honest, boastful = (random.random(20_000) < chance for chance in (score, score / 2 + 0.25))
    assert _value("calibration_error", honest.astype(float), score) < 0.02
    assert _value("calibration_error", boastful.astype(float), score) == pytest.approx(0.125, abs=0.01)


def test_amounts_by_hand():
    truth, score = np.arange(20.0), np.arange(20.0)[::-1]
    assert _value("total_bias", truth, score * 1.5) == pytest.approx(0.5)
    assert _value("top_decile_capture", truth, score) == pytest.approx((0 + 1) / (19 + 18))
    assert _value("top_decile_capture", truth, truth) == 1
    # all scores are equal: the tenth holds a tenth, of the 37 that it could hold
    assert _value("top_decile_capture", truth, np.ones(20)) == pytest.approx(19 / 37)


def test_lists_by_hand():
    happened = Truth(np.array([0, 0, 0, 2]), np.array([1, 3, 5, 4]), np.ones(4))
    listed = [(0, target, -target) for target in range(12)] + [(1, 0, 1.0)]  # 0 to 9 are the first ten
    cases = ranked(happened, _scores(listed))
    discount = 1 / np.log2(np.arange(2, 12))
    ndcg = (discount[1] + discount[3] + discount[5]) / discount[:3].sum()
    assert measure(cases, METRICS["recall@10"]).value == pytest.approx((1 + 0) / 2)
    assert measure(cases, METRICS["ndcg@10"]).value == pytest.approx(ndcg / 2)
    assert measure(cases, METRICS["hit@10"]).value == pytest.approx(1 / 2)


def test_ndcg_is_scikit_learns_for_full_lists():
    random = np.random.default_rng(2)
    truth, score = (random.random((30, 25)) < 0.3).astype(float), random.random((30, 25))
    truth[:, 0] = 1
    who, what = np.nonzero(truth)
    rows = [(c, t, score[c, t]) for c in range(30) for t in range(25)]
    found = measure(ranked(Truth(who, what, np.ones(len(who))), _scores(rows)), METRICS["ndcg@10"]).value
    assert found == pytest.approx(sk.ndcg_score(truth, score, k=10))


def test_equal_scores_go_by_target_and_unknown_ones_are_not_listed():
    happened = Truth(np.array([0]), np.array([10]), np.ones(1))
    tied = [(0, target, 1.0) for target in range(11)]
    assert measure(ranked(happened, _scores(tied)), METRICS["hit@10"]).value == 0
    tied[0] = (0, 0, np.nan)
    assert measure(ranked(happened, _scores(tied)), METRICS["hit@10"]).value == 1


def test_mean_over_targets_leaves_out_what_is_undefined():
    truth, score = _drawn(seed=7, rows=90, digits=2)
    truth[60:] = 0  # the third target never happens
    target = np.repeat([0, 1, 2], 30)
    cases = Cases(np.tile(np.arange(30), 3), target, truth, score)
    expected = [sk.roc_auc_score(truth[target == t], score[target == t]) for t in (0, 1)]
    assert measure(cases, METRICS["macro_auroc"]).value == pytest.approx(np.mean(expected))


def test_aligned_takes_each_score_to_its_case():
    happened = Truth(np.array([0, 0, 3]), np.array([1, 2, 1]), np.array([1.0, 0, 1]))
    said = Scores(
        np.array([3, 0]), np.array([1, 2]), np.array([0.3, 0.2]), np.array([0.1, 0]), np.array([0.5, 1])
    )
    cases, low, high = aligned(happened, said)
    np.testing.assert_array_equal(cases.score, [np.nan, 0.2, 0.3])
    np.testing.assert_array_equal(low, [np.nan, 0, 0.1])
    np.testing.assert_array_equal(high, [np.nan, 1, 0.5])


@pytest.mark.parametrize("name", sorted(METRICS))
def test_nothing_is_never_a_number(name):
    found = measure(Cases.of(np.zeros(0), np.zeros(0)), METRICS[name])
    assert (found.value, found.reason) == (None, "there are no cases")


@pytest.mark.parametrize(
    ("name", "truth", "score", "reason"),
    [
        ("brier", [0, 1], [0.5, 1.5], "the scores are no probabilities"),
        ("auroc", [0, 0], [0.5, 0.6], "no case came true"),
        ("average_precision", [1, 1], [0.5, 0.6], "every case came true"),
        (
            "total_bias",
            [0, 0],
            [1, 1],
            "what happened, or what was said, does not vary or adds up to nothing",
        ),
        ("spearman", [3, 4], [1, 1], "what happened, or what was said, does not vary or adds up to nothing"),
    ],
)
def test_undefined_has_a_reason(name, truth, score, reason):
    found = measure(Cases.of(np.asarray(truth), np.asarray(score)), METRICS[name])
    assert (found.value, found.reason) == (None, reason)
