"""What others would do to predict lapse, spend drop, spend and redemption: simple rules and usual models.

Every peer sees a panel (what was known at the cut-off) and learns from earlier moments of it, 28 days apart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import lightgbm
import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from customer_genome.predictions.history import History
from customer_genome.predictions.honesty.baselines import Predictor
from customer_genome.predictions.honesty.question import Question, asked
from customer_genome.predictions.honesty.truth import truth
from customer_genome.predictions.panel import Panel
from customer_genome.predictions.scores import Scores

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Features = Callable[[History, float], F64]
Fit = Callable[[F64, F64], Callable[[F64], F64]]
"""From features and labels to what scores new features."""

ROUNDS = {"learning_rate": 0.05, "num_leaves": 15, "min_data_in_leaf": 50, "num_threads": 1, "verbose": -1, "seed": 0,
          "deterministic": True}  # fmt: skip


@dataclass(frozen=True)
class Rfm:
    """Recency, frequency and monetary value of each customer at a moment."""

    recency: F64
    age: F64
    visits: F64
    spend: F64
    weekly: F64

    @property
    def matrix(self) -> F64:
        """Return the nine usual columns."""
        recent = [self.weekly[:, :weeks].sum(axis=1) for weeks in (4, 12)]
        mean = self.spend / np.maximum(self.visits, 1)
        gap = self.age / np.maximum(self.visits, 1)
        columns = (
            self.recency,
            self.age,
            self.visits,
            self.spend,
            mean,
            gap,
            self.recency / np.maximum(gap, 0.1),
        )
        return np.column_stack([*columns, *recent])


def rfm(history: History, moment: float) -> Rfm:
    """Return RFM, and spend in each of the 24 weeks before the moment, newest first."""
    visits, n = history.visits, len(history.customers)
    last, first = np.full(n, moment - 400.0), np.full(n, moment)
    last[visits.customer] = visits.day
    first[visits.customer[::-1]] = visits.day[::-1]
    week = np.floor((moment - visits.day) / 7).astype(int)
    recent = week < 24
    place = visits.customer[recent] * 24 + week[recent]
    weekly = np.bincount(place, visits.value[recent], minlength=24 * n).reshape(n, 24)
    return Rfm(
        recency=moment - last,
        age=moment - first,
        visits=np.bincount(visits.customer, minlength=n).astype(float),
        spend=np.bincount(visits.customer, visits.value, minlength=n),
        weekly=weekly,
    )


def wide(history: History, moment: float) -> F64:
    """Return 144 columns: RFM, weekly spend, visits and items, and shares of the commonest categories."""
    visits, n = history.visits, len(history.customers)
    week = np.floor((moment - visits.day) / 7).astype(int)
    recent = week < 24
    place = visits.customer[recent] * 24 + week[recent]
    made = rfm(history, moment)
    trips = np.bincount(place, minlength=24 * n).reshape(n, 24)
    items = np.bincount(place, visits.size[recent], minlength=24 * n).reshape(n, 24)
    lines, level = history.lines, history.catalogue.levels["category"]
    code = level.code[lines.item]
    top = np.argsort(-np.bincount(code[code >= 0], minlength=len(level.names)), kind="stable")[:63]
    rank = np.full(len(level.names) + 1, -1)
    rank[top] = np.arange(len(top))
    known = rank[code] >= 0
    share = np.bincount(lines.customer[known] * 63 + rank[code][known], minlength=63 * n).reshape(n, 63)
    share = share / np.maximum(share.sum(axis=1, keepdims=True), 1)
    return np.column_stack([made.matrix, made.weekly, trips, items, share])


class Learner:
    """A usual model over one feature function, learned from earlier moments: a peer of the models of customers."""

    def __init__(self, question: Question, features: Features, fit: Fit) -> None:
        self.question, self.features, self.make = question, features, fit

    def fit(self, panel: Panel) -> Learner:
        """Learn from up to eight moments, 28 days apart."""
        parts = []
        for moment in panel.moments(horizon=self.question.target.horizon, step=28, count=8):
            happened = truth(panel.history, self.question, before=panel.cut(moment), moment=moment)
            parts.append((self._at(panel, moment)[happened.customer], happened.value))
        x, y = (np.concatenate(part) for part in zip(*parts, strict=True))
        self.score_ = self.make(x, y)
        return self

    def predict(self, panel: Panel) -> Scores:
        """Score whom the question is about."""
        customer, target = asked(panel.history, self.question, moment=panel.as_of)
        return scores(customer, target, self.score_(self._at(panel, panel.as_of)[customer]))

    def _at(self, panel: Panel, moment: float) -> F64:
        key = ("peer", self.features.__name__, moment)
        return panel.keep(key, lambda: self.features(panel.cut(moment), moment))


class RankMean:
    """The mean rank of several peers."""

    def __init__(self, *peers: Predictor) -> None:
        self.peers = peers

    def fit(self, panel: Panel) -> RankMean:
        """Fit every one."""
        self.peers = tuple(peer.fit(panel) for peer in self.peers)
        return self

    def predict(self, panel: Panel) -> Scores:
        """Average the ranks."""
        found = [peer.predict(panel) for peer in self.peers]
        ranks = np.mean([rankdata(one.score) for one in found], axis=0)
        return scores(found[0].customer, found[0].target, ranks)


def scores(customer: I64, target: I64, score: F64) -> Scores:
    """Return scores without bounds."""
    unknown = np.full(len(customer), np.nan)
    return Scores(customer, target, np.asarray(score, float), unknown, unknown)


def rfm_matrix(history: History, moment: float) -> F64:
    """Return the RFM columns."""
    return rfm(history, moment).matrix


def weekly_spend(history: History, moment: float) -> F64:
    """Return spend in each of the last twelve weeks."""
    return rfm(history, moment).weekly[:, :12]


def logistic(x: F64, y: F64) -> Callable[[F64], F64]:
    """Fit a logistic regression on log-scaled columns."""
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(np.log1p(x), y)
    return lambda new: model.predict_proba(np.log1p(new))[:, 1]


def ridge(x: F64, y: F64) -> Callable[[F64], F64]:
    """Fit a ridge regression."""
    model = Ridge(alpha=100.0).fit(x, y)
    return lambda new: np.maximum(model.predict(new), 0)


def boosted(objective: str) -> Callable[[F64, F64], Callable[[F64], F64]]:
    """Return a learner of 150 boosted trees."""

    def fit(x: F64, y: F64) -> Callable[[F64], F64]:
        data = lightgbm.Dataset(x, y)
        model = lightgbm.train({**ROUNDS, "objective": objective}, data, num_boost_round=150)
        return lambda new: np.asarray(model.predict(new))

    return fit
