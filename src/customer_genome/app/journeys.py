"""The journey of one project's customers or accounts: where they stand, how they move, and what precedes a move."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from customer_genome.app.journey_rows import (
    CUSTOMERS,
    JourneyRows,
    always,
    channels_of,
    entered_first,
    exposures_of,
    verbs_of,
)
from customer_genome.core.errors import GenomeError, NotFound
from customer_genome.journey.analysis.spells import Spells

if TYPE_CHECKING:
    from customer_genome.app.workspace import Workspace
    from customer_genome.journey.analysis.attribution import Attribution
    from customer_genome.journey.analysis.curves import Conversion, TimeInPhase, TooFew
    from customer_genome.journey.analysis.flows import Flows
    from customer_genome.journey.analysis.funnel import Funnel
    from customer_genome.journey.analysis.paths import Paths
    from customer_genome.journey.analysis.precedes import Preceding
    from customer_genome.journey.analysis.rates import TransitionRates
    from customer_genome.journey.analysis.retention import Retention
    from customer_genome.journey.analysis.segments import Difference

T = TypeVar("T")
ALL = "all"
"""What the whole is called where results are by segment."""


@dataclass(frozen=True)
class Standing:
    """How many stand in each phase now, and what moved in the days before: came in, went out, and the change."""

    phase: str
    now: int
    share: float
    came: int
    went: int


@dataclass(frozen=True)
class Curves:
    """What becomes of those who enter a phase, for all or each segment; how surely segments differ by `day`."""

    phase: str
    conversion: Mapping[str, Conversion | TooFew]
    lasting: Mapping[str, TimeInPhase | TooFew]
    differences: tuple[Difference, ...]
    day: float | None


@dataclass(frozen=True)
class Journeys:
    """The analysis of the journey as of the snapshot that the workspace reads, for one purpose.

    With `by`, results are a mapping from segment: `fact:NAME`, `gene:FAMILY:LABEL` (thirds of its strength) or
    `channel` (of the first interaction). Segments are as they are known now, so one that a phase brings about may
    seem to precede it. Without `by`, the one segment is "all".
    """

    workspace: Workspace
    entity: str = CUSTOMERS
    purpose: str = "analytics"
    part: tuple[str, str] | None = None
    """What tells segments apart and the one that is looked at alone; without it, everybody is."""

    def segments(self, by: str) -> dict[str, Journeys | TooFew]:
        """Return the journey of each segment alone; any analysis can be asked of it."""
        from customer_genome.journey.analysis.curves import TooFew

        sizes = self._by(lambda part: part.customers, by)
        return {
            name: one if isinstance(one, TooFew) else replace(self, part=(by, name))
            for name, one in sizes.items()
        }

    def now(self, *, days: float = 28) -> tuple[Standing, ...]:
        """Return the phases in the order of the journey, with how many stand there and what moved in `days`."""
        found = self.flows(days=days)
        total = max(int(found.after.sum()), 1)
        rows = []
        for phase in self.order():
            code = found.phases.index(phase)
            came = int(found.moved[:, code].sum() + found.came[code])
            went = int(found.moved[code].sum() + found.gone[code])
            rows.append(Standing(phase, int(found.after[code]), int(found.after[code]) / total, came, went))
        return tuple(rows)

    def flows(self, *, days: float = 28) -> Flows:
        """Return who moved from which phase to which in the last `days`, and the counts before and after."""
        from customer_genome.journey.analysis.flows import flows

        spells = self.spells()
        return flows(spells, spells.end - days, spells.end)

    def rates(self, *, by: str | None = None) -> dict[str, TransitionRates | TooFew]:
        """Return how many move from each phase to each next one, in 30 days spent there."""
        from customer_genome.journey.analysis.rates import transition_rates

        order = self.order(whole=False)
        return self._by(lambda part: transition_rates(part, order=order), by)

    def curve(
        self, phase: str, *, by: str | None = None, horizon: float | None = None, day: float | None = None
    ) -> Curves:
        """Return what becomes of those who enter a phase, by each day since, and how long it lasts.

        Segments are compared in how fast they leave, for each destination, and in how many had gone by `day`.
        """
        from customer_genome.journey.analysis.curves import conversion_curves, time_in_phase
        from customer_genome.journey.analysis.segments import differences

        spells = self.spells()
        self._known(phase)
        conversion = self._by(lambda part: conversion_curves(part, phase, horizon=horizon), by, spells)
        lasting = self._by(lambda part: time_in_phase(part, phase), by, spells)
        labels = None if by is None else self._rows().labels(spells, by)
        tested = () if labels is None else differences(spells, phase, by=labels, day=day)
        return Curves(phase, conversion, lasting, tested, day)

    def funnel(
        self, steps: Sequence[str] = (), *, within: float | None = None, by: str | None = None
    ) -> dict[str, Funnel | TooFew]:
        """Return how many went through phases in order (none named: those of `journey.funnel`)."""
        from customer_genome.journey.analysis.funnel import funnel

        chosen = tuple(steps) or self.order(whole=False)
        return self._by(lambda part: funnel(part, chosen, within=within), by)

    def paths(
        self, *, most: int = 20, depth: int = 12, quiet: float = 90, by: str | None = None
    ) -> dict[str, Paths | TooFew]:
        """Return the most frequent sequences of phases, their outcome (the goal reached), and where people stay."""
        from customer_genome.journey.analysis.paths import paths, phase_sequences

        goal = self._goal(None, needed=False)
        return self._by(
            lambda part: paths(phase_sequences(part, goal=goal, quiet=quiet), most=most, depth=depth), by
        )

    def verb_paths(
        self, *, goal: str | None = None, most: int = 20, depth: int = 12, quiet: float = 28
    ) -> Paths:
        """Return the most frequent sequences of what customers do until they first enter the goal, and where they stop.

        The same thing several times running is one step; what was done to them (received) is none.
        """
        from customer_genome.journey.analysis.paths import event_sequences, paths

        spells = self.spells()
        at = entered_first(spells, self._goal(goal))
        acts = self._rows().acts(spells, windows=always(spells, until=at), verbs=self._done())
        verbs, verb = verbs_of(acts)
        before = ~(acts.day > at[acts.customer])
        given = event_sequences(
            acts.customer[before], verb[before], acts.day[before], names=verbs, good=np.isfinite(at), end=spells.end,
            quiet=quiet,
        )  # fmt: skip
        return paths(given, most=most, depth=depth)

    def retention(self, *, length: float = 28, periods: int = 12) -> Retention:
        """Return of those who came in the same period how many did something again, one and more periods later.

        What was done to them (received) does not count.
        """
        from customer_genome.journey.analysis.retention import retention

        spells = self.spells()
        acts = self._rows().acts(spells, windows=always(spells), verbs=self._done())
        return retention(acts.customer, acts.day, end=spells.end, length=length, periods=periods)

    def before(
        self, start: str, to: str, *, days: float = 14, gap: float = 0, controls: int = 10
    ) -> Preceding:
        """Return what precedes the moves from one phase to another: verbs, items and channels of the `days` before.

        An association among those who could have moved then; see `precedes` for how they are compared.
        """
        from customer_genome.journey.analysis.precedes import precedes

        spells = self.spells()
        self._known(start)
        self._known(to)
        rows = np.flatnonzero((spells.phase == spells.code(start)) & np.isfinite(spells.entered))
        until = np.where(np.isnan(spells.left[rows]), spells.end, spells.left[rows])
        windows = (spells.customer[rows], spells.entered[rows] - days, until)
        exposures = exposures_of(self._rows().acts(spells, windows=windows))
        return precedes(spells, exposures, start=start, to=to, days=days, gap=gap, controls=controls)

    def attribution(
        self,
        *,
        goal: str | None = None,
        window: float | None = None,
        half_life: float = 7,
        by: str | None = None,
    ) -> dict[str, Attribution | TooFew]:
        """Return how seven models share the conversions out among the channels of the touches before them.

        A conversion is to enter phase `goal` for the first time; touches are the verbs of `journey.touches`, in the
        `window` days before. A touch without a channel counts for its verb.
        """
        from customer_genome.journey.analysis._credit import Touches, touches
        from customer_genome.journey.analysis.attribution import attribution

        spells, settings = self.spells(), self.workspace.folder.project.journey
        days = float(settings.window_days if window is None else window)
        at = entered_first(spells, self._goal(goal))
        everybody, _, ends = always(spells, until=at)
        acts = self._rows().acts(spells, windows=(everybody, ends - days, ends), verbs=self._touching())
        channels, channel = channels_of(acts)

        def share(part: Spells) -> Attribution | TooFew:
            there = np.zeros(spells.customers, bool)
            there[part.customer] = True
            place, kept = np.cumsum(there) - 1, there[acts.customer]
            given: Touches = touches(
                place[acts.customer[kept]], channel[kept], acts.day[kept], channels=channels,
                converted_at=at[there], window=days,
            )  # fmt: skip
            return attribution(given, half_life=half_life)

        return self._by(share, by, spells)

    def spells(self) -> Spells:
        """Return every spell in a phase, as arrays; what all figures here are made of."""
        rows = self._rows()
        given = rows.spells()
        if self.part is None:
            return given
        by, name = self.part
        labels = rows.labels(given, by)
        if name not in labels.names:
            raise NotFound(f"no segment {name!r} by {by}", expected=", ".join(labels.names))
        return given.of(labels.code == labels.names.index(name))

    def order(self, *, whole: bool = True) -> tuple[str, ...]:
        """Return the phases from the beginning on: those of `journey.funnel`, then (if `whole`) the others."""
        phases = self._rows().phases
        named = tuple(name for name in self.workspace.folder.project.journey.funnel if name in phases)
        if len(named) < 2:
            return phases[::-1]
        return named + tuple(name for name in phases[::-1] if name not in named) if whole else named

    def _rows(self) -> JourneyRows:
        as_of = self.workspace.snapshot.as_of
        return JourneyRows(self.workspace.access(), self.entity, self.purpose, as_of)

    def _by(
        self, analyse: Callable[[Spells], T], by: str | None, spells: Spells | None = None
    ) -> dict[str, T | TooFew]:
        from customer_genome.journey.analysis.segments import by_segment

        given = self.spells() if spells is None else spells
        if by is None:
            return {ALL: analyse(given)}
        return by_segment(given, self._rows().labels(given, by), analyse)

    def _known(self, phase: str) -> None:
        if phase not in self._rows().phases:
            raise NotFound(f"no phase {phase!r}", expected=", ".join(self.order()))

    def _goal(self, goal: str | None, *, needed: bool = True) -> str | None:
        found = goal or self.workspace.folder.project.journey.goal
        if found is not None and (needed or found in self._rows().phases):
            self._known(found)
            return found
        if needed:
            raise GenomeError(
                "nothing says what a conversion is", expected="a phase",
                fix="name one with --goal, or declare `journey: {goal: PHASE}` in genome.yaml",
            )  # fmt: skip
        return None

    def _done(self) -> tuple[str, ...]:
        """Return the verbs that are not done to customers."""
        return tuple(name for name, verb in self.workspace.folder.project.verbs.items() if not verb.received)

    def _touching(self) -> tuple[str, ...]:
        """Return the verbs that may lead to a conversion."""
        project = self.workspace.folder.project
        received = tuple(name for name, verb in project.verbs.items() if verb.received)
        found = project.journey.touches or (*received, *project.behaviour.answers)
        if not found:
            raise GenomeError(
                "nothing says what may lead to a conversion",
                fix="declare `journey: {touches: [VERB, ...]}` in genome.yaml",
            )
        return found
