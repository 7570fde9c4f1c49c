"""The geometry that karyotype and mirror share: where a band stands, how wide it is, what it looks like.

So that two pictures can be laid side by side, the place and height of a band depend only on the number of
genes in its family, never on the customer; the customer shows in width, colour and texture alone. Each of
the three channels says one thing: width the evidence, colour (and a slit below 1×, so that it also reads
without colour) the strength, hatching that the interval holds 1.
"""

from __future__ import annotations

import bisect
import math
from dataclasses import dataclass

from markupsafe import Markup

from customer_genome.serving.report.picture import Band, Chromosome
from customer_genome.serving.report.svg import tag
from customer_genome.serving.report.wording import crosses, explain

BODY = 46.0  # width of a chromosome, px
CAP = 9.0  # room above the first and below the last band
EDGES = (1 / 3, 1 / 2, 0.7, 0.9, 1 / 0.9, 1 / 0.7, 2.0, 3.0)  # between the nine colours, symmetric in log2
_CLASSES = tuple(f"cgk-{name}" for name in ("d4", "d3", "d2", "d1", "n0", "u1", "u2", "u3", "u4"))
_TALLEST, _SLOT_MIN, _SLOT_MAX = 390.0, 4.8, 15.0
_FULL = 40.0  # evidence that fills the width
_NARROWEST = 0.2
_STRIPE = 4.0  # from one line of the hatching to the next, px


@dataclass(frozen=True)
class Box:
    """Where a band is drawn, in px."""

    x: float
    y: float
    width: float
    height: float


def slot(bands: int) -> float:
    """Height of one band's place, gap included, from the number of genes in the family."""
    return min(max(_TALLEST / max(bands, 1), _SLOT_MIN), _SLOT_MAX)


def height(chromosome: Chromosome) -> float:
    """Height of a drawn chromosome."""
    return 2 * CAP + slot(len(chromosome.bands)) * len(chromosome.bands)


def middle(index: int, bands: int) -> float:
    """Where the middle of the index-th band is, from the top."""
    return CAP + slot(bands) * (index + 0.5)


def span(index: int, bands: int) -> tuple[float, float]:
    """Top and height of the index-th band."""
    whole = slot(bands)
    gap = 1.0 if whole < 8 else 2.0
    return CAP + whole * index + gap / 2, whole - gap


def colour(strength: float) -> str:
    """The class of one of nine colours: d4 (a third or less) over n0 (about 1×) to u4 (3× or more)."""
    return _CLASSES[bisect.bisect_right(EDGES, strength)]


def fullness(band: Band) -> float:
    """Share of the width that a band fills: log evidence, or precision for a fact."""
    if band.strength is None and band.precision is not None:
        known = band.precision
    else:
        known = math.log1p(max(band.evidence, 0.0)) / math.log1p(_FULL)
    return min(max(known, _NARROWEST), 1.0)


def draw(band: Band, box: Box, place: Box, *, owner: str = "") -> Markup:
    """One band with its tooltip; `place` is the whole slot: what the pointer hits."""
    title, hit = tag("title", f"{owner}. {explain(band)}" if owner else explain(band)), _rect(place, "hit")
    if band.strength is None:
        kind = "cgk-fact" if band.value else "cgk-none"
        return tag("g", title, hit, _rect(box, ""), class_=f"cgk-b {kind}")
    parts = [title, hit, _rect(box, "")]
    if crosses(band):
        parts.append(tag("path", d=_stripes(box), class_="stripes"))
    if band.strength < EDGES[3]:
        slit = min(3.0, box.width / 3)
        parts.append(_rect(Box(box.x + (box.width - slit) / 2, box.y, slit, box.height), "slit"))
    return tag("g", *parts, class_=f"cgk-b {colour(band.strength)}")


def _stripes(box: Box) -> str:
    """Hatching as one path of slanting lines cut off at the box: a pattern fill would print very slowly."""
    right, bottom = box.x + box.width, box.y + box.height
    lines = []
    start = box.x - box.height + _STRIPE / 2
    while start < right:
        over, beyond = max(box.x - start, 0.0), max(start + box.height - right, 0.0)
        if over + beyond < box.height:
            ends = (start + over, bottom - over, start + box.height - beyond, box.y + beyond)
            lines.append("M{:.1f} {:.1f}L{:.1f} {:.1f}".format(*ends))
        start += _STRIPE
    return "".join(lines)


def _rect(box: Box, kind: str) -> Markup:
    rounded = None if box.height < 4 else 1.0
    return tag("rect", x=box.x, y=box.y, width=box.width, height=box.height, rx=rounded, class_=kind or None)
