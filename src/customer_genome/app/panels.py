"""Panels: what the declared targets of a snapshot are learned and predicted from."""

from __future__ import annotations

from typing import Any

from customer_genome.predictions.conditions import Conditions
from customer_genome.predictions.honesty.question import Question
from customer_genome.predictions.learn import question_of
from customer_genome.predictions.load_history import days_of, load_history
from customer_genome.predictions.panel import Panel
from customer_genome.predictions.phases import Phases, load_phases
from customer_genome.privacy import Access

TRAINING = "model_training"
"""The purpose that learning reads for, where a project declares it; else each target's own."""


class Panels:
    """The histories that targets are learned and predicted from: loaded once for each purpose and set of verbs."""

    def __init__(self, access: Access) -> None:
        assert access.state.as_of is not None
        self.access = access
        self.moment = days_of(access.state.as_of, zone=access.project.tz)
        self._held: dict[object, Panel] = {}
        self._phases: dict[object, Phases] = {}

    def question(self, name: str) -> Question:
        """Return a declared target as a question."""
        purposes = tuple(sorted({self.training_purpose(name), self.access.project.targets[name].purpose}))
        key = tuple(self._seen(purpose) for purpose in purposes)
        if key not in self._phases:
            self._phases[key] = load_phases(self.access, purposes=purposes)
        conditions = Conditions(self.access.derive, phases=self._phases[key])
        return question_of(self.access.project, name, conditions=conditions)

    def learning(self, name: str) -> Panel:
        """Return what a target may be learned from."""
        return self.panel(purpose=self.training_purpose(name), verbs=self._verbs(name))

    def training_purpose(self, name: str) -> str:
        """Return what learning a target reads for."""
        project = self.access.project
        return TRAINING if TRAINING in project.purposes else project.targets[name].purpose

    def predicting(self, name: str) -> Panel:
        """Return what a target is predicted from."""
        return self.panel(purpose=self.access.project.targets[name].purpose, verbs=self._verbs(name))

    def permissions(self, name: str) -> list[Any]:
        """Return what decides whose data are read for a target, and from which sources."""
        project = self.access.project
        purposes = {project.targets[name].purpose, TRAINING} & set(project.purposes)
        return [[purpose, *self._seen(purpose)] for purpose in sorted(purposes)]

    def panel(self, *, purpose: str, verbs: tuple[str, ...] = ()) -> Panel:
        """Return what a purpose may see; its lines are the interactions of `verbs`, or else purchases."""
        key = (*self._seen(purpose), verbs)
        if key not in self._held:
            levels = {one.level for one in self.access.project.targets.values() if one.of_items}
            history = load_history(self.access, purpose=purpose, levels=levels, verbs=verbs)
            self._held[key] = Panel(history, as_of=self.moment)
        return self._held[key]

    def _verbs(self, name: str) -> tuple[str, ...]:
        target = self.access.project.targets[name]
        return target.verbs if target.of_items else ()

    def _seen(self, purpose: str) -> tuple[str, tuple[str, ...]]:
        """Return what two purposes share if they see the same rows."""
        return self.access.refusals(purpose).digest(), self.access.project.sources_open_to(purpose)
