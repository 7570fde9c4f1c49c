"""One similarity on its scale, beside that of a typical pair."""

from __future__ import annotations

from markupsafe import Markup

from customer_genome.serving.report.axis import Axis, scale
from customer_genome.serving.report.picture import Comparison
from customer_genome.serving.report.svg import percent, strip, tag
from customer_genome.serving.report.wording import signed

_TALL = 50.0


def similarity(comparison: Comparison) -> Markup:
    """The figure as a dot on a scale up to 1, named above it; the typical pair as a stroke, named below it."""
    found, typical = comparison.similarity, comparison.typical
    if found is None:
        return Markup("")
    low = -1.0 if min(found, typical or 0.0) < 0 else 0.0
    axis = Axis(low, 1.0, (low, (low + 1) / 2, 1.0))
    marks = [tag("line", x1="0%", x2="100%", y1=24, y2=24, class_="tick")]
    if typical is not None:
        place = axis.place(typical)
        marks.append(tag("line", x1=percent(place), x2=percent(place), y1=15, y2=34, class_="base"))
        marks.append(_name(f"typical pair {_plain(typical)}", place, y=46, kind="weak"))
    place = axis.place(found)
    marks.append(tag("circle", cx=percent(place), cy=24, r=6.0, class_="dot"))
    marks.append(_name(f"these two {_plain(found)}", place, y=11, kind="strong"))
    return strip(*marks, height=_TALL, class_="cg-mark chance") + scale(axis, _plain)


def _name(words: str, share: float, *, y: float, kind: str) -> Markup:
    """Words that begin at a mark in the left half and end at one in the right, so that they are never cut off."""
    anchor = "start" if share < 0.5 else "end"
    return tag("text", words, x=percent(share), y=y, text_anchor=anchor, class_=kind)


def _plain(value: float) -> str:
    return signed(value).lstrip("+")
