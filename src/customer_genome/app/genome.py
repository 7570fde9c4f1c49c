"""One customer's genome as a person or a program reads it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from customer_genome.app.readers import customer_named
from customer_genome.app.verbs import verbs_used
from customer_genome.core.errors import NotFound
from customer_genome.core.project import Project
from customer_genome.core.step import Sql
from customer_genome.privacy import Access

EXPRESSED = Sql(
    """SELECT e.gene, g.family, e.strength, e.low, e.high, e.evidence, g.definition, g.standing, g.reliability_time,
        g.unit
    FROM expressions AS e JOIN genes AS g ON e.gene = g.gene
    WHERE e.customer_id = $customer ORDER BY g.family, e.gene""",
    reads=("expressions", "genes"),
)


EXPRESSED_ABOVE = 1.1
"""A gene is expressed where its interval lies above this (avoided: below 1 / this); at 1 one in four would be false."""


@dataclass(frozen=True)
class Genome:
    """What is known of one customer as of a moment, for one purpose.

    `expressions` has gene, family, strength, low, high, evidence, definition, standing, reliability_time, unit;
    `facts` attribute, value, precision, status; `readings` the measured value of behaviour genes in words.
    """

    customer_id: str
    as_of: datetime
    purpose: str
    phase: str | None
    phase_since: datetime | None
    totals: dict[str, Any]
    expressions: pa.Table
    facts: pa.Table
    readings: dict[str, str]
    project: Project

    def strongest(self, n: int = 10) -> list[dict[str, Any]]:
        """Return the genes most surely above what was expected, channels aside: by the low end of the interval."""
        rows = [row for row in self.expressions.to_pylist() if _telling(row) and row["low"] > EXPRESSED_ABOVE]
        return sorted(rows, key=lambda row: (-row["low"], row["gene"]))[:n]

    def weakest(self, n: int = 10) -> list[dict[str, Any]]:
        """Return the genes most surely below what was expected: by the high end of the interval."""
        rows = [
            row for row in self.expressions.to_pylist() if _telling(row) and row["high"] < 1 / EXPRESSED_ABOVE
        ]
        return sorted(rows, key=lambda row: (row["high"], row["gene"]))[:n]

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            "customer_id": self.customer_id,
            "as_of": self.as_of.isoformat(),
            "purpose": self.purpose,
            "phase": self.phase,
            "phase_since": self.phase_since.isoformat() if self.phase_since else None,
            "totals": self.totals,
            "expressions": self.expressions.to_pylist(),
            "facts": self.facts.to_pylist(),
            "readings": self.readings,
        }


def genome(access: Access, customer: str, *, purpose: str) -> Genome:
    """Read one customer's genome; raises NotFound where the purpose may not see them."""
    customer_id = customer_named(access, customer, purpose=purpose)
    bound = {"customer": customer_id}

    def rows(text: str, *reads: str) -> pa.Table:
        return access.query(Sql(text, reads=reads, params=bound), purpose=purpose)

    phase = rows("SELECT phase, entered_at FROM phases WHERE customer_id = $customer", "phases").to_pylist()
    totals = rows(
        "SELECT interactions, sessions, revenue, first_at, last_at FROM customers WHERE customer_id = $customer",
        "customers",
    ).to_pylist()
    facts = rows(_FACTS, "facts")
    readings = rows(
        "SELECT gene, reading FROM behaviour WHERE customer_id = $customer", "behaviour"
    ).to_pylist()
    assert access.state.as_of is not None
    return Genome(
        customer_id=customer_id,
        as_of=access.state.as_of,
        purpose=purpose,
        phase=phase[0]["phase"] if phase else None,
        phase_since=phase[0]["entered_at"] if phase else None,
        totals=totals[0] if totals else {},
        expressions=access.query(Sql(EXPRESSED.text, EXPRESSED.reads, bound), purpose=purpose),
        facts=facts,
        readings={row["gene"]: row["reading"] for row in readings},
        project=access.project,
    )


