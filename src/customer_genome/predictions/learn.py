"""Learn: a declared target's model from a history, with a test of it at earlier moments."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from customer_genome.core.errors import GenomeError
from customer_genome.core.project import Project, Purpose
from customer_genome.predictions.conditions import Conditions
from customer_genome.predictions.history import History
from customer_genome.predictions.honesty.backtest import Backtest, assess
from customer_genome.predictions.honesty.baselines import Predictor, baselines
from customer_genome.predictions.honesty.card import Card, card
from customer_genome.predictions.honesty.manifest import Manifest
from customer_genome.predictions.honesty.metrics import METRICS
from customer_genome.predictions.honesty.question import Question
from customer_genome.predictions.honesty.rounds import play_round
from customer_genome.predictions.honesty.training_set import Feature, Lineage, TrainingSet, training_set
from customer_genome.predictions.honesty.verdict import Verdict, verdict
from customer_genome.predictions.panel import Panel
from customer_genome.predictions.predictor import Model, factory, model

CODE = "2"
"""Counted up when models change what they say, so that a new release learns them anew."""
SHORTEST = 28
"""Days: a test over less says nothing of a longer horizon."""
STOOD_IN = ("absence", "event", "drop", "phase", "count", "sum")
RULES = ("base rate", "RFM logistic", "usual amount", "decayed amount")
"""Targets and rules for which a rule may answer in the place of a model: those whose scores are chances or amounts."""
LINEAGE = Lineage("customer", ("interactions", "items", "item_dna"))
"""Where every feature of a customer comes from."""
MODEL = "model"
"""The name under which a backtest knows the model."""


@dataclass(frozen=True)
class Tested:
    """A backtest, and over which horizon it was made: a shorter one where the history is too short for the target's."""

    found: Backtest | None
    verdict: Verdict
    horizon: int


@dataclass(frozen=True)
class Learned:
    """A model, its digest, what it learned as plain arrays, and its test."""

    model: Model
    version: str
    arrays: Mapping[str, NDArray[Any]]
    meta: Mapping[str, Any]
    tested: Tested


def question_of(project: Project, name: str, *, conditions: Conditions) -> Question:
    """Return a declared target with what its conditions say: who is asked about, and when a phase came true."""
    target = project.targets[name]
    outcome = partial(conditions.entered, target=target) if target.phase is not None else None
    return Question(target, partial(conditions.hold, condition=target.population), outcome)


def learn(panel: Panel, question: Question, *, tests: int, seed: int = 0) -> Learned:
    """Return the model of a question, learned from a panel; raises GenomeError, with the reason, where it cannot be."""
    found = backtested(panel, question, count=tests, seed=seed)
    made = model(question, seed=seed).fit(panel)
    arrays, meta = made.to_arrays()
    return Learned(made, digest(arrays, meta), arrays, meta, found)


