"""A genome as a list of chips, for a screen too narrow for chromosomes."""

from __future__ import annotations

from markupsafe import Markup

from customer_genome.serving.report.bands import colour
from customer_genome.serving.report.labels import importance
from customer_genome.serving.report.picture import Band, Chromosome, GenomePicture
from customer_genome.serving.report.svg import tag
from customer_genome.serving.report.wording import count, strength


def chips(genome: GenomePicture, *, most: int = 6) -> Markup:
    """For every family its clearest genes, and how many more are there."""
    return tag("div", *(_family(item, most) for item in genome.chromosomes), class_="cgk-chips")


def _family(chromosome: Chromosome, most: int) -> Markup:
    worth = [band for band in chromosome.bands if importance(band) > 0]
    shown = sorted(worth, key=lambda band: -importance(band))[:most]
    known = sum(1 for band in chromosome.bands if band.strength is not None or band.value)
    near, unknown = known - len(shown), len(chromosome.bands) - known
    rest = [f"{count(near)} more known" if near else "", f"{count(unknown)} unknown" if unknown else ""]
    tail = (
        tag("li", ", ".join(part for part in rest if part), class_="cgk-more")
        if near or unknown
        else Markup("")
    )
    return tag("div", tag("b", chromosome.title), tag("ul", *map(_chip, shown), tail))


def _chip(band: Band) -> Markup:
    if band.strength is None:
        return tag("li", tag("i", "", class_="cgk-fact"), f"{band.label} ", tag("b", strength(band)))
    arrow = "▲ " if band.strength > 1 else "▼ "
    return tag(
        "li", tag("i", "", class_=colour(band.strength)), f"{band.label} {arrow}", tag("b", strength(band))
    )
