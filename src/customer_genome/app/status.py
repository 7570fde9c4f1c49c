"""What stands in a project: the snapshot, the accounts of every source, the quarantine, the phases."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from customer_genome.core.step import Sql
from customer_genome.ledger import Snapshot, audit
from customer_genome.privacy import Access

PURPOSE = "service"


@dataclass(frozen=True)
class Status:
    """Counts of one snapshot; `sources` has one row a source whose four parts add up to `received`."""

    snapshot: int
    branch: str
    as_of: datetime
    built_at: datetime
    reference_as_of: datetime
    customers: int
    interactions: int
    sessions: int
    revenue: float
    genes: int
    hidden_genes: int
    phases: tuple[dict[str, Any], ...]
    sources: tuple[dict[str, Any], ...]
    quarantine: tuple[dict[str, Any], ...]
    alarms: tuple[dict[str, Any], ...]
    """What the monitors found that still lasts, the severe first."""
    audit_broken_at: int | None
    """The first row of the audit chain that does not fit, None where the chain is whole."""

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values, times as ISO 8601."""
        return {
            key: value.isoformat() if isinstance(value, datetime) else value
            for key, value in asdict(self).items()
        }


def status(access: Access, snapshot: Snapshot) -> Status:
    """Count what the snapshot holds."""

    def rows(text: str, *reads: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = access.query(Sql(text, reads=reads), purpose=PURPOSE).to_pylist()
        return found

    totals = rows(_TOTALS, "customers")[0]
    genes = rows(_GENES, "genes")[0]
    return Status(
        snapshot=snapshot.id,
        branch=snapshot.branch,
        as_of=snapshot.as_of,
        built_at=snapshot.created_at,
        reference_as_of=datetime.fromisoformat(snapshot.inputs["reference"]["as_of"]),
        customers=totals["customers"],
        interactions=totals["interactions"],
        sessions=totals["sessions"],
        revenue=round(totals["revenue"], 2),
        genes=genes["genes"],
        hidden_genes=genes["hidden"],
        phases=tuple(rows(_PHASES, "phases")),
        sources=tuple(rows(_ACCOUNTS, "loads")),
        quarantine=tuple(rows(_QUARANTINE, "quarantine")),
        alarms=tuple(rows(_ALARMS, "alarms")),
        audit_broken_at=audit.broken_at(access.ledger),
    )


_ACCOUNTS = """SELECT source, COUNT(*) AS files, CAST(SUM(received) AS BIGINT) AS received,
CAST(SUM(stored) AS BIGINT) AS stored, CAST(SUM(duplicates) AS BIGINT) AS duplicates,
CAST(SUM(quarantined) AS BIGINT) AS quarantined, CAST(SUM(suppressed) AS BIGINT) AS suppressed
FROM loads WHERE NOT superseded GROUP BY source ORDER BY source"""
_TOTALS = """SELECT COUNT(*) AS customers, CAST(COALESCE(SUM(interactions), 0) AS BIGINT) AS interactions,
CAST(COALESCE(SUM(sessions), 0) AS BIGINT) AS sessions, COALESCE(SUM(revenue), 0) AS revenue FROM customers"""
_GENES = "SELECT COUNT(*) AS genes, COUNT(*) FILTER (WHERE standing = 'hidden') AS hidden FROM genes"
_PHASES = "SELECT phase, COUNT(*) AS customers FROM phases GROUP BY phase ORDER BY 2 DESC, 1"
_QUARANTINE = """SELECT source, reason, COUNT(*) AS rows FROM quarantine
GROUP BY source, reason ORDER BY 3 DESC, 1, 2"""
_ALARMS = """SELECT source, kind, severity, said FROM alarms WHERE until IS NULL
ORDER BY severity, source, kind, about"""
