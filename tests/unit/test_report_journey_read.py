"""What the report reads of the journey: which move before the goal, and what is not configured."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from customer_genome.core.errors import GenomeError
from customer_genome.core.intervals import Interval
from customer_genome.core.journey_settings import JourneySettings
from customer_genome.journey.analysis.curves import conversion_curves, time_in_phase
from customer_genome.journey.analysis.flows import flows
from customer_genome.journey.analysis.funnel import funnel
from customer_genome.journey.analysis.paths import paths, phase_sequences
from customer_genome.journey.analysis.precedes import Precedent, Preceding
from customer_genome.journey.analysis.rates import transition_rates
from customer_genome.serving.report import build_journey as build_journey_module
from customer_genome.serving.report.journey_model import (
    Journey,
    Sign,
)
from customer_genome.serving.report.reading import Reading
from journey_world import world


class Followed:
    """Stands for `Journeys`, over a company that is known, and notes which moves it was asked about."""

    def __init__(self, workspace: Any, entity: str = "customers", purpose: str = "") -> None:
        self.given, self.entity, self.asked = world(workspace.customers), entity, workspace.asked

    def flows(self, *, days: float) -> Any:
        return flows(self.given, self.given.end - days, self.given.end)

    def curve(self, phase: str) -> Any:
        made = {"all": conversion_curves(self.given, phase)}, {"all": time_in_phase(self.given, phase)}
        return SimpleNamespace(phase=phase, conversion=made[0], lasting=made[1])

    def paths(self, *, most: int) -> Any:
        return {"all": paths(phase_sequences(self.given), most=most)}

    def funnel(self, steps: tuple[str, ...]) -> Any:
        return {"all": funnel(self.given, steps)}

    def rates(self) -> Any:
        return {"all": transition_rates(self.given)}

    def before(self, start: str, to: str, *, days: float) -> Any:
        self.asked.append((start, to))
        found = Sign("use f1", 0.4, 0.2, Interval(2.0, 1.5, 3.0), 0.01)
        one = Precedent(found.name, 40, 0.4, 0.2, found.odds, 0.001, 0.01)
        return Preceding(start, to, days, 0, 100, 90, 500, (one,))

    def attribution(self) -> Any:
        raise GenomeError("nothing says what may lead to a conversion", fix="declare touches")


def built(monkeypatch, *, customers: int = 300, **settings: Any) -> tuple[Journey, list[tuple[str, str]]]:
    """The journey that the builder makes of the company under these settings, and the moves asked about."""
    monkeypatch.setattr(build_journey_module, "Journeys", Followed)
    asked: list[tuple[str, str]] = []
    project = SimpleNamespace(journey=JourneySettings(**settings), accounts=object())
    reading = SimpleNamespace(
        project=project, workspace=SimpleNamespace(customers=customers, asked=asked),
        rows=lambda *_, ids: [{"item_id": "f1", "title": "Résumé"}] if "f1" in ids else [],
    )  # fmt: skip
    return build_journey_module.build_journey(cast("Reading", reading)), asked


def test_the_goal_is_looked_at_from_the_step_before_it_or_from_where_most_come(monkeypatch) -> None:
    steps = ("lead", "trial", "subscription")
    found, asked = built(monkeypatch, goal="trial", funnel=steps)
    assert asked == [("lead", "trial")]
    assert [step.phase for step in found.funnel.steps] == list(steps)
    assert [one.phase for one in found.leaving] == [one.phase for one in found.flows[0].phases]
    assert [flow.of for flow in found.flows] == ["customers", "accounts"]
    assert built(monkeypatch, goal="subscription")[1] == [("trial", "subscription")]


def test_items_are_called_by_their_titles(monkeypatch) -> None:
    assert built(monkeypatch, goal="trial")[0].signs.shown[0].name == "use Résumé"


def test_what_is_not_configured_is_said_with_the_key_that_is_missing(monkeypatch) -> None:
    found, asked = built(monkeypatch)
    assert asked == []
    assert "journey: goal" in found.signs.reason
    assert "journey: goal" in found.credits.reason
    assert "journey: funnel" in found.funnel.reason
    assert built(monkeypatch, goal="trial")[0].credits.reason == "nothing says what may lead to a conversion"
