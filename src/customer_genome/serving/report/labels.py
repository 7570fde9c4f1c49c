"""Names beside the bands of a chromosome: all where there is room, else the clearest, none over another."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from customer_genome.serving.report.picture import Band
from customer_genome.serving.report.svg import tag

LINE = 11.5  # height of a line of text, px
_PAGE, _GAP = 1180.0, 16.0  # a wide page and the least room between columns, px
_LETTER = 5.5  # width of a letter, px, generous
LONGEST = 28  # letters of a name, where the page has room
_SHORTEST = 11


@dataclass(frozen=True)
class Label:
    """A name to set beside a band: wanted height `at`, short `figure` in bold, larger `weight` goes first."""

    at: float
    name: str
    figure: str
    weight: float
    strong: bool


def labels(
    wanted: Sequence[Label],
    *,
    x: float,
    top: float,
    bottom: float,
    most: int,
    longest: int = LONGEST,
    alone: int = LONGEST,
) -> Markup:
    """The labels that fit between top and bottom, each as near its band as the others let it.

    A name beside a figure has `longest` letters, one without a figure `alone`.
    """
    room = min(most, int((bottom - top) / LINE) + 1)
    chosen = sorted(sorted(wanted, key=lambda label: -label.weight)[:room], key=lambda label: label.at)
    places = _spread([label.at for label in chosen], top=top, bottom=bottom)
    return Markup("").join(
        _draw(label, x=x, y=y, longest=longest if label.figure else alone)
        for label, y in zip(chosen, places, strict=True)
    )


def width(names: Sequence[str], *, figure: int, longest: int = LONGEST) -> float:
    """Room for the longest of the names and a figure of so many letters; the same for every customer."""
    letters = max((min(len(name), longest) for name in names), default=0)
    return _LETTER * (letters + figure + 1) + 10


def letters(columns: Sequence[Sequence[str]], *, body: float, figure: int) -> int:
    """How many letters of a name there is room for, so that columns of these names fit beside each other on a page.

    Columns of short names leave their room to the others.
    """
    room = _PAGE - _GAP * (len(columns) - 1) - body * len(columns)
    for longest in range(LONGEST, _SHORTEST, -1):
        if sum(width(names, figure=figure, longest=longest) for names in columns) <= room:
            return longest
    return _SHORTEST


def bare(bands: Sequence[Band]) -> list[str]:
    """The bands' names without what stands in brackets at their end, unless two would then be called the same."""
    plain = [re.sub(r" \([^()]+\)$", "", band.label) for band in bands]
    twice = Counter(plain)
    return [name if twice[name] == 1 else band.label for name, band in zip(plain, bands, strict=True)]


def importance(band: Band) -> float:
    """How much a band deserves its label: how far from 1× its nearer end is."""
    if band.strength is None:
        return 1.0 if band.value else -1.0
    near = band.low if band.strength > 1 else band.high
    distance = math.log2(max(near if near is not None else band.strength, 1e-3))
    return distance if band.strength > 1 else -distance


def short(name: str, longest: int = LONGEST) -> str:
    """A name cut to the length that has room."""
    return name if len(name) <= longest else name[: longest - 1].rstrip(" ,") + "…"


def _spread(wanted: Sequence[float], *, top: float, bottom: float) -> list[float]:
    """Heights in the given order, at least a line apart and inside the picture, moved as little as that needs."""
    places: list[float] = []
    for at in wanted:
        places.append(max(at, top, places[-1] + LINE if places else top))
    limit = bottom
    for index in range(len(places) - 1, -1, -1):
        places[index] = min(places[index], limit)
        limit = places[index] - LINE
    return places


def _draw(label: Label, *, x: float, y: float, longest: int) -> Markup:
    line = tag("path", d=f"M{x:.1f} {label.at:.1f}L{x + 6:.1f} {y:.1f}", class_="cgk-lead")
    figure = tag("tspan", f"{label.figure} ", class_="cgk-fig") if label.figure else Markup("")
    kind = "cgk-l is-clear" if label.strong else "cgk-l"
    return line + tag("text", figure, short(label.name, longest), x=x + 9, y=y + 3.6, class_=kind)
