import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from customer_genome.core.errors import GenomeError, NotFound
from customer_genome.core.targets import Target
from customer_genome.predictions.customers import CustomerModel, scoring
from customer_genome.predictions.customers.features import Outlook
from customer_genome.predictions.customers.model import split
from customer_genome.predictions.customers.training import Table, features_at, reference_of
from customer_genome.predictions.panel import Panel
from customer_world import DAYS, company, history_of, several

CUT = DAYS - 28
LAPSE = Target(predict="absence", horizon=14)
ALL = {
    "lapse": LAPSE,
    "drop": Target(predict="drop", horizon=14),
    "spend": Target(predict="sum", horizon=14, statistic="median"),
    "spend-mean": Target(predict="sum", horizon=14),
    "sessions": Target(predict="count", horizon=14),
}


@pytest.fixture(scope="module")
def world():
    return company()


@pytest.fixture(scope="module")
def panel(world):
    return Panel(world[0], as_of=CUT)


@pytest.fixture(scope="module")
def lapse(panel):
    return CustomerModel(LAPSE, population=several).fit(panel)


def same(one, other) -> None:
    for part in ("customer", "target", "score", "low", "high"):
        np.testing.assert_array_equal(getattr(one, part), getattr(other, part))


def leaked(history):
    """The same history, and rows that happened before the cut-off but were known only after it, and later ones."""
    lines, rng, n = history.lines, np.random.default_rng(1), 2_000
    who = rng.integers(0, len(history.customers), n)
    day = np.where(np.arange(n) % 2, rng.uniform(0, CUT, n), rng.uniform(CUT, CUT + 14, n))
    return history_of(
        np.concatenate([lines.customer, who]),
        np.concatenate([lines.day, day]),
        np.concatenate([lines.value, np.full(n, 1e6)]),
        known=np.concatenate([lines.known, np.maximum(day, CUT)]),
        item=np.concatenate([lines.item, np.zeros(n, np.int64)]),
        customers=len(history.customers),
    )


def test_what_was_known_later_changes_nothing(world, panel, lapse) -> None:
    later = Panel(leaked(world[0]), as_of=CUT)
    outlook = Outlook(reference_of(panel), 14.0, 0.5)
    assert outlook.key == Outlook(reference_of(later), 14.0, 0.5).key
    np.testing.assert_array_equal(
        features_at(panel, CUT, outlook).values, features_at(later, CUT, outlook).values
    )
    same(CustomerModel(LAPSE, population=several).fit(later).predict(later), lapse.predict(panel))


def test_the_leak_would_be_seen_if_it_were_known(world, panel) -> None:
    history = leaked(world[0])
    open_panel = Panel(
        history_of(history.lines.customer, history.lines.day, history.lines.value, customers=200), as_of=CUT
    )
    outlook = Outlook(reference_of(panel), 14.0, 0.5)
    assert (features_at(open_panel, CUT, outlook).values != features_at(panel, CUT, outlook).values).any()


def test_rows_in_another_order_say_the_same(world, lapse, panel) -> None:
    lines = world[0].lines
    shuffled = history_of(lines.customer, lines.day, lines.value, item=lines.item, customers=200, shuffle=7)
    other = Panel(shuffled, as_of=CUT)
    same(CustomerModel(LAPSE, population=several).fit(other).predict(other), lapse.predict(panel))


def test_customers_by_the_handful_score_the_same(lapse, panel, monkeypatch) -> None:
    whole = lapse.predict(panel)
    monkeypatch.setattr(scoring, "CUSTOMERS", 37)
    same(scoring.score_customers([lapse], panel, threads=2)[0], whole)


