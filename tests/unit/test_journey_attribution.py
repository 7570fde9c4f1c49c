"""Attribution: what the models share in, what sets them apart, and where the truth can be known."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customer_genome.core.errors import GenomeError
from customer_genome.journey.analysis._credit import Touches, removal, rules, shapley, summed, touches
from customer_genome.journey.analysis.attribution import MARKOV, RULES, SHAPLEY, STATEMENT, attribution

LIVES = st.lists(st.tuples(st.lists(st.integers(0, 2), max_size=5), st.booleans()), min_size=1, max_size=12)


def lived(lives, *, channels=("a", "b", "c"), times=1) -> Touches:
    """Return one path a life: its channels in order, a day apart, and whether it converted."""
    lives = list(lives) * times
    size = np.array([len(one) for one, _ in lives])
    path = np.repeat(np.arange(len(lives)), size)
    channel = np.array([code for one, _ in lives for code in one], int)
    age = np.concatenate([np.arange(n, 0, -1.0) for n in size]) if len(path) else np.zeros(0)
    converted = np.array([one for _, one in lives])
    return Touches(path, channel, age, channels, converted, np.ones(len(lives)))


@given(LIVES, st.floats(0.5, 50))
@settings(deadline=None, max_examples=60)
def test_every_rule_gives_out_each_path_once(lives, half_life):
    found = rules(lived(lives), half_life=half_life)
    touched = np.bincount(lived(lives).path, minlength=len(lives)) > 0
    for weights in found:
        sums = np.bincount(lived(lives).path, weights=weights, minlength=len(lives))
        assert sums == pytest.approx(touched.astype(float))


@given(LIVES)
@settings(deadline=None, max_examples=60)
def test_shapley_is_the_mean_over_all_orders_in_which_channels_join(lives):
    given = lived(lives)
    touched = [set(one) for one, _ in lives]

    def worth(coalition):
        inside = [won for own, (_, won) in zip(touched, lives, strict=True) if own <= coalition]
        return np.mean(inside) if inside else 0.0

    expected = np.zeros(3)
    for order in permutations(range(3)):
        for place, one in enumerate(order):
            expected[one] += (worth(set(order[: place + 1])) - worth(set(order[:place]))) / 6
    sums = summed(given, np.zeros(len(lives), int), half_life=7, with_sets=True)
    assert shapley(sums.sets)[0] == pytest.approx(expected)


@given(LIVES)
@settings(deadline=None, max_examples=60)
def test_the_chain_converts_as_often_as_the_paths_and_removing_never_helps(lives):
    given = lived(lives)
    sums = summed(given, np.arange(len(lives)) % 2, half_life=7, with_sets=False)
    steps = sums.steps.sum(axis=0, keepdims=True)
    effect = removal(steps)[0]
    if not given.converted.any():
        assert np.isnan(effect).all()
        return
    assert np.all((effect >= -1e-9) & (effect <= 1 + 1e-9))
    for channel in range(3):
        if not any(channel in one for one, _ in lives):
            assert effect[channel] == pytest.approx(0)


def _random_touches(customers, *, seed, reach, effect, base=0.05):
    """Return touches given at random: each channel reaches its share, and adds its effect on the chance to convert."""
    random = np.random.default_rng(seed)
    reached = random.random((customers, len(reach))) < np.array(reach)
    converted = random.random(customers) < base + reached @ np.array(effect)
    who, channel = np.nonzero(reached)
    day = random.uniform(0, 10, len(who))
    names = tuple("abcdefgh"[: len(reach)])
    at = np.where(converted, 10.0, np.nan)
    return touches(who, channel, day, channels=names, converted_at=at, window=30)


def test_where_touches_are_at_random_shapley_ranks_channels_by_what_they_add():
    reach, effect = (0.6, 0.3, 0.5, 0.2), (0.00, 0.10, 0.03, 0.02)
    truth = np.array(reach) * np.array(effect)
    truth /= truth.sum()
    held, ranked, last = [], [], []
    for seed in range(20):
        found = attribution(_random_touches(8_000, seed=seed, reach=reach, effect=effect), seed=seed)
        by_model = {(one.model, one.channel): one.share for one in found.credits}
        shares = [by_model[SHAPLEY, channel] for channel in "abcd"]
        held += [one.low <= true <= one.high for one, true in zip(shares, truth, strict=True)]
        ranked.append(found.order[SHAPLEY][:2] == ("b", "c"))
        last.append(found.order["last"][0])
    assert 0.88 <= np.mean(held) <= 1
    assert np.mean(ranked) >= 0.9
    assert last.count("b") == 0  # the rules count reach alone, and put the channel without an effect first


def test_models_that_disagree_are_shown_with_a_warning_and_what_none_of_them_says():
    found = attribution(lived([([0, 1], True), ([0, 2, 1], True), ([2], False), ([], False)], times=60))
    shares = {(one.model, one.channel): one.share for one in found.credits}
    assert shares["first", "a"].value == 1
    assert shares["last", "b"].value == 1
    assert shares["linear", "c"].value == pytest.approx(1 / 6)
    assert {one.channel for one in found.disagreements} >= {"a", "b"}
    assert "first gives it 0% to 0%, last 100% to 100%" in next(
        one.words for one in found.disagreements if one.channel == "b"
    )
    assert not found.agreed_order
    assert found.leaders["a"][0] == "first"
    assert "last" in found.leaders["b"]
    assert found.statement == STATEMENT
    assert "None of these models measures an effect" in STATEMENT
    assert (found.conversions, found.untouched, found.amount) == (120, 0, 120)
    assert set(found.order) == {*RULES, MARKOV, SHAPLEY}
    for model in (*RULES, MARKOV, SHAPLEY):
        assert sum(shares[model, channel].value for channel in "abc") == pytest.approx(1)


def test_conversions_without_a_touch_are_counted_and_not_shared_out():
    found = attribution(lived([([0], True), ([], True), ([], False)], times=20))
    assert (found.conversions, found.untouched, found.amount) == (20, 20, 20)
    assert next(one for one in found.credits if one.model == "last").amount.value == 20


def test_too_many_channels_or_no_gain_refuse_shapley_and_say_why():
    many = lived([([code], True) for code in range(13)], channels=tuple(map(str, range(13))), times=3)
    assert attribution(many).refused == {SHAPLEY: "13 channels; exact Shapley values go to 12"}
    useless = lived([([0], True), ([0], False), ([], True), ([], False)], channels=("a",), times=50)
    assert "do not surely convert more often" in attribution(useless).refused[SHAPLEY]


def test_too_few_conversions_say_so():
    assert "too few to say: 3 conversions" in attribution(lived([([0], True)], times=3)).reason
    assert "too few to say: 0 conversions" in attribution(lived([([], True)], times=30)).reason
    with pytest.raises(GenomeError, match="a half-life is a number of days"):
        attribution(lived([([0], True)], times=30), half_life=0)


def test_intervals_cover_what_a_rule_gives_in_the_long_run():
    held = []
    for seed in range(80):
        made = attribution(_random_touches(400, seed=seed, reach=(0.5, 0.4), effect=(0.3, 0.1)), seed=seed)
        share = next(one.share for one in made.credits if (one.model, one.channel) == ("linear", "a"))
        held.append(share.low <= LINEAR <= share.high)
    assert 0.87 <= np.mean(held) <= 1


# both touched: 0.2 of all, converting at .45 and split; only a: 0.3 at .35; only b: 0.2 at .15
LINEAR = (0.2 * 0.45 / 2 + 0.3 * 0.35) / (0.2 * 0.45 + 0.3 * 0.35 + 0.2 * 0.15)
