"""Retention: rows that have been kept as long as the project says leave the lake."""

from __future__ import annotations

from datetime import datetime, timedelta

import pyarrow as pa

from customer_genome.core.step import Sql
from customer_genome.ledger import snapshots
from customer_genome.privacy import STORED, Workbench

_AGED = {"interactions": "occurred_at", "claims": "observed_at"}


def expire(bench: Workbench, *, now: datetime) -> None:
    """Take expired interactions, claims and quarantined rows out; who loses rows is derived anew with everyone."""
    for table, column in _AGED.items():
        limits = _limits(bench, table, now)
        if limits.num_rows and _drop(bench, table, f"{column} < e.before AND t.source = e.source", limits):
            bench.everyone = True
    old = snapshots.newest_before(bench.ledger, now - timedelta(days=bench.project.retention.quarantine_days))
    if old is not None:
        loads = pa.table({"load_id": pa.array([int(old.inputs["load_id"])], pa.int64())})
        _drop(bench, "quarantine", "t.load_id <= e.load_id", loads)


def _limits(bench: Workbench, table: str, now: datetime) -> pa.Table:
    held = bench.project.retention
    general = held.interactions_days if table == "interactions" else held.claims_days
    days = {
        name: source.retention_days or general for name, source in bench.project.sources_of(table).items()
    }
    named = {name: now - timedelta(days=limit) for name, limit in days.items() if limit is not None}
    return pa.table(
        {
            "source": pa.array(list(named), pa.string()),
            "before": pa.array(list(named.values()), pa.timestamp("us", "UTC")),
        }
    )


def _drop(bench: Workbench, table: str, condition: str, limits: pa.Table) -> bool:
    expired = f"EXISTS (SELECT 1 FROM _limits AS e WHERE {condition})"
    count = Sql(f"SELECT COUNT(*) AS n FROM {STORED}{table} AS t WHERE {expired}", reads=(table,))
    if not bench.stored(count, tables={"_limits": limits})["n"][0].as_py():
        return False
    rows = bench.engine.stream(f"SELECT t.* FROM {STORED}{table} AS t WHERE NOT {expired}")
    bench.replace(table, rows)
    return True
