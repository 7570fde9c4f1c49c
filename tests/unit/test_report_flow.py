"""The picture of phases and moves: every count is there, can be read, and adds up."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from customer_genome.journey.analysis.flows import flows
from customer_genome.serving.report.journey_model import (
    PhaseFlow,
    PhaseMove,
    Standing,
)
from customer_genome.serving.report.journey_shown import (
    flow_shown,
    ordered,
)
from customer_genome.serving.report.phase_flow import MOST, change, in_words, phase_flow, went
from drawn import marks, parse
from journey_sample import sample_flow
from journey_world import PHASES, world


def everything(size: int) -> PhaseFlow:
    """Moves from every phase to every other one."""
    phases = tuple(Standing(f"phase number {n}", 10, 0, 0, 0, 0, 10) for n in range(size))
    moves = tuple(
        PhaseMove(start, to, 1 + start * size + to)
        for start in range(size)
        for to in range(size)
        if start != to
    )
    return PhaseFlow("customers", 28, phases, moves)


def boxes(fragment: str) -> list[tuple[float, float, float, float]]:
    """Left, right, top and bottom of every count of a move, by the letters that it has."""
    found = []
    for group in marks(fragment, "g", "move"):
        (text,) = (item for item in group.iter("text"))
        x, y, half = float(text.get("x")), float(text.get("y")), 3.4 * len(text.text)
        found.append((x - half, x + half, y - 9, y + 2))
    return found


def test_flow_shows_every_move_and_count_with_a_title() -> None:
    flow = sample_flow()
    found = marks(phase_flow(flow), "g", "move")
    said = {item.find("title").text for item in found}
    assert len(found) == len(flow.moves)
    assert "Active to Loyal: 61 moves in the last 28 days" in said
    assert {item.find("text").text for item in found} == {str(move.count) for move in flow.moves}
    assert [item.find("title").text for item in marks(phase_flow(flow), "g", "phase")][1] == (
        "Active: 1,276 now, 1,190 28 days ago; 0 new, 227 moved in, 141 moved out"
    )


def test_moves_that_skip_run_above_the_boxes_and_moves_back_below() -> None:
    flow = sample_flow()
    fragment = phase_flow(flow)
    (top,) = {float(item.get("y")) for item in marks(fragment, "rect", "box")}
    tall = float(marks(fragment, "rect", "box")[0].get("height"))
    for group, move in zip(marks(fragment, "g", "move"), drawn_order(flow), strict=True):
        (text,) = group.iter("text")
        y = float(text.get("y"))
        if move.to > move.start + 1:
            assert y < top
        elif move.to < move.start:
            assert y > top + tall
        else:
            assert top < y < top + tall


def drawn_order(flow: PhaseFlow) -> list[PhaseMove]:
    """Moves in the order of the picture, found by their titles."""
    names = {f"{flow.phases[move.start].phase} to {flow.phases[move.to].phase}": move for move in flow.moves}
    titles = [item.find("title").text for item in marks(phase_flow(flow), "g", "move")]
    return [names[title.split(":")[0]] for title in titles]


@pytest.mark.parametrize("size", [2, 3, 5, 8, MOST])
def test_no_count_lies_on_another_and_all_stay_in_the_picture(size) -> None:
    fragment = phase_flow(everything(size))
    picture = next(parse(fragment).iter("svg"))
    found = boxes(fragment)
    assert len(found) == size * (size - 1)
    assert all(left >= 0 and right <= float(picture.get("width")) for left, right, _, _ in found)
    assert all(top >= 0 and low <= float(picture.get("height")) for _, _, top, low in found)
    for number, (left, right, top, low) in enumerate(found):
        for others in found[number + 1 :]:
            assert right <= others[0] or others[1] <= left or low <= others[2] or others[3] <= top


def test_no_upright_part_of_an_arrow_runs_through_a_count() -> None:
    fragment = phase_flow(everything(6))
    uprights = [
        float(x)
        for item in parse(fragment).iter("path")
        if "arc" in (item.get("class") or "") and "V" in item.get("d")
        for x in re.findall(r"(?:M| )([\d.]+) [\d.]+V", item.get("d"))
    ]
    assert len(uprights) >= 20
    for left, right, _, _ in boxes(fragment):
        assert not any(left < x < right for x in uprights)


def test_more_phases_than_have_room_are_told_in_words_alone() -> None:
    assert "<svg" not in phase_flow(everything(MOST + 1))
    assert "moves in the last 28 days" in phase_flow(everything(MOST + 1))


def test_flow_is_said_in_words_and_where_people_went() -> None:
    flow = sample_flow()
    assert in_words(flow) == (
        "441 moves in the last 28 days, 108 of them past a phase and 143 back. "
        "Most often: Cooling to Active 92, New to Active 84 and Active to Cooling 77."
    )
    assert went(flow, 0) == "Active 84, Cooling 21, Lapsed 7"
    assert went(replace(flow, moves=()), 0) == "–"
    assert in_words(replace(flow, moves=())) == "Nobody moved from one phase to another in the last 28 days."
    assert [change(phase) for phase in flow.phases] == ["+8", "+86", "+12", "−3", "+17"]


def test_the_counts_of_a_window_close_for_every_phase() -> None:
    spells = world(400)
    found = flows(spells, 122.0, 150.0)
    shown = flow_shown(found, of="customers", days=28, order=PHASES)
    assert sum(phase.now for phase in shown.phases) == found.after.sum() > 100
    assert sum(move.count for move in shown.moves) == found.moved.sum() > 20
    for phase in shown.phases:
        assert phase.now == phase.before + phase.came + phase.entered - phase.left - phase.gone
        assert phase.left == sum(
            move.count for move in shown.moves if shown.phases[move.start].phase == phase.phase
        )


def test_phases_stand_in_the_order_of_the_funnel_or_as_most_people_move() -> None:
    none = np.zeros((4, 4), int)
    listed = ("checking-out", "filling-cart", "customer", "visitor")
    funnel_ = ("visitor", "filling-cart", "checking-out", "customer")
    assert ordered(listed, funnel=funnel_, moved=none) == funnel_
    assert ordered(("gone", "paying", "trial"), funnel=("trial", "paying"), moved=none[:3, :3]) == (
        "trial", "paying", "gone",
    )  # fmt: skip
    moved = none.copy()
    moved[2, 0] = 5
    assert ordered(("d", "c", "b", "a"), funnel=(), moved=moved) == ("a", "b", "c", "d")
    assert ordered(("d", "c", "b", "a"), funnel=(), moved=moved.T) == ("d", "c", "b", "a")
