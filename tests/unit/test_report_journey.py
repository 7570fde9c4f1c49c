"""The journey in the report: what comes before, credit, ways, and the whole; reasons where there is nothing to say."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from io import StringIO
from typing import Any

import numpy as np
from rich.console import Console

from customer_genome.core.intervals import Interval
from customer_genome.journey.analysis._credit import touches
from customer_genome.journey.analysis.attribution import attribution
from customer_genome.journey.analysis.paths import paths, phase_sequences
from customer_genome.journey.analysis.precedes import Exposures, precedes
from customer_genome.serving.report import render
from customer_genome.serving.report.answers import answers
from customer_genome.serving.report.credits import apart_in_words, credits_table
from customer_genome.serving.report.journey_model import (
    ChannelCredit,
    Credits,
    Journey,
    JourneyFunnel,
    Leaving,
    PhaseFlow,
    Sign,
    Signs,
    Ways,
)
from customer_genome.serving.report.journey_shown import (
    SIGNS,
    credits_shown,
    signs_shown,
    ways_shown,
)
from customer_genome.serving.report.signs import signs_forest, signs_in_words
from customer_genome.serving.summary import print_summary
from drawn import marks, words
from journey_sample import sample_journey
from journey_world import world
from report_sample import sample_report

EVIL = "</title></script><script>alert(1)</script><b>"


def page(journey: Journey | None) -> str:
    text = render(replace(sample_report(), journey=journey))
    return re.sub(
        r"\s+", " ", text[text.index('<section id="journey">') : text.index('<section id="genomes">')]
    )


# What comes before -----------------------------------------------------------------------------------


def test_signs_are_the_surest_with_odds_and_q_as_found() -> None:
    spells = world(900)
    random = np.random.default_rng(5)
    rows = np.flatnonzero((spells.phase == 1) & (spells.to == 2))
    customer = np.concatenate([spells.customer[rows], random.integers(0, 900, 20_000)])
    day = np.concatenate([spells.left[rows] - 1, random.uniform(0, 150, 20_000)])
    kind = np.concatenate([np.zeros(len(rows), int), random.integers(1, 20, 20_000)])
    exposures = Exposures(customer, kind, day, ("planted", *(f"noise {n}" for n in range(19))))
    found = precedes(spells, exposures, start="trial", to="subscription")
    shown = signs_shown(found)
    assert shown.moves == found.transitions > 50
    assert len(shown.shown) == SIGNS
    assert shown.tested == sum(one.q is not None for one in found.found)
    by_name = {one.name: one for one in found.found}
    assert all(
        (sign.odds, sign.q) == (by_name[sign.name].odds_ratio, by_name[sign.name].q) for sign in shown.shown
    )


def test_the_forest_shows_odds_and_never_speaks_of_causes() -> None:
    signs = sample_journey().signs
    said = words(signs_forest(signs))
    for figure in (
        "2.72× (1.90 to 3.88)",
        "31%",
        "14%",
        "<0.001",
        "0.440",
        "less often before it",
        "more often before it",
    ):
        assert figure in said
    assert signs_in_words(signs) == (
        "Before a move from “Active” to “Loyal”, compared with others at that time, come more often “redeem a coupon” "
        "and “buy: organic”; less often “buy on offer”."
    )
    assert not re.search(r"\b(caus|drive|lead to|effect)", said + signs_in_words(signs))
    assert "this is association" in page(sample_journey())


def test_what_may_be_chance_has_another_form_than_what_is_sure() -> None:
    fragment = signs_forest(sample_journey().signs)
    assert [len(marks(fragment, "svg", f"cg-mark {kind}")) for kind in ("up", "open", "down")] == [2, 1, 1]


def test_what_lies_beyond_the_scale_is_said_to() -> None:
    far = Sign("x", 0.1, 0.9, Interval(0.02, 0.01, 0.1), 0.001)
    signs = sample_journey().signs
    assert "beyond the scale" not in words(signs_forest(signs))
    assert "beyond the scale" in words(signs_forest(replace(signs, shown=(*signs.shown, far))))


def test_what_has_no_odds_ratio_has_its_reason() -> None:
    never = Sign("x", 0.0, 0.2, Interval.unknown("it never precedes the transition"), 0.01)
    signs = replace(sample_journey().signs, shown=(never,))
    assert "it never precedes the transition" in words(signs_forest(signs))
    assert "Nothing comes surely more or less often before" in signs_in_words(signs)


def test_nobody_who_moved_and_too_few_to_compare_are_told_apart() -> None:
    nothing = Exposures(np.array([], int), np.array([], int), np.array([]), ("a",))
    assert signs_shown(precedes(world(60), nothing, start="gone", to="trial")).reason.startswith(
        "nobody has moved"
    )
    few = signs_shown(precedes(world(60), nothing, start="lead", to="trial"))
    assert few.reason.startswith("too few to say")


# Credit ----------------------------------------------------------------------------------------------


def shared_out(conversions: int) -> Credits:
    """First touch an ad, last a letter, for everybody: the rules cannot but disagree."""
    converted = np.arange(200) < conversions
    at = np.where(converted, 10.0, np.nan)
    customer, channel = np.repeat(np.arange(200), 2), np.tile([0, 1], 200)
    given = touches(
        customer, channel, np.tile([1.0, 5.0], 200), channels=("ad", "letter"), converted_at=at, window=30
    )
    return credits_shown(attribution(given), goal="paying", window=30)


def test_models_stand_side_by_side_and_their_disagreement_is_called_out() -> None:
    shown = shared_out(120)
    fragment = credits_table(shown)
    assert len(marks(fragment, "circle", "dot")) == len(shown.models) * 2
    assert words(fragment).count("100%") >= 2
    assert "⚠ The models disagree about" in apart_in_words(shown)
    assert all(one.apart for one in shown.channels)
    assert "None of these models measures an effect" in shown.statement


def test_models_that_agree_are_not_said_to_disagree() -> None:
    channel = ChannelCredit("ad", (Interval(0.5, 0.4, 0.6), Interval.unknown("no removal changes anything")))
    shown = Credits("paying", 30, ("first", "Markov removal"), (channel,), 50, 1)
    assert "do not disagree" in apart_in_words(shown)
    assert "no removal changes anything" in words(credits_table(shown))


def test_too_few_conversions_have_a_reason() -> None:
    assert shared_out(3).reason == "too few to say: 3 conversions with a touch, 10 are needed"


# Ways ------------------------------------------------------------------------------------------------


def test_ways_and_endings_are_those_found() -> None:
    found = paths(phase_sequences(world(400), goal="subscription"), most=5)
    shown = ways_shown(found)
    assert [(way.steps, way.customers) for way in shown.ways] == [
        (one.steps, one.customers) for one in found.paths
    ]
    assert shown.others + sum(way.customers for way in shown.ways) == shown.customers
    assert 0 < len(shown.endings) <= 6
    assert shown.endings[0].stopped == max(one.stopped for one in found.drops)


# The whole -------------------------------------------------------------------------------------------


def test_every_part_stands_on_the_page() -> None:
    text = page(sample_journey())
    for said in (
        "Where they stand, and how they moved in 28 days", "The same for accounts", "What becomes of those who enter",
        "How far they come", "What comes before a move from “Active” to “Loyal”", "Who gets the credit for “Loyal”",
        "Which ways they take", "step 3: Lapsed", "688 of 702 moves", "None of these models measures an effect",
    ):  # fmt: skip
        assert said in text


def test_parts_without_anything_to_say_say_why() -> None:
    none = Journey(
        (PhaseFlow("customers", 28, reason="nobody has been in a phase yet"),),
        funnel=JourneyFunnel(reason="no funnel is configured"), signs=Signs(reason="no goal is configured"),
        credits=Credits(reason="no goal to share out"), ways=Ways(reason="nobody went any way"),
    )  # fmt: skip
    text = page(none)
    for said in (
        "Nobody has been in a phase yet.", "Nobody has left a phase yet.", "No funnel is configured.",
        "No goal is configured.", "No goal to share out.", "Nobody went any way.",
    ):  # fmt: skip
        assert said in text
    assert "<svg" not in text
    assert "The journey has not been followed in this build." in page(None)


def test_the_answer_says_the_moves_and_how_far_they_come() -> None:
    assert answers(sample_report())["journey"] == (
        "In the last 28 days 120 customers came and 441 moves led from one phase to another; “Active” grew by 86 and "
        "“Cooling” shrank by 3. Of 2,310 who entered “New”, 30% (29 to 32%) went on to “Loyal” so far."
    )
    nobody = Journey((PhaseFlow("customers", 28, reason="nobody has been in a phase yet"),))
    said = answers(replace(sample_report(), journey=nobody))["journey"]
    assert said == "Too few to say: nobody has been in a phase yet."


def poisoned(value: Any) -> Any:
    """The same with every name replaced by markup."""
    if isinstance(value, str):
        return EVIL if value not in {"", "customers"} else value
    if isinstance(value, tuple):
        return tuple(poisoned(one) for one in value)
    if hasattr(value, "__dataclass_fields__"):
        return replace(value, **{one.name: poisoned(getattr(value, one.name)) for one in fields(value)})
    return value


def test_names_from_the_data_cannot_become_markup() -> None:
    empty = Leaving(EVIL, reason=EVIL)
    evil = poisoned(
        replace(sample_journey(), credits=replace(sample_journey().credits, refused=(("a", "b"),)))
    )
    text = page(replace(evil, leaving=(*evil.leaving, empty)))
    assert "<script" not in text
    assert "alert(1)</script>" not in text
    assert text.count("&lt;script&gt;") > 40


def test_the_terminal_shows_the_same_flow() -> None:
    stream = StringIO()
    print_summary(sample_report(), Console(file=stream, width=140, color_system=None))
    assert "Active 84, Cooling 21, Lapsed 7" in stream.getvalue()
    assert "1,276" in stream.getvalue()
