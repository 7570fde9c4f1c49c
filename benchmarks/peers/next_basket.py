"""What others would do to predict the next basket: counts, neighbours, factorisations, and boosted pairs.

Each peer scores customers × allowed targets, a batch of customers at a time, from the baskets before the
cut-off. The methods are those of Hu et al. 2020 (TIFU-KNN), Steck 2019 (EASE) and Hu et al. 2008 (ALS).
"""

from __future__ import annotations

from collections.abc import Callable

import implicit
import lightgbm
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from customer_genome.predictions.baskets import Baskets
from customer_genome.predictions.history import Csr
from customer_genome.predictions.honesty.question import Question
from customer_genome.predictions.panel import Panel
from customer_genome.predictions.scores import Scores
from peers.customers import scores

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Peer = Callable[[I64], F64]
"""From some customers to their scores over all allowed targets."""


class Counts:
    """Baskets before a cut-off over the allowed targets, as the matrices that peers are made of."""

    def __init__(self, baskets: Baskets, *, allowed: NDArray[np.bool_]) -> None:
        keep = allowed[baskets.target]
        self.column = np.cumsum(allowed) - 1
        self.customer, self.target = baskets.customer[keep], self.column[baskets.target[keep]]
        self.day, session = baskets.day[keep], baskets.session[keep]
        self.shape = baskets.customers, int(allowed.sum())
        self.new = np.diff(session, prepend=-1) != 0
        self.session = np.cumsum(self.new) - 1
        self.sessions = np.bincount(self.customer[self.new], minlength=self.shape[0])
        order = np.cumsum(self.new) - 1
        owner = self.customer[self.new]
        last = np.cumsum(self.sessions)[owner] - 1
        self.back = (last - np.arange(len(owner)))[order]
        self.counts = self.sum(np.ones(len(self.customer)))

    def sum(self, weight: F64) -> Csr:
        """Return customers × targets with the sum of a weight per row."""
        return Csr((weight, (self.customer, self.target)), shape=self.shape)


def simple(found: Counts) -> dict[str, Peer]:
    """Return the peers that only count."""
    total = np.asarray(found.counts.sum(axis=0)).ravel()
    fill = total / (total.max() + 1) * 1e-3
    share = Csr(sparse.diags(1 / np.maximum(found.sessions, 1)) @ found.counts)
    decayed = found.sum(0.99 ** found.back.astype(float))
    return {
        "global top": lambda who: np.tile(total, (len(who), 1)).astype(float),
        "personal frequency (P-Top)": lambda who: share[who].toarray(),
        "personal, filled globally (GP-Top)": lambda who: share[who].toarray() + fill,
        "decayed personal frequency": lambda who: (
            decayed[who].toarray() / found.sessions[who, None].clip(1) + fill
        ),
    }


def tifu_knn(found: Counts, *, neighbours: int = 300, groups: int = 15, within: float = 0.95, across: float = 0.9,
             own: float = 0.7) -> Peer:  # fmt: skip
    """TIFU-KNN as published: baskets decay within groups and groups decay, then the mean of the neighbours is added."""
    size = np.maximum(np.ceil(found.sessions / groups), 1)[found.customer]
    group, inside = found.back // size, found.back % size
    weight = across**group * within**inside / groups / size
    vectors = found.sum(weight)
    norm = np.sqrt(np.asarray(vectors.multiply(vectors).sum(axis=1)).ravel())
    unit = Csr(sparse.diags(1 / np.maximum(norm, 1e-12)) @ vectors)

    def score(who: I64) -> F64:
        alike = (unit[who] @ unit.T).toarray()
        alike[np.arange(len(who)), who] = -1
        near = np.argpartition(-alike, min(neighbours, alike.shape[1] - 1), axis=1)[:, :neighbours]
        rows = np.repeat(np.arange(len(who)), near.shape[1])
        mean = Csr((np.full(near.size, 1 / near.shape[1]), (rows, near.ravel())), shape=alike.shape) @ vectors
        return own * vectors[who].toarray() + (1 - own) * mean.toarray()

    return score


