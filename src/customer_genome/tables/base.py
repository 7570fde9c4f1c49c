"""Tables that loading fills: facts about what was received, keyed by token, never by customer."""

from __future__ import annotations

import pyarrow as pa

from customer_genome.tables.contract import Column, Table

TEXT, NUMBER, COUNT, FLAG = pa.string(), pa.float64(), pa.int64(), pa.bool_()
TIME = pa.timestamp("us", tz="UTC")

INTERACTIONS = Table(
    name="interactions",
    meaning="One thing that a customer did or received",
    grain=("interaction_id",),
    layer="base",
    subject="token",
    retention="the source's",
    columns=(
        Column("interaction_id", TEXT, "digest of the source and the row's key"),
        Column("source", TEXT, "name of the source in genome.yaml"),
        Column("department", TEXT, "department that owns the source"),
        Column("token", TEXT, "identifier token under which it was received"),
        Column("verb", TEXT, "what was done, one of the configured verbs"),
        Column("item_id", TEXT, "what it was done to"),
        Column("occurred_at", TIME, "when it happened"),
        Column("known_at", TIME, "when it was known here"),
        Column("quantity", NUMBER, "units of the item; negative for a return"),
        Column("value", NUMBER, "money in `currency`; null where the interaction has none"),
        Column("currency", TEXT, "ISO 4217 code"),
        Column("channel", TEXT, "store, site or medium"),
        Column("session_id", TEXT, "basket, visit or call it belongs to"),
        Column("properties", TEXT, "what else the source said, as JSON, screened for direct identifiers"),
        Column(
            "account", TEXT, "identifier token of the account that the row names; null where it names none"
        ),
        Column("load_id", COUNT, "the load that brought it"),
    ),
)
CLAIMS = Table(
    name="claims",
    meaning="One source's assertion of one attribute of a customer",
    grain=("source", "token", "attribute", "observed_at", "value"),
    layer="base",
    subject="token",
    retention="the source's",
    columns=(
        Column("claim_id", TEXT, "digest of source, token, attribute, time and value"),
        Column("token", TEXT, "identifier token under which it was received"),
        Column("attribute", TEXT, "what is asserted"),
        Column("value", TEXT, "the asserted value as text"),
        Column("source", TEXT, "name of the source in genome.yaml"),
        Column("method", TEXT, "stated, observed or derived"),
        Column("observed_at", TIME, "when the source observed it; null where it does not say"),
        Column(
            "known_at", TIME, "when it was known here; null where the source does not say when it observed it"
        ),
        Column("load_id", COUNT, "the load that brought it"),
    ),
)
ITEMS = Table(
    name="items",
    meaning="What interactions are about: products, messages, features, plans",
    grain=("item_id",),
    layer="base",
    subject="none",
    classification="open",
    retention="as long as an interaction names it",
    columns=(
        Column("item_id", TEXT, "the item's id"),
        Column("kind", TEXT, "product, coupon, campaign, mailer, feature, ..."),
        Column("title", TEXT, "a name to show"),
        Column("category", TEXT, "the category inside which choices are compared"),
        Column("properties", TEXT, "other catalogue columns as JSON"),
        Column("item_group", TEXT, "the wider group, used where a gene varies in few categories"),
        Column("source", TEXT, "name of the source in genome.yaml"),
        Column("load_id", COUNT, "the load that brought it"),
    ),
)
ITEM_VALUES = Table(
    name="item_values",
    meaning="The catalogue values that the DNA rules of genome.yaml read",
    grain=("item_id", "rule"),
    layer="base",
    subject="none",
    classification="open",
    public=False,
    retention="with the item",
    columns=(
        Column("item_id", TEXT, "the item"),
        Column("rule", TEXT, "source and position of the DNA rule"),
        Column("value", TEXT, "the value as text"),
        Column("within", TEXT, "bins are made inside each of these; null = inside the category alone"),
        Column("source", TEXT, "name of the source in genome.yaml"),
        Column("load_id", COUNT, "the load that brought it"),
    ),
)
DECLARED_DNA = Table(
    name="declared_dna",
    meaning="Genes that a source declares an item to carry (offers, creative, placement)",
    grain=("item_id", "gene", "source"),
    layer="base",
    subject="none",
    classification="open",
    public=False,
    retention="with the item",
    columns=(
        Column("item_id", TEXT, "the item"),
        Column("family", TEXT, "gene family"),
        Column("gene", TEXT, "family:label"),
        Column("strength", NUMBER, "0 to 1"),
        Column("source", TEXT, "name of the source in genome.yaml"),
        Column("load_id", COUNT, "the load that brought it"),
    ),
)
TOKENS = Table(
    name="tokens",
    meaning="Every identifier seen, under its token; once more where a later load knows of an earlier time",
    grain=("token", "load_id"),
    layer="base",
    subject="token",
    public=False,
    purposes=("service",),
    retention="the source's",
    columns=(
        Column("token", TEXT, "type:value, or type:keyed digest for a direct identifier"),
        Column("type", TEXT, "identifier type"),
        Column("source", TEXT, "the source that brought it first"),
        Column("first_at", TIME, "when it was first known of; null where a row that names it has no time"),
        Column("load_id", COUNT, "the load that brought it"),
    ),
)
LINKS = Table(
    name="links",
    meaning="Two tokens that one row of a source named together",
    grain=("left_token", "right_token", "source", "load_id"),
    layer="base",
    subject="token",
    public=False,
    purposes=("service",),
    retention="the source's",
    columns=(
        Column("left_token", TEXT, "the row's first identifier"),
        Column("right_token", TEXT, "another identifier of the row"),
        Column("source", TEXT, "the source, which is the rule"),
        Column("rows", COUNT, "rows that say so"),
        Column("first_at", TIME, "when the first of them was known; null where one has no time"),
        Column("load_id", COUNT, "the load that brought it"),
    ),
)
QUARANTINE = Table(
    name="quarantine",
    meaning="Rows that broke their contract, with the reason; fixed ones are replayed",
    grain=("source", "file", "line", "reason"),
    layer="base",
    subject="none",
    classification="sensitive",
    purposes=("service",),
    retention="90 days",
    columns=(
        Column("source", TEXT, "name of the source in genome.yaml"),
        Column("file", TEXT, "file it came in"),
        Column(
            "line",
            COUNT,
            "row number from 1, header and unreadable rows not counted; of an unreadable row, its line in the file",
        ),
        Column("reason", TEXT, "what is wrong, in words"),
        Column("row", TEXT, "the row as JSON, screened and shortened"),
        Column("load_id", COUNT, "the load that set it aside"),
    ),
)
LOADS = Table(
    name="loads",
    meaning="The accounts: received = stored + duplicates + quarantined + suppressed",
    grain=("load_id", "source", "file"),
    layer="base",
    subject="none",
    classification="open",
    retention="10 years",
    columns=(
        Column("load_id", COUNT, "counts up by one a load"),
        Column("source", TEXT, "name of the source in genome.yaml"),
        Column("file", TEXT, "file, or the inputs of a query"),
        Column("fingerprint", TEXT, "digest of the content and of the mapping that read it"),
        Column("received", COUNT, "rows in the file"),
        Column("stored", COUNT, "rows new to the lake"),
        Column("duplicates", COUNT, "rows that were there already"),
        Column("quarantined", COUNT, "rows set aside with a reason"),
        Column("suppressed", COUNT, "rows refused because their subject was erased"),
        Column("superseded", FLAG, "a later load read this file again"),
    ),
)
BASE = (INTERACTIONS, CLAIMS, ITEMS, ITEM_VALUES, DECLARED_DNA, TOKENS, LINKS, QUARANTINE, LOADS)
