"""Backtest: fair, paired, without leaks, and a refusal where nothing was gained."""

import json
from dataclasses import replace

import numpy as np
import pytest

from customer_genome.core.errors import GenomeError
from customer_genome.predictions.honesty.backtest import Backtest, backtest, backtests, metrics_of
from customer_genome.predictions.honesty.baselines import RfmLogistic, baselines
from customer_genome.predictions.honesty.question import times_between
from customer_genome.predictions.honesty.verdict import verdict
from customer_genome.predictions.panel import Panel
from honest_company import KINDS, company, question, whole
from leak_check import leaks

CUTOFFS = (90.0, 110.0)


class Model:
    """What test models share: nothing to learn."""

    def __init__(self, target, *, population, seed):
        self.target, self.population, self.seed = target, population, seed

    def fit(self, panel):
        return self


class Rates(Model):
    """P(no purchase) of a Poisson process with the customer's own rate: how the company was made."""

    def predict(self, panel):
        history = panel.history
        times = times_between(history, self.target, start=0, end=panel.as_of)
        return whole(history, np.exp(-(times + 0.3) / (panel.as_of + 10) * self.target.horizon))


class Oracle(Model):
    """Looks at what comes: only possible from outside the panel."""

    future = None

    def predict(self, panel):
        end = panel.as_of + self.target.horizon
        came = times_between(self.future, self.target, start=panel.as_of, end=end)
        return whole(panel.history, (came == 0) * 0.98 + 0.01)


class Peeks(Oracle):
    """Tries everything that a panel has to see what comes."""

    def predict(self, panel):
        with pytest.raises(ValueError, match="lies after"):
            panel.cut(panel.as_of + 1)
        history = panel.history
        assert max(history.lines.day.max(), history.acts.day.max(), history.visits.day.max()) < panel.as_of
        assert all(moment + 14 <= panel.as_of for moment in panel.moments(horizon=14, step=7, count=9))
        self.future = history
        return super().predict(panel)


class Fails(Model):
    """Has too little to learn from."""

    def fit(self, panel):
        raise GenomeError("too few customers to learn from")

    def predict(self, panel):
        raise AssertionError("what failed to learn is not asked")


@pytest.fixture(scope="module")
def history():
    return company(customers=250)


def _tested(history, **models):
    return backtest(history, question("absence"), models=models, cutoffs=CUTOFFS, replicates=200)


def test_a_better_model_is_published_and_says_by_how_much(history):
    Oracle.future = history
    tested = _tested(history, oracle=Oracle, rates=Rates)
    found = verdict(tested)
    assert (found.published, found.model) == (True, "oracle")
    assert tested.best == "oracle"
    assert [reason.split(" in ")[0] for reason in found.reasons] == [
        "oracle beats base rate", "oracle beats recency", "oracle beats RFM logistic",
    ]  # fmt: skip
    against = tested.gains["oracle"]["recency"]["auroc"]
    assert against.value == pytest.approx(1 - tested.models["recency"].metrics["auroc"].value)
    assert tested.gains["rates"]["recency"]["auroc"].low > 0


def test_no_better_than_its_baseline_is_refused_in_words(history):
    found = verdict(_tested(history, twin=RfmLogistic))
    assert not found.published
    assert found.reasons == ("twin does not beat RFM logistic in AUROC: difference 0 (0 to 0)",)


def test_a_leak_gains_nothing_in_a_backtest(history):
    tested = _tested(history, peeks=Peeks)
    assert not verdict(tested).published
    assert tested.models["peeks"].metrics["auroc"].value == 0.5
    assert not tested.models["peeks"].failed


@pytest.mark.parametrize("kind", KINDS)
def test_no_baseline_knows_what_comes(history, kind):
    other, asked = company(customers=250, seed=9), question(kind)
    for name, factory in baselines(asked).items():
        model = factory(asked.target, population=asked.population, seed=0)
        assert not leaks(lambda _, model=model: model, history, other, moment=110.0), name