def als(found: Counts, *, factors: int = 16) -> Peer:
    """Implicit ALS on counts."""
    model = implicit.als.AlternatingLeastSquares(
        factors=factors, regularization=1.0, alpha=0.1, iterations=15, num_threads=1, random_state=0
    )
    model.fit(found.counts.astype(np.float32), show_progress=False)
    return lambda who: model.user_factors[who] @ model.item_factors.T


def ease(found: Counts, *, ridge: float = 300.0) -> Peer:
    """EASE on what was bought at all."""
    bought = (found.counts > 0).astype(float)
    inverse = np.linalg.inv((bought.T @ bought).toarray() + ridge * np.eye(found.shape[1]))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return lambda who: np.asarray(bought[who] @ weights)


def co_occurrence(found: Counts) -> Peer:
    """Mean conditional frequency of a target given those that the customer bought."""
    bought = Csr((found.counts > 0).astype(float))
    together = (bought.T @ bought).toarray()
    conditional = together / np.maximum(np.diag(together), 1)[:, None]
    return lambda who: np.asarray(bought[who] @ conditional)


def user_knn(found: Counts, *, neighbours: int = 300) -> Peer:
    """The weighted vote of the customers with the most similar counts."""
    logs = found.counts.log1p()
    norm = np.sqrt(np.asarray(logs.multiply(logs).sum(axis=1)).ravel())
    unit, bought = (
        Csr(sparse.diags(1 / np.maximum(norm, 1e-12)) @ logs),
        Csr((found.counts > 0).astype(float)),
    )

    def score(who: I64) -> F64:
        alike = (unit[who] @ unit.T).toarray()
        alike[np.arange(len(who)), who] = 0
        cut = -np.partition(-alike, min(neighbours, alike.shape[1] - 1), axis=1)[
            :, neighbours - 1 : neighbours
        ]
        return np.asarray((Csr(np.where(alike >= cut, alike, 0)) @ bought).todense())

    return score


class Listed:
    """A peer of the models of pairs: made from counts, it gives everybody the fifty targets of the highest score."""

    def __init__(self, question: Question, make: Callable[[Counts], Peer]) -> None:
        self.question, self.make = question, make

    def fit(self, panel: Panel) -> Listed:
        """Count; peers have nothing else to learn from than what they predict from."""
        past = panel.baskets(panel.as_of, level=self.question.target.level)
        self.allowed_ = allowed(past, self.question)
        self.counts_ = panel.keep(("peer counts", self.question), lambda: Counts(past, allowed=self.allowed_))
        self.peer_ = self.make(self.counts_)
        return self

    def predict(self, panel: Panel) -> Scores:
        """List the best of each customer, of the new ones only where the question asks for these."""
        who = np.flatnonzero(self.question.population(panel.history, panel.as_of))
        columns, keep = np.flatnonzero(self.allowed_), min(50, self.counts_.shape[1])
        parts = []
        for start in range(0, len(who), 200):
            some = who[start : start + 200]
            found = np.asarray(self.peer_(some), dtype=float)
            if self.question.target.new:
                found = np.where(self.counts_.counts[some].toarray() > 0, -np.inf, found)
            best = np.argpartition(-found, keep - 1, axis=1)[:, :keep]
            parts.append(
                (np.repeat(some, keep), columns[best.ravel()], np.take_along_axis(found, best, 1).ravel())
            )
        customer, target, score = (np.concatenate(part) for part in zip(*parts, strict=True))
        there = np.isfinite(score)
        return scores(customer[there], target[there], score[there])


def allowed(past: Baskets, question: Question) -> NDArray[np.bool_]:
    """Return which targets enough sessions held to be predicted."""
    return np.bincount(past.target, minlength=len(past.targets)) >= max(question.least, 1)


