"""Everything that the report shows, as frozen plain data: built by `app`, drawn by `serving.report`.

Numbers are raw (not rounded, not formatted), text is plain (it is escaped when drawn), unknown is None.
The journey (section 2) is in `journey_model`, genomes and their comparison (sections 3 and 4) in `picture`,
predictions (section 6) in `foretold`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from customer_genome.serving.report.foretold import NextItems
from customer_genome.serving.report.journey_model import Journey
from customer_genome.serving.report.picture import Comparison, GenomePicture

Section = Literal["customers", "journey", "genomes", "compare", "best", "next", "sure"]


@dataclass(frozen=True)
class Action:
    """One thing a reader can do next: the sentence, and the command that does it ("" if none)."""

    section: Section
    text: str
    command: str = ""


# 1. Who are our customers? ---------------------------------------------------------------------------


@dataclass(frozen=True)
class PhaseCount:
    """How many customers stand in one phase, in the order of the journey; `meaning` says it in words."""

    name: str
    customers: int
    meaning: str = ""


@dataclass(frozen=True)
class SpendBin:
    """Customers whose spend lies in [low, high), in the report's currency; bins may differ in width.

    `above`: also those who spent more; drawn up to `high`, as a column apart from the others.
    """

    low: float
    high: float
    customers: int
    above: bool = False


@dataclass(frozen=True)
class PeriodTotal:
    """Revenue of one equal stretch of time (a week, a month) that starts on `start`."""

    start: date
    revenue: float


@dataclass(frozen=True)
class SourceAccount:
    """What came of the rows of one source; they close when received = the sum of the other four."""

    name: str
    department: str
    kind: str  # "interactions", "claims", "items" or "item DNA"
    received: int
    stored: int
    duplicates: int = 0
    quarantined: int = 0
    suppressed: int = 0

    @property
    def closes(self) -> bool:
        """Whether every received row is accounted for."""
        return self.received == self.stored + self.duplicates + self.quarantined + self.suppressed


@dataclass(frozen=True)
class Overview:
    """Who the customers are, in figures; `first` and `last` are local dates of the interactions, inclusive."""

    customers: int
    interactions: int
    first: date | None
    last: date | None
    revenue: float | None = None  # exact to the cent
    sessions: int | None = None
    session_word: str = "sessions"  # what a session is called here, plural: "baskets", "visits"
    items: int | None = None
    median_spend: float | None = None  # per customer, over the whole period
    buyers: int | None = None  # where most never bought: how many did; median and histogram are theirs
    best_share: float | None = None  # e.g. 0.2: the fifth of customers that spent most ...
    best_revenue_share: float | None = None  # ... and the share of revenue that is theirs
    phases: tuple[PhaseCount, ...] = ()
    spend: tuple[SpendBin, ...] = ()
    periods: tuple[PeriodTotal, ...] = ()
    period_word: str = "week"
    sources: tuple[SourceAccount, ...] = ()


# 5. Best customers -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class SeparatingGene:
    """One gene that the best have more or less of than the rest; `q` is its false-discovery rate (0..1)."""

    label: str
    family: str
    effect: float
    low: float
    high: float
    q: float | None = None
    stability: float | None = None  # share of resamples (0..1) in which it separates again


@dataclass(frozen=True)
class BestCustomers:
    """The Best Customer Genome: who counts as best, and the genes that separate them from the rest.

    With scale "ratio" an effect of 1 means no difference (drawn on a log2 axis), with "difference" it is 0.
    """

    best: int
    customers: int
    definition: str  # "the fifth with the highest spend, a purchase counting half after 56 days"
    effect_words: str  # what the effect is: "strength among the best ÷ strength among the rest"
    genes: tuple[SeparatingGene, ...] = ()  # in the order to draw, at most about 16
    scale: Literal["ratio", "difference"] = "ratio"
    interval: float = 0.9
    revenue_share: float | None = None  # of all revenue, 0..1
    tested: int | None = None  # genes tested, of which the drawn ones are some
    picked: str = ""  # by what rule those drawn were picked, in sentences
    honesty: str = ""  # replaces the standing sentence on what this cannot say
    reason: str = ""  # why there is nothing to show: "fewer than 30 best customers"


# 7. How sure are we? ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class FamilyReliability:
    """Median reliability of a family's genes, each 0..1 or None: does the gene say the same again?"""

    title: str
    genes: int
    over_time: float | None = None
    new_items: float | None = None
    across_categories: float | None = None


@dataclass(frozen=True)
class HiddenGenes:
    """Genes that are not shown, and why."""

    reason: str
    count: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class QuarantinedRows:
    """Rows set aside: from which source, why, how many, and one example of what was found."""

    source: str
    reason: str
    rows: int
    example: str = ""


@dataclass(frozen=True)
class DataTerms:
    """Under what terms a source's data are used, and how to cite it."""

    name: str
    terms: str
    citation: str = ""
    link: str = ""  # shown as text and never fetched


@dataclass(frozen=True)
class Sureness:
    """What is known about how far the figures can be trusted; `caveats` are whole sentences."""

    reliability: tuple[FamilyReliability, ...] = ()
    hidden: tuple[HiddenGenes, ...] = ()
    quarantined: tuple[QuarantinedRows, ...] = ()
    terms: tuple[DataTerms, ...] = ()
    caveats: tuple[str, ...] = ()


# The whole -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Report:
    """One report: a project, a moment, and the answers to seven questions. Empty parts show why they are empty."""

    project: str
    as_of: datetime  # what was known at this moment, in the project's time zone
    time_zone: str
    currency: str  # ISO code, "USD"
    purpose: str  # the purpose under which the data were read
    overview: Overview
    journey: Journey | None = None
    genomes: tuple[GenomePicture, ...] = ()
    comparison: Comparison | None = None
    best: BestCustomers | None = None
    next_items: NextItems | None = None
    sureness: Sureness = field(default_factory=Sureness)
    actions: tuple[Action, ...] = ()
    built_at: datetime | None = None
    snapshot: str = ""  # which snapshot of the lake
    version: str = ""  # of Customer Genome
    interval: float = 0.9  # of every interval shown, unless it says otherwise
