"""How to read a karyotype, drawn with the same marks."""

from __future__ import annotations

from markupsafe import Markup

from customer_genome.serving.report.bands import Box, colour, draw
from customer_genome.serving.report.picture import Band
from customer_genome.serving.report.svg import svg, tag

_SCALE = (0.25, 0.4, 0.6, 0.8, 1.0, 1.2, 1.7, 2.5, 4.0)
_ENDS = ("⅓×", "½×", "0.7×", "0.9×", "1.1×", "1.4×", "2×", "3×")


def legend() -> Markup:
    """Colour, width, texture, each with its words beside it."""
    marks = (
        (Band("", "more than expected", 2.5, 2.2, 3.0, 40), 24.0, "full bar: more than expected"),
        (Band("", "less than expected", 0.4, 0.3, 0.6, 40), 24.0, "split bar: less"),
        (Band("", "wide", 1.7, 1.4, 1.9, 40), 24.0, "wide: much evidence"),
        (Band("", "narrow", 1.7, 1.4, 1.9, 40), 8.0, "narrow: little"),
        (Band("", "cannot tell", 1.7, 0.8, 2.4, 40), 24.0, "hatched: may be no different"),
        (Band("", "unknown", reason="not seen yet"), 14.0, "outline: unknown"),
        (Band("", "fact", value="a fact"), 24.0, "grey: a fact, wide if sure"),
    )
    items = [tag("li", _mark(band, wide), words) for band, wide, words in marks]
    return tag(
        "div", _scale(), tag("ul", *items), class_="cgk-legend", role="note",
        aria_label="How to read the pictures",
    )  # fmt: skip


def _mark(band: Band, wide: float) -> Markup:
    box = Box((26 - wide) / 2, 2, wide, 8)
    return svg(draw(band, box, Box(0, 0, 26, 12)), width=26, height=12, aria_hidden="true")


def _scale() -> Markup:
    step = 30.0
    blocks = [
        tag("rect", x=index * step, y=0, width=step - 1, height=9, class_=colour(value))
        for index, value in enumerate(_SCALE)
    ]
    ends = [
        tag("text", words, x=(index + 1) * step - 0.5, y=20, text_anchor="middle", class_="cgk-l")
        for index, words in enumerate(_ENDS)
    ]
    words = tag("title", "Colour: strength, blue below and orange above what one would expect")
    picture = svg(words, *blocks, *ends, width=step * len(_SCALE), height=24, role="img")
    return tag(
        "div", picture, tag("span", "times what one would expect from where they shop"), class_="cgk-scale"
    )