def backtested(panel: Panel, question: Question, *, count: int, seed: int = 0) -> Tested:
    """Return how the model does at the last `count` moments whose horizon is over.

    Where no horizon of that length is over, it is tested over half of it, or half of that, and so on.
    """
    horizon = question.target.horizon
    while horizon > SHORTEST and not panel.moments(horizon=2 * horizon, step=1, count=1):
        horizon = max(SHORTEST, horizon // 2)
    asked = replace(question, target=question.target.model_copy(update={"horizon": horizon}))
    cutoffs = panel.moments(horizon=horizon, step=horizon, count=count)
    try:
        models = {**baselines(asked), MODEL: factory(asked)}
        rounds = [
            play_round(panel.history, asked, panel=panel.earlier(moment), models=models, seed=seed)
            for moment in cutoffs
        ]
        found = assess(rounds, asked, models=(MODEL,), seed=seed)
    except GenomeError as nothing:
        return Tested(
            None, Verdict(False, MODEL, (f"it cannot be tested: {nothing.what}, {nothing.found}",)), horizon
        )
    return Tested(found, verdict(found), horizon)


def training_rows(panel: Panel, question: Question, *, count: int, purpose: Purpose) -> TrainingSet:
    """Return features and truth at the last `count` moments whose horizon is over, one horizon apart."""
    from customer_genome.predictions.customers.features import Outlook
    from customer_genome.predictions.customers.training import features_at, reference_of

    horizon = question.target.horizon
    outlook = Outlook(reference_of(panel), float(horizon), question.target.below)

    def features(_: History, moment: float) -> list[Feature]:
        found = features_at(panel, moment, outlook)
        values = found.values.astype(np.float64)
        return [Feature(name, LINEAGE, values[:, place]) for place, name in enumerate(found.names)]

    moments = panel.moments(horizon=horizon, step=horizon, count=count)
    return training_set(panel, question, moments=moments, features=features, purpose=purpose)


def stand_in(found: Tested, question: Question) -> str | None:
    """Return the rule that answers in the place of a refused model: the best one that gives chances or amounts.

    None where the model is not refused, or the rules only give an order, as they do for items.
    """
    if found.found is None or found.verdict.published or question.target.predict not in STOOD_IN:
        return None
    primary, rules = found.found.primary, found.found.baselines
    telling = {name: found.found.models[name] for name in rules if name in RULES}
    values = {name: one.metrics[primary].value for name, one in telling.items()}
    known = {name: METRICS[primary].sign * value for name, value in values.items() if value is not None}
    return max(known, key=lambda name: known[name]) if known else None


def rule(name: str, panel: Panel, question: Question, *, seed: int = 0) -> Predictor:
    """Return a rule by its name, learned from a panel."""
    made = baselines(question)[name]
    return made(question.target, population=question.population, seed=seed).fit(panel)


def card_of(
    name: str, made: Learned, question: Question, *, project: Project, purpose: str, as_of: float
) -> Card:
    """Return the model card of a target that was learned for `purpose` as of a moment (local days since 1970)."""
    basis = project.purposes[purpose].basis
    subjects = Manifest(
        customers=tuple(sorted(made.model.customers_.tolist())),
        purpose=purpose,
        basis=basis,
        consent=f"{'consent given' if basis == 'consent' else 'not objected to'}, as of the reading",
        as_of=as_of,
        moments=tuple(made.model.moments_),
    )
    notes = [f"It learned from {len(made.model.moments_)} moments of the past."]
    if made.tested.horizon != question.target.horizon:
        notes.append(
            f"The history is too short to test its whole horizon: it was tested over {made.tested.horizon} days."
        )
    if reason := getattr(made.model, "reason_", None):
        notes.append(f"{reason[0].upper()}{reason[1:]}.")
    found = card(
        name, question.target, subjects=subjects, tested=made.tested.found, judged=made.tested.verdict,
        families=Counter(made.model.families),
    )  # fmt: skip
    return replace(found, limits=(*found.limits, *notes))


def reasons(made: Model, panel: Panel, *, customer: str, item: str | None) -> list[tuple[str, float]]:
    """Return what moves a prediction most, and by how much (log odds, or amount over usual); of an action, nothing.

    `item` names the target of a pair.
    """
    from customer_genome.predictions.customers.model import CustomerModel
    from customer_genome.predictions.pairs.model import PairModel

    if isinstance(made, CustomerModel):
        found = made.explain(panel, customer=customer)
        return [(f"{one.feature.replace('_', ' ')}: {one.value:.3g}", one.effect) for one in found]
    if isinstance(made, PairModel) and item is not None:
        names = panel.history.catalogue.levels[made.target.level].names
        who, what = (
            int(np.searchsorted(known, one))
            for known, one in ((panel.history.customers, customer), (names, item))
        )
        return [(one.text, one.weight) for one in made.reasons(panel, customer=who, target=what)]
    return []


def digest(arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any]) -> str:
    """Return the digest of what a model learned: two that predict alike carry the same name."""
    hasher = hashlib.blake2b(json.dumps(meta, sort_keys=True).encode(), digest_size=8)
    for name in sorted(arrays):
        hasher.update(name.encode())
        hasher.update(np.ascontiguousarray(arrays[name]).tobytes())
    return hasher.hexdigest()
