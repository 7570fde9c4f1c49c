"""A genome drawn as a karyotype: gene families as chromosomes, genes as bands, one picture per customer."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources

from markupsafe import Markup

from customer_genome.serving.report import bands as drawing
from customer_genome.serving.report.bands import BODY, Box
from customer_genome.serving.report.chips import chips
from customer_genome.serving.report.labels import LINE, Label, bare, importance, labels, letters, width
from customer_genome.serving.report.legend import legend
from customer_genome.serving.report.picture import Band, Chromosome, GenomePicture
from customer_genome.serving.report.svg import svg, tag
from customer_genome.serving.report.wording import brief, clear, count, sentence

_COLUMN = 470.0  # chromosomes are stacked in a column up to this height, px
_TITLE = 30.0
_SMALL = 25.0  # width of a chromosome at a glance, px
_MOST_LABELS = 26
_FIGURE = 6  # letters of "<0.1× "


def karyotype(genome: GenomePicture, *, standalone: bool = True) -> str:
    """The picture as one HTML fragment that works anywhere, notebooks included.

    Standalone adds style, legend and the picture in words; a page that shows several brings these itself.
    """
    columns = columns_of(genome.chromosomes)
    longest = letters(names_of(columns), body=BODY, figure=_FIGURE)
    drawn = [[_chromosome(item, genome.name, longest) for item in column] for column in columns]
    picture = [side_by_side(drawn), chips(genome)]
    if standalone:
        picture = [style(), tag("p", tag("b", genome.name), class_="cgk-name"), *picture, legend()]
        picture.append(tag("p", sentence(genome), class_="cgk-words"))
    return str(tag("figure", *picture, class_="cgk", aria_label=f"Genome of {genome.name}"))


def glance(genome: GenomePicture) -> Markup:
    """The same picture without names, small enough that three stand side by side; numbers name the families."""
    small = [
        tag("div", _bare(item, genome.name), tag("span", str(number)), class_="cgk-chr")
        for number, item in enumerate(genome.chromosomes, start=1)
    ]
    row = tag("div", *small, class_="cgk-glance")
    return tag("figure", row, class_="cgk", aria_label=f"Genome of {genome.name} at a glance")


def style() -> Markup:
    """The style that every karyotype needs, as an element."""
    folder = resources.files("customer_genome.serving.report") / "templates"
    css = (folder / "karyotype.css").read_text("utf-8")
    return Markup(f"<style>{css}</style>")  # noqa: S704 - a file of ours, not data


def columns_of(chromosomes: Sequence[Chromosome]) -> list[list[Chromosome]]:
    """Chromosomes in reading order, each in the first column that has room for it.

    It depends on their lengths only, so it is the same for every customer.
    """
    columns: list[list[Chromosome]] = []
    used: list[float] = []
    for chromosome in chromosomes:
        tall = drawing.height(chromosome) + _TITLE
        place = next((at for at, taken in enumerate(used) if taken + tall <= _COLUMN), len(used))
        if place == len(used):
            columns.append([])
            used.append(0.0)
        columns[place].append(chromosome)
        used[place] += tall
    return columns


def names_of(columns: Sequence[Sequence[Chromosome]]) -> list[list[str]]:
    """The names of the genes in each column."""
    return [[name for chromosome in column for name in bare(chromosome.bands)] for column in columns]


def side_by_side(columns: Sequence[Sequence[Markup]]) -> Markup:
    """Columns of chromosomes next to each other, as many in a row as the page has room for."""
    stacks = (tag("div", *column, class_="cgk-col") for column in columns)
    return tag("div", *stacks, class_="cgk-cols")


def heading(chromosome: Chromosome) -> Markup:
    """A chromosome's name and how many genes it has beyond those drawn."""
    more = tag(
        "span", f"{count(len(chromosome.bands))} of {count(len(chromosome.bands) + chromosome.hidden)}"
    )
    return tag("div", tag("b", chromosome.title), more if chromosome.hidden else "", class_="cgk-t")


def _chromosome(chromosome: Chromosome, name: str, longest: int) -> Markup:
    many, tall = len(chromosome.bands), drawing.height(chromosome)
    known = [band for band in chromosome.bands if band.strength is not None or band.value]
    drawn = [_band(band, index, many, body=BODY) for index, band in enumerate(chromosome.bands)]
    outline = tag("rect", x=0.5, y=0.5, width=BODY - 1, height=tall - 1, rx=15.0, class_="cgk-body")
    names = _labels(chromosome, tall, longest)
    right = width(bare(chromosome.bands), figure=_FIGURE, longest=longest)
    words = f"{chromosome.title} genes of {name}: {len(known)} known, {many - len(known)} unknown."
    picture = svg(
        tag("title", words),
        outline,
        *drawn,
        names,
        width=BODY + right,
        height=tall,
        tabindex="0",
        role="group",
    )
    return tag("div", heading(chromosome), picture, class_="cgk-chr")


def _bare(chromosome: Chromosome, name: str) -> Markup:
    many, tall = len(chromosome.bands), drawing.height(chromosome)
    drawn = [_band(band, index, many, body=_SMALL) for index, band in enumerate(chromosome.bands)]
    outline = tag("rect", x=0.5, y=0.5, width=_SMALL - 1, height=tall - 1, rx=9.0, class_="cgk-body")
    title = tag("title", f"{chromosome.title} genes of {name}")
    return svg(title, outline, *drawn, width=_SMALL, height=tall, role="group")


def _band(band: Band, index: int, many: int, *, body: float) -> Markup:
    top, tall = drawing.span(index, many)
    wide = drawing.fullness(band) * (body - 6)
    box = Box((body - wide) / 2, top, wide, tall)
    return drawing.draw(band, box, Box(0, top - 0.5, body, tall + 1))


def _labels(chromosome: Chromosome, tall: float, longest: int) -> Markup:
    many, names = len(chromosome.bands), bare(chromosome.bands)
    wanted = []
    for index, (band, name) in enumerate(zip(chromosome.bands, names, strict=True)):
        weight = importance(band)
        if weight < 0 and drawing.slot(many) < LINE:
            continue
        figure = brief(band.strength) if band.strength is not None and weight > 0 else ""
        said = f"{name}: {band.value}" if band.strength is None and band.value else name
        wanted.append(Label(drawing.middle(index, many), said, figure, weight, strong=clear(band)))
    top, bottom = drawing.CAP + 4, tall - drawing.CAP - 4
    alone = min(max(map(len, names)), longest) + _FIGURE  # the room of a figure that is not there
    return labels(wanted, x=BODY + 1, top=top, bottom=bottom, most=_MOST_LABELS, longest=longest, alone=alone)
