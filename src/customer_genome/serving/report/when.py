"""When the next action comes: for each verb the chance that it comes next, and within so many days, as a curve."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from customer_genome.serving.report.day_plot import DayPlot
from customer_genome.serving.report.foretold import Curve, Outlook
from customer_genome.serving.report.labels import short
from customer_genome.serving.report.svg import svg, tag
from customer_genome.serving.report.wording import listing, share

_PLOT, _BELOW, _RIGHT = DayPlot(left=40.0, wide=158.0, top=10.0, tall=132.0), 34.0, 84.0
_STROKES = (None, "5 3", "1.5 3")
"""One form of line for each verb, so that none is told by its colour alone."""


def when(outlook: Outlook) -> Markup:
    """The curves of one customer, each named at its end."""
    horizon = max(curve.points[-1][0] for curve in outlook.curves)
    ranked = sorted(outlook.curves, key=lambda curve: (-curve.points[-1][1], curve.verb))
    lines = [_curve(curve, place, horizon) for place, curve in enumerate(ranked)]
    drawn = svg(
        tag("title", f"{outlook.name}: {in_words(outlook)}"),
        *_PLOT.frame(horizon, said=lambda day: f"{day:g}", over="days from now"),
        *lines,
        *_names(ranked),
        width=_PLOT.left + _PLOT.wide + _RIGHT,
        height=_PLOT.top + _PLOT.tall + _BELOW,
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


def _curve(curve: Curve, place: int, horizon: float) -> Markup:
    points = [(0.0, 0.0), *curve.points]
    path = "L".join(f"{_PLOT.x(day, horizon):.1f} {_PLOT.y(chance):.1f}" for day, chance in points)
    stroke = _STROKES[min(place, len(_STROKES) - 1)]
    line = tag("path", d=f"M{path}", class_="curve", stroke_dasharray=stroke)
    marks = (_mark(curve.verb, day, chance, horizon) for day, chance in curve.points)
    return Markup("").join((line, *marks))


def _mark(verb: str, day: float, chance: float, horizon: float) -> Markup:
    words = tag("title", f"{verb} comes next, within {_days(day)}: {share(chance)}")
    x, y = _PLOT.x(day, horizon), _PLOT.y(chance)
    hit = tag("circle", cx=x, cy=y, r=7, class_="hit")
    return tag("g", words, hit, tag("circle", cx=x, cy=y, r=2.5, class_="point"))


def _names(curves: Sequence[Curve]) -> list[Markup]:
    """Each curve's name at its end, the likeliest first and none over another."""
    names = []
    heights = _PLOT.apart([_PLOT.y(curve.points[-1][1]) + 4 for curve in curves])
    for curve, y in zip(curves, heights, strict=True):
        figure = tag("tspan", share(curve.points[-1][1]), class_="strong")
        names.append(tag("text", f"{short(curve.verb, 9)} ", figure, x=_PLOT.left + _PLOT.wide + 8, y=y))
    return names
