"""What people read for a gene and where it is drawn: labels that stand alone, families as chromosomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from customer_genome.core.project import Project

MESSAGE, CHANNEL, BEHAVIOUR, FACTS = "message", "channel", "behaviour", "facts"
ORDER = ("brand", "category", "trait", "price", "size")
"""Families that stand first, in this order; then the project's others, then the four above."""
SHARED = {"manufacturer": "brand", "home": "trait", "time": CHANNEL}
"""Families that are drawn on another's chromosome, after its own genes."""
TITLES = {
    "brand": "Brand",
    "trait": "Trait",
    "price": "Price",
    MESSAGE: "Messages",
    CHANNEL: "Channel and time",
    BEHAVIOUR: "Behaviour",
    FACTS: "Facts",
}

TIMES = {
    **{f"{day}day": f"On {day}days" for day in ("Mon", "Tues", "Wednes", "Thurs", "Fri", "Satur", "Sun")},
    "morning": "In the morning",
    "afternoon": "In the afternoon",
    "evening": "In the evening",
    "night": "At night",
}
HABITS = {
    "frequency": "Purchases a week",
    "gap": "Days between purchases",
    "recency": "Days since the last purchase",
    "regularity": "Evenness of the gaps",
    "spend": "Spend a purchase",
    "basket": "Items a purchase",
    "breadth": "Categories a purchase",
    "novelty": "New items tried",
    "discounts": "Discounts used",
    "response": "Messages answered",
}


@dataclass(frozen=True)
class GeneNames:
    """How a project's genes are called: `titles` by family, labels of bins in their order, families of messages."""

    titles: Mapping[str, str]
    bare: frozenset[str]
    bins: Mapping[str, tuple[str, ...]]
    messages: frozenset[str] = field(default_factory=frozenset)

    def label(self, gene: str) -> str:
        """Return a label that stands alone: "Low (price tier)", "Soft drinks", "On Fridays"."""
        family, _, value = gene.partition(":")
        if value.isdigit():
            return f"No. {value} ({sentence(self.titles.get(family, family)).lower()})"
        if family == "time":
            return TIMES.get(value, sentence(value))
        if family == BEHAVIOUR:
            return HABITS.get(value, sentence(value))
        if family == CHANNEL or family in self.bare:
            return sentence(value)
        return f"{sentence(value)} ({sentence(self.titles.get(family, family)).lower()})"

    def tells(self, gene: str) -> bool:
        """Whether people can know what a gene is: not a place, and not named by a number alone."""
        return gene.partition(":")[0] != CHANNEL and self.named(gene)

    def named(self, gene: str) -> bool:
        """Whether a gene has a name, not a number alone."""
        return not gene.partition(":")[2].isdigit()

    def chromosome(self, family: str) -> str:
        """Return the chromosome that a family is drawn on."""
        return MESSAGE if family in self.messages else SHARED.get(family, family)

    def title(self, chromosome: str) -> str:
        """Return what stands over a chromosome."""
        return TITLES.get(chromosome) or sentence(self.titles.get(chromosome, chromosome))

    def place(self, gene: str) -> tuple[int, int, str]:
        """Return where a gene stands on its chromosome: bins low to high, times in order, the rest by label."""
        family, _, value = gene.partition(":")
        listed = tuple(TIMES) if family == "time" else self.bins.get(family, ())
        return (
            int(family in SHARED),
            listed.index(value) if value in listed else len(listed),
            self.label(gene),
        )


def gene_names(project: Project, *, messages: frozenset[str] = frozenset()) -> GeneNames:
    """Read the names off the configuration; `messages` are the families that only messages carry."""
    titles, bare, bins = {}, set(), {}
    for source in project.sources.values():
        for rule in source.items.dna if source.items is not None else ():
            titles[rule.family] = rule.label or rule.family
            if rule.how in ("bins", "price_tiers"):
                bins[rule.family] = rule.bins
            elif rule.label is None and (rule.how in ("terms", "words") or rule.unit == "session"):
                bare.add(rule.family)
        if source.dna is not None:
            titles[source.dna.family] = source.dna.label or source.dna.family
    return GeneNames(titles, frozenset(bare), bins, messages)


def chromosomes(families: set[str]) -> list[str]:
    """Return chromosomes in the order in which they are drawn."""
    last = (MESSAGE, CHANNEL, BEHAVIOUR, FACTS)
    middle = sorted(families - set(ORDER) - set(last))
    return [name for name in (*ORDER, *middle, *last) if name in families]


def sentence(text: str) -> str:
    """Return `SOFT DRINKS` as `Soft drinks`; what is written in small letters keeps them."""
    said = lower(text).replace("_", " ").replace("-", " " if text.islower() else "-")
    return said[:1].upper() + said[1:]


def lower(text: str) -> str:
    """Return shouted text in small letters, and any other as it is."""
    return text.lower() if text.isupper() else text