def test_a_planted_leak_is_caught(history):
    """Popularity of the days that include the horizon: the kind of leak that slips in."""

    class Popular(Rates):
        whole_history = None

        def predict(self, panel):
            said = super().predict(panel)
            busy = times_between(self.whole_history, self.target, start=0, end=panel.as_of + 14)
            return replace(said, score=said.score / (1 + busy))

    def make(whole_history):
        model = Popular(KINDS["absence"], population=question("absence").population, seed=0)
        model.whole_history = whole_history
        return model

    assert leaks(make, history, company(customers=250, seed=9), moment=110.0)


def test_what_became_known_later_is_not_seen(history):
    late = replace(history.lines, known=np.where(history.lines.day > 80, 999.0, history.lines.known))
    panel = Panel(replace(history, lines=late), as_of=110.0)
    assert panel.history.lines.day.max() <= 80


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_target_has_baselines_that_can_be_judged(history, kind):
    tested = backtest(history, question(kind), models={}, cutoffs=CUTOFFS, replicates=20)
    assert tested.primary == metrics_of(KINDS[kind])[0]
    assert any(one.metrics[tested.primary].value is not None for one in tested.models.values())
    assert all(one.silent == 0 and not one.failed for one in tested.models.values())
    assert verdict(tested).reasons == ("there is no model",)
    back = Backtest.from_dict(json.loads(json.dumps(tested.to_dict(), allow_nan=False)))
    assert back == tested


def test_what_cannot_learn_is_refused_with_its_reason(history):
    found = verdict(_tested(history, fails=Fails))
    assert not found.published
    assert found.reasons == ("fails: too few customers to learn from",)


def test_a_list_that_was_never_made_is_unknown_not_zero(history):
    tested = backtest(history, question("next"), models={"fails": Fails}, cutoffs=CUTOFFS, replicates=20)
    assert {one.value for one in tested.models["fails"].metrics.values()} == {None}
    against = tested.gains["fails"]["global top"]["recall@10"]
    assert (against.value, against.reason) == (None, "fails: too few customers to learn from")


def test_one_class_is_unknown_not_a_number(history):
    """Nobody ever opened a mail: nothing can be judged, and nothing is published."""
    silent = replace(history, acts=replace(history.acts, verb=history.acts.verb * 0))
    tested = backtest(silent, question("event"), models={"rates": Rates}, cutoffs=CUTOFFS, replicates=20)
    assert tested.models["rates"].metrics["auroc"].value is None
    found = verdict(tested)
    assert not found.published
    assert found.reasons == ("rates: AUROC is unknown, because no case came true",)


def test_a_horizon_longer_than_the_history_is_refused(history):
    panel = Panel(history, as_of=160.0)
    with pytest.raises(GenomeError, match="nothing to test"):
        backtest(history, question("sum"), models={}, cutoffs=panel.moments(horizon=300, step=28, count=4))


def test_models_are_compared_on_the_cases_that_all_speak_of(history):
    class Half(Rates):
        def predict(self, panel):
            said = super().predict(panel)
            return replace(said, score=np.where(said.customer % 2 == 0, said.score, np.nan))

    tested = _tested(history, half=Half)
    assert tested.models["half"].silent == pytest.approx(0.5, abs=0.02)
    assert sum(
        b.cases for b in tested.models["recency"].reliability or tested.models["half"].reliability
    ) == (sum(b.cases for b in tested.models["base rate"].reliability))


def test_targets_tested_together_are_tested_as_alone(history):
    asked = {kind: question(kind) for kind in ("absence", "sum")}
    models = {"absence": {"rates": Rates}, "sum": {}}
    found = backtests(history, asked, models=models, cutoffs=CUTOFFS, replicates=20)
    for kind, one in asked.items():
        alone = backtest(history, one, models=models[kind], cutoffs=CUTOFFS, replicates=20)
        assert {name: judged.metrics for name, judged in found[kind].models.items()} == {
            name: judged.metrics for name, judged in alone.models.items()
        }
        assert found[kind].gains == alone.gains
