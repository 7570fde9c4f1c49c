"""What comes before a move: a forest plot of odds ratios, with how often it was there, and never a word of cause."""

from __future__ import annotations

from markupsafe import Markup

from customer_genome.serving.report.axis import Axis, grid, ratio_axis, scale
from customer_genome.serving.report.journey_model import Sign, Signs
from customer_genome.serving.report.svg import percent, strip, tag
from customer_genome.serving.report.table import figure, plot_row, plot_table, sides
from customer_genome.serving.report.wording import discovery, listing, share, times

_ROW, _LIMIT = 22.0, 0.05
"""Height of a row, px; the false-discovery rate up to which something is called sure."""


def signs_forest(signs: Signs) -> Markup:
    """The things as a table whose middle column is the plot; numbers beside every dot."""
    known = [
        value for sign in signs.shown for value in (sign.odds.low, sign.odds.value, sign.odds.high) if value
    ]
    axis = ratio_axis(known)
    before = f"In the {signs.days:,.0f} days before"
    head = (
        before, sides("less often before it", "more often before it"), "Odds ratio (95% interval)",
        "Of those who moved", "Of the others", "q",
    )  # fmt: skip
    table = plot_table(
        head, [_row(sign, axis) for sign in signs.shown], scale=scale(axis, times), kind="cg-signs"
    )
    if all(axis.low <= value <= axis.high for value in known):
        return table
    beyond = "What lies beyond the scale is drawn at its end; the figures are exact."
    return table + tag("p", beyond, class_="cg-note cg-after")


def signs_in_words(signs: Signs) -> str:
    """The clearest of those that are sure on each side, by their interval's nearer end."""
    known = [(sign, sign.odds.low or 0.0, sign.odds.high or 0.0) for sign in signs.shown if _sure(sign)]
    more = [f"“{sign.name}”" for sign, low, _ in sorted(known, key=lambda one: -one[1]) if low > 1][:3]
    less = [f"“{sign.name}”" for sign, _, high in sorted(known, key=lambda one: one[2]) if 0 < high < 1][:3]
    said = [f"more often {listing(more)}" if more else "", f"less often {listing(less)}" if less else ""]
    found = "; ".join(part for part in said if part)
    if not found:
        return f"Nothing comes surely more or less often before a move from “{signs.start}” to “{signs.to}”."
    return f"Before a move from “{signs.start}” to “{signs.to}”, compared with others at that time, come {found}."


def _sure(sign: Sign) -> bool:
    return sign.q is not None and sign.q <= _LIMIT


def _row(sign: Sign, axis: Axis) -> Markup:
    return plot_row(
        tag("th", sign.name, scope="row"),
        _mark(sign, axis),
        figure(*_odds(sign), label="odds ratio"),
        figure(share(sign.of_cases), label="of those who moved"),
        figure(share(sign.of_others), label="of the others"),
        figure(discovery(sign.q), label="q"),
    )


def _odds(sign: Sign) -> tuple[Markup, ...]:
    found = sign.odds
    if found.value is None or found.low is None or found.high is None:
        return (tag("small", found.reason),)
    return tag("b", f"{found.value:.2f}×"), tag("small", f" ({found.low:.2f} to {found.high:.2f})")


def _mark(sign: Sign, axis: Axis) -> Markup:
    found, middle = sign.odds, _ROW / 2
    if found.value is None or found.low is None or found.high is None:
        return strip(grid(axis, height=_ROW, null=1.0), height=_ROW, class_="cg-mark")
    kind = "open" if not _sure(sign) else "up" if found.value > 1 else "down"
    ends = {"x1": percent(axis.place(found.low)), "x2": percent(axis.place(found.high))}
    bar = tag("line", **ends, y1=str(middle), y2=str(middle), class_="bar")
    dot = tag("circle", cx=percent(axis.place(found.value)), cy=middle, r=4.5, class_="dot")
    return strip(grid(axis, height=_ROW, null=1.0), bar, dot, height=_ROW, class_=f"cg-mark {kind}")
