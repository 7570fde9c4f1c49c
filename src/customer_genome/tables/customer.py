"""Tables that say who the customers are: identity, totals, facts, phases; one set a branch."""

from __future__ import annotations

from customer_genome.tables.base import COUNT, NUMBER, TEXT, TIME
from customer_genome.tables.contract import Column, Table

CUSTOMER = Column("customer_id", TEXT, "the customer's stable id")

MEMBERSHIP = Table(
    name="membership",
    meaning="Which customer an identifier token belongs to",
    grain=("token",),
    public=False,
    columns=(
        Column("token", TEXT, "identifier token"),
        Column("customer_id", TEXT, "the customer's id, or an account's"),
    ),
)
GENERATIONS = Table(
    name="generations",
    meaning="Which build last wrote each customer's rows",
    grain=("customer_id",),
    public=False,
    columns=(CUSTOMER, Column("generation", COUNT, "counts up by one a build of the branch")),
)
IDENTIFIERS = Table(
    name="identifiers",
    meaning="Every identifier with its standing in the identity graph",
    grain=("token",),
    purposes=("service",),
    columns=(
        Column("token", TEXT, "identifier token"),
        Column("type", TEXT, "identifier type"),
        Column("status", TEXT, "active, blocked (never joins) or shared (touches too many others)"),
        Column("degree", COUNT, "other identifiers it was named with"),
        CUSTOMER,
    ),
)
EDGES = Table(
    name="edges",
    meaning="Why two identifiers are one customer",
    grain=("left_token", "right_token", "rule"),
    purposes=("service",),
    subject="none",
    columns=(
        Column("left_token", TEXT, "identifier token"),
        Column("right_token", TEXT, "identifier token"),
        Column("rule", TEXT, "the source whose rows name both"),
        Column("evidence", COUNT, "rows that say so"),
        Column("confidence", NUMBER, "1 for a deterministic rule"),
        Column(
            "status", TEXT, "active, or why it does not join: blocked, shared, guard; member = of an account"
        ),
    ),
)
IDENTITY_EVENTS = Table(
    name="identity_events",
    meaning="Who was whom: merges, splits and new customers since the snapshot before",
    grain=("customer_id", "event", "other_id"),
    purposes=("service",),
    columns=(
        CUSTOMER,
        Column("event", TEXT, "merged_into or split_from"),
        Column("other_id", TEXT, "the customer id on the other side"),
        Column("at", TIME, "as of which build"),
    ),
)
CUSTOMERS = Table(
    name="customers",
    meaning="What the interactions of a customer add up to",
    by_customer=True,
    grain=("customer_id",),
    columns=(
        CUSTOMER,
        Column("interactions", COUNT, "all interactions"),
        Column("sessions", COUNT, "sessions with a purchase"),
        Column("revenue", NUMBER, "sum of the value of money verbs, in the project's currency"),
        Column("first_at", TIME, "first interaction"),
        Column("last_at", TIME, "last interaction"),
        Column("first_purchase_at", TIME, "first purchase; null where there is none"),
        Column("last_purchase_at", TIME, "last purchase; null where there is none"),
        Column("typical_gap_days", NUMBER, "median days between purchases; null below three purchases"),
    ),
)
CUSTOMER_VERBS = Table(
    name="customer_verbs",
    meaning="When and how often a customer did each thing",
    by_customer=True,
    grain=("customer_id", "verb"),
    public=False,
    columns=(
        CUSTOMER,
        Column("verb", TEXT, "the verb"),
        Column("interactions", COUNT, "how often"),
        Column("first_at", TIME, "first time"),
        Column("last_at", TIME, "last time"),
    ),
)
FACTS = Table(
    name="facts",
    meaning="What is held true about an attribute",
    by_customer=True,
    grain=("customer_id", "attribute"),
    classification="sensitive",
    columns=(
        CUSTOMER,
        Column("attribute", TEXT, "the attribute"),
        Column("value", TEXT, "its value; null while disputed"),
        Column(
            "precision", NUMBER, "calibrated probability of being true; null while no proof calibrates it"
        ),
        Column("status", TEXT, "single claim, agreed or disputed"),
        Column("claims", COUNT, "claims behind it"),
    ),
)
STEP = (
    Column(
        "step", TEXT, "the verb; purchase = a session with one, any = an interaction, first = their first"
    ),
    Column("happened_at", TIME, "when it happened"),
    Column("known_at", TIME, "when it was known here"),
    Column("times", COUNT, "how often at that time; 0 for the first"),
)
"""The columns of a step of a journey, whoever takes it."""
SPELL = (
    Column("phase", TEXT, "a configured phase"),
    Column("entered_at", TIME, "when it began; null without interactions"),
    Column("left_at", TIME, "when it ended; null while it lasts"),
    Column("known_at", TIME, "when it could be known that it had begun; null without interactions"),
    Column("left_known_at", TIME, "when it could be known that it had ended; null while it lasts"),
    Column("corrected_at", TIME, "when late rows showed that it had been otherwise; null for what holds now"),
)
"""The columns of a spell in a phase, whoever is in it."""
JOURNEY_STEPS = Table(
    name="journey_steps",
    meaning="The interactions that a phase can depend on, and each customer's first",
    by_customer=True,
    grain=("customer_id", "step", "happened_at", "known_at"),
    public=False,
    columns=(
        CUSTOMER,
        *STEP,
    ),
)
GENE_READINGS = Table(
    name="gene_readings",
    meaning="The strength of genes that phases look at, as each build measured it; kept where it changed",
    grain=("customer_id", "gene", "read_at"),
    public=False,
    columns=(
        CUSTOMER,
        Column("gene", TEXT, "the gene"),
        Column("strength", NUMBER, "its strength"),
        Column("read_at", TIME, "the as-of of the build that measured it"),
    ),
)
PHASE_HISTORY = Table(
    name="phase_history",
    meaning="Every spell in a phase, as it is known now and as it was believed before; one phase at any time",
    grain=("customer_id", "phase", "entered_at", "known_at"),
    columns=(
        CUSTOMER,
        *SPELL,
    ),
)
PHASES = Table(
    name="phases",
    meaning="Where each customer stands in the journey",
    grain=("customer_id",),
    columns=(
        CUSTOMER,
        Column("phase", TEXT, "a configured phase"),
        Column("entered_at", TIME, "when it began; null without interactions"),
        Column("left_at", TIME, "null: it lasts"),
    ),
)

CUSTOMERS_AND_IDENTITY = (
    MEMBERSHIP, GENERATIONS, IDENTIFIERS, EDGES, IDENTITY_EVENTS, CUSTOMERS, CUSTOMER_VERBS, FACTS, JOURNEY_STEPS,
    GENE_READINGS, PHASE_HISTORY, PHASES,
)  # fmt: skip
