"""The table of what verbs are worth as evidence; one a branch, part of the reference."""

from __future__ import annotations

from customer_genome.tables.base import COUNT, FLAG, NUMBER, TEXT
from customer_genome.tables.contract import Column, Table

VERB_WEIGHTS = Table(
    name="verb_weights",
    meaning="How much each verb counts as evidence, and how well it foretells purchases, for each half-life tried",
    grain=("verb", "half_life"),
    subject="none",
    classification="open",
    columns=(
        Column("verb", TEXT, "the verb"),
        Column("half_life", NUMBER, "days after which it counts half"),
        Column("used", FLAG, "whether the imprint uses this half-life"),
        Column(
            "weight",
            NUMBER,
            "what the imprint counts one interaction for; null where another half-life is used",
        ),
        Column(
            "origin",
            TEXT,
            "of the weight: by hand, learned, the unit, or too few to say (then it is a default)",
        ),
        Column("half_life_origin", TEXT, "of the half-life used: by hand, learned, or too few to say"),
        Column(
            "learned",
            NUMBER,
            "how many purchases one interaction is worth as evidence; null = too few to say",
        ),
        Column("low", NUMBER, "lower end of its 95 % interval"),
        Column("high", NUMBER, "upper end"),
        Column(
            "gain", NUMBER, "fit against the worst half-life tried: quasi-log-likelihood over its dispersion"
        ),
        Column("customers", COUNT, "customers whose evidence it was learned from"),
        Column("foretells", TEXT, "what it foretells, in words, or why that cannot be said"),
    ),
)
