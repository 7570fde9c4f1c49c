"""Two genomes about one axis: every gene at the same height, one customer to the left, the other to the right."""

from __future__ import annotations

import math

from markupsafe import Markup

from customer_genome.serving.report import bands as drawing
from customer_genome.serving.report.bands import CAP, Box
from customer_genome.serving.report.karyotype import columns_of, heading, names_of, side_by_side
from customer_genome.serving.report.labels import LINE, Label, bare, labels, letters, width
from customer_genome.serving.report.picture import Band, Chromosome, GenomePicture
from customer_genome.serving.report.svg import svg, tag
from customer_genome.serving.report.wording import UNKNOWN, brief, strength

_HALF = 36.0  # width of one customer's half, px
_MOST_LABELS = 22
_FIGURE = 11  # letters of "2.3 | 0.4× ", bold


def mirror(left: GenomePicture, right: GenomePicture) -> str:
    """Both pictures as one HTML fragment; the two must have the same chromosomes with the same genes.

    Raises ValueError when they have not, since then no two bands at one height would be the same gene.
    """
    genes = [
        [band.gene for chromosome in one.chromosomes for band in chromosome.bands] for one in (left, right)
    ]
    if genes[0] != genes[1]:
        raise ValueError(
            "two genomes can be mirrored only when their pictures hold the same genes in the same order"
        )
    others = {chromosome.family: chromosome for chromosome in right.chromosomes}
    columns = columns_of(left.chromosomes)
    longest = letters(names_of(columns), body=2 * _HALF, figure=_FIGURE)
    names = (left.name, right.name)
    drawn = [
        [_pair(one, others[one.family], names=names, longest=longest) for one in column] for column in columns
    ]
    picture = (side_by_side(drawn), _chips(left, right))
    words = f"Genomes of {left.name} and {right.name}"
    return str(tag("figure", *picture, class_="cgk cgk-mirror", aria_label=words))


def _pair(one: Chromosome, other: Chromosome, *, names: tuple[str, str], longest: int) -> Markup:
    many, tall = len(one.bands), drawing.height(one)
    drawn: list[Markup] = []
    for index, (first, second) in enumerate(zip(one.bands, other.bands, strict=True)):
        drawn.append(_half(first, index, many, right=False, owner=names[0]))
        drawn.append(_half(second, index, many, right=True, owner=names[1]))
    outline = tag("rect", x=0.5, y=0.5, width=2 * _HALF - 1, height=tall - 1, rx=15.0, class_="cgk-body")
    axis = tag("path", d=f"M{_HALF:.0f} 0V{tall:.0f}", class_="cgk-axis")
    wide = 2 * _HALF + width(bare(one.bands), figure=_FIGURE, longest=longest)
    title = tag("title", f"{one.title} genes: {names[0]} on the left, {names[1]} on the right")
    parts = (title, outline, *drawn, axis, _labels(one, other, tall, longest))
    picture = svg(*parts, width=wide, height=tall, tabindex="0", role="group")
    return tag("div", heading(one), picture, class_="cgk-chr")


def _half(band: Band, index: int, many: int, *, right: bool, owner: str) -> Markup:
    top, tall = drawing.span(index, many)
    wide = drawing.fullness(band) * (_HALF - 4)
    box = Box(_HALF + 0.5 if right else _HALF - wide - 0.5, top, wide, tall)
    place = Box(_HALF if right else 0.0, top - 0.5, _HALF, tall + 1)
    return drawing.draw(band, box, place, owner=owner)


def _labels(one: Chromosome, other: Chromosome, tall: float, longest: int) -> Markup:
    many, names = len(one.bands), bare(one.bands)
    wanted = []
    for index, (first, second) in enumerate(zip(one.bands, other.bands, strict=True)):
        weight = contrast(first, second)
        if weight > 0 or drawing.slot(many) >= LINE:
            figure = _figures(first, second) if weight > 0 else ""
            at, name = drawing.middle(index, many), _name(names[index], first, second)
            wanted.append(Label(at, name, figure, weight, strong=weight > 0))
    top, bottom = CAP + 4, tall - CAP - 4
    alone = min(max(map(len, names)), longest) + _FIGURE  # the room of a figure that is not there
    return labels(
        wanted, x=2 * _HALF + 1, top=top, bottom=bottom, most=_MOST_LABELS, longest=longest, alone=alone
    )


def contrast(first: Band, second: Band) -> float:
    """How far apart two customers are in one gene, in doublings; 0 where their intervals overlap."""
    if first.strength is None or second.strength is None:
        return 1.0 if first.value and second.value and first.value != second.value else 0.0
    low, high = sorted((first, second), key=lambda band: band.strength or 0.0)
    top = low.high if low.high is not None else low.strength
    bottom = high.low if high.low is not None else high.strength
    return max(math.log2(max(bottom or 0.0, 1e-3) / max(top or 0.0, 1e-3)), 0.0)


def _name(name: str, first: Band, second: Band) -> str:
    if first.strength is not None or second.strength is not None or not (first.value or second.value):
        return name
    values = dict.fromkeys(band.value or UNKNOWN for band in (first, second))
    return f"{name}: {' | '.join(values)}"


def _figures(first: Band, second: Band) -> str:
    if first.strength is None or second.strength is None:
        return ""
    return f"{brief(first.strength)[:-1]} | {brief(second.strength)}"


def _chips(left: GenomePicture, right: GenomePicture, most: int = 12) -> Markup:
    """The same as a list, for a narrow screen: the genes in which the two differ most."""
    pairs = [
        (first, second)
        for one, other in zip(left.chromosomes, right.chromosomes, strict=True)
        for first, second in zip(one.bands, other.bands, strict=True)
        if contrast(first, second) > 0
    ]
    ranked = sorted(pairs, key=lambda pair: -contrast(*pair))[:most]
    items = [
        tag("li", *_swatches(a, b), f"{a.label} ", tag("b", f"{strength(a)} | {strength(b)}"))
        for a, b in ranked
    ]
    if not items:
        items = [tag("li", "No gene in which the two surely differ.")]
    title = tag("b", f"Where they differ most: {left.name} | {right.name}")
    return tag("div", tag("div", title, tag("ul", *items)), class_="cgk-chips")


def _swatches(first: Band, second: Band) -> list[Markup]:
    kinds = [
        drawing.colour(band.strength) if band.strength is not None else "cgk-fact" for band in (first, second)
    ]
    return [tag("i", "", class_=kind) for kind in kinds]
