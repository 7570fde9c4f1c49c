"""What becomes of those who enter a phase: for each destination the chance of having gone there, day by day."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from customer_genome.core.intervals import Interval
from customer_genome.serving.report.day_plot import DayPlot
from customer_genome.serving.report.journey_model import Leaving, Route
from customer_genome.serving.report.labels import short
from customer_genome.serving.report.svg import svg, tag
from customer_genome.serving.report.wording import count, listing, share

MOST = 4
"""Destinations drawn of one phase, the most frequent; the others are in the words."""
_PLOT, _BELOW, _RIGHT = DayPlot(left=36.0, wide=164.0, top=10.0, tall=132.0), 34.0, 112.0
_STROKES = (None, "6 3", "1.5 3", "8 3 2 3")
"""One form of line for each destination, so that none is told by its colour alone."""


def conversion(leaving: Leaving) -> Markup:
    """The curves of one phase, each named at its end, those still there as a grey line."""
    caption = tag("figcaption", f"From {leaving.phase}")
    if leaving.reason:
        return tag("figure", caption, tag("p", as_sentence(leaving.reason), class_="cg-empty"))
    drawn = (*_largest(leaving), leaving.staying)
    parts = [_band(route, leaving.until, "still" if route is leaving.staying else "") for route in drawn]
    parts += [_line(route, place, leaving) for place, route in enumerate(drawn)]
    picture = svg(
        tag("title", f"From {leaving.phase}: {in_words(leaving)}"),
        *_PLOT.frame(leaving.until, said=days, over="days in the phase"), *parts, *_names(drawn),
        width=_PLOT.left + _PLOT.wide + _RIGHT, height=_PLOT.top + _PLOT.tall + _BELOW, role="img", tabindex="0",
        class_="cg-when cg-curves cg-mark",
    )  # fmt: skip
    return tag("figure", caption, picture, tag("p", in_words(leaving), class_="cg-note"))


def in_words(leaving: Leaving) -> str:
    """The median with its interval, and how many went where by the last day drawn."""
    drawn = _largest(leaving)
    ends = [f"{_bounded(route)} went to “{route.to}”" for route in drawn]
    rest = len(leaving.routes) - len(drawn)
    more = f" ({count(rest)} rarer destinations are not drawn)" if rest else ""
    said = listing([*ends, f"{_bounded(leaving.staying)} are still there"])
    return (
        f"{stays(leaving.median)} By day {days(leaving.until)}: {said}{more}. "
        f"{count(leaving.stays)} stays of {count(leaving.customers)} customers."
    )


def stays(median: Interval) -> str:
    """How long half of them stay."""
    if median.value is None:
        return as_sentence(median.reason or "the middle stay is not known")
    if median.low is None:
        return f"Half have left after {days(median.value)} days."
    most = f"to {days(median.high)}" if median.high is not None else "or more"
    return f"Half have left after {days(median.value)} days ({days(median.low)} {most})."


def days(number: float) -> str:
    """A number of days, with a digit where it is small."""
    if 0 < number < 0.05:
        return "under 0.1"
    return f"{number:,.1f}".removesuffix(".0") if number < 10 else f"{number:,.0f}"


def as_sentence(words: str) -> str:
    """Words as a sentence of their own."""
    return f"{words[:1].upper()}{words[1:].rstrip('.')}." if words else ""


def _largest(leaving: Leaving) -> tuple[Route, ...]:
    return tuple(sorted(leaving.routes, key=lambda route: (-route.left, route.to))[:MOST])


def _bounded(route: Route) -> str:
    _, value, low, high = route.points[-1]
    return f"{share(value)} ({share(low).rstrip('%')} to {share(high)})"


def _steps(points: Sequence[tuple[float, float]], until: float) -> str:
    """A curve that jumps at each of its days and goes on to the right end, as moves along and up or down."""
    parts = [f"{_PLOT.x(points[0][0], until):.1f} {_PLOT.y(points[0][1]):.1f}"]
    parts += [f"H{_PLOT.x(day, until):.1f}V{_PLOT.y(value):.1f}" for day, value in points[1:]]
    return "".join((*parts, f"H{_PLOT.x(until, until):.1f}"))


def _back(points: Sequence[tuple[float, float]], until: float) -> str:
    """The same from the right end to the left."""
    return "".join(f"V{_PLOT.y(value):.1f}H{_PLOT.x(day, until):.1f}" for day, value in reversed(points))


def _column(route: Route, column: int) -> list[tuple[float, float]]:
    return [(point[0], point[column]) for point in route.points]


def _band(route: Route, until: float, kind: str) -> Markup:
    outline = f"M{_steps(_column(route, 2), until)}{_back(_column(route, 3), until)}Z"
    return tag("path", d=outline, class_=f"band {kind}".strip())


def _line(route: Route, place: int, leaving: Leaving) -> Markup:
    still = route is leaving.staying
    line = tag(
        "path", d=f"M{_steps(_column(route, 1), leaving.until)}",
        class_="curve still" if still else "curve", stroke_dasharray=None if still else _STROKES[place],
    )  # fmt: skip
    marks = (_mark(route, leaving.until * part, leaving) for part in (0.25, 0.5, 0.75, 1.0))
    return Markup("").join((line, *marks))


def _mark(route: Route, day: float, leaving: Leaving) -> Markup:
    """What the curve says at one day, for the pointer and the keyboard."""
    _, value, low, high = [point for point in route.points if point[0] <= day][-1]
    what = f"still in {leaving.phase}" if route is leaving.staying else f"gone to {route.to}"
    words = f"{what} by day {days(day)}: {share(value)} ({share(low)} to {share(high)})"
    x, y = _PLOT.x(day, leaving.until), _PLOT.y(value)
    hit = tag("circle", cx=x, cy=y, r=7, class_="hit")
    kind = "point still" if route is leaving.staying else "point"
    return tag("g", tag("title", words), hit, tag("circle", cx=x, cy=y, r=2.2, class_=kind))


def _names(routes: Sequence[Route]) -> list[Markup]:
    """Each curve's name at its end, none over another."""
    ends = sorted(
        ((_PLOT.y(route.points[-1][1]) + 4, route.to or "still there", route) for route in routes),
        key=lambda end: end[:2],
    )
    heights = _PLOT.apart([y for y, _, _ in ends])
    return [
        tag(
            "text", f"{short(name, 12)} ", tag("tspan", share(route.points[-1][1]), class_="strong"),
            x=_PLOT.left + _PLOT.wide + 8, y=y,
        )
        for y, (_, name, route) in zip(heights, ends, strict=True)
    ]  # fmt: skip
