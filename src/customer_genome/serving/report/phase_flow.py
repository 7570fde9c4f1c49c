"""The phases side by side with the moves between them: onward straight, skipping above, back below.

Every arc that skips or goes back has a lane of its own over the phases that it spans, and its count stands on it
between two phases, where no line goes up or down: so no count lies on another, nor under a line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from customer_genome.serving.report.journey_model import PhaseFlow, PhaseMove, Standing
from customer_genome.serving.report.labels import short
from customer_genome.serving.report.svg import svg, tag
from customer_genome.serving.report.wording import count, listing

MOST = 12
"""More phases than these are not drawn; the table has them all."""
_WIDE, _GAPS, _BOX, _TALL, _LANE, _LETTER = 1176.0, (54.0, 110.0), 128.0, 58.0, 24.0, 6.4
_ROUND, _THICK = 8.0, 9.0


@dataclass(frozen=True)
class _Arc:
    """A move with its lane (0 is next to the boxes), and where it leaves and enters its boxes."""

    move: PhaseMove
    lane: int
    x1: float
    x2: float


def phase_flow(flow: PhaseFlow) -> Markup:
    """The picture, in words below it; nothing is drawn of more than 12 phases."""
    said = tag("p", in_words(flow), class_="cg-note")
    if not 1 < len(flow.phases) <= MOST:
        return tag("figure", said)
    over = _lanes(flow, [move for move in flow.moves if move.to > move.start + 1])
    under = _lanes(flow, [move for move in flow.moves if move.to < move.start])
    top = _LANE * (1 + max((arc.lane for arc in over), default=-1)) + 8
    below = _LANE * (1 + max((arc.lane for arc in under), default=-1)) + 8
    most = max((move.count for move in flow.moves), default=1)
    straight = [move for move in flow.moves if move.to == move.start + 1]
    drawn = svg(
        tag("title", f"Where {flow.of} stand and how they moved: {in_words(flow)}"),
        *(_box(flow, place, top) for place in range(len(flow.phases))),
        *(_onward(flow, move, top=top, most=most) for move in straight),
        *(_bracket(flow, arc, top=top, most=most) for arc in (*over, *under)),
        width=_x(len(flow.phases) - 1, flow) + _box_width(flow),
        height=top + _TALL + below,
        role="img",
        tabindex="0",
        class_="cg-flow cg-mark",
    )  # fmt: skip
    return tag("figure", drawn, said)


def in_words(flow: PhaseFlow) -> str:
    """The largest moves, and how many there were in all."""
    moves = sum(move.count for move in flow.moves)
    if not moves:
        return f"Nobody moved from one phase to another in the last {flow.days} days."
    ranked = sorted(flow.moves, key=lambda move: (-move.count, move.start, move.to))[:3]
    names = [phase.phase for phase in flow.phases]
    said = listing([f"{names[one.start]} to {names[one.to]} {count(one.count)}" for one in ranked])
    back = sum(move.count for move in flow.moves if move.to < move.start)
    skipped = sum(move.count for move in flow.moves if move.to > move.start + 1)
    more = f", {count(skipped)} of them past a phase and {count(back)} back" if skipped or back else ""
    return f"{_moves(moves)} in the last {flow.days} days{more}. Most often: {said}."


def went(flow: PhaseFlow, place: int) -> str:
    """Where those who left a phase went, most first."""
    found = sorted(
        (move for move in flow.moves if move.start == place), key=lambda move: (-move.count, move.to)
    )
    return ", ".join(f"{flow.phases[move.to].phase} {count(move.count)}" for move in found) or "–"


def change(phase: Standing) -> str:
    """How many more stand in a phase than before the window."""
    more = phase.now - phase.before
    return "±0" if not more else f"{'+' if more > 0 else '−'}{abs(more):,}"


def _moves(number: int) -> str:
    return "1 move" if number == 1 else f"{count(number)} moves"


def _box_width(flow: PhaseFlow) -> float:
    size = len(flow.phases)
    return min(_BOX, (_WIDE - _GAPS[0] * (size - 1)) / size)


def _gap(flow: PhaseFlow) -> float:
    size = len(flow.phases)
    return min(_GAPS[1], (_WIDE - _box_width(flow) * size) / (size - 1))


def _x(place: float, flow: PhaseFlow) -> float:
    return place * (_box_width(flow) + _gap(flow))


def _box(flow: PhaseFlow, place: int, top: float) -> Markup:
    phase, x, wide = flow.phases[place], _x(place, flow), _box_width(flow)
    words = (
        f"{phase.phase}: {count(phase.now)} now, {count(phase.before)} {flow.days} days ago; {count(phase.came)} new, "
        f"{count(phase.entered)} moved in, {count(phase.left)} moved out"
    )
    middle = x + wide / 2
    return tag(
        "g", tag("title", words),
        tag("rect", x=x, y=top, width=wide, height=_TALL, rx=5, class_="box"),
        tag("text", short(phase.phase, int((wide - 8) / _LETTER)), x=middle, y=top + 16, text_anchor="middle"),
        tag("text", count(phase.now), x=middle, y=top + 35, text_anchor="middle", class_="strong now"),
        tag("text", change(phase), x=middle, y=top + 50, text_anchor="middle"),
        class_="phase",
    )  # fmt: skip


def _lanes(flow: PhaseFlow, moves: Sequence[PhaseMove]) -> list[_Arc]:
    """Give each arc the lowest lane that is free over all it spans, the shortest first; ports go by lane."""
    taken: list[list[tuple[int, int]]] = []
    made = []
    for move in sorted(moves, key=lambda one: (abs(one.to - one.start), min(one.start, one.to), one.to)):
        low, high = sorted((move.start, move.to))
        lane = next(
            (n for n, spans in enumerate(taken) if all(high <= a or low >= b for a, b in spans)), len(taken)
        )
        if lane == len(taken):
            taken.append([])
        taken[lane].append((low, high))
        made.append((move, lane))
    return [_Arc(move, lane, *_ports(flow, move, lane=lane, lanes=len(taken))) for move, lane in made]


def _ports(flow: PhaseFlow, move: PhaseMove, *, lane: int, lanes: int) -> tuple[float, float]:
    """Inner arcs meet the box nearest to where they come from, so that no two of them cross at a box."""
    wide = _box_width(flow)
    inset = (wide / 2 - 8) * (lane + 0.5) / lanes + 4
    right, left = wide - inset, inset
    start, end = (right, left) if move.to > move.start else (left, right)
    return _x(move.start, flow) + start, _x(move.to, flow) + end


def _thick(move: PhaseMove, most: int) -> float:
    return max(1.0, _THICK * move.count / most)


def _onward(flow: PhaseFlow, move: PhaseMove, *, top: float, most: int) -> Markup:
    x, y, gap, thick = (
        _x(move.start, flow) + _box_width(flow),
        top + _TALL / 2,
        _gap(flow),
        _thick(move, most),
    )
    line = tag("path", d=f"M{x + 2:.1f} {y:.1f}H{x + gap - 8:.1f}", stroke_width=thick, class_="arc")
    number = tag(
        "text",
        count(move.count),
        x=x + gap / 2 - 2,
        y=y - thick / 2 - 5,
        text_anchor="middle",
        class_="strong",
    )
    return _move(flow, move, line, _head(x + gap - 2, y, "right", thick), number)


def _bracket(flow: PhaseFlow, arc: _Arc, *, top: float, most: int) -> Markup:
    """Up (or down) from the box, along the lane, and into the other box."""
    ahead, thick = arc.move.to > arc.move.start, _thick(arc.move, most)
    edge, sign = (top, -1.0) if ahead else (top + _TALL, 1.0)
    y = edge + sign * (_LANE * (arc.lane + 0.5) + 4)
    turn = _ROUND if ahead else -_ROUND
    path = (
        f"M{arc.x1:.1f} {edge + 2 * sign:.1f}V{y - sign * _ROUND:.1f}Q{arc.x1:.1f} {y:.1f} {arc.x1 + turn:.1f} {y:.1f}"
        f"H{arc.x2 - turn:.1f}Q{arc.x2:.1f} {y:.1f} {arc.x2:.1f} {y - sign * _ROUND:.1f}V{edge + 8 * sign:.1f}"
    )
    line = tag("path", d=path, stroke_width=thick, class_="arc back" if not ahead else "arc")
    head = _head(arc.x2, edge + 2 * sign, "down" if ahead else "up", thick)
    x = _x(min(arc.move.start, arc.move.to) + (abs(arc.move.to - arc.move.start) - 1) // 2, flow)
    x += _box_width(flow) + _gap(flow) / 2
    text = count(arc.move.count)
    room = tag("rect", x=x - _room(text) / 2, y=y - 7, width=_room(text), height=14, class_="room")
    number = tag("text", text, x=x, y=y + 4, text_anchor="middle", class_="strong")
    return _move(flow, arc.move, line, head, room, number)


def _room(text: str) -> float:
    return 6.6 * len(text) + 6


def _head(x: float, y: float, side: str, thick: float) -> Markup:
    """An arrow's head with its point at x, y."""
    half, long = max(3.5, thick / 2 + 1.5), 7.0
    steps = {
        "right": ((-long, -half), (-long, half)),
        "down": ((-half, -long), (half, -long)),
        "up": ((-half, long), (half, long)),
    }[side]
    corners = "L".join(f"{x + dx:.1f} {y + dy:.1f}" for dx, dy in steps)
    return tag("path", d=f"M{x:.1f} {y:.1f}L{corners}Z", class_="head")


def _move(flow: PhaseFlow, move: PhaseMove, *content: Markup) -> Markup:
    start, to = (flow.phases[place].phase for place in (move.start, move.to))
    words = f"{start} to {to}: {_moves(move.count)} in the last {flow.days} days"
    return tag("g", tag("title", words), *content, class_="move")
