"""When the next action comes: for each verb the chance that it comes next, and within so many days, as a curve."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from customer_genome.serving.report.foretold import Curve, Outlook
from customer_genome.serving.report.labels import short
from customer_genome.serving.report.svg import svg, tag
from customer_genome.serving.report.wording import listing, share

_WIDE, _TALL, _LEFT, _TOP, _BELOW, _RIGHT = 158.0, 132.0, 40.0, 10.0, 34.0, 84.0
_LINE = 13.0
_STROKES = (None, "5 3", "1.5 3")
"""One form of line for each verb, so that none is told by its colour alone."""


def when(outlook: Outlook) -> Markup:
    """The curves of one customer, each named at its end."""
    horizon = max(curve.points[-1][0] for curve in outlook.curves)
    ranked = sorted(outlook.curves, key=lambda curve: (-curve.points[-1][1], curve.verb))
    lines = [_curve(curve, place, horizon) for place, curve in enumerate(ranked)]
    drawn = svg(
        tag("title", f"{outlook.name}: {in_words(outlook)}"),
        *_frame(horizon),
        *lines,
        *_names(ranked),
        width=_LEFT + _WIDE + _RIGHT,
        height=_TOP + _TALL + _BELOW,
        role="img",
        tabindex="0",
        class_="cg-when cg-mark",
    )
    return tag("figure", drawn, tag("p", in_words(outlook), class_="cg-note"))


def in_words(outlook: Outlook) -> str:
    """The curves in words: the day by which any of the actions is more likely than not, and where each ends."""
    horizon = max(curve.points[-1][0] for curve in outlook.curves)
    days = sorted({day for curve in outlook.curves for day, _ in curve.points})
    likely = [day for day in days if sum(dict(curve.points).get(day, 0.0) for curve in outlook.curves) > 0.5]
    first = (
        f"More likely than not within {_days(likely[0])}"
        if likely
        else f"More likely not within {_days(horizon)}"
    )
    ends = [f"{curve.verb} {share(curve.points[-1][1])}" for curve in outlook.curves]
    return f"{first}; what comes first within {_days(horizon)}: {listing(ends)}."


def _days(number: float) -> str:
    return "1 day" if number == 1 else f"{number:g} days"


def _frame(horizon: float) -> list[Markup]:
    low, far = _TOP + _TALL, _LEFT + _WIDE
    parts = []
    for part in (0.0, 0.5, 1.0):
        x, y = _LEFT + part * _WIDE, low - part * _TALL
        parts += [
            tag("line", x1=_LEFT, x2=far, y1=y, y2=y, class_="tick" if part else "null"),
            tag("text", f"{100 * part:.0f}%", x=_LEFT - 6, y=y + 4, text_anchor="end"),
            tag("text", f"{part * horizon:g}", x=x, y=low + 14, text_anchor="middle"),
        ]
    return [*parts, tag("text", "days from now", x=_LEFT + _WIDE / 2, y=low + 29, text_anchor="middle")]


def _curve(curve: Curve, place: int, horizon: float) -> Markup:
    points = [(0.0, 0.0), *curve.points]
    path = "L".join(f"{_x(day, horizon):.1f} {_y(chance):.1f}" for day, chance in points)
    stroke = _STROKES[min(place, len(_STROKES) - 1)]
    line = tag("path", d=f"M{path}", class_="curve", stroke_dasharray=stroke)
    marks = (_mark(curve.verb, day, chance, horizon) for day, chance in curve.points)
    return Markup("").join((line, *marks))


def _mark(verb: str, day: float, chance: float, horizon: float) -> Markup:
    words = tag("title", f"{verb} comes next, within {_days(day)}: {share(chance)}")
    x, y = _x(day, horizon), _y(chance)
    hit = tag("circle", cx=x, cy=y, r=7, class_="hit")
    return tag("g", words, hit, tag("circle", cx=x, cy=y, r=2.5, class_="point"))


def _names(curves: Sequence[Curve]) -> list[Markup]:
    """Each curve's name at its end, the likeliest first and none over another."""
    names, lowest = [], _TOP
    heights = [_y(curve.points[-1][1]) + 4 for curve in curves]
    for place in range(len(heights)):
        heights[place] = lowest = max(heights[place], lowest)
        lowest += _LINE
    limit = _TOP + _TALL + 4
    for place in range(len(heights) - 1, -1, -1):
        heights[place] = min(heights[place], limit)
        limit = heights[place] - _LINE
    for curve, y in zip(curves, heights, strict=True):
        figure = tag("tspan", share(curve.points[-1][1]), class_="strong")
        names.append(tag("text", f"{short(curve.verb, 9)} ", figure, x=_LEFT + _WIDE + 8, y=y))
    return names


def _x(day: float, horizon: float) -> float:
    return _LEFT + _WIDE * min(day / horizon, 1.0)


def _y(chance: float) -> float:
    return _TOP + _TALL * (1 - min(max(chance, 0.0), 1.0))
