"""Declared targets in the report: every figure as the test found it, and nothing said of what was not learned."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from io import StringIO
from itertools import pairwise
from types import SimpleNamespace
from typing import Any, cast
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from customer_genome.core.targets import Target
from customer_genome.predictions.honesty.backtest import Backtest, Judged
from customer_genome.predictions.honesty.bootstrap import Interval
from customer_genome.predictions.honesty.card import card
from customer_genome.predictions.honesty.manifest import Manifest
from customer_genome.predictions.honesty.reliability import Bin
from customer_genome.predictions.honesty.verdict import verdict
from customer_genome.serving.report import Curve, LearnedTarget, Level, Outlook, Ranged, Targets, render
from customer_genome.serving.report.answers import answers
from customer_genome.serving.report.build_targets import learned_target, outlook
from customer_genome.serving.report.measures import meanings
from customer_genome.serving.report.reading import Reading
from customer_genome.serving.report.reliability import ranges, reliability
from customer_genome.serving.report.scoreboard import scoreboard
from customer_genome.serving.report.when import in_words, when
from customer_genome.serving.summary import print_summary
from foretold_sample import LAPSE, REDEMPTION, SPEND, sample_targets
from report_sample import sample_report

AS_OF = datetime(2018, 1, 1, 5, tzinfo=UTC)
HALVES = (Level(50, 0.2, 0.1, 0.04, 0.2), Level(50, 0.6, 0.9, 0.8, 0.96))


def parse(fragment: str) -> ET.Element:
    return ET.fromstring(f"<div>{fragment}</div>")  # noqa: S314


def words(fragment: str) -> str:
    return re.sub(r"\s+", " ", " ".join(parse(fragment).itertext()))


def marks(fragment: str, name: str, kind: str) -> list[ET.Element]:
    return [item for item in parse(fragment).iter(name) if item.get("class") == kind]


def page(**changed: Any) -> str:
    report = sample_report()
    targets = replace(sample_targets(["a", "b", "c"]), **changed)
    return render(replace(report, next_items=replace(report.next_items, targets=targets)))


# How the model did -----------------------------------------------------------------------------------


def test_the_table_says_figures_with_their_intervals_beside_the_best_naive_rule() -> None:
    said = words(scoreboard(Targets((LAPSE, SPEND)), currency="USD"))
    for figure in (
        "2,346",
        "15%",
        "0.885 (0.871 to 0.899)",
        "0.868 (0.853 to 0.882)",
        "0.017 (0.009 to 0.025)",
    ):
        assert figure in said
    assert "$61.20 ($58.40 to $64.10)" in said
    assert "−$0.10 to $1.70" in said


def test_shown_so_far_and_refused_are_told_apart_in_words_with_the_reason() -> None:
    said = words(scoreboard(Targets((LAPSE, SPEND, REDEMPTION)), currency="USD"))
    assert "✓ shown surely beats all 3 naive rules" in said
    assert "~ shown so far beats all 3 naive rules, not surely yet: as much as lately" in said
    assert "✗ refused does not beat: days since the last time" in said


def test_what_could_not_be_learned_has_a_reason_and_no_figures() -> None:
    said = words(
        scoreboard(Targets((LearnedTarget("x", "X", "", "chance", False, "too few cases"),)), currency="USD")
    )
    assert "not tested – – – ✗ refused too few cases" in said


def test_only_the_measures_in_use_are_explained() -> None:
    assert [name for name, _ in meanings((LAPSE, SPEND))] == ["AUROC", "mean error"]


# Reliability -----------------------------------------------------------------------------------------


def test_dots_stand_where_chance_said_and_share_come_true_meet() -> None:
    fragment = reliability(replace(LAPSE, levels=HALVES))
    dots = marks(fragment, "circle", "dot")
    places = [(float(dot.get("cx")), float(dot.get("cy"))) for dot in dots]
    diagonal = marks(fragment, "line", "null")[0]
    left, far, low, top = (float(diagonal.get(name)) for name in ("x1", "x2", "y1", "y2"))
    for (x, y), level in zip(places, HALVES, strict=True):
        assert (x - left) / (far - left) == pytest.approx(level.said, abs=0.01)
        assert (low - y) / (low - top) == pytest.approx(level.came_true, abs=0.01)


def test_a_group_surely_off_the_diagonal_has_another_form_and_is_counted() -> None:
    fragment = reliability(replace(LAPSE, levels=HALVES))
    assert len(marks(fragment, "g", "off")) == 1
    assert "1 of 2 groups" in words(fragment)
    assert "said 60%, came true 90% (80 to 96%) of 50" in words(fragment)


def test_a_rare_thing_has_a_scale_of_its_own() -> None:
    assert "5%" in words(reliability(REDEMPTION))
    assert "100%" not in re.sub(r"said.*?;", "", words(reliability(REDEMPTION)))
    assert "100%" in words(reliability(replace(LAPSE, levels=HALVES)))


def test_ranges_stand_beside_the_nine_in_ten_that_they_promise() -> None:
    fragment = ranges((SPEND, replace(SPEND, bias=Ranged())))
    assert "90% (89 to 92%)" in words(fragment)
    assert "−3.1% (−5.2 to −0.8%)" in words(fragment)
    assert "medians do not add up" in words(fragment)
    assert marks(fragment, "line", "base")[0].get("x1") == "90%"


# When ------------------------------------------------------------------------------------------------


def person(*ends: float) -> Outlook:
    return Outlook(
        "household 1",
        curves=tuple(Curve(f"verb{n}", ((7.0, end / 2), (28.0, end))) for n, end in enumerate(ends)),
    )


def test_the_first_day_that_is_more_likely_than_not_is_named() -> None:
    assert in_words(person(0.9, 0.3)) == (
        "More likely than not within 7 days; what comes first within 28 days: verb0 90% and verb1 30%."
    )
    assert in_words(person(0.2)).startswith("More likely not within 28 days")


def test_curves_rise_differ_in_form_and_their_names_do_not_overlap() -> None:
    fragment = when(person(0.31, 0.3, 0.01))
    curves = marks(fragment, "path", "curve")
    assert len({curve.get("stroke-dasharray") for curve in curves}) == 3
    for curve in curves:
        heights = [float(y) for y in re.findall(r"[ML][\d.]+ ([\d.]+)", curve.get("d"))]
        assert heights == sorted(heights, reverse=True)
    names = [float(text.get("y")) for text in parse(fragment).iter("text") if "verb" in (text.text or "")]
    assert all(later - earlier >= 12 for earlier, later in pairwise(sorted(names)))


def test_a_verb_from_the_data_is_escaped() -> None:
    evil = Outlook("<b>", curves=(Curve("<script>", ((1.0, 0.5),)),))
    assert "<script" not in when(evil)
    assert "<b>" not in when(evil)


# What is read ----------------------------------------------------------------------------------------


def row(target: str, score: float, **found: Any) -> dict[str, Any]:
    return {
        "target": target,
        "item": None,
        "by_day": None,
        "low": None,
        "high": None,
        "score": score,
        **found,
    }


def test_chances_amounts_and_curves_are_told_apart() -> None:
    action = LearnedTarget("next-action", "Next action", "", "pair", True, "")
    rows = [
        row("lapse", 0.3, low=0.2, high=0.4),
        row("spend", 120.0, low=80.0, high=200.0),
        row("next-action", 0.4, item="buy", by_day=28.0),
        row("next-action", 0.1, item="buy", by_day=7.0),
        row("other", 0.9),
    ]
    found = outlook("household 1", (LAPSE, SPEND, action), rows)
    assert [(one.label, one.probability, one.base_rate) for one in found.chances] == [("Lapse", 0.3, 0.152)]
    assert [(one.label, one.expected) for one in found.amounts] == [("Spend", Ranged(120.0, 80.0, 200.0))]
    assert found.curves == (Curve("buy", ((7.0, 0.1), (28.0, 0.4))),)


def judged(value: float) -> Judged:
    levels = (Bin(10, 0.2, 0.3, 0.1, 0.6),)
    return Judged({"auroc": Interval(value, value - 0.1, value + 0.1)}, {}, 0.0, 0.0, "", levels, None)


def on_trial(gain: float, *, surely: bool) -> Backtest:
    low = gain - (0.001 if surely else 0.5)
    gains = {"model": {
        "recency": {"auroc": Interval(0.2, 0.1, 0.3)}, "RFM logistic": {"auroc": Interval(gain, low, gain + 0.1)},
    }}  # fmt: skip
    models = {"recency": judged(0.6), "RFM logistic": judged(0.8 - gain), "model": judged(0.8)}
    return Backtest(
        "auroc", (17504.0,), (90,), (90,), (18.0,), models, ("recency", "RFM logistic"), gains, "model"
    )


def read(found: Backtest | None, **held: Any) -> LearnedTarget:
    target = Target(predict="absence")
    subjects = Manifest(("c1",), "model_training", "consent", "given", 17532.0, (17504.0,))
    judgement = verdict(found) if found else None
    made = (
        card("lapse", target, subjects=subjects, tested=found, judged=judgement, families={}).to_dict()
        if judgement
        else held
    )
    reading = SimpleNamespace(
        project=SimpleNamespace(targets={"lapse": target}), zone=UTC, access=SimpleNamespace(state=SimpleNamespace(as_of=AS_OF))
    )  # fmt: skip
    rows = {"target": "lapse", "published": judgement is not None and judgement.published, "verdict": "no case came true",
            "as_of": AS_OF, "card": json.dumps(made)}  # fmt: skip
    return learned_target(cast("Reading", reading), rows)


def test_a_card_becomes_figures_beside_those_of_the_rule_that_did_best() -> None:
    found = read(on_trial(0.05, surely=True))
    assert (found.customers, found.usual, found.tested) == (90, pytest.approx(0.2), (date(2017, 12, 4),))
    assert found.model.value == 0.8
    assert found.rule.value == pytest.approx(0.75)
    assert found.rule_name == "recency, frequency and money alone"
    assert found.gain.value == pytest.approx(0.05)
    assert found.levels == (Level(10, 0.2, 0.3, 0.1, 0.6),)
    assert (found.shown, found.proven, found.reason) == (True, True, "surely beats all 2 naive rules")
    assert found.as_of is None


def test_a_win_that_may_be_luck_is_not_called_sure_and_a_loss_is_named() -> None:
    luck = read(on_trial(0.05, surely=False))
    assert (luck.shown, luck.proven) == (True, False)
    assert luck.reason == "beats all 2 naive rules, not surely yet: recency, frequency and money alone"
    lost = read(on_trial(-0.02, surely=False))
    assert not lost.shown
    assert lost.reason == "does not beat: recency, frequency and money alone"


def test_a_target_that_could_not_be_learned_keeps_its_reason() -> None:
    found = read(None, key="k")
    assert (found.shown, found.reason, found.metric, found.levels) == (False, "no case came true", "", ())


# The whole -------------------------------------------------------------------------------------------


def test_before_anything_was_learned_the_page_says_how_to_learn() -> None:
    text = page(learned=(), waiting=("lapse", "spend"), command="genome predict all --dir here", outlooks=())
    assert "No target was learned yet. 2 are declared: lapse, spend." in text
    assert "<code>genome predict all --dir here</code>" in text
    assert "declares no target" in page(learned=(), waiting=(), outlooks=())


def test_a_customer_who_is_not_predicted_is_told_so() -> None:
    assert "Not predicted: too little is known of this customer" in page()


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ((LAPSE, SPEND, REDEMPTION), "Of 3 more predictions that were tested, 2 beat every naive rule, 1 of them surely."),
        ((LAPSE,), "Of one more prediction tested, 1 beat every naive rule, surely."),
        ((REDEMPTION,), "Of one more prediction tested, none beat every naive rule."),
    ],
)  # fmt: skip
def test_the_answer_counts_what_held(shown, said) -> None:
    report = sample_report()
    targets = Targets(learned=shown)
    assert answers(replace(report, next_items=replace(report.next_items, targets=targets)))["next"].endswith(
        said
    )


def test_the_terminal_says_the_same_verdicts() -> None:
    stream = StringIO()
    print_summary(sample_report(), Console(file=stream, width=120, color_system=None))
    for said in ("0.885", "$62.00", "✗ refused", "~ shown so far"):
        assert said in stream.getvalue()
