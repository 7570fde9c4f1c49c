"""Whether chances came true as often as they said, and amounts fell within their ranges, as small pictures."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from customer_genome.serving.report.axis import chance_axis, scale
from customer_genome.serving.report.chances import bounds, chance_mark
from customer_genome.serving.report.foretold import LearnedTarget, Level, Prediction, Ranged
from customer_genome.serving.report.svg import svg, tag
from customer_genome.serving.report.table import figure, plot_row, plot_table
from customer_genome.serving.report.wording import count, share, signed

PROMISED = 0.9
"""The share of stated ranges that is meant to hold the truth."""
_SIDE, _LEFT, _TOP, _BELOW, _RIGHT = 176.0, 40.0, 22.0, 34.0, 14.0
_ENDS = (0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
"""Where a scale may end; a rare thing has a scale of its own, or all its dots would stand in one corner."""


def reliability(target: LearnedTarget) -> Markup:
    """Said (across) against come true (up): on the diagonal both are the same; a ring lies surely off it."""
    end = _end(target.levels)
    drawn = svg(
        tag("title", _sentence(target)),
        *_frame(end),
        *(_dot(level, end) for level in target.levels),
        width=_LEFT + _SIDE + _RIGHT,
        height=_TOP + _SIDE + _BELOW,
        role="img",
        tabindex="0",
        class_="cg-square cg-mark",
    )
    kept = sum(level.kept for level in target.levels)
    refused = "" if target.shown else " (refused)"
    words = tag(
        "p", f"{kept} of {len(target.levels)} groups lie on the diagonal within their bars.", class_="cg-note"
    )
    return tag("figure", tag("figcaption", target.label, tag("small", refused)), drawn, words)


def ranges(targets: Sequence[LearnedTarget]) -> Markup:
    """How often the stated ranges of amounts held the truth, and by how much the total was off."""
    head = ("Amount", "Truths inside the stated range", "Inside", "Total said")
    rows = [_range_row(target) for target in targets]
    below = scale(chance_axis(), lambda value: f"{100 * value:.0f}%")
    return plot_table(head, rows, scale=below, kind="cg-ranges")


def _range_row(target: LearnedTarget) -> Markup:
    held = target.held
    inside = Prediction(target.label, held.value or 0.0, PROMISED, held.low, held.high)
    known = held.value is not None
    return plot_row(
        tag("th", target.label, scope="row"),
        chance_mark(inside) if known else Markup(""),
        figure(tag("b", share(held.value)), bounds(inside) if known else "", label="inside the range"),
        figure(*_total(target.bias), label="total said"),
    )


def _end(levels: Sequence[Level]) -> float:
    """Return the first end of a scale that holds every dot and most of every bar."""
    far = max(max(level.said, level.came_true, min(level.high, 1.2 * level.came_true)) for level in levels)
    return next((end for end in _ENDS if far <= end), 1.0)


def _place(value: float, end: float) -> float:
    return _SIDE * min(value / end, 1.0)


def _frame(end: float) -> list[Markup]:
    low, far = _TOP + _SIDE, _LEFT + _SIDE
    parts = []
    for part in (0.0, 0.5, 1.0):
        x, y, said = _LEFT + part * _SIDE, low - part * _SIDE, f"{100 * part * end:g}%"
        parts += [
            tag("line", x1=x, x2=x, y1=_TOP, y2=low, class_="tick"),
            tag("line", x1=_LEFT, x2=far, y1=y, y2=y, class_="tick"),
            tag("text", said, x=x, y=low + 14, text_anchor="middle"),
            tag("text", said, x=_LEFT - 6, y=y + 4, text_anchor="end"),
        ]
    names = (
        tag("text", "chance said →", x=far, y=low + 29, text_anchor="end"),
        tag("text", "came true ↑", x=_LEFT, y=12, text_anchor="start"),
    )
    return [*parts, tag("line", x1=_LEFT, x2=far, y1=low, y2=_TOP, class_="null"), *names]


def _dot(level: Level, end: float) -> Markup:
    x, y = _LEFT + _place(level.said, end), _TOP + _SIDE - _place(level.came_true, end)
    low, high = (_TOP + _SIDE - _place(value, end) for value in (level.low, level.high))
    bar = tag("line", x1=x, x2=x, y1=low, y2=high, class_="bar")
    dot = tag("circle", cx=x, cy=y, r=4, class_="dot")
    return tag("g", tag("title", _words(level)), bar, dot, class_=None if level.kept else "off")


def _words(level: Level) -> str:
    bounds = f"{share(level.low).rstrip('%')} to {share(level.high)}"
    return f"said {share(level.said)}, came true {share(level.came_true)} ({bounds}) of {count(level.cases)}"


def _sentence(target: LearnedTarget) -> str:
    return f"{target.label}: {'; '.join(_words(level) for level in target.levels)}."


def _total(found: Ranged) -> tuple[Markup, ...]:
    if found.value is None:
        return (tag("small", "medians do not add up"),)
    value = tag("b", f"{signed(100 * found.value, 1)}%")
    if found.low is None or found.high is None:
        return (value,)
    return value, tag("small", f" ({signed(100 * found.low, 1)} to {signed(100 * found.high, 1)}%)")
