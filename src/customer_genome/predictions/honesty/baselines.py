"""Baselines: the naive predictions that a model has to beat, each with the same interface as the models."""

from __future__ import annotations

from functools import partial
from typing import Protocol, Self

import numpy as np

from customer_genome.core.targets import Target
from customer_genome.predictions.distinct import distinct
from customer_genome.predictions.history import F64, I64, History
from customer_genome.predictions.honesty import personal
from customer_genome.predictions.honesty.logistic import Logistic
from customer_genome.predictions.honesty.question import (
    Outcome,
    Population,
    Question,
    asked,
    spend_between,
    times_between,
    top_targets,
    usual_spend,
    verb_codes,
)
from customer_genome.predictions.honesty.truth import truth
from customer_genome.predictions.panel import Panel
from customer_genome.predictions.scores import Scores

HALF_LIFE = 56.0
"""Days after which the decayed baselines count what happened half."""
PRIOR = 5.0
"""Interactions that the base rate counts as, beside a customer's own."""
WINDOWS = 4
"""Past moments, one horizon apart, that base rates and the logistic baseline learn from."""


class Predictor(Protocol):
    """What every model and every baseline is: it learns from a panel, and says what comes after its end."""

    def fit(self, panel: Panel, /) -> Self: ...  # noqa: D102
    def predict(self, panel: Panel, /) -> Scores: ...  # noqa: D102


class Factory(Protocol):
    """Makes a predictor that has learned nothing yet; a predictor's class is one."""

    def __call__(self, target: Target, *, population: Population, seed: int) -> Predictor: ...  # noqa: D102


class _Baseline:
    """What baselines share: a question, and nothing to learn."""

    def __init__(
        self, target: Target, *, population: Population, seed: int = 0, outcome: Outcome | None = None
    ) -> None:
        self.target, self.population, self.seed, self.outcome = target, population, seed, outcome

    @property
    def question(self) -> Question:
        """The target, asked of the population."""
        return Question(self.target, self.population, self.outcome)

    def fit(self, panel: Panel, /) -> Self:
        """Return itself: there is nothing to learn."""
        del panel
        return self

    def _moments(self, panel: Panel) -> tuple[float, ...]:
        horizon = self.target.horizon
        return panel.moments(horizon=horizon, step=horizon, count=WINDOWS)


class BaseRate(_Baseline):
    """What happened to the average customer in the past windows; nan where there was no such window."""

    def fit(self, panel: Panel, /) -> Self:
        """Learn the mean of the truth for each target."""
        wanted = None
        if self.target.predict == "choice":
            wanted = top_targets(panel.history, self.target, moment=panel.as_of)
        parts = [
            truth(panel.history, self.question, before=panel.cut(moment), moment=moment, wanted=wanted)
            for moment in self._moments(panel)
        ]
        target = np.concatenate([np.zeros(0, dtype=np.int64), *(part.target for part in parts)]) + 1
        value = np.concatenate([np.zeros(0), *(part.value for part in parts)])
        cases = np.bincount(target, minlength=1)
        total = np.bincount(target, value, minlength=1)
        self.rate_ = np.divide(total, cases, out=np.full(len(cases), np.nan), where=cases > 0)
        return self

    def predict(self, panel: Panel, /) -> Scores:
        """Return the same number for everybody."""
        customer, wanted = asked(panel.history, self.question, moment=panel.as_of)
        place = np.minimum(wanted + 1, len(self.rate_))
        return _scores(customer, wanted, np.append(self.rate_, np.nan)[place])


class Recency(_Baseline):
    """Days since the customer last did it: more for absence, fewer for what happens. No probability."""

    def predict(self, panel: Panel, /) -> Scores:
        """Return the days (negative unless for absence); who never did it counts from the first day known."""
        customer, wanted = asked(panel.history, self.question, moment=panel.as_of)
        days = _since(panel.history, self.target, moment=panel.as_of)[customer]
        return _scores(customer, wanted, days if self.target.predict in {"absence", "drop"} else -days)


class RfmLogistic(_Baseline):
    """Logistic regression on the logarithms of recency, frequency and money."""

    def fit(self, panel: Panel, /) -> Self:
        """Learn from the past windows; where nothing or everything came true in them, nothing is learned."""
        features, labels = [np.zeros((0, 5))], [np.zeros(0)]
        for moment in self._moments(panel):
            before = panel.cut(moment)
            happened = truth(panel.history, self.question, before=before, moment=moment)
            features.append(_rfm(before, self.target, moment=moment)[happened.customer])
            labels.append(happened.value)
        known = np.concatenate(labels)
        self.model_: Logistic | None = None
        if len(known) and 0 < known.mean() < 1:
            self.model_ = Logistic().fit(np.concatenate(features), labels=known)
        return self

    def predict(self, panel: Panel, /) -> Scores:
        """Return probabilities, nan where nothing was learned."""
        customer, wanted = asked(panel.history, self.question, moment=panel.as_of)
        if self.model_ is None:
            return _scores(customer, wanted, np.full(len(customer), np.nan))
        features = _rfm(panel.history, self.target, moment=panel.as_of)
        return _scores(customer, wanted, self.model_.apply(features[customer]))


class UsualAmount(_Baseline):
    """The average of the last `usual_days`, brought to the length of the horizon."""

    def predict(self, panel: Panel, /) -> Scores:
        """Return the amount of each customer."""
        customer, wanted = asked(panel.history, self.question, moment=panel.as_of)
        start = panel.as_of - self.target.usual_days
        amount = _amounts(panel.history, self.target, start=start, end=panel.as_of)
        return _scores(customer, wanted, (amount * self.target.horizon / self.target.usual_days)[customer])


