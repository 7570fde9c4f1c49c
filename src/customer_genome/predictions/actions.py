"""ActionModel: what a customer will do next, and when, as a distribution over time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from customer_genome.core.boosting import Boosting, Trees
from customer_genome.core.errors import GenomeError
from customer_genome.core.targets import Target
from customer_genome.predictions.customers.features import Outlook
from customer_genome.predictions.customers.probability import Probability
from customer_genome.predictions.customers.reference import Reference
from customer_genome.predictions.customers.training import features_at, reference_of
from customer_genome.predictions.history import F64, I64, History
from customer_genome.predictions.honesty.question import Population, verb_codes
from customer_genome.predictions.panel import Panel
from customer_genome.predictions.scores import Scores

EDGES = (1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 14.0, 21.0, 28.0, 42.0, 56.0, 84.0)
"""Days at which the chance of having acted is given, up to the horizon."""
MOMENTS, STEP, HELD_OUT, LEAST = 10, 14.0, 5, 50
"""Moments learned from, days between them, one customer in so many calibrates, and cases of a verb needed."""
TREES = Trees(objective="binary", rounds=120, leaves=15, rate=0.05, row_share=0.8, l2=10.0)


@dataclass(frozen=True)
class When:
    """For each customer (a position) and verb (a code): the chance that it is their next act, by each of `days`."""

    customer: I64
    verbs: I64
    days: F64
    chance: F64
    """Shape (customers, verbs, days); never falling over days."""


class ActionModel:
    """A hazard of acting in each stretch of time, and which verb it then is (discrete-time competing risks).

    The hazard is one booster over customers × stretches (Tutz & Schmid 2016, chapter 3); each verb has one more,
    learned from those who acted, and their shares are brought to a sum of 1.
    """

    def __init__(self, target: Target, *, population: Population, seed: int = 0) -> None:
        self.target, self.population, self.seed = target, population, seed

    @property
    def days(self) -> F64:
        """The ends of the stretches of time, the last one the horizon."""
        horizon = float(self.target.horizon)
        return np.asarray([*(edge for edge in EDGES if edge < horizon), horizon])

    @property
    def families(self) -> tuple[str, ...]:
        """The family of each feature."""
        return ("customer",) * len(self.names_) + ("time",)

    def fit(self, panel: Panel) -> Self:
        """Learn from the moments whose horizon is over; raises GenomeError where too little was done."""
        self.verbs_ = tuple(panel.history.verbs[code] for code in verb_codes(panel.history, self.target))
        self.reference_ = reference_of(panel)
        moments = panel.moments(horizon=self.target.horizon, step=STEP, count=MOMENTS)
        parts = [self._cases(panel, moment) for moment in moments]
        if not parts:
            raise _refusal("the history is not longer than the horizon and 56 days")
        values, owner, stretch, verb = (np.concatenate(part) for part in zip(*parts, strict=True))
        self.moments_ = moments
        self.customers_ = panel.history.customers[np.unique(owner)]
        self.names_ = features_at(panel, moments[0], self._outlook()).names
        held = (
            np.random.default_rng(self.seed).integers(0, HELD_OUT, len(panel.history.customers))[owner] == 0
        )
        self._learn(values[~held], stretch=stretch[~held], verb=verb[~held])
        said = self._chances(values[held])[:, :, -1]
        self.calibrated_ = [
            Probability().fit(said[:, place], true=verb[held] == place) for place in range(len(self.verbs_))
        ]
        return self

    def predict(self, panel: Panel) -> Scores:
        """Return, for each customer and verb, the probability that it is the next act and falls within the horizon."""
        who, raw = self._raw(panel)
        score, low, high = self._calibrated(raw[:, :, -1])
        customer = np.repeat(who, len(self.verbs_))
        return Scores(
            customer, np.tile(self._codes(panel), len(who)), score.ravel(), low.ravel(), high.ravel()
        )

    def when(self, panel: Panel) -> When:
        """Return the chance of each verb being next, over time; it ends at the calibrated probability."""
        who, raw = self._raw(panel)
        score, _, _ = self._calibrated(raw[:, :, -1])
        scale = np.divide(score, raw[:, :, -1], out=np.ones_like(score), where=raw[:, :, -1] > 0)
        return When(who, self._codes(panel), self.days, raw * scale[:, :, None])

    def to_arrays(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return the learned state as plain arrays (no pickle) and a JSON-able dict."""
        reference, said = self.reference_.to_arrays()
        arrays = {f"reference.{name}": value for name, value in reference.items()}
        arrays["customers"] = self.customers_
        for place, one in enumerate(self.calibrated_):
            arrays |= {f"{place}.{name}": value for name, value in one.to_arrays().items()}
        meta = {
            "target": self.target.model_dump(mode="json"), "seed": self.seed, "verbs": list(self.verbs_),
            "moments": list(self.moments_),
            "names": list(self.names_), "reference": said, "hazard": self.hazard_.to_meta(),
            "which": [one.to_meta() for one in self.which_],
        }  # fmt: skip
        return arrays, meta

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any], *, population: Population
    ) -> Self:
        """Rebuild a fitted model from what `to_arrays` gave."""
        made = cls(Target.model_validate(meta["target"]), population=population, seed=meta["seed"])
        made.moments_ = tuple(meta["moments"])
        made.verbs_, made.names_ = tuple(meta["verbs"]), tuple(meta["names"])
        made.reference_ = Reference.from_arrays(_under(arrays, "reference."), meta["reference"])
        made.customers_ = arrays["customers"]
        made.hazard_ = Boosting.from_meta(meta["hazard"])
        made.which_ = [Boosting.from_meta(one) for one in meta["which"]]
        made.calibrated_ = [
            Probability.from_arrays(_under(arrays, f"{place}.")) for place in range(len(made.verbs_))
        ]
        return made

    def _raw(self, panel: Panel) -> tuple[I64, F64]:
        """Return the population, and its customers × verbs × days before calibration."""
        who = np.flatnonzero(self.population(panel.history, panel.as_of))
        return who, self._chances(features_at(panel, panel.as_of, self._outlook()).values[who])

    def _calibrated(self, chance: F64) -> tuple[F64, F64, F64]:
        """Return probability, low and high of customers × verbs; no customer's probabilities add up to more than 1."""
        bounds = [one.apply(chance[:, place]) for place, one in enumerate(self.calibrated_)]
        score, low, high = (np.stack(part, axis=1) for part in zip(*bounds, strict=True))
        score = score / np.maximum(score.sum(axis=1, keepdims=True), 1)
        return score, np.minimum(low, score), np.maximum(high, score)

    def _codes(self, panel: Panel) -> I64:
        return np.asarray([panel.history.verbs.index(name) for name in self.verbs_], dtype=np.int64)

    def _outlook(self) -> Outlook:
        return Outlook(self.reference_, float(self.target.horizon), self.target.below)

    def _cases(self, panel: Panel, moment: float) -> tuple[NDArray[np.float32], I64, I64, I64]:
        """Return features, customer, the stretch in which each acted (their number: none), and the verb (−1)."""
        who = np.flatnonzero(self.population(panel.cut(moment), moment))
        day, verb = first_act(panel.history, moment, target=self.target)
        values = features_at(panel, moment, self._outlook()).values[who]
        return values, who, np.searchsorted(self.days, day[who] - moment, side="right"), verb[who]

    def _learn(self, values: NDArray[np.float32], *, stretch: I64, verb: I64) -> None:
        """Train the hazard on all stretches that each customer entered, and the verbs on those who acted."""
        acted = verb >= 0
        if acted.sum() < LEAST or (~acted).sum() < 1:
            raise _refusal(
                f"{int(acted.sum())} of {len(acted)} cases acted; at least {LEAST} and not all are needed"
            )
        entered = np.minimum(stretch, len(self.days) - 1) + 1
        row = np.repeat(np.arange(len(values)), entered)
        place = np.arange(len(row)) - np.repeat(np.cumsum(entered) - entered, entered)
        names = (*self.names_, "stretch of time")
        self.hazard_ = Boosting(TREES, names=names)
        ended = (place == stretch[row]).astype(float)
        self.hazard_.fit(np.column_stack([values[row], place.astype(np.float32)]), ended, seed=self.seed)
        self.which_ = []
        for code in range(len(self.verbs_)):
            booster = Boosting(TREES, names=names)
            given = np.column_stack([values[acted], stretch[acted].astype(np.float32)])
            self.which_.append(booster.fit(given, (verb[acted] == code).astype(float), seed=self.seed))

    def _chances(self, values: NDArray[np.float32]) -> F64:
        """Return customers × verbs × days: the chance that the verb came first and by that day."""
        made, there = np.zeros((len(values), len(self.verbs_), len(self.days))), np.ones(len(values))
        for place in range(len(self.days)):
            given = np.column_stack([values, np.full(len(values), place, np.float32)])
            hazard = self.hazard_.predict(given)
            share = np.stack([booster.predict(given) for booster in self.which_], axis=1)
            share /= np.maximum(share.sum(axis=1, keepdims=True), 1e-12)
            made[:, :, place] = (there * hazard)[:, None] * share
            there = there * (1 - hazard)
        return np.cumsum(made, axis=2)


def first_act(history: History, moment: float, *, target: Target) -> tuple[F64, I64]:
    """Return the day and the place among the target's verbs of each customer's first act within the horizon.

    The day is infinite and the place −1 for who did none; of acts at the same time the verb named first counts.
    """
    acts, codes = history.acts, verb_codes(history, target)
    order = np.full(len(history.verbs), -1)
    order[codes] = np.arange(len(codes))
    inside = np.flatnonzero(
        (acts.day >= moment) & (acts.day < moment + target.horizon) & (order[acts.verb] >= 0)
    )
    customer, day, verb = acts.customer[inside], acts.day[inside], order[acts.verb[inside]]
    rank = np.lexsort((verb, day, customer))
    first = rank[np.diff(customer[rank], prepend=-1) != 0]
    days, verbs = np.full(len(history.customers), np.inf), np.full(len(history.customers), -1)
    days[customer[first]], verbs[customer[first]] = day[first], verb[first]
    return days, verbs


def _under(arrays: Mapping[str, NDArray[Any]], start: str) -> dict[str, NDArray[Any]]:
    return {name.removeprefix(start): value for name, value in arrays.items() if name.startswith(start)}


def _refusal(found: str) -> GenomeError:
    return GenomeError("the next action cannot be learned", found=found)
