"""The model of pairs: it finds habits that were planted, knows nothing of the future, and says when it cannot learn."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from tests.support.pair_histories import history_of, planted

from customer_genome.core.boosting import Trees
from customer_genome.core.errors import GenomeError
from customer_genome.core.targets import Target
from customer_genome.predictions.history import History, Mask
from customer_genome.predictions.pairs.model import PairModel
from customer_genome.predictions.pairs.settings import Settings
from customer_genome.predictions.panel import Panel
from customer_genome.predictions.scores import Scores

NOW = 133.0
NEXT = Target(predict="next", level="item", horizon=14)
CHOICE = Target(predict="choice", level="item", horizon=14, top=8)
SMALL = Settings(trees=Trees(rounds=30, leaves=7, leaf_rows=20), moments=3, least_hits=50)


def everybody(history: History, moment: float) -> Mask:
    return np.bincount(history.visits.customer, minlength=len(history.customers)) >= 3


def model(target: Target, settings: Settings = SMALL) -> PairModel:
    return PairModel(target, population=everybody, settings=settings)


@pytest.fixture(scope="module")
def history() -> History:
    return planted()


@pytest.fixture(scope="module")
def panel(history: History) -> Panel:
    return Panel(history, as_of=NOW)


@pytest.fixture(scope="module")
def fitted(panel: Panel) -> PairModel:
    return model(NEXT).fit(panel)


@pytest.fixture(scope="module")
def scores(fitted: PairModel, panel: Panel) -> Scores:
    return fitted.predict(panel)


def test_the_planted_habit_comes_first(scores: Scores, history: History) -> None:
    first = np.searchsorted(scores.customer, np.arange(len(history.customers)))
    own = [{k % 12, (k + 1) % 12} for k in range(len(history.customers))]
    right = [set(scores.target[at : at + 2].tolist()) == own[k] for k, at in enumerate(first)]
    assert np.mean(right) > 0.95


def test_scores_are_probabilities_in_order_with_bounds(scores: Scores) -> None:
    assert np.all((scores.low <= scores.score) & (scores.score <= scores.high))
    assert np.all((scores.low >= 0) & (scores.high <= 1))
    same = np.diff(scores.customer) == 0
    assert np.all(np.diff(scores.score)[same] <= 0)
    best = scores.score[np.searchsorted(scores.customer, np.unique(scores.customer))]
    assert 0.7 < best.mean() < 0.95  # planted: .8, a little more by chance


@pytest.mark.parametrize("target", [NEXT, CHOICE, Target(predict="next", level="item", horizon=14, new=True)])
def test_nothing_after_the_moment_is_known(history: History, target: Target) -> None:
    lines = history.lines
    late = np.flatnonzero(lines.day >= NOW)
    changed = lines.item.copy()
    changed[late] = 0  # a leak: all that happens later becomes one item
    other = replace(history, lines=replace(lines, item=changed))
    late_news = replace(history, lines=replace(lines, known=np.where(lines.day >= NOW, NOW, lines.known)))
    settings = replace(SMALL, least_hits=20)
    made = [
        model(target, settings).fit(Panel(h, as_of=NOW)).predict(Panel(h, as_of=NOW))
        for h in (history, other, late_news)
    ]
    for again in made[1:]:
        np.testing.assert_array_equal(made[0].target, again.target)
        np.testing.assert_array_equal(made[0].score, again.score)


def test_what_became_known_too_late_changes_nothing(history: History) -> None:
    early = history.lines.day < NOW
    unknown = early & (np.arange(len(early)) % 7 == 0)
    lines = replace(history.lines, known=np.where(unknown, NOW + 1, history.lines.known))
    kept = replace(history, lines=lines)
    assert not np.isin(kept.before(NOW).lines.known, NOW + 1).any()
    scores = model(NEXT).fit(Panel(kept, as_of=NOW)).predict(Panel(kept, as_of=NOW))
    cut = kept.before(NOW)
    again = model(NEXT).fit(Panel(cut, as_of=NOW)).predict(Panel(cut, as_of=NOW))
    np.testing.assert_array_equal(scores.score, again.score)


def test_new_targets_are_not_in_the_past(history: History, panel: Panel) -> None:
    target = Target(predict="next", level="item", horizon=14, new=True, new_days=14)
    scores = model(target, replace(SMALL, least_hits=20)).fit(panel).predict(panel)
    baskets = panel.baskets(NOW, level="item")
    recent = NOW - baskets.day <= 14
    past = set(zip(baskets.customer[recent].tolist(), baskets.target[recent].tolist(), strict=True))
    assert past.isdisjoint(zip(scores.customer.tolist(), scores.target.tolist(), strict=True))


def test_choice_gives_every_top_target_a_calibrated_probability(history: History, panel: Panel) -> None:
    scores = model(CHOICE).fit(panel).predict(panel)
    assert len(scores.score) == 8 * len(history.customers)
    habit = (scores.target - scores.customer) % 12 <= 1
    assert scores.score[habit].mean() > 0.8
    assert scores.score[~habit].mean() < 0.35


def test_the_same_seed_gives_the_same_scores(scores: Scores, panel: Panel) -> None:
    again = model(NEXT).fit(panel).predict(panel)
    np.testing.assert_array_equal(scores.score, again.score)
    np.testing.assert_array_equal(scores.target, again.target)


def test_state_survives_as_plain_arrays(fitted: PairModel, scores: Scores, panel: Panel) -> None:
    arrays, meta = fitted.to_arrays()
    again = PairModel.from_arrays(arrays, json.loads(json.dumps(meta)), population=everybody)
    np.testing.assert_array_equal(again.predict(panel).score, scores.score)
    assert again.customers_.tolist() == fitted.customers_.tolist()
    assert all(array.dtype != object for array in arrays.values())


def test_reasons_say_what_the_customer_did(fitted: PairModel, panel: Panel) -> None:
    found = fitted.reasons(panel, customer=5, target=5, most=6)
    weights = [abs(reason.weight) for reason in found]
    assert weights == sorted(weights, reverse=True)
    assert any("sessions" in reason.text and "chosen in" in reason.text for reason in found)
    assert not any("nan" in reason.text for reason in found)


def test_unknown_prices_are_no_obstacle() -> None:
    panel = Panel(planted(customers=40, value=float("nan")), as_of=NOW)
    scores = model(NEXT).fit(panel).predict(panel)
    assert np.isfinite(scores.score).all()


@pytest.mark.parametrize(
    ("target", "settings", "history", "why"),
    [
        (NEXT.model_copy(update={"horizon": 500}), SMALL, None, "horizon"),
        (NEXT.model_copy(update={"verbs": ("view",)}), SMALL, None, "only what is bought"),
        (NEXT, replace(SMALL, least_customers=100), None, "too few customers"),
        (NEXT, replace(SMALL, least_hits=100_000), None, "too few pairs came true"),
        (
            NEXT,
            SMALL,
            [(f"c{k}", float(d), ["only"]) for k in range(30) for d in range(0, 140, 5)],
            "nothing to choose",
        ),
        (NEXT, SMALL, [("a", 1.0, ["x"]), ("b", 3.0, ["y"])], "too few customers"),
        (NEXT, SMALL, [(f"c{k}", float(d), ["x", "y"]) for k in range(30) for d in range(60)], "too few"),
    ],
)
def test_refuses_with_a_reason(target: Target, settings: Settings, history: list | None, why: str) -> None:
    known = planted(customers=25) if history is None else history_of(history)
    with pytest.raises(GenomeError, match=why):
        model(target, settings).fit(Panel(known, as_of=NOW))


def test_a_customer_with_one_session_and_one_with_a_thousand() -> None:
    one = [("one", 130.0, ["i00"])]
    busy = [("busy", float(d) / 8, ["i01", "i02"]) for d in range(1_040)]
    base = planted(customers=40)
    names, lines = base.catalogue.items, base.lines
    usual = [
        (base.customers[c], d, [names[i]])
        for c, d, i in zip(lines.customer, lines.day, lines.item, strict=True)
    ]
    panel = Panel(history_of([*usual, *one, *busy]), as_of=NOW)
    scores = model(NEXT).fit(panel).predict(panel)
    predicted = set(panel.history.customers[np.unique(scores.customer)])
    assert "busy" in predicted
    assert "one" not in predicted
    assert np.isfinite(scores.score).all()