class DecayedAmount(_Baseline):
    """The decayed mean of the weeks before, brought to the length of the horizon."""

    def predict(self, panel: Panel, /) -> Scores:
        """Return the amount of each customer."""
        customer, wanted = asked(panel.history, self.question, moment=panel.as_of)
        end, total, weights = panel.as_of, np.zeros(len(panel.history.customers)), 0.0
        first = panel.history.lines.day.min(initial=end - 7)
        for week in range(max(1, min(104, int((end - first) // 7)))):
            weight = 0.5 ** (week * 7 / HALF_LIFE)
            start = end - 7 * (week + 1)
            total += weight * _amounts(panel.history, self.target, start=start, end=start + 7)
            weights += weight
        return _scores(customer, wanted, (total / weights * self.target.horizon / 7)[customer])


class GlobalTop(_Baseline):
    """The same list for everybody: the targets that most sessions hold."""

    def predict(self, panel: Panel, /) -> Scores:
        """Return shares of sessions."""
        past = panel.baskets(panel.as_of, level=self.target.level)
        customer, wanted = personal.top(panel.history, self.question, past, moment=panel.as_of)
        return _scores(customer, wanted, personal.shares(past)[wanted])


class PersonalFrequency(_Baseline):
    """What the customer's own sessions held most often, filled up with what everybody's do."""

    half_life: float | None = None

    def predict(self, panel: Panel, /) -> Scores:
        """Return 1 + own sessions, below it the share of all sessions; ties go by that share."""
        past = panel.baskets(panel.as_of, level=self.target.level)
        customer, wanted = personal.top(panel.history, self.question, past, moment=panel.as_of)
        own = personal.counts(past, moment=panel.as_of, half_life=self.half_life)
        mine = np.isin(own[0], customer)
        width, share = max(1, len(past.targets)), personal.shares(past)
        pair = distinct(np.append(customer * width + wanted, own[0][mine] * width + own[1][mine]))
        count = personal.look_up(past, own, customer=pair // width, wanted=pair % width)
        return _scores(pair // width, pair % width, (count > 0) + count + 1e-6 * share[pair % width])


class DecayedFrequency(PersonalFrequency):
    """Personal frequency in which old sessions count less."""

    half_life = HALF_LIFE


class DecayedCount(_Baseline):
    """How often, and how lately, the customer chose each target. No probability."""

    def predict(self, panel: Panel, /) -> Scores:
        """Return the decayed number of sessions."""
        customer, wanted = asked(panel.history, self.question, moment=panel.as_of)
        past = panel.baskets(panel.as_of, level=self.target.level)
        own = personal.counts(past, moment=panel.as_of, half_life=HALF_LIFE)
        return _scores(customer, wanted, personal.look_up(past, own, customer=customer, wanted=wanted))


class OwnShare(BaseRate):
    """The share of each verb in what the customer did lately, drawn to the base rate as by `PRIOR` interactions."""

    def predict(self, panel: Panel, /) -> Scores:
        """Return probabilities; who did nothing lately gets the base rate."""
        said = super().predict(panel)
        customer, wanted = said.customer, said.target
        acts, verbs = panel.history.acts, len(panel.history.verbs)
        weight = 0.5 ** ((panel.as_of - acts.day) / HALF_LIFE)
        size = len(panel.history.customers) * verbs
        count = np.bincount(acts.customer * verbs + acts.verb, weight, minlength=size).reshape(-1, verbs)
        total = count[:, np.unique(wanted)].sum(axis=1)
        share = (count[customer, wanted] + PRIOR * said.score) / (total[customer] + PRIOR)
        return _scores(customer, wanted, share)


def baselines(question: Question, /) -> dict[str, Factory]:
    """Return the baselines of a kind of target by name."""
    if question.target.predict == "next":
        if question.target.new:
            return {"global top": GlobalTop}
        return {
            "global top": GlobalTop,
            "personal frequency": PersonalFrequency,
            "decayed personal frequency": DecayedFrequency,
        }
    found: dict[str, Factory] = {"base rate": partial(BaseRate, outcome=question.outcome)}
    if question.target.predict == "choice":
        return found | {"decayed count": DecayedCount}
    if question.target.predict == "action":
        return found | {"own share": OwnShare}
    if question.target.predict in {"count", "sum"}:
        return found | {"usual amount": UsualAmount, "decayed amount": DecayedAmount}
    return found | {
        "recency": partial(Recency, outcome=question.outcome),
        "RFM logistic": partial(RfmLogistic, outcome=question.outcome),
    }


def _amounts(history: History, target: Target, *, start: float, end: float) -> F64:
    if target.predict == "sum":
        return spend_between(history, start=start, end=end)
    return times_between(history, target, start=start, end=end)


def _since(history: History, target: Target, *, moment: float) -> F64:
    """Return the days since each customer last did what the target counts, else since the first day known."""
    acts = history.acts
    counted = np.isin(acts.verb, verb_codes(history, target))
    last = np.full(len(history.customers), acts.day.min(initial=moment))
    last[acts.customer[counted]] = acts.day[counted]
    return moment - last


def _rfm(history: History, target: Target, *, moment: float) -> F64:
    """Return log1p of days since, times done, sessions, money, and money in the days of one horizon before."""
    start = float(history.acts.day.min(initial=moment))
    columns = (
        _since(history, target, moment=moment),
        times_between(history, target, start=start, end=moment),
        np.bincount(history.visits.customer, minlength=len(history.customers)),
        np.maximum(spend_between(history, start=start, end=moment), 0),
        np.maximum(usual_spend(history, target, moment=moment), 0),
    )
    return np.asarray(np.log1p(np.column_stack(columns)))


def _scores(customer: I64, target: I64, score: F64) -> Scores:
    unknown = np.full(len(customer), np.nan)
    return Scores(customer, target, np.asarray(score, dtype=float), unknown, unknown)
