"""The text of the step `phase_history`: the file completed by what the project's conditions look at."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from customer_genome.core.journey_settings import FACT, Phase, is_gene
from customer_genome.core.step import Sql, sql_file
from customer_genome.core.user_sql import columns_of

PURCHASE, ANY, FACTS = "purchase", "any", "fact"
"""Steps that are no verbs: a session with a purchase, any interaction, a fact that begins to be known."""
_PURCHASES = {
    "first_purchase_at": "m.first_of_sessions_at",
    "last_purchase_at": "m.last_of_sessions_at",
    "purchases": "m.of_sessions_count",
    "days_since_first": "(EPOCH(m.moment) - EPOCH(m.first_of_sessions_at)) / 86400.0",
    "days_since_last": "(EPOCH(m.moment) - EPOCH(m.last_of_sessions_at)) / 86400.0",
    "typical_gap_days": "CASE WHEN m.of_sessions_count >= 3 THEN g.typical_gap END",
}
_FORMS = (r"first_(\w+)_at", r"last_(\w+)_at", r"(\w+)_count", r"days_since_(\w+)")
_TICKS = """
    UNION ALL
    SELECT * EXCLUDE (k), GREATEST(known_at, moment) AS told
    FROM (
        SELECT *, $as_of - TO_DAYS(CAST(k AS INTEGER)) AS moment
        FROM (
            SELECT *, UNNEST(GENERATE_SERIES(
                CASE
                    WHEN next_at >= $as_of THEN 0
                    ELSE CAST(FLOOR((EPOCH($as_of) - EPOCH(next_at)) / 86400) AS BIGINT) + 1
                END,
                CAST(CEIL((EPOCH($as_of) - EPOCH(happened_at)) / 86400) AS BIGINT) - 1
            )) AS k
            FROM running
        ) AS days
    ) AS dated"""
_LATE_FOR_A_DAY = """
            OR FLOOR((EPOCH($as_of) - EPOCH(known_at)) / 86400) + 2
            <= CEIL((EPOCH($as_of) - EPOCH(happened_at)) / 86400)"""
_GAPS = """
    LEFT JOIN (
        SELECT customer_id, version, happened_at AS gap_at, MEDIAN(gap) OVER (
            PARTITION BY customer_id, version ORDER BY happened_at RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS typical_gap
        FROM (
            SELECT customer_id, version, happened_at, (EPOCH(happened_at) - EPOCH(LAG(happened_at) OVER (
                PARTITION BY customer_id, version ORDER BY happened_at
            ))) / 86400.0 AS gap
            FROM (
                SELECT v.customer_id, v.version, s.happened_at, UNNEST(GENERATE_SERIES(1, s.times)) AS k
                FROM numbered AS v JOIN steps AS s ON v.customer_id = s.customer_id
                WHERE s.step = 'purchase' AND (v.last OR s.known_at < v.until)
            ) AS sessions
        ) AS between_sessions
        QUALIFY ROW_NUMBER() OVER (PARTITION BY customer_id, version, happened_at ORDER BY gap) = 1
    ) AS g ON m.customer_id = g.customer_id AND m.version = g.version AND m.last_of_sessions_at = g.gap_at"""


@dataclass(frozen=True)
class Looks:
    """What conditions look at: columns, and the verbs, purchases, interactions, facts and genes behind them."""

    columns: frozenset[str]
    verbs: tuple[str, ...]
    purchases: bool
    interactions: bool
    attributes: tuple[str, ...]
    genes: tuple[str, ...]
    passing: bool
    """Whether time alone can change what holds."""


def looks(conditions: Iterable[str], *, verbs: Iterable[str], attributes: Iterable[str]) -> Looks:
    """Return what `conditions` look at; `verbs` and `attributes` are those that the project declares."""
    columns = {column for condition in conditions for column in columns_of(condition)}
    lower = {column.lower() for column in columns}
    names = {verb.replace("-", "_"): verb for verb in verbs}
    found = {
        m[1] for column in lower for form in _FORMS if (m := re.fullmatch(form, column)) and m[1] in names
    }
    facts = {FACT + _stem(name): name for name in attributes}
    return Looks(
        columns=frozenset(lower),
        verbs=tuple(sorted(names[name] for name in found)),
        purchases=bool(lower & set(_PURCHASES)),
        interactions="interactions" in lower,
        attributes=tuple(sorted(facts[column] for column in lower & set(facts))),
        genes=tuple(sorted(column for column in columns if is_gene(column))),
        passing=any(column.startswith("days_since_") for column in lower),
    )


def phase_text(phases: Sequence[Phase], seen: Looks, *, as_of: datetime | None) -> Sql:
    """Return the SELECT of every customer's spells in `phases`, of which at each moment the first that holds counts."""
    file = sql_file(__package__, "phase_history", as_of=as_of)
    parts = {
        "CASE WHEN TRUE THEN '' /* phases */ END": _case(phases),
        "/* facts */": _facts(seen),
        "/* more steps */": _more_steps(seen),
        "/* late */": _LATE_FOR_A_DAY if seen.passing else "",
        "/* seen */": _seen(seen),
        "/* running */": _running(seen),
        "/* ticks */": _TICKS if seen.passing else "",
        "/* columns */": _columns(seen),
        "/* traits */": _traits(seen),
    }
    text = file.text
    for mark, part in parts.items():
        text = text.replace(mark, part)
    reads = (
        *file.reads,
        *(("facts", "claims") if seen.attributes else ()),
        *(("gene_readings",) if seen.genes else ()),
    )
    return replace(file, text=text, reads=reads)


def _case(phases: Sequence[Phase]) -> str:
    cases = " ".join(f"WHEN {phase.when} THEN '{phase.name}'" for phase in phases)
    return f"CASE {cases} END"


def _verb_steps(seen: Looks) -> list[tuple[str, str]]:
    """Return step and column stem of what is counted and dated."""
    found = [(verb, _stem(verb)) for verb in seen.verbs]
    return [*found, (PURCHASE, "of_sessions")] if seen.purchases else found


def _more_steps(seen: Looks) -> str:
    text = ""
    if seen.genes:
        text += """
    UNION ALL
    SELECT customer_id, gene, read_at, read_at, 0, strength
    FROM gene_readings"""
    for name in seen.attributes:
        text += f"""
    UNION ALL
    SELECT customer_id, '{FACTS}', since_{_stem(name)}, since_{_stem(name)}, 0, NULL
    FROM traits
    WHERE since_{_stem(name)} IS NOT NULL"""
    return (
        text
        + """
    UNION ALL
    SELECT customer_id, 'first', $as_of, $as_of, 0, NULL
    FROM customers
    WHERE first_at IS NULL"""
    )


def _facts(seen: Looks) -> str:
    """Return the facts that are looked at, each with the time from which it has been claimed, as `traits`."""
    if not seen.attributes:
        return ""
    columns = "".join(
        f", MAX(CASE WHEN f.attribute = '{name}' THEN f.value END) AS value_{_stem(name)}"
        f", MIN(CASE WHEN f.attribute = '{name}' THEN c.observed_at END) AS since_{_stem(name)}"
        for name in seen.attributes
    )
    return f"""traits AS (
    SELECT f.customer_id{columns}
    FROM facts AS f LEFT JOIN claims AS c
    ON f.customer_id = c.customer_id AND f.attribute = c.attribute AND f.value = c.value
    GROUP BY f.customer_id
),"""


def _traits(seen: Looks) -> str:
    text = _GAPS if "typical_gap_days" in seen.columns else ""
    if seen.attributes:
        text += "\n    LEFT JOIN traits AS t ON m.customer_id = t.customer_id"
    return text


def _seen(seen: Looks) -> str:
    text = ""
    for step, stem in _verb_steps(seen):
        text += f",\n        MAX(CASE WHEN s.step = '{step}' THEN s.happened_at END) AS at_{stem}"
        text += f", SUM(CASE WHEN s.step = '{step}' THEN s.times ELSE 0 END) AS n_{stem}"
    if seen.interactions:
        text += f",\n        SUM(CASE WHEN s.step = '{ANY}' THEN s.times ELSE 0 END) AS n_any"
    for place, gene in enumerate(seen.genes):
        quoted = gene.replace("'", "''")
        text += f",\n        MAX(CASE WHEN s.step = '{quoted}' THEN s.strength END) AS gene_{place}"
    return text


def _running(seen: Looks) -> str:
    text = ""
    for _, stem in _verb_steps(seen):
        ends = f"MIN(at_{stem}) OVER so_far AS first_{stem}_at, MAX(at_{stem}) OVER so_far AS last_{stem}_at"
        text += f",\n        {ends}, SUM(n_{stem}) OVER so_far AS {stem}_count"
    if seen.interactions:
        text += ",\n        SUM(n_any) OVER so_far AS interactions"
    for place, _ in enumerate(seen.genes):
        text += f",\n        LAST_VALUE(gene_{place} IGNORE NULLS) OVER so_far AS gene_{place}"
    return text


def _columns(seen: Looks) -> str:
    made = dict(_PURCHASES)
    for stem in map(_stem, seen.verbs):
        made |= {name: f"m.{name}" for name in (f"first_{stem}_at", f"last_{stem}_at", f"{stem}_count")}
        made[f"days_since_{stem}"] = f"(EPOCH(m.moment) - EPOCH(m.last_{stem}_at)) / 86400.0"
    made["interactions"] = "m.interactions"
    for stem in map(_stem, seen.attributes):
        known = f"t.since_{stem} IS NULL OR t.since_{stem} <= m.moment"
        made[FACT + stem] = f"CASE WHEN {known} THEN t.value_{stem} END"
    text = "".join(f",\n        {made[name]} AS {name}" for name in sorted(seen.columns) if name in made)
    for place, gene in enumerate(seen.genes):
        text += f',\n        m.gene_{place} AS "{gene.replace(chr(34), chr(34) * 2)}"'
    return text


def _stem(name: str) -> str:
    return name.replace("-", "_")
