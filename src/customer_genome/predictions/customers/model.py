"""CustomerModel: one model over customers for all that is asked of a customer as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from customer_genome.core.boosting import Boosting
from customer_genome.core.errors import NotFound
from customer_genome.core.targets import Target
from customer_genome.predictions.customers.amounts import FLOOR, Interval, usual
from customer_genome.predictions.customers.features import Features, Outlook
from customer_genome.predictions.customers.probability import Probability
from customer_genome.predictions.customers.recipes import Member, recipe
from customer_genome.predictions.customers.reference import Reference
from customer_genome.predictions.customers.scoring import score_customers
from customer_genome.predictions.customers.training import (
    Table,
    features_at,
    reference_of,
    training_table,
)
from customer_genome.predictions.history import F64, Mask
from customer_genome.predictions.honesty.question import Outcome, Population
from customer_genome.predictions.panel import Panel
from customer_genome.predictions.scores import Scores

HELD, LEAST = 3, 3
"""Moments held out to calibrate on, and how many must be left before them to learn from."""


@dataclass(frozen=True)
class Reason:
    """What one feature adds to a customer's prediction: `effect` in log odds (probability) or in amount over usual."""

    feature: str
    value: float
    effect: float


class CustomerModel:
    """Boosted trees on a customer's features at many moments, calibrated on later moments than they had learned from.

    `outcome` says what came true where the history alone cannot (phases). `fit` learns `members_` (boosters),
    `probability_` or `interval_`, `customers_` (ids learned from), `moments_`, and `reason_`: what to know about the
    answer, None where it is plain.
    """

    def __init__(
        self,
        target: Target,
        *,
        population: Population,
        seed: int = 0,
        outcome: Outcome | None = None,
        threads: int = 1,
    ) -> None:
        self.target, self.population, self.seed = target, population, seed
        self.outcome, self.threads = outcome, threads

    @property
    def outlook(self) -> Outlook:
        """Return what the features of this model look out for."""
        return Outlook(self.reference_, self.learned_.horizon, self.learned_.below)

    @property
    def of_amounts(self) -> bool:
        """Return whether the answer is an amount and not a probability."""
        return self.target.predict in {"sum", "count"}

    @property
    def families(self) -> tuple[str, ...]:
        """The family of each feature: all are of the customer."""
        return ("customer",) * len(self.names_)

    def fit(self, panel: Panel) -> Self:
        """Learn from the moments whose horizon is over; raises GenomeError, with the reason, where that cannot be."""
        self.reference_ = reference_of(panel)
        self.learned_, self.reason_ = within_reach(self.target, panel.as_of - self.reference_.start)
        table = training_table(
            panel, target=self.learned_, population=self.population, outlook=self.outlook, outcome=self.outcome,
            seed=self.seed,
        )  # fmt: skip
        self.names_, self.customers_ = table.names, table.customers[np.unique(table.customer)]
        self.moments_ = tuple(np.unique(table.moment).tolist())
        self.floor_ = FLOOR * float(table.truth.mean())
        taught, held = split(table, horizon=self.learned_.horizon)
        self._grow(table.where(taught))
        self._calibrate(table.where(held))
        self._grow(table)
        return self

    def predict(self, panel: Panel) -> Scores:
        """Return the population's scores at the panel's end, in order of customer.

        An event's score is its probability; `low` and `high` are Venn-Abers' two answers, which say how far the
        held-out cases bear it out. An amount's score is its mean or median, with a 90 % conformal interval. Bounds of
        an extrapolated amount are those of the shorter horizon, scaled likewise.
        """
        [scores] = score_customers([self], panel, threads=self.threads)
        return scores

    def raw(self, found: Features) -> tuple[F64, F64]:
        """Return the members' mean answer before calibration, and each row's base (1 for probabilities)."""
        base = self._base(found.values)
        return self._mean(found.values, base), base

    def finish(self, raw: F64, base: F64) -> tuple[F64, F64, F64]:
        """Return score, low and high of raw answers."""
        if not self.of_amounts:
            return self.probability_.apply(raw)
        low, high = self.interval_.apply(raw, base=base)
        scale = self.target.horizon / self.learned_.horizon
        return raw * scale, low * scale, high * scale

    def explain(self, panel: Panel, *, customer: str, top: int = 5) -> tuple[Reason, ...]:
        """Return the features that move a customer's prediction most, largest effect first."""
        place = int(np.searchsorted(panel.history.customers, customer))
        if place == len(panel.history.customers) or panel.history.customers[place] != customer:
            raise NotFound("no such customer", found=customer, expected="an id of the history")
        values = features_at(panel, panel.as_of, self.outlook).values[place : place + 1]
        effect = np.mean([boosting.contributions(values)[0, :-1] for boosting in self.members_], axis=0)
        order = np.argsort(-np.abs(effect), kind="stable")[:top]
        return tuple(
            Reason(self.names_[k], float(values[0, k]), float(effect[k])) for k in order if effect[k] != 0
        )

    def to_arrays(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return the learned state as plain arrays (no pickle) and a JSON-able dict."""
        reference, meta = self.reference_.to_arrays()
        arrays = {f"reference.{name}": array for name, array in reference.items()} | {
            "customers": self.customers_
        }
        if not self.of_amounts:
            arrays |= self.probability_.to_arrays()
        return arrays, {
            "target": self.target.model_dump(mode="json"),
            "learned": self.learned_.model_dump(mode="json"),
            "seed": self.seed,
            "threads": self.threads,
            "reason": self.reason_,
            "moments": list(self.moments_),
            "floor": self.floor_,
            "reference": meta,
            "interval": self.interval_.to_meta() if self.of_amounts else None,
            "members": [boosting.to_meta() for boosting in self.members_],
        }

    @classmethod
    def from_arrays(
        cls, arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any], *, population: Population
    ) -> Self:
        """Rebuild a fitted model from what `to_arrays` gave; the population is code and comes anew."""
        target = Target.model_validate(meta["target"])
        made = cls(
            target,
            population=population,
            seed=meta["seed"],
            threads=meta["threads"],
        )
        made.learned_, made.reason_ = Target.model_validate(meta["learned"]), meta["reason"]
        made.moments_, made.floor_ = tuple(meta["moments"]), meta["floor"]
        own = {name: arrays[f"reference.{name}"] for name in ("names", "basis", "genes")}
        made.reference_ = Reference.from_arrays(own, meta["reference"])
        made.members_ = [Boosting.from_meta(one) for one in meta["members"]]
        made.names_, made.customers_ = made.members_[0].names, arrays["customers"]
        if made.of_amounts:
            made.interval_ = Interval.from_meta(meta["interval"])
        else:
            made.probability_ = Probability.from_arrays(arrays)
        return made

    def _grow(self, table: Table) -> None:
        """Train the members anew."""
        base, self.members_ = self._base_of(table), []
        for member in recipe(self.target):
            label, weight = (table.trained, None) if base is None else member.label(table.trained, base)
            boosting = Boosting(member.trees, names=table.names, threads=self.threads)
            self.members_.append(boosting.fit(table.values, label, weight=weight, seed=self.seed))
            boosting.threads = 1  # scoring works on several parts of the customers side by side instead

    def _calibrate(self, held: Table) -> None:
        """Learn from cases not trained on how far answers can be believed."""
        raw, base = self.raw(Features(held.names, held.values))
        if self.of_amounts:
            self.interval_ = Interval().fit(raw, base=base, truth=held.truth)
        else:
            self.probability_ = Probability().fit(raw, true=held.truth > 0)

    def _base_of(self, table: Table) -> F64 | None:
        return self._base(table.values) if self.of_amounts else None

    def _base(self, values: NDArray[np.float32]) -> F64:
        if not self.of_amounts:
            return np.ones(len(values))
        return usual(self.names_, values, target=self.learned_) + self.floor_

    def _mean(self, values: NDArray[np.float32], base: F64) -> F64:
        members: tuple[Member, ...] = recipe(self.target)
        found = [boosting.predict(values) for boosting in self.members_]
        if self.of_amounts:
            found = [member.amount(one, base) for member, one in zip(members, found, strict=True)]
        return np.asarray(np.mean(found, axis=0))


def split(table: Table, *, horizon: float) -> tuple[Mask, Mask]:
    """Return which rows teach the model that is tested, and which are held out to calibrate on.

    Held out are `HELD` moments, the newest and others one horizon or more apart, so that one unusual period does not
    set the level alone; taught are the moments whose horizon was over before. Where too few are left for that, every
    second customer is held out instead.
    """
    held: list[float] = []
    for moment in np.unique(table.moment)[::-1]:
        if len(held) < HELD and (not held or moment <= held[-1] - horizon):
            held.append(float(moment))
    taught = np.asarray(table.moment + horizon <= held[-1])
    if len(np.unique(table.moment[taught])) < LEAST:
        return table.customer % 2 == 0, table.customer % 2 == 1
    return taught, np.isin(table.moment, held)


def within_reach(target: Target, days: float) -> tuple[Target, str | None]:
    """Return the target that `days` of history can teach, and what is to be said where its horizon is shorter.

    An amount over more than half of the history is learned over a quarter of it, and taken to go on at that rate.
    """
    if target.predict not in {"sum", "count"} or target.horizon <= days / 2:
        return target, None
    horizon = int(max(7, days / 4 // 7 * 7))
    reason = (
        f"{target.horizon:g} days are more than half of the {days:.0f} days of history: "
        f"learned over {horizon:g} days, and taken to go on at that rate"
    )
    return target.model_copy(update={"horizon": horizon}), reason
