"""The funnel as bars: how many of the first step reached each next one, with the interval and the days it took."""

from __future__ import annotations

from markupsafe import Markup

from customer_genome.core.intervals import Interval
from customer_genome.serving.report.axis import Axis, chance_axis, grid, scale
from customer_genome.serving.report.conversion import as_sentence, days
from customer_genome.serving.report.journey_model import FunnelPhase, JourneyFunnel
from customer_genome.serving.report.svg import percent, strip, tag
from customer_genome.serving.report.table import figure, plot_row, plot_table
from customer_genome.serving.report.wording import count, listing, share

_ROW, _BAR = 30.0, 14.0


def funnel_bars(funnel: JourneyFunnel) -> Markup:
    """The steps as a table whose middle column is the plot."""
    axis = chance_axis()
    head = ("Step", "Share of the first step", "Customers", "Of the step before", "Days since then (median)")
    rows = (_row(step, axis, number) for number, step in enumerate(funnel.steps))
    return plot_table(head, list(rows), scale=scale(axis, _percent), kind="cg-funnel")


def others_in_words(funnel: JourneyFunnel) -> str:
    """For each step, where those stand now who reached it and not the next one."""
    said = []
    for before, step in zip(funnel.steps, funnel.steps[1:], strict=False):
        missing = before.customers - step.customers
        if missing:
            places = listing([f"{name} {count(number)}" for name, number in step.others])
            said.append(
                f"Of {count(missing)} who came to {before.phase} and not yet to {step.phase}, now: {places}."
            )
    return " ".join(said)


def bounded(found: Interval) -> Markup:
    """A share with its bounds, or a dash with the reason."""
    if found.value is None:
        return tag("span", "–", tag("small", found.reason, class_="why"))
    low, high = share(found.low).rstrip("%"), share(found.high)
    return tag("b", share(found.value)) + tag("small", f" ({low} to {high})")


def _row(step: FunnelPhase, axis: Axis, number: int) -> Markup:
    return plot_row(
        tag("th", step.phase, scope="row"),
        _mark(step, axis),
        figure(tag("b", count(step.customers)), label="customers"),
        figure(bounded(step.of_previous) if number else Markup("–"), label="of the step before"),
        figure(_days(step.days) if number else Markup("–"), label="days since then"),
    )


def _percent(part: float) -> str:
    return f"{100 * part:.0f}%"


def _days(found: Interval) -> Markup:
    if found.value is None:
        return tag("span", "–", tag("small", found.reason, class_="why"))
    bounds = (
        f" ({days(found.low)} to {days(found.high)})"
        if found.low is not None and found.high is not None
        else ""
    )
    return tag("b", days(found.value)) + tag("small", bounds)


def _mark(step: FunnelPhase, axis: Axis) -> Markup:
    found, middle = step.of_first, _ROW / 2
    if found.value is None:
        words = tag("text", as_sentence(found.reason), x="0%", y=middle + 4)
        return strip(words, height=_ROW, class_="cg-mark")
    bar = tag("rect", x="0%", y=middle - _BAR / 2, width=percent(found.value), height=_BAR, class_="share")
    ends = {"x1": percent(axis.place(found.low or 0.0)), "x2": percent(axis.place(found.high or 1.0))}
    line = tag("line", **ends, y1=str(middle), y2=str(middle), class_="range")
    return strip(grid(axis, height=_ROW, null=0.0), bar, line, height=_ROW, class_="cg-mark")
