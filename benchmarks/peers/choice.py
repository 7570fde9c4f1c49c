"""What others would do to predict which category will be bought: a logistic regression each, or boosted pairs."""

from __future__ import annotations

import lightgbm
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from customer_genome.predictions.honesty.question import Question, asked, top_targets
from customer_genome.predictions.honesty.truth import truth
from customer_genome.predictions.panel import Panel
from customer_genome.predictions.scores import Scores
from peers.customers import ROUNDS, rfm_matrix, scores

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


class PooledPairs:
    """One model over all pairs; `boosted` trees, else a logistic regression for each target."""

    def __init__(self, question: Question, *, boosted: bool) -> None:
        self.question, self.boosted = question, boosted

    def fit(self, panel: Panel) -> PooledPairs:
        """Learn from up to eight moments, 28 days apart, about the targets that will be asked about."""
        wanted = top_targets(panel.history, self.question.target, moment=panel.as_of)
        parts = []
        for moment in panel.moments(horizon=28, step=28, count=8):
            before = panel.cut(moment)
            happened = truth(panel.history, self.question, before=before, moment=moment, wanted=wanted)
            x = self._features(panel, moment, happened.customer, happened.target)
            parts.append((x, happened.value, happened.target))
        x, y, target = (np.concatenate(part) for part in zip(*parts, strict=True))
        if self.boosted:
            data = lightgbm.Dataset(x, y)
            self.model_ = lightgbm.train({**ROUNDS, "objective": "binary"}, data, num_boost_round=200)
        else:
            self.models_ = {
                one: LogisticRegression(max_iter=500).fit(np.log1p(x[target == one]), y[target == one])
                for one in wanted.tolist()
                if 0 < y[target == one].mean() < 1
            }
        return self

    def predict(self, panel: Panel) -> Scores:
        """Score every pair that is asked about."""
        customer, target = asked(panel.history, self.question, moment=panel.as_of)
        x = self._features(panel, panel.as_of, customer, target)
        if self.boosted:
            return scores(customer, target, np.asarray(self.model_.predict(x)))
        found = np.zeros(len(customer))
        for one, model in self.models_.items():
            mine = target == one
            found[mine] = model.predict_proba(np.log1p(x[mine]))[:, 1]
        return scores(customer, target, found)

    def _features(self, panel: Panel, moment: float, customer: I64, target: I64) -> F64:
        past, before = panel.baskets(moment, level=self.question.target.level), panel.cut(moment)
        width, n = len(past.targets), len(before.customers)
        age, key = moment - past.day, past.customer * width + past.target
        asked_for = customer * width + target
        weights = [(age < days).astype(float) for days in (7, 14, 28, 56, 84, 168, 400)]
        weights += [0.5 ** (age / half_life) for half_life in (14, 28, 56, 112)]
        columns = [np.bincount(key, weight, minlength=n * width)[asked_for] for weight in weights]
        newest = np.full(n * width, 400.0)
        np.minimum.at(newest, key, age)
        popular = np.bincount(past.target[age < 28], minlength=width)[target] / n
        whole = panel.keep("rfm_matrix", lambda: rfm_matrix(before, moment), moment=moment)
        return np.column_stack([*columns, newest[asked_for], popular, whole[customer]])
