"""A genome as it is drawn, and two of them compared: frozen plain data, of which the report is made too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Band:
    """One gene of one customer, as a band of a chromosome.

    `strength`, `low`, `high` are ratios (1 = what one would expect). All None: unknown, with the `reason`.
    Only low and high None: measured without an interval. `evidence` is the number of distinct items or
    sessions behind it and sets the band's width. A fact has no strength but a `value` ("35 to 44") and a
    `precision` (0..1), which then sets the width. A behaviour gene may have both a strength and a `value`
    ("every 3 days").
    """

    gene: str  # "brand:Private"
    label: str  # "Private label"
    strength: float | None = None
    low: float | None = None
    high: float | None = None
    evidence: float = 0.0
    evidence_words: str = ""  # "14 products bought, last 12 days ago"
    value: str = ""
    precision: float | None = None
    reason: str = ""  # why unknown: "no purchase in this category yet"


@dataclass(frozen=True)
class Chromosome:
    """One gene family: the same genes in the same order for every customer, 1 to 80 of them.

    `hidden` counts the genes of the family that are not drawn.
    """

    family: str  # "category"
    title: str  # "Category"
    bands: tuple[Band, ...]
    hidden: int = 0


@dataclass(frozen=True)
class GenomePicture:
    """One customer's genome, ready to draw; chromosomes in the same order for every customer.

    `strongest` and `weakest` are at most ten bands each, best first; left empty they are taken from the
    drawn bands whose interval does not hold 1.
    """

    customer_id: str
    name: str  # "household 208"
    chromosomes: tuple[Chromosome, ...]
    as_of: datetime | None = None
    phase: str = ""
    summary: tuple[tuple[str, str], ...] = ()  # (("Spent", "$2,311.40"), ("Baskets", "86")): at most 5
    strongest: tuple[Band, ...] = ()
    weakest: tuple[Band, ...] = ()
    why_chosen: str = ""  # "nearest to the middle of all customers"


@dataclass(frozen=True)
class Contribution:
    """What one gene adds to (positive) or takes from (negative) the similarity, in its units."""

    label: str
    family: str
    contribution: float
    left: Band | None = None
    right: Band | None = None


@dataclass(frozen=True)
class Comparison:
    """Two customers, how alike they are and why.

    `similarity` is in -1..1 (cosine of the vectors), `typical` the median of random pairs, `percentile` (0..1)
    the share of random pairs that are less alike. Contributions: at most about 8 of each sign are drawn.
    """

    left: GenomePicture
    right: GenomePicture
    similarity: float | None
    typical: float | None = None
    percentile: float | None = None
    contributions: tuple[Contribution, ...] = ()
    meaning: str = ""  # what the figure is made of, in a sentence
    reason: str = ""  # why the similarity is unknown
