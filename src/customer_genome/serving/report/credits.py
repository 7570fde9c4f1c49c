"""Who gets the credit: one row a channel, for every model a small mark with its interval on one scale."""

from __future__ import annotations

import math

from markupsafe import Markup

from customer_genome.core.intervals import Interval
from customer_genome.serving.report.axis import Axis, grid
from customer_genome.serving.report.journey_model import ChannelCredit, Credits
from customer_genome.serving.report.svg import percent, strip, tag
from customer_genome.serving.report.wording import listing, share

_ROW = 12.0


def credits_table(credit: Credits) -> Markup:
    """The table: models beside each other; every mark has its share and interval in figures below it."""
    axis = _axis(credit)
    head = (tag("th", name, scope="col") for name in ("Channel", *credit.models))
    rows = (_row(channel, credit, axis) for channel in credit.channels)
    parts = tag("thead", tag("tr", *head)), tag("tbody", *rows)
    return tag("table", *parts, class_="cg-table cg-credits")


def apart_in_words(credit: Credits) -> str:
    """Whether the models disagree, and about which channels."""
    names = [f"“{one.channel}”" for one in credit.channels if one.apart]
    if not names:
        return "Where the intervals can tell, the models do not disagree."
    return f"⚠ The models disagree about {listing(names)}: the answer depends on the rule chosen, not on the data."


def scale_in_words(credit: Credits) -> str:
    """What the marks' scale is."""
    return f"Each scale runs from 0 to {share(_axis(credit).high)} of the conversions."


def _axis(credit: Credits) -> Axis:
    highest = max((one.high or 0.0 for channel in credit.channels for one in channel.shares), default=1.0)
    top = min(max(math.ceil(highest * 10) / 10, 0.1), 1.0)
    return Axis(0.0, top, (0.0, top))


def _row(channel: ChannelCredit, credit: Credits, axis: Axis) -> Markup:
    warned = tag("small", f"⚠ {channel.apart}", class_="why") if channel.apart else Markup("")
    cells = (_cell(found, model, axis) for model, found in zip(credit.models, channel.shares, strict=True))
    return tag("tr", tag("th", channel.channel, warned, scope="row"), *cells)


def _cell(found: Interval, model: str, axis: Axis) -> Markup:
    if found.value is None:
        return tag("td", "–", tag("small", found.reason, class_="why"), data_label=model)
    low, high = (
        found.low if found.low is not None else found.value,
        found.high if found.high is not None else found.value,
    )
    bounds = tag("small", f" ({share(low).rstrip('%')} to {share(high)})")
    figures = tag("span", tag("b", share(found.value)), bounds, class_="nowrap")
    return tag("td", _mark((low, found.value, high), axis), figures, data_label=model)


def _mark(found: tuple[float, float, float], axis: Axis) -> Markup:
    low, value, high = (percent(axis.place(one)) for one in found)
    bar = tag("line", x1=low, x2=high, y1=str(_ROW / 2), y2=str(_ROW / 2), class_="bar")
    dot = tag("circle", cx=value, cy=_ROW / 2, r=3.5, class_="dot")
    track = tag("line", x1="0%", x2="100%", y1=str(_ROW / 2), y2=str(_ROW / 2), class_="tick")
    return strip(track, grid(axis, height=_ROW), bar, dot, height=_ROW, class_="cg-mark")