def evidence_behind(access: Access, customer_id: str, gene: str, *, purpose: str) -> pa.Table:
    """Return what an expression rests on, largest contribution first; raises NotFound for a gene that is not expressed.

    Columns: what (item or session), title, verb, times, last_at, weight (0..1 at the as-of), contribution (weight ×
    the item's strength in the gene: what it adds to O).
    """
    unit = access.query(
        Sql("SELECT unit FROM genes WHERE gene = $gene", reads=("genes",), params={"gene": gene}),
        purpose=purpose,
    ).to_pylist()
    if not unit:
        raise NotFound(
            f"no gene {gene!r}", fix='`genome sql "SELECT gene FROM genes" --purpose analytics` lists them'
        )
    params = {
        "customer": customer_id, "gene": gene, "as_of": access.state.as_of, "zone": access.project.time_zone,
    }  # fmt: skip
    text = {"item": _ITEMS, "session": _SESSIONS, "customer": _CUSTOMER}[unit[0]["unit"]]
    tables = {"verbs": verbs_used(access, purpose=purpose)}
    reads = tuple(
        n for n in ("evidence", "item_dna", "items", "interactions", "behaviour") if f" {n} " in text
    )
    return access.query(Sql(text, reads=(*reads, "verbs"), params=params), purpose=purpose, tables=tables)


_FACTS = (
    "SELECT attribute, value, precision, status FROM facts WHERE customer_id = $customer ORDER BY attribute"
)
_ITEMS = """
WITH weighed AS (
    SELECT e.item_id, e.verb, e.interactions, e.last_at,
        v.weight * POWER(2, (EPOCH(e.last_at) - EPOCH($as_of)) / 86400.0 / v.half_life) AS weight
    FROM evidence AS e JOIN verbs AS v ON e.verb = v.verb WHERE e.customer_id = $customer AND v.weight > 0
)
SELECT w.item_id AS what, i.title, ARG_MAX(w.verb, w.weight) AS verb, SUM(w.interactions) AS times,
    MAX(w.last_at) AS last_at, MAX(w.weight) AS weight, MAX(w.weight) * MAX(d.strength) AS contribution
FROM weighed AS w JOIN item_dna AS d ON w.item_id = d.item_id AND d.gene = $gene
LEFT JOIN items AS i ON w.item_id = i.item_id
GROUP BY w.item_id, i.title ORDER BY contribution DESC, what"""
_SESSIONS = """
WITH mine AS (
    SELECT i.item_id, i.verb, i.occurred_at, i.channel,
        COALESCE(i.session_id, CAST(CAST(i.occurred_at AT TIME ZONE $zone AS DATE) AS VARCHAR)) AS session,
        v.weight * POWER(2, (EPOCH(i.occurred_at) - EPOCH($as_of)) / 86400.0 / v.half_life) AS weight
    FROM interactions AS i JOIN verbs AS v ON i.verb = v.verb
    WHERE i.customer_id = $customer AND v.money AND v.weight > 0
)
SELECT m.session AS what, STRING_AGG(DISTINCT c.title, ', ') AS title, MIN(m.verb) AS verb, COUNT(*) AS times,
    MAX(m.occurred_at) AS last_at, MAX(m.weight) AS weight, MAX(m.weight) AS contribution
FROM mine AS m LEFT JOIN items AS c ON m.item_id = c.item_id
LEFT JOIN item_dna AS d ON m.item_id = d.item_id AND d.gene = $gene
WHERE d.gene IS NOT NULL OR $gene = 'channel:' || m.channel
    OR ($gene LIKE 'time:%' AND SUBSTR($gene, 6) IN (DAYNAME(m.occurred_at AT TIME ZONE $zone),
        CASE WHEN EXTRACT(HOUR FROM m.occurred_at AT TIME ZONE $zone) < 6 THEN 'night'
        WHEN EXTRACT(HOUR FROM m.occurred_at AT TIME ZONE $zone) < 12 THEN 'morning'
        WHEN EXTRACT(HOUR FROM m.occurred_at AT TIME ZONE $zone) < 18 THEN 'afternoon' ELSE 'evening' END))
GROUP BY m.session ORDER BY contribution DESC, what"""
_CUSTOMER = """
SELECT b.gene AS what, b.reading AS title, CAST(NULL AS VARCHAR) AS verb, CAST(b.evidence AS BIGINT) AS times,
    CAST(NULL AS TIMESTAMPTZ) AS last_at, CAST(NULL AS DOUBLE) AS weight, CAST(NULL AS DOUBLE) AS contribution
FROM behaviour AS b WHERE b.customer_id = $customer AND b.gene = $gene"""


def _telling(row: dict[str, Any]) -> bool:
    return row["low"] is not None and row["family"] not in ("channel", "behaviour")