class BoostedPairs:
    """LightGBM with a 0/1 label over about 25 features of the customer's own pairs and the commonest targets."""

    def __init__(self, question: Question, *, step: float) -> None:
        self.question, self.level, self.step = question, question.target.level, step

    def fit(self, panel: Panel) -> BoostedPairs:
        """Learn from six earlier moments: was the pair in the first basket of the 28 days after?"""
        past = panel.baskets(panel.as_of, level=self.level)
        self.allowed = allowed(past, self.question)
        whole = Counts(past, allowed=self.allowed)
        parts = []
        for moment in panel.moments(horizon=28, step=self.step, count=6):
            past = Counts(panel.baskets(moment, level=self.level), allowed=self.allowed)
            pairs = _candidates(past, moment)
            after = (whole.day >= moment) & (whole.day < moment + 28)
            first = np.full(whole.shape[0], -1)
            first[whole.customer[after][::-1]] = whole.session[after][::-1]
            truth = after & (whole.session == first[whole.customer])
            key = pairs[0] * whole.shape[1] + pairs[1]
            label = np.isin(key, whole.customer[truth] * whole.shape[1] + whole.target[truth])
            use = (first[pairs[0]] >= 0) & (past.sessions[pairs[0]] >= 3)
            parts.append((_features(past, moment, pairs)[use], label[use].astype(float)))
        x, y = (np.concatenate(part) for part in zip(*parts, strict=True))
        settings = {"objective": "binary", "learning_rate": 0.05, "num_leaves": 31, "min_data_in_leaf": 200,
                    "num_threads": 1, "verbose": -1, "seed": 0, "deterministic": True}  # fmt: skip
        self.model_ = lightgbm.train(settings, lightgbm.Dataset(x, y), num_boost_round=150)
        return self

    def predict(self, panel: Panel) -> Scores:
        """Score the candidates of each customer."""
        past = Counts(panel.baskets(panel.as_of, level=self.level), allowed=self.allowed)
        customer, column = _candidates(past, panel.as_of)
        keep = self.question.population(panel.history, panel.as_of)[customer]
        pairs = customer[keep], column[keep]
        found = np.asarray(self.model_.predict(_features(past, panel.as_of, pairs)))
        return scores(pairs[0], np.flatnonzero(self.allowed)[pairs[1]], found)


def _candidates(past: Counts, moment: float) -> tuple[I64, I64]:
    """Return the pairs of a customer's own targets and of the 50 commonest of the last 56 days."""
    recent = past.day >= moment - 56
    top = np.argsort(-np.bincount(past.target[recent], minlength=past.shape[1]), kind="stable")[:50]
    everyone = Csr((np.ones(len(top)), (np.zeros(len(top), int), top)), shape=(1, past.shape[1]))
    some = Csr(past.counts + Csr(np.ones((past.shape[0], 1))) @ everyone).tocoo()
    return some.row.astype(np.int64), some.col.astype(np.int64)


def _features(past: Counts, moment: float, pairs: tuple[I64, I64]) -> F64:
    """Return counts, recencies, rates and popularity of pairs."""
    who, what = pairs
    age, width = moment - past.day, past.shape[1]
    known, row = np.unique(past.customer * width + past.target, return_inverse=True)
    place = np.minimum(np.searchsorted(known, who * width + what), max(len(known) - 1, 0))
    there = known[place] == who * width + what

    def total(weight: F64) -> F64:
        return np.where(there, np.bincount(row, weight, minlength=len(known))[place], 0)

    newest, back, oldest = np.full(len(known), 999.0), np.full(len(known), 999.0), np.zeros(len(known))
    np.minimum.at(newest, row, age)
    np.minimum.at(back, row, past.back.astype(float))
    np.maximum.at(oldest, row, age)
    count = total(np.ones(len(age)))
    since, trips = np.where(there, newest[place], 999), np.where(there, back[place], 999)
    gap = np.where(there, oldest[place] - newest[place], 0) / np.maximum(count - 1, 1)
    windows = [total((age < days).astype(float)) for days in (14, 28, 56, 84, 168)]
    decays = [total(0.5 ** (age / days)) for days in (14, 28, 56, 112)]
    recent = age < 28
    popular = np.bincount(past.target[recent], minlength=past.shape[1])[what]
    always = np.bincount(past.target, minlength=past.shape[1])[what]
    buyers = np.diff(past.counts.tocsc().indptr)[what]
    last_visit = np.full(past.shape[0], 999.0)
    np.minimum.at(last_visit, past.customer, age)
    sessions = past.sessions[who]
    size = np.asarray(past.counts.sum(axis=1)).ravel()[who] / np.maximum(sessions, 1)
    return np.column_stack(
        [count, since, trips, gap, since / np.maximum(gap, 0.5), *windows, *decays, count / np.maximum(sessions, 1),
         popular, always, buyers, always / np.maximum(buyers, 1), sessions, size, last_visit[who]]
    )  # fmt: skip
