"""Curves of leaving a phase, and the funnel: as the estimators found them, each with its interval."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

from customer_genome.core.intervals import Interval
from customer_genome.journey.analysis.curves import conversion_curves, time_in_phase
from customer_genome.journey.analysis.funnel import funnel
from customer_genome.serving.report.conversion import conversion, stays
from customer_genome.serving.report.funnel_bars import funnel_bars, others_in_words
from customer_genome.serving.report.journey_model import (
    FunnelPhase,
    JourneyFunnel,
)
from customer_genome.serving.report.journey_shown import (
    STEPS,
    funnel_shown,
    leaving_shown,
)
from drawn import marks, parse, words
from journey_sample import sample_journey, sample_leaving
from journey_world import stays as one_phase
from journey_world import world

# Curves ----------------------------------------------------------------------------------------------


def test_curves_are_those_of_the_estimator_at_every_step_drawn() -> None:
    spells = world(900)
    found = conversion_curves(spells, "trial")
    shown = leaving_shown("trial", found, time_in_phase(spells, "trial"))
    assert {route.to for route in shown.routes} == {"subscription", "gone"}
    for route in (*shown.routes, shown.staying):
        curve = found.to.get(route.to, found.staying)
        assert len(route.points) <= STEPS
        for day, *held in route.points:
            at = curve.at(day)
            assert held == [at.value, at.low, at.high]
    assert found.staying.at_risk[found.staying.day <= shown.until].min() >= 10
    assert shown.stays == found.stays
    day = shown.staying.points[40][0]
    together = [next(point[1] for point in route.points if point[0] == day) for route in shown.routes]
    assert sum(together) + shown.staying.points[40][1] == pytest.approx(1)


def test_too_few_have_a_reason_instead_of_a_curve() -> None:
    spells = one_phase([5.0] * 7, [1] * 7)
    shown = leaving_shown("here", conversion_curves(spells, "here"), time_in_phase(spells, "here"))
    assert (shown.customers, shown.routes) == (7, ())
    assert "Too few to say: 7 customers, 10 are needed." in words(conversion(shown))
    assert "<svg" not in conversion(shown)


def test_curves_rise_those_still_there_fall_and_differ_in_form() -> None:
    fragment = conversion(
        sample_leaving("New", {"Active": 0.5, "Cooling": 0.2, "Lapsed": 0.1, "Loyal": 0.05})
    )
    curves = marks(fragment, "path", "curve")
    assert len({curve.get("stroke-dasharray") for curve in curves}) == 4
    for curve, sign in ((curves[0], 1), (marks(fragment, "path", "curve still")[0], -1)):
        heights = [sign * float(y) for y in re.findall(r"V([\d.]+)", curve.get("d"))]
        assert heights == sorted(heights, reverse=True)
    assert len(marks(fragment, "path", "band")) == 4
    assert len(marks(fragment, "path", "band still")) == 1


@pytest.mark.parametrize("ends", [(0.31, 0.3, 0.29, 0.1), (0.01, 0.01, 0.01, 0.01), (0.25, 0.25, 0.25, 0.25)])
def test_the_names_of_curves_do_not_overlap(ends) -> None:
    fragment = conversion(sample_leaving("here", {f"verb{n}": end for n, end in enumerate(ends)}))
    names = [float(text.get("y")) for text in parse(fragment).iter("text") if text.get("x") == "208"]
    assert len(names) == 5
    assert all(later - earlier >= 12.9 for earlier, later in pairwise(sorted(names)))


def test_a_phase_is_said_in_words_with_its_median_and_rarer_destinations_counted() -> None:
    ends = {f"p{n}": 0.1 + n / 100 for n in range(6)}
    said = words(conversion(sample_leaving("New", ends, middle=24.0)))
    assert "Half have left after 24 days (20 to 29). By day 90: 15% (11 to 19%) went to “p5”" in said
    assert "25% (21 to 29%) are still there (2 rarer destinations are not drawn)." in said
    assert "934 stays of 812 customers." in said
    assert (
        stays(Interval(8.25, 7.5, None, "no upper bound")) == "Half have left after 8.2 days (7.5 or more)."
    )
    assert stays(Interval.unknown("more than half stay")) == "More than half stay."


def test_every_curve_can_be_read_by_the_keyboard() -> None:
    fragment = conversion(sample_leaving("New", {"Active": 0.5}))
    assert next(parse(fragment).iter("svg")).get("tabindex") == "0"
    titles = [title.text for title in parse(fragment).iter("title")]
    assert "gone to Active by day 90: 50% (46% to 54%)" in titles
    assert "still in New by day 90: 50% (46% to 54%)" in titles


# Funnel ----------------------------------------------------------------------------------------------


def test_the_funnel_shows_counts_shares_days_and_where_the_others_are() -> None:
    found = funnel(world(400), ("lead", "trial", "subscription"))
    shown = funnel_shown(found)
    said = words(funnel_bars(shown))
    for step in found.steps:
        assert f"{step.customers:,}" in said
    assert f"{found.steps[1].of_previous.value:.0%} (" in said
    assert f"Of {found.steps[0].customers - found.steps[1].customers} who came to lead" in others_in_words(
        shown
    )
    assert all(sum(n for _, n in step.others) == before.customers - step.customers
               for before, step in pairwise(shown.steps))  # fmt: skip


def test_bars_are_as_long_as_the_share_and_lines_hold_the_interval() -> None:
    shown = sample_journey().funnel
    fragment = funnel_bars(shown)
    bars, lines = marks(fragment, "rect", "share"), marks(fragment, "line", "range")
    for bar, line, step in zip(bars, lines, shown.steps, strict=True):
        assert float(bar.get("width").rstrip("%")) == pytest.approx(100 * step.of_first.value, abs=0.01)
        assert float(line.get("x1").rstrip("%")) == pytest.approx(100 * step.of_first.low, abs=0.01)
        assert float(line.get("x2").rstrip("%")) == pytest.approx(100 * step.of_first.high, abs=0.01)


def test_a_step_of_too_few_has_a_reason() -> None:
    few = Interval.unknown("too few to say: 3 customers, 10 are needed")
    said = words(
        funnel_bars(JourneyFunnel((FunnelPhase("a", 3, few, few, few), FunnelPhase("b", 1, few, few, few))))
    )
    assert said.count("oo few to say: 3 customers, 10 are needed") >= 3