def test_planted_rates_are_found(world, lapse, panel) -> None:
    history, rate = world
    scores = lapse.predict(panel)
    inside = (history.visits.day >= CUT) & (history.visits.day < CUT + 14)
    lapsed = np.bincount(history.visits.customer[inside], minlength=200)[scores.customer] == 0
    best = roc_auc_score(lapsed, np.exp(-14 * rate[scores.customer]))
    assert roc_auc_score(lapsed, scores.score) > best - 0.04
    assert scores.score.mean() == pytest.approx(np.exp(-14 * rate[scores.customer]).mean(), abs=0.05)


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_kind_answers_with_bounds_and_can_be_kept(name, panel) -> None:
    made = CustomerModel(ALL[name], population=several, seed=3).fit(panel)
    scores = made.predict(panel)
    assert np.isfinite([scores.score, scores.low, scores.high]).all()
    assert (scores.low <= scores.score).all()
    assert (scores.score <= scores.high).all()
    assert (scores.target == -1).all()
    assert scores.low.min() >= 0
    assert made.of_amounts or scores.high.max() <= 1
    arrays, meta = made.to_arrays()
    again = CustomerModel.from_arrays(arrays, json.loads(json.dumps(meta)), population=several)
    same(again.predict(panel), scores)
    assert again.explain(panel, customer="0001") == made.explain(panel, customer="0001")
    assert len(made.families) == len(made.names_)


def rows(moments, customers=4) -> Table:
    when = np.repeat(np.array(moments, float), customers)
    who = np.tile(np.arange(customers), len(moments))
    nothing = np.zeros((len(when), 1), np.float32)
    return Table(("f",), nothing, np.zeros(len(when)), np.zeros(len(when)), who, when, np.zeros(0, np.str_))


def test_calibration_is_on_moments_that_nothing_was_learned_of() -> None:
    table = rows(range(0, 141, 14))
    taught, held = split(table, horizon=28)
    assert np.unique(table.moment[held]).tolist() == [84, 112, 140]
    assert np.unique(table.moment[taught]).tolist() == [0, 14, 28, 42, 56]


def test_with_few_moments_calibration_is_on_other_customers() -> None:
    table = rows([0, 14])
    taught, held = split(table, horizon=28)
    assert (taught ^ held).all()
    assert not set(table.customer[taught]) & set(table.customer[held])


def test_totals_and_intervals_hold(world, panel) -> None:
    history, _ = world
    scores = CustomerModel(ALL["spend-mean"], population=several).fit(panel).predict(panel)
    lines = history.lines
    inside = (lines.day >= CUT) & (lines.day < CUT + 14)
    truth = np.bincount(lines.customer[inside], lines.value[inside], minlength=200)[scores.customer]
    assert scores.score.sum() == pytest.approx(truth.sum(), rel=0.15)
    assert ((truth >= scores.low) & (truth <= scores.high)).mean() == pytest.approx(0.9, abs=0.06)


def test_a_prediction_gives_its_reasons_in_words(lapse, panel) -> None:
    reasons = lapse.explain(panel, customer="0001", top=3)
    assert 0 < len(reasons) <= 3
    assert all(" " in reason.feature and reason.effect for reason in reasons)
    assert sorted((abs(reason.effect) for reason in reasons), reverse=True) == [
        abs(r.effect) for r in reasons
    ]
    with pytest.raises(NotFound, match="no such customer"):
        lapse.explain(panel, customer="nobody")


def test_what_the_history_cannot_tell_is_told_by_the_outcome(world, panel) -> None:
    rate = world[1]
    target = Target(predict="phase", phase="subscription", horizon=14)

    def outcome(history, moment):
        return rate[history.customers.astype(int)] > 0.12

    made = CustomerModel(target, population=several, outcome=outcome).fit(panel)
    scores = made.predict(panel)
    assert roc_auc_score(rate[scores.customer] > 0.12, scores.score) > 0.95


