"""Planted truth is recovered; probabilities and intervals keep their word; states survive storage."""

import numpy as np
import pytest

from btyd_world import draw
from customer_genome.predictions.btyd import BgNbd, CustomerValue, GammaGamma, Histories, ParetoNbd, summarise

TRUTH = {"bg-nbd": (0.6, 6.0, 0.9, 3.0), "pareto-nbd": (0.6, 8.0, 0.8, 14.0)}
MODELS = {"bg-nbd": BgNbd, "pareto-nbd": ParetoNbd}


@pytest.fixture(scope="module", params=sorted(TRUTH))
def world(request):
    drawn = draw(request.param, TRUTH[request.param], customers=6_000, horizon=26, seed=11)
    return request.param, drawn, CustomerValue(purchases=request.param).fit(drawn.histories)


def test_planted_parameters_are_recovered(world) -> None:
    kind, _, value = world
    assert value.purchases_.converged_
    assert value.purchases_.parameters_ == pytest.approx(TRUTH[kind], rel=0.35)
    assert value.purchases_.parameters_[:2] == pytest.approx(TRUTH[kind][:2], rel=0.12)
    assert value.value_.parameters_ == pytest.approx((6, 4, 15), rel=0.25)


def test_probabilities_come_true_as_often_as_they_say(world) -> None:
    _, drawn, value = world
    said = {
        "alive": (value.purchases_.probability_alive(drawn.histories), drawn.alive),
        "any": (value.purchases_.probability_of_purchases(drawn.histories, horizon=26), drawn.purchases > 0),
        "three": (
            value.purchases_.probability_of_purchases(drawn.histories, horizon=26, at_least=3),
            drawn.purchases >= 3,
        ),
    }
    for probability, true in said.values():
        for part in np.array_split(np.argsort(probability, kind="stable"), 5):
            assert probability[part].mean() == pytest.approx(true[part].mean(), abs=0.045)


def test_totals_are_right(world) -> None:
    _, drawn, value = world
    purchases = value.purchases_.cumulative(drawn.histories, horizons=[0, 13, 26])
    assert purchases[0] == 0 < purchases[1] < purchases[2]
    assert purchases[2] == pytest.approx(drawn.purchases.sum(), rel=0.06)
    assert value.expected_spend(drawn.histories, horizon=26).sum() == pytest.approx(
        drawn.spend.sum(), rel=0.08
    )


def test_intervals_cover_what_they_promise(world) -> None:
    _, drawn, value = world
    for truth, interval in ((drawn.purchases, value.purchases_interval), (drawn.spend, value.spend_interval)):
        low, high = interval(drawn.histories, horizon=26, coverage=0.8)
        covered = (truth >= low) & (truth <= high)
        assert covered.mean() > 0.78
        often = drawn.histories.frequency >= 5
        assert 0.75 < covered[often].mean() < 0.96


def test_an_interval_depends_on_the_customer_alone(world) -> None:
    _, drawn, value = world
    some = drawn.histories.take(slice(0, 50))
    forth = value.spend_interval(some, horizon=26)
    back = value.spend_interval(some.take(slice(None, None, -1)), horizon=26)
    assert np.array_equal(forth[0], back[0][::-1])
    assert np.array_equal(forth[1], back[1][::-1])


def test_learned_state_survives_storage(world) -> None:
    _, drawn, value = world
    again = CustomerValue.from_arrays(*value.to_arrays())
    assert again.reason_ is None
    assert np.array_equal(
        again.expected_spend(drawn.histories, horizon=26), value.expected_spend(drawn.histories, horizon=26)
    )
    assert again.purchases_.longest_ == value.purchases_.longest_
    gamma = GammaGamma.from_arrays(*value.value_.to_arrays())
    assert np.array_equal(gamma.parameters_, value.value_.parameters_)


def test_equal_histories_fit_like_their_counts() -> None:
    one = draw("bg-nbd", TRUTH["bg-nbd"], customers=400, horizon=1, seed=5).histories
    twice = one.take(np.tile(np.arange(400), 2))
    for model in MODELS.values():
        single, double = model().fit(one), model().fit(twice)
        assert double.parameters_ == pytest.approx(single.parameters_, rel=1e-3)
        assert double.log_likelihood_ == pytest.approx(2 * single.log_likelihood_)


def test_purchases_sum_up_to_histories_by_hand() -> None:
    found = summarise(
        [0, 2, 0, 0, 0],
        at=[3.0, 9.0, 1.0, 3.0, 8.0],
        value=[5.0, 7.0, 100.0, 1.0, 12.0],
        until=10,
        customers=3,
    )
    # customer 0 first buys at 1, again at 3 (5 + 1) and 8 (12); 1 never buys; 2 once, at 9
    expected = Histories.of([2, 0, 0], recency=[7, 0, 0], age=[9, 0, 1], value=[9, 0, 0])
    for part in ("frequency", "recency", "age", "value"):
        assert getattr(found, part).tolist() == getattr(expected, part).tolist()
