"""BG/NBD and Gamma-Gamma as peers: the probability of no purchase, and expected spend."""

from __future__ import annotations

from typing import Literal

import numpy as np

from customer_genome.predictions.btyd import BgNbd, CustomerValue, Histories, summarise
from customer_genome.predictions.honesty.question import Question, asked
from customer_genome.predictions.panel import Panel
from customer_genome.predictions.scores import Scores
from peers.customers import scores


class BuyTillYouDie:
    """BG/NBD fitted on the population at the cut-off; with Gamma-Gamma where `says` is spend."""

    def __init__(self, question: Question, *, says: Literal["absence", "spend", "drop"]) -> None:
        self.question, self.says = question, says

    def fit(self, panel: Panel) -> BuyTillYouDie:
        """Fit on everybody's histories."""
        self.histories_ = _histories(panel)
        self.model_ = BgNbd().fit(self.histories_)
        self.value_ = CustomerValue().fit(self.histories_)
        return self

    def predict(self, panel: Panel) -> Scores:
        """Return 1 − P(at least one purchase), or the expected spend, or how little of the usual spend is expected."""
        customer, target = asked(panel.history, self.question, moment=panel.as_of)
        mine, horizon = self.histories_.take(customer), self.question.target.horizon
        if self.says == "absence":
            return scores(customer, target, 1 - self.model_.probability_of_purchases(mine, horizon=horizon))
        spend = self.value_.expected_spend(mine, horizon=horizon)
        if self.says == "spend":
            return scores(customer, target, spend)
        visits, since = panel.history.visits, panel.as_of - 84
        late = visits.day >= since
        usual = np.bincount(visits.customer[late], visits.value[late], minlength=len(panel.history.customers))
        return scores(customer, target, -spend / np.maximum(usual[customer], 1))


def _histories(panel: Panel) -> Histories:
    visits = panel.history.visits
    customers = len(panel.history.customers)
    return summarise(
        visits.customer, at=visits.day, value=visits.value, until=panel.as_of, customers=customers
    )
