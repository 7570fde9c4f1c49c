"""Scales from values to places on a strip (0..1 of its width), and the ticks to mark on them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from customer_genome.serving.report.svg import percent, strip, tag


@dataclass(frozen=True)
class Axis:
    """A scale: `low` and `high` are the values at its ends, `ticks` those that carry a label."""

    low: float
    high: float
    ticks: tuple[float, ...]
    log: bool = False

    def place(self, value: float) -> float:
        """Where a value is, 0..1; values outside are put at the nearer end."""
        change: Callable[[float], float] = math.log2 if self.log else float
        held = min(max(value, self.low), self.high)
        return (change(held) - change(self.low)) / (change(self.high) - change(self.low))


def ratio_axis(values: Sequence[float]) -> Axis:
    """A log2 axis about 1 that holds all values, in steps of a doubling (or of its root when all are near 1)."""
    farthest = max((abs(math.log2(value)) for value in values if value > 0), default=0.5)
    reach = min(max(math.ceil(farthest * 2) / 2, 0.5), 4.0)
    step = 0.5 if reach <= 1.5 else 1.0
    steps = int(reach / step)
    ticks = tuple(2 ** (step * index) for index in range(-steps, steps + 1))
    return Axis(2**-reach, 2**reach, ticks, log=True)


def even_axis(values: Sequence[float]) -> Axis:
    """A linear axis about 0 that holds all values."""
    reach = _round_up(max((abs(value) for value in values), default=1.0))
    return Axis(-reach, reach, (-reach, -reach / 2, 0.0, reach / 2, reach))


def chance_axis() -> Axis:
    """The axis of probabilities."""
    return Axis(0.0, 1.0, (0.0, 0.25, 0.5, 0.75, 1.0))


def grid(axis: Axis, *, height: float, null: float | None = None) -> Markup:
    """The ticks as faint upright lines; the value of no difference stands out."""
    lines = [_upright(axis.place(tick), height, "tick") for tick in axis.ticks if tick != null]
    if null is not None:
        lines.append(_upright(axis.place(null), height, "null"))
    return Markup("").join(lines)


def scale(axis: Axis, name: Callable[[float], str]) -> Markup:
    """The ticks in figures."""
    texts = []
    for tick in axis.ticks:
        place = axis.place(tick)
        anchor = "start" if place < 0.02 else "end" if place > 0.98 else "middle"
        texts.append(tag("text", name(tick), x=percent(place), y=11, text_anchor=anchor))
    return strip(*texts, height=14, class_="cg-axis")


def _upright(place: float, height: float, kind: str) -> Markup:
    return tag("line", x1=percent(place), x2=percent(place), y1=0, y2=height, class_=kind)


def _round_up(value: float) -> float:
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= value * 0.999999)
