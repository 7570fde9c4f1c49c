"""What cannot be known is refused with a reason; what can be known is a number, for any customer."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from btyd_world import draw
from customer_genome.core.errors import GenomeError
from customer_genome.predictions.btyd import BgNbd, CustomerValue, GammaGamma, Histories, ParetoNbd, summarise

MODELS = [BgNbd, ParetoNbd]
TRUTH = {BgNbd: (0.6, 6.0, 0.9, 3.0), ParetoNbd: (0.6, 8.0, 0.8, 14.0)}
numbers = st.floats(0.02, 54.0)


def known(model, parameters):
    made = model()
    made.parameters_, made.reason_, made.longest_ = np.array(parameters, dtype=float), None, 1e6
    return made


def population(x, *, value=0.0, customers=100):
    ones = np.ones(customers)
    return Histories.of(x * ones, recency=(x > 0) * ones, age=5 * ones, value=(x > 0) * value * ones)


@pytest.mark.parametrize("model", MODELS)
def test_too_little_to_learn_from_is_a_reason_and_every_question_is_refused_with_it(model) -> None:
    cases = {
        "too few customers": population(2, customers=3),
        "second time": population(0),
        "too few who bought again": Histories.of([1, *[0] * 99], recency=[1, *[0] * 99], age=[2] * 100),
    }
    for reason, histories in cases.items():
        found = model().fit(histories)
        assert reason in found.reason_
        for ask in (
            lambda m=found, h=histories: m.expected_purchases(h, horizon=1),
            lambda m=found, h=histories: m.probability_alive(h),
            lambda m=found, h=histories: m.probability_of_purchases(h, horizon=1),
        ):
            with pytest.raises(GenomeError, match=reason):
                ask()
    with pytest.raises(GenomeError, match="not been fitted"):
        model().probability_alive(population(1))


def test_a_value_that_is_always_zero_is_a_reason() -> None:
    found = CustomerValue().fit(population(2, value=0.0))
    assert found.reason_ == "all repeat purchases are worth nothing"
    with pytest.raises(GenomeError, match="worth nothing"):
        found.expected_spend(population(2), horizon=1)
    with pytest.raises(GenomeError, match="worth nothing"):
        found.spend_interval(population(2), horizon=1)
    assert "second time" in GammaGamma().fit(population(0)).reason_
    assert "too few" in GammaGamma().fit(population(1, value=3.0, customers=9)).reason_


def test_values_without_a_mean_are_a_reason() -> None:
    random = np.random.default_rng(0)
    value = 1 / random.gamma(0.4, 1, 2_000)
    ones = np.ones(2_000)
    assert "no mean" in GammaGamma().fit(Histories.of(ones, recency=ones, age=2 * ones, value=value)).reason_


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("horizon", [-1.0, np.nan, np.inf, 10.1])
def test_a_horizon_beyond_what_was_seen_is_refused(model, horizon) -> None:
    found = model().fit(draw("bg-nbd", TRUTH[BgNbd], customers=300, horizon=1, seed=2).histories)
    found.longest_ = 5.0
    with pytest.raises(GenomeError, match="cannot see that far"):
        found.expected_purchases(population(1), horizon=horizon)


@pytest.mark.parametrize(
    ("x", "recency", "age", "value"),
    [(1, 3, 2, 1), (-1, 0, 1, 0), (np.nan, 0, 1, 0), (0, 1, 2, 0), (1, 1, 2, -3), (1, 1, np.inf, 0)],
)
def test_impossible_histories_are_refused(x, recency, age, value) -> None:
    with pytest.raises(GenomeError, match="row 1"):
        Histories.of([0, x], recency=[0, recency], age=[1, age], value=[0, value])


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(GenomeError, match="fit together"):
        Histories.of([1, 2], recency=[1], age=[2])
    with pytest.raises(GenomeError, match="after the cut-off"):
        summarise([0], at=[11.0], value=[1.0], until=10, customers=1)
    with pytest.raises(GenomeError, match="no such model"):
        CustomerValue(purchases="none").fit(population(1))
    with pytest.raises(GenomeError, match="not been fitted"):
        CustomerValue().expected_spend(population(1), horizon=1)
    fitted = CustomerValue().fit(
        draw("pareto-nbd", TRUTH[ParetoNbd], customers=200, horizon=1, seed=1).histories
    )
    with pytest.raises(GenomeError, match="coverage"):
        fitted.spend_interval(population(1), horizon=1, coverage=1.0)


def test_no_customers_give_no_numbers() -> None:
    none = Histories.of([], recency=[], age=[])
    for model in MODELS:
        assert known(model, TRUTH[model]).expected_purchases(none, horizon=3).shape == (0,)
    assert "too few customers" in BgNbd().fit(none).reason_


@pytest.mark.parametrize("model", MODELS)
def test_one_purchase_and_a_hundred_thousand_are_numbers_without_a_warning(model) -> None:
    extreme = Histories.of(
        [0, 1, 100_000, 100_000, 100_000, 0],
        recency=[0, 0, 300, 300, 100, 0],
        age=[0, 0, 300, 300.001, 300, 300],
        value=[0, 5, 20, 20, 1e9, 0],
    )
    usual = draw("bg-nbd", TRUTH[BgNbd], customers=300, horizon=1, seed=2).histories
    parts = ("frequency", "recency", "age", "value")
    both = Histories(*(np.concatenate([getattr(usual, p), getattr(extreme, p)]) for p in parts))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = model().fit(both)
        alive = found.probability_alive(extreme)
        expected = found.expected_purchases(extreme, horizon=39)
        any_ = found.probability_of_purchases(extreme, horizon=39)
        many = found.probability_of_purchases(extreme, horizon=39, at_least=10_000)
    for numbers_ in (alive, expected, any_, many):
        assert np.isfinite(numbers_).all()
    assert alive[[2, 4]] == pytest.approx([1, 0], abs=1e-2)
    assert expected[2] > 1_000
    assert expected[4] < 1e-6


@settings(max_examples=60, deadline=None)
@given(
    parameters=st.tuples(numbers, numbers, numbers, numbers),
    x=st.integers(0, 3_000),
    age=st.floats(0.0, 500.0),
    share=st.floats(0.0, 1.0),
)
def test_probabilities_are_probabilities_and_nothing_falls_with_the_horizon(
    parameters, x, age, share
) -> None:
    one = Histories.of([x], recency=[age * share if x else 0], age=[age])
    for model in MODELS:
        found = known(model, parameters)
        assert 0 <= found.probability_alive(one)[0] <= 1
        purchases = [found.expected_purchases(one, horizon=h)[0] for h in (0, 0.5, 3, 40, 300)]
        bought = [found.probability_of_purchases(one, horizon=h)[0] for h in (0, 0.5, 3, 40, 300)]
        assert purchases[0] == pytest.approx(0, abs=1e-9)
        assert bought[0] == pytest.approx(0, abs=1e-9)
        for earlier, later in zip(
            [*purchases, *bought], [*purchases[1:], np.inf, *bought[1:], np.inf], strict=False
        ):
            assert later >= earlier - 1e-5 * (1 + earlier)  # an integral is found to five digits
        assert all(0 <= p <= 1 for p in bought)
        assert all(p <= e + 1e-7 * (1 + e) for p, e in zip(bought, purchases, strict=True))


@settings(max_examples=60, deadline=None)
@given(parameters=st.tuples(numbers, numbers, numbers, numbers), x=st.integers(1, 500))
def test_who_has_been_silent_for_longer_is_less_likely_alive(parameters, x) -> None:
    recency = np.linspace(0, 30, 13)
    silent = Histories.of(np.full(13, x), recency=recency, age=np.full(13, 30.0))
    for model in MODELS:
        alive = known(model, parameters).probability_alive(silent)
        assert (np.diff(alive) >= -1e-9).all()
