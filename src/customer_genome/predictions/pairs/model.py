"""PairModel: one model of customer × target pairs, for what comes next and for what is chosen within a horizon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from customer_genome.core.boosting import Boosting, Trees
from customer_genome.core.errors import GenomeError
from customer_genome.core.targets import Target
from customer_genome.predictions.history import F64, I64
from customer_genome.predictions.honesty.question import Population
from customer_genome.predictions.pairs.block import Pairs
from customer_genome.predictions.pairs.blocks import described
from customer_genome.predictions.pairs.calibrated import Calibrated
from customer_genome.predictions.pairs.reasons import Reason, reasons
from customer_genome.predictions.pairs.settings import Settings
from customer_genome.predictions.pairs.training import Sample, asked, joined, sampled, scale
from customer_genome.predictions.panel import Panel
from customer_genome.predictions.scores import Scores

CUSTOMERS = 500
"""Customers scored at once: bounds memory, changes no result."""


class PairModel:
    """Boosted trees over pairs, calibrated on customers that each booster has not seen.

    For `next` a pair's label is what it adds to recall and NDCG of the next session (0 if it is not in it), so
    that the order within a customer is the best for those measures; for `choice` it is 0 or 1.
    """

    def __init__(
        self, target: Target, *, population: Population, seed: int = 0, settings: Settings | None = None
    ) -> None:
        self.target, self.population, self.seed = target, population, seed
        self.settings = settings or Settings.of(target)

    @property
    def families(self) -> tuple[str, ...]:
        """The family of each feature: all are of pairs."""
        return ("customer and target",) * len(self.boosting_.names)

    def fit(self, panel: Panel) -> Self:
        """Learn from the moments whose horizon is over; raises GenomeError, with the reason, where that cannot be."""
        settings, other = self.settings, set(self.target.verbs) - set(panel.history.money)
        if other:
            raise _refusal(
                "only what is bought comes in sessions",
                found=", ".join(sorted(other)),
                expected=", ".join(panel.history.money) or "a verb whose value is money",
            )
        moments = panel.moments(horizon=self.target.horizon, step=settings.step, count=settings.moments)
        if not moments:
            raise _refusal(
                "the history is shorter than the horizon and 56 days before it",
                found=f"a horizon of {self.target.horizon:g} days",
                expected="a longer history, or a shorter horizon",
            )
        sample = self._sample(panel, moments)
        self._refuse(sample)
        self.customers_ = panel.history.customers[np.unique(sample.pairs.customer)]
        self.moments_ = moments
        self._learn(sample)
        return self

    def predict(self, panel: Panel) -> Scores:
        """Return the `keep` best targets of each customer of the population at the panel's end.

        `score` is the probability of being in the customer's next session (`next`, if there is one within the
        horizon), or of being chosen within the horizon (`choice`); the order within a customer is the ranking.
        """
        customers = np.flatnonzero(self.population(panel.history, panel.as_of))
        parts = [
            self._best(panel, customers[start : start + CUSTOMERS])
            for start in range(0, max(len(customers), 1), CUSTOMERS)
        ]
        customer, target, score, low, high = (np.concatenate(column) for column in zip(*parts, strict=True))
        return Scores(customer=customer, target=target, score=score, low=low, high=high)

    def reasons(self, panel: Panel, *, customer: int, target: int, most: int = 3) -> list[Reason]:
        """Return what moved the prediction of one pair (positions) at the panel's end most, in words and numbers."""
        pair = Pairs(np.asarray([customer]), np.asarray([target]))
        level, settings = self.target.level, self.settings
        features = described(
            panel, panel.as_of, pair, level=level, names=settings.blocks, minimum=settings.minimum
        )
        return reasons(features, self.boosting_.contributions(features.values)[0], most=most)

    def to_arrays(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return the learned state as plain arrays (no pickle) and a JSON-able dict."""
        arrays = self.calibrated_.to_arrays() | {"customers": self.customers_}
        meta = {
            "target": self.target.model_dump(mode="json"),
            "seed": self.seed,
            "settings": asdict(self.settings),
            "moments": list(self.moments_),
            "boosting": self.boosting_.to_meta(),
        }
        return arrays, meta

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any], *, population: Population
    ) -> Self:
        """Rebuild a fitted model from what `to_arrays` gave; the population is code and comes anew."""
        given = dict(meta["settings"])
        settings = Settings(**given | {"trees": Trees(**given["trees"]), "blocks": tuple(given["blocks"])})
        made = cls(
            Target.model_validate(meta["target"]), population=population, seed=meta["seed"], settings=settings
        )
        made.boosting_ = Boosting.from_meta(meta["boosting"])
        made.calibrated_ = Calibrated.from_arrays(arrays)
        made.customers_, made.moments_ = arrays["customers"], tuple(meta["moments"])
        return made

    def _sample(self, panel: Panel, moments: tuple[float, ...]) -> Sample:
        """Return the pairs of all moments; raises GenomeError where there are none."""
        found = [
            sampled(
                panel,
                moment,
                self.target,
                population=self.population,
                settings=self.settings,
                seed=place + self.seed,
            )
            for place, moment in enumerate(moments)
        ]
        some = [sample for sample in found if sample is not None]
        if not some:
            least = self.settings.least_customers
            raise _refusal("too few customers with a known outcome", found="0", expected=f"at least {least}")
        return joined(some)

    def _refuse(self, sample: Sample) -> None:
        """Raise GenomeError where too little came true, or too few customers or targets could be seen."""
        seen, targets = len(np.unique(sample.pairs.customer)), len(np.unique(sample.pairs.target))
        hits, least = int(sample.true.sum()), self.settings
        if seen < least.least_customers:
            raise _refusal("too few customers", found=str(seen), expected=f"at least {least.least_customers}")
        if targets < 2:
            raise _refusal(
                "there is nothing to choose from", found=f"{targets} targets", expected="at least 2"
            )
        if hits < least.least_hits:
            raise _refusal(
                "too few pairs came true", found=str(hits), expected=f"at least {least.least_hits}"
            )

    def _learn(self, sample: Sample) -> None:
        """Train one booster a fold without the customers that it is then calibrated on."""
        names, values = sample.features.names, sample.features.values
        labels = sample.label
        parts = max(2, round(1 / self.settings.held_out))
        fold = _folds(sample.pairs.customer, parts=parts, seed=self.seed)
        self.boosting_ = Boosting(self.settings.trees, names=names)
        scores, unseen = np.zeros(len(labels)), fold < self.settings.folds
        for place in range(self.settings.folds):
            rest = fold != place
            self.boosting_.fit(values[rest], labels[rest], weight=sample.weight[rest], seed=self.seed + place)
            scores[~rest] = self.boosting_.predict_with(place, values[~rest])
        comparable = (scores / sample.scale)[unseen]
        self.calibrated_ = Calibrated().fit(
            comparable, true=sample.true[unseen], weight=sample.weight[unseen]
        )

    def _best(self, panel: Panel, customers: I64) -> tuple[I64, I64, F64, F64, F64]:
        """Score the pairs of some customers and keep each one's best, ties by target."""
        pairs = asked(panel, panel.as_of, self.target, customers=customers, minimum=self.settings.minimum)
        features = described(
            panel,
            panel.as_of,
            pairs,
            level=self.target.level,
            names=self.settings.blocks,
            minimum=self.settings.minimum,
        )
        ranking = self.boosting_.predict(features.values)
        order = np.lexsort((pairs.target, -ranking, pairs.customer))
        place = np.arange(len(order)) - np.searchsorted(pairs.customer[order], pairs.customer[order])
        order = order[place < self.settings.keep]
        best, comparable = pairs.where(order), ranking[order]
        comparable = comparable / scale(panel, panel.as_of, self.target, best.customer)
        score, low, high = self.calibrated_.apply(comparable)
        return best.customer, best.target, score, low, high


def _folds(customer: I64, *, parts: int, seed: int) -> I64:
    """Give every customer one of `parts` folds at random."""
    drawn = np.random.default_rng(seed).integers(0, parts, size=int(customer.max(initial=0)) + 1)
    return drawn[customer]


def _refusal(why: str, *, found: str, expected: str) -> GenomeError:
    return GenomeError(f"this target cannot be learned: {why}", found=found, expected=expected)
