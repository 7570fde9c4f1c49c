"""Tables of the genome: item DNA, evidence, expressions, vectors, the best; one set a branch."""

from __future__ import annotations

import pyarrow as pa

from customer_genome.tables.base import COUNT, FLAG, NUMBER, TEXT, TIME
from customer_genome.tables.contract import Column, Table
from customer_genome.tables.customer import CUSTOMER

GENE = Column("gene", TEXT, "family:label")

ITEM_DNA = Table(
    name="item_dna",
    meaning="The genes an item carries",
    grain=("item_id", "gene"),
    subject="none",
    classification="open",
    columns=(
        Column("item_id", TEXT, "the item"),
        GENE,
        Column("strength", NUMBER, "0 to 1"),
        Column("origin", TEXT, "the rule or source that says so, and the words that it found"),
    ),
)
GENES = Table(
    name="genes",
    meaning="The catalogue of genes with what each is worth",
    grain=("gene",),
    subject="none",
    classification="open",
    columns=(
        GENE,
        Column("family", TEXT, "gene family: one chromosome"),
        Column("definition", TEXT, "what it measures, in words"),
        Column("owner", TEXT, "department that owns the data behind it"),
        Column("purpose", TEXT, "purposes it may be read for, comma separated"),
        Column("sensitivity", TEXT, "ordinary, personal or special"),
        Column("unit", TEXT, "evidence unit: item, session or customer"),
        Column("prior_a", NUMBER, "shape of the gamma prior; null where the gene has none"),
        Column("prior_b", NUMBER, "rate of the gamma prior"),
        Column(
            "reliability_time",
            NUMBER,
            "correlation between two halves of the history; null = could not be measured",
        ),
        Column(
            "reliability_new_items",
            NUMBER,
            "correlation of strength with the choice among new items; null likewise",
        ),
        Column(
            "reliability_categories",
            NUMBER,
            "correlation between two halves of the categories; null likewise",
        ),
        Column(
            "slope_new_items", NUMBER, "rho of 1 + rho (strength - 1) for items never bought; null likewise"
        ),
        Column("standing", TEXT, "gene, category trait (does not cross categories) or hidden (not reliable)"),
    ),
)
EVIDENCE = Table(
    name="evidence",
    meaning="The state kept of the history: customer by item by verb",
    by_customer=True,
    grain=("customer_id", "item_id", "verb"),
    columns=(
        CUSTOMER,
        Column("item_id", TEXT, "the item"),
        Column("verb", TEXT, "the verb"),
        Column("interactions", COUNT, "how often"),
        Column("quantity", NUMBER, "units"),
        Column("value", NUMBER, "money"),
        Column("first_at", TIME, "first time"),
        Column("last_at", TIME, "last time"),
    ),
)
SUPPORT = Table(
    name="support",
    meaning="What the imprint found before shrinking: observed, expected, variance at the reference time",
    by_customer=True,
    grain=("customer_id", "gene"),
    columns=(
        CUSTOMER,
        GENE,
        Column("observed", NUMBER, "O: weighted evidence that carries the gene"),
        Column(
            "expected", NUMBER, "E: what the same choices would have imprinted under the population's shares"
        ),
        Column("variance", NUMBER, "V: variance of O under the population's shares"),
        Column("units", NUMBER, "distinct items or sessions that carry the gene"),
    ),
)
_EXPRESSION = (
    CUSTOMER,
    GENE,
    Column("strength", NUMBER, "times what would be expected; the posterior's mean. Null = unknown"),
    Column("low", NUMBER, "5 % quantile of the posterior"),
    Column("high", NUMBER, "95 % quantile of the posterior"),
    Column(
        "evidence",
        NUMBER,
        "distinct items or sessions that carry the gene; for behaviour, sessions it rests on",
    ),
)
TOUCHED_INTERACTIONS = Table(
    name="touched_interactions",
    meaning="The interactions of the customers that a build touches, with what its steps need of item and session",
    grain=("customer_id", "item_id", "occurred_at"),
    layer="view",
    public=False,
    columns=(
        CUSTOMER,
        Column("verb", TEXT, "the verb"),
        Column("item_id", TEXT, "the item"),
        Column("category", TEXT, "the item's category"),
        Column("occurred_at", TIME, "when it happened"),
        Column("quantity", NUMBER, "units"),
        Column("value", NUMBER, "money"),
        Column("channel", TEXT, "store, site or medium"),
        Column("session", TEXT, "the session's id, or the local day where the source names none"),
        Column("properties", TEXT, "what else the source said, as JSON"),
    ),
)
HABITS = Table(
    name="habits",
    meaning="How a customer shops, measured over the whole history",
    by_customer=True,
    grain=("customer_id",),
    public=False,
    columns=(
        CUSTOMER,
        Column("sessions", COUNT, "sessions with a purchase"),
        Column("spend", NUMBER, "revenue a session"),
        Column("basket", NUMBER, "different items a session"),
        Column("breadth", NUMBER, "different categories a session"),
        Column("gap_mean", NUMBER, "days between sessions, mean"),
        Column("gap_deviation", NUMBER, "days between sessions, standard deviation"),
        Column("novelty", NUMBER, "new items a purchase line"),
        Column("discounts", NUMBER, "share of the shelf price taken off; null where no discounts are known"),
        Column("response", NUMBER, "messages answered for each received; null where none was received"),
    ),
)
IMPRINTS = Table(
    name="imprints",
    meaning="Expressions that items and sessions imprinted; they do not change with the calendar alone",
    by_customer=True,
    grain=("customer_id", "gene"),
    public=False,
    columns=_EXPRESSION,
)
BEHAVIOUR = Table(
    name="behaviour",
    meaning="Expressions of behaviour, taken anew at each as-of",
    grain=("customer_id", "gene"),
    public=False,
    columns=(*_EXPRESSION, Column("reading", TEXT, "the measured value in words")),
)
EXPRESSIONS = Table(
    name="expressions",
    meaning="One customer's value of one gene",
    grain=("customer_id", "gene"),
    layer="view",
    columns=(*_EXPRESSION, Column("as_of", TIME, "what was known before this moment")),
)
VECTORS = Table(
    name="vectors",
    meaning="The digital encoding of a genome",
    by_customer=True,
    grain=("customer_id",),
    columns=(
        CUSTOMER,
        Column("vector", pa.list_(pa.float32()), "unit length"),
        Column("transform", TEXT, "version of the transformation; only equal versions compare"),
    ),
)
BEST = Table(
    name="best",
    meaning="Best, next, rest and too new to say: value, chance of being among the best, likeness to them and the twin",
    grain=("customer_id",),
    columns=(
        CUSTOMER,
        Column(
            "value",
            NUMBER,
            "decayed value a day (revenue or profit less known costs), in the project's currency",
        ),
        Column("is_best", FLAG, "among the top share by value"),
        Column("standing", TEXT, "best; next: the likeliest of the others; rest; test: too new to say"),
        Column(
            "chance", NUMBER, "calibrated chance of being among the best over the horizon; null = unknown"
        ),
        Column(
            "chance_rank",
            COUNT,
            "1 is the likeliest of those who are not best; null where the chance is unknown",
        ),
        Column("chance_reason", TEXT, "why the chance is unknown"),
        Column("horizon_days", NUMBER, "days ahead that the chance is about"),
        Column("similarity", NUMBER, "cosine to the centre of the best, -1 to 1"),
        Column("twin_id", TEXT, "the most similar other customer among the best"),
        Column("twin_similarity", NUMBER, "cosine to the twin"),
    ),
)
BEST_GENES = Table(
    name="best_genes",
    meaning="The genes that separate the best customers from the rest",
    grain=("gene",),
    subject="none",
    classification="open",
    columns=(
        GENE,
        Column("effect", NUMBER, "ratio of geometric mean strength, best over rest"),
        Column("low", NUMBER, "lower end of its 95 % interval"),
        Column("high", NUMBER, "upper end"),
        Column("q_value", NUMBER, "false-discovery rate, Benjamini-Hochberg"),
        Column("stability", NUMBER, "share of resamples in which it separates with the same sign"),
        Column(
            "equal_effect", NUMBER, "the ratio among customers with equally many purchases; null = unknown"
        ),
        Column("equal_low", NUMBER, "lower end of its 95 % interval"),
        Column("equal_high", NUMBER, "upper end"),
        Column(
            "restates", FLAG, "whether it may only restate that the best buy more; null where that is unknown"
        ),
    ),
)
BEST_CHECKS = Table(
    name="best_checks",
    meaning="How well each ranking found those who became best in the past, on customers it had not seen",
    grain=("population", "method"),
    subject="none",
    classification="open",
    columns=(
        Column(
            "population", TEXT, "spend is known (not best by then), or newcomers after their first sessions"
        ),
        Column("method", TEXT, "what customers were ranked by"),
        Column("customers", COUNT, "customers ranked"),
        Column("became_best", COUNT, "how many of them were among the best over the horizon that followed"),
        Column("auroc", NUMBER, "area under the ROC curve: 0.5 is chance, 1 perfect"),
        Column("capture", NUMBER, "share of those who became best in the top tenth of the ranking"),
        Column("against", TEXT, "the simpler ranking that it is compared with"),
        Column("gain", NUMBER, "its AUROC less that of the simpler one"),
        Column("gain_low", NUMBER, "lower end of the 95 % interval, by bootstrap over customers"),
        Column("gain_high", NUMBER, "upper end"),
    ),
)
MOVES = Table(
    name="moves",
    meaning="Which actions on record were followed by a change of a gene, against matched customers without them",
    grain=("action", "gene"),
    subject="none",
    classification="open",
    columns=(
        Column("action", TEXT, "verb, or verb and a gene of the message"),
        GENE,
        Column(
            "before",
            NUMBER,
            "share of sessions with the gene before the action, mean of the customers it reached",
        ),
        Column("change", NUMBER, "change of that share afterwards, over that of matched customers"),
        Column("low", NUMBER, "lower end of its 95 % interval"),
        Column("high", NUMBER, "upper end"),
        Column("q_value", NUMBER, "false-discovery rate, Benjamini-Hochberg, over all actions and genes"),
        Column("customers", COUNT, "customers whom the action reached"),
        Column("matched", COUNT, "matched customers whom it did not"),
    ),
)
ARRAY = (
    Column("name", TEXT, "which array of it"),
    Column("dtype", TEXT, "numpy type"),
    Column("shape", TEXT, "comma separated"),
    Column("data", pa.binary(), "the array's bytes, C order, little endian"),
)
"""One learned array: what `core.arrays.pack` writes beside the component."""
REFERENCE = Table(
    name="reference",
    meaning="Population estimates, held between builds: shares, priors, transforms, pools",
    grain=("component", "name"),
    subject="none",
    public=False,
    columns=(
        Column("component", TEXT, "which estimator"),
        *ARRAY,
    ),
)

GENOME = (
    ITEM_DNA, GENES, EVIDENCE, SUPPORT, TOUCHED_INTERACTIONS, HABITS, IMPRINTS, BEHAVIOUR, EXPRESSIONS,
    VECTORS, BEST, BEST_GENES, BEST_CHECKS, MOVES, REFERENCE,
)  # fmt: skip
