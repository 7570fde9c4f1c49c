"""Small column charts from zero: how spend is spread, and revenue over time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from markupsafe import Markup

from customer_genome.serving.report.model import PeriodTotal, SpendBin
from customer_genome.serving.report.svg import percent, tag
from customer_genome.serving.report.wording import count, day, money

_TALL = 150.0


def histogram(bins: Sequence[SpendBin], *, currency: str, median: float | None = None) -> Markup:
    """Customers by spend; a column's area is its share, so bins of different width stay honest.

    A last bin for all above is paler, since its column stands for more than its width.
    """
    start, end = bins[0].low, bins[-1].high
    density = [part.customers / (part.high - part.low) for part in bins]
    top = max(density) or 1.0
    columns = []
    for part, dense in zip(bins, density, strict=True):
        left, right = (part.low - start) / (end - start), (part.high - start) / (end - start)
        words = f"{_range(part, currency)}: {count(part.customers)} customers"
        kind = "above" if part.above else None
        columns.append(_column(left, right - left, dense / top, words, kind=kind))
    marks: list[Markup] = []
    if median is not None and start <= median <= end:
        place = (median - start) / (end - start)
        anchor = "end" if place > 0.6 else "start"
        text = tag(
            "text",
            f"half spend less than {money(median, currency)}",
            x=percent(place),
            y=9,
            dx=-5.0 if anchor == "end" else 5.0,
            text_anchor=anchor,
        )
        marks = [tag("line", x1=percent(place), x2=percent(place), y1=0, y2=_TALL, class_="median"), text]
    ends = [money(value, currency, cents=False) for value in (start, (start + end) / 2, end)]
    if bins[-1].above:
        ends[-1] = _range(bins[-1], currency)
    return _chart(columns, marks, ends, "Customers by what they spent")


def revenue_chart(periods: Sequence[PeriodTotal], *, currency: str, word: str) -> Markup:
    """Revenue of each period as a column."""
    top = max((part.revenue for part in periods), default=0.0) or 1.0
    wide = 1 / len(periods)
    columns = [
        _column(
            index * wide,
            wide,
            part.revenue / top,
            f"{word} of {day(part.start)}: {money(part.revenue, currency)}",
        )
        for index, part in enumerate(periods)
    ]
    marks = [tag("text", f"highest {word}: {money(top, currency)}", x="100%", y=9, text_anchor="end")]
    middle = periods[len(periods) // 2].start
    ends = [_month(moment) for moment in (periods[0].start, middle, periods[-1].start)]
    return _chart(columns, marks, ends, f"Revenue by {word}")


def _chart(columns: Sequence[Markup], marks: Sequence[Markup], ends: Sequence[str], title: str) -> Markup:
    base = tag("line", x1="0%", x2="100%", y1=_TALL - 0.5, y2=_TALL - 0.5, class_="null")
    picture = tag(
        "svg",
        tag("title", title),
        *columns,
        base,
        *marks,
        width="100%",
        height=_TALL,
        role="img",
        class_="cg-columns",
    )
    return picture + tag("div", *(tag("span", text) for text in ends), class_="cg-ends")


def _range(part: SpendBin, currency: str) -> str:
    low, high = (money(value, currency, cents=False) for value in (part.low, part.high))
    return f"over {low}" if part.above else f"{low} to {high}"


def _column(left: float, wide: float, tall: float, words: str, *, kind: str | None = None) -> Markup:
    shown = max(tall, 0.0) * (_TALL - 18)
    rect = tag(
        "rect", x=percent(left + wide * 0.06), width=percent(wide * 0.88), y=_TALL - shown, height=shown
    )
    hit = tag("rect", x=percent(left), width=percent(wide), y=0, height=_TALL, class_="hit")
    return tag("g", tag("title", words), hit, rect, class_=kind)


def _month(moment: date) -> str:
    return f"{moment:%b} {moment.year}"