def test_customers_who_never_buy_can_be_learned_from_what_they_do(world) -> None:
    history, rate = world
    none = replace(history.lines, **{name: getattr(history.lines, name)[:0] for name in vars(history.lines)})
    panel = Panel(replace(history, lines=none, money=()), as_of=CUT)
    assert panel.history.first_day == history.acts.day.min()
    target = Target(predict="phase", phase="trial", horizon=14)
    made = CustomerModel(
        target,
        population=lambda history, moment: np.ones(len(history.customers), bool),
        outcome=lambda history, moment: rate[history.customers.astype(int)] > 0.12,
    ).fit(panel)
    assert made.reason_ is None
    assert np.isfinite(made.predict(panel).score).all()


def test_far_amounts_say_that_they_are_extrapolated(panel) -> None:
    far = CustomerModel(Target(predict="sum", horizon=364), population=several).fit(panel)
    assert far.reason_ == (
        "364 days are more than half of the 272 days of history: "
        "learned over 63 days, and taken to go on at that rate"
    )
    scores = far.predict(panel)
    assert np.isfinite(scores.score).all()
    assert scores.score.sum() > 0


def test_data_without_prices_and_times_of_day_makes_fewer_features() -> None:
    history, _ = company(130, timed=False, priced=False)
    panel = Panel(history, as_of=CUT)
    made = CustomerModel(LAPSE, population=several).fit(panel)
    assert not [name for name in made.names_ if "spend" in name or "morning" in name or "discount" in name]
    assert np.isfinite(made.predict(panel).score).all()
    with pytest.raises(GenomeError, match="every amount is 0"):
        CustomerModel(ALL["spend"], population=several).fit(panel)


@pytest.mark.parametrize(
    ("target", "who", "told"),
    [
        (Target(predict="absence", horizon=300), several, "a horizon of 300 days cannot be learned"),
        (Target(predict="event", horizon=14, verbs=("answer",)), several, "0 of .* cases came true"),
        (LAPSE, lambda h, m: h.customers.astype(int) < 40, "40 customers"),
        (LAPSE, lambda h, m: np.zeros(len(h.customers), bool), "0 customers and 0 cases"),
    ],
)
def test_what_cannot_be_learned_is_refused_with_its_reason(panel, target, who, told) -> None:
    with pytest.raises(GenomeError, match=told):
        CustomerModel(target, population=who).fit(panel)


def test_one_class_is_refused(panel) -> None:
    made = CustomerModel(
        LAPSE, population=several, outcome=lambda history, moment: np.ones(len(history.customers), bool)
    )
    with pytest.raises(GenomeError, match="came true"):
        made.fit(panel)


def test_an_empty_history_is_refused() -> None:
    with pytest.raises(GenomeError, match="cannot be learned"):
        CustomerModel(LAPSE, population=several).fit(Panel(history_of([], [], [], customers=0), as_of=CUT))


@given(
    st.lists(st.tuples(st.integers(0, 3), st.floats(0, 99, allow_nan=False), st.floats(0, 1e9)), max_size=30)
)
@settings(max_examples=30, deadline=None)
def test_features_are_finite_whatever_was_bought(rows) -> None:
    customer, day, value = (list(column) for column in zip(*rows, strict=True)) if rows else ([], [], [])
    panel = Panel(history_of(customer, day, value, customers=4), as_of=100.0)
    found = features_at(panel, 100.0, Outlook(reference_of(panel), 28.0, 0.5))
    assert found.values.shape == (4, len(found.names))
    assert np.isfinite(found.values).all()


def test_one_session_and_a_hundred_thousand(lapse) -> None:
    busy = np.append(np.zeros(100_000, np.int64), 1)
    day = np.append(np.linspace(0, 271, 100_000), 5.0)
    panel = Panel(history_of(busy, day, np.ones(len(day)), customers=2), as_of=CUT)
    made = lapse.to_arrays()
    everyone = CustomerModel.from_arrays(*made, population=lambda h, m: np.ones(2, bool))
    scores = everyone.predict(panel)
    assert np.isfinite(scores.score).all()
    assert scores.score[0] < scores.score[1]
