"""Tables of the monitors: what each delivery looked like, and what is not as it was."""

from __future__ import annotations

from customer_genome.tables.base import COUNT, NUMBER, TEXT, TIME
from customer_genome.tables.contract import Column, Table

PROFILES = Table(
    name="profiles",
    meaning="What each column of each delivery looked like, without a value of a direct identifier or a free text",
    grain=("load_id", "source", "file", "column_name"),
    layer="base",
    subject="none",
    classification="open",
    public=False,
    purposes=("service",),
    retention="10 years",
    columns=(
        Column("load_id", COUNT, "the load that read it"),
        Column("source", TEXT, "name of the source in genome.yaml"),
        Column("file", TEXT, "file, or the inputs of a query"),
        Column("column_name", TEXT, "name of the column"),
        Column("type", TEXT, "its type as it was read"),
        Column("kind", TEXT, "what its values are: number, time, text or other; null where it is empty"),
        Column("role", TEXT, "identifier, key, value (named by the mapping) or other"),
        Column("rows", COUNT, "rows of the delivery"),
        Column("filled", NUMBER, "share of rows with a value"),
        Column("distinct_values", COUNT, "different values, estimated"),
        Column(
            "low", NUMBER, "5 % of the numbers lie at or below, in three digits; null for what is no measure"
        ),
        Column("middle", NUMBER, "the median of the numbers"),
        Column("high", NUMBER, "95 % of the numbers lie at or below"),
        Column(
            "vocabulary", TEXT, "shares of the values, by keyed digest, as JSON; null for more than 40 values"
        ),
    ),
)
ALARMS = Table(
    name="alarms",
    meaning="What the monitors found: sources that are silent, doubled, late, or of another shape than before",
    grain=("source", "kind", "about", "since"),
    subject="none",
    classification="open",
    columns=(
        Column("source", TEXT, "name of the source in genome.yaml"),
        Column(
            "kind",
            TEXT,
            "silent, dropped, doubled, shifted, late, duplicates, quarantine, missing, added, renamed, type, unit, "
            "values, filled or distribution",
        ),
        Column("about", TEXT, "the column; empty where it is the source as a whole"),
        Column("since", TIME, "first day of it; null for what is told by delivery and not by day"),
        Column("until", TIME, "the day after its last; null while it lasts"),
        Column("found", TEXT, "what there is"),
        Column("expected", TEXT, "what the time before leads one to expect"),
        Column("severity", TEXT, "high (rows are missing or wrong) or low (look when there is time)"),
        Column("said", TEXT, "the alarm in one sentence"),
    ),
)
MONITORS = (PROFILES, ALARMS)
