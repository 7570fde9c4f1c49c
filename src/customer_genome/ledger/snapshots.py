"""Snapshots: one row names a version of every table; its commit is the publication."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, Row, delete, desc, insert, select

from customer_genome.ledger.schema import SNAPSHOTS


@dataclass(frozen=True)
class Snapshot:
    """A published state of the whole lake.

    `pins` maps a table to its branch and version; `inputs` holds what the build depended on (configuration, sources,
    refusals, reference); `runs` what each step did, for `genome explain`.
    """

    id: int
    branch: str
    as_of: datetime
    created_at: datetime
    pins: Mapping[str, tuple[str, int]]
    inputs: Mapping[str, Any]
    runs: tuple[Mapping[str, Any], ...]


def publish(
    ledger: Engine,
    *,
    branch: str,
    as_of: datetime,
    pins: Mapping[str, tuple[str, int]],
    inputs: Mapping[str, Any],
    runs: tuple[Mapping[str, Any], ...],
    current: bool = True,
) -> int:
    """Commit a snapshot and return its id; readers see it from this moment on (`current`) or only by its as-of."""
    row = {
        "branch": branch,
        "as_of": as_of.isoformat(),
        "created_at": datetime.now(UTC).isoformat(),
        "published": current,
        "pins": {table: list(pin) for table, pin in pins.items()},
        "inputs": dict(inputs),
        "runs": list(runs),
    }
    with ledger.begin() as connection:
        result = connection.execute(insert(SNAPSHOTS).values(row))
        return int(result.inserted_primary_key[0])  # type: ignore[index]


def current(ledger: Engine) -> Snapshot | None:
    """Return the snapshot that readers see, or None before the first build."""
    return _first(ledger, SNAPSHOTS.c.published)


def newest(ledger: Engine, *, branch: str) -> Snapshot | None:
    """Return the newest snapshot of a branch, the base that its next build starts from."""
    return _first(ledger, SNAPSHOTS.c.branch == branch)


def last(ledger: Engine) -> Snapshot | None:
    """Return the newest snapshot of any branch: the newest state of the base tables."""
    return _first(ledger, SNAPSHOTS.c.id > 0)


def make_current(ledger: Engine, snapshot: Snapshot) -> None:
    """Let readers see `snapshot` again: it is published once more under a new id, if it is not current already."""
    now = current(ledger)
    if now is None or now.id != snapshot.id:
        publish(
            ledger,
            branch=snapshot.branch,
            as_of=snapshot.as_of,
            pins=snapshot.pins,
            inputs=snapshot.inputs,
            runs=snapshot.runs,
        )


def prune(ledger: Engine, *, keep: int) -> list[Snapshot]:
    """Forget all but the `keep` newest snapshots, the current one and main's newest; returns those that remain."""
    held = {
        snapshot.id for snapshot in (current(ledger), newest(ledger, branch="main")) if snapshot is not None
    }
    with ledger.begin() as connection:
        recent = connection.execute(
            select(SNAPSHOTS.c.id).order_by(desc(SNAPSHOTS.c.id)).limit(keep)
        ).scalars()
        held |= set(recent)
        connection.execute(delete(SNAPSHOTS).where(SNAPSHOTS.c.id.not_in(held)))
        return [_snapshot(row) for row in connection.execute(select(SNAPSHOTS))]


def newest_before(ledger: Engine, moment: datetime) -> Snapshot | None:
    """Return the newest snapshot made before `moment`, if it is still kept."""
    return _first(ledger, SNAPSHOTS.c.created_at < moment.isoformat())


def at(ledger: Engine, as_of: datetime) -> Snapshot | None:
    """Return the newest snapshot whose as-of is exactly `as_of`."""
    return _first(ledger, SNAPSHOTS.c.as_of == as_of.isoformat())


def _first(ledger: Engine, condition: Any) -> Snapshot | None:
    query = select(SNAPSHOTS).where(condition).order_by(desc(SNAPSHOTS.c.id)).limit(1)
    with ledger.connect() as connection:
        row = connection.execute(query).first()
    return None if row is None else _snapshot(row)


def _snapshot(row: Row[Any]) -> Snapshot:
    return Snapshot(
        id=row.id,
        branch=row.branch,
        as_of=datetime.fromisoformat(row.as_of),
        created_at=datetime.fromisoformat(row.created_at),
        pins={table: (branch, version) for table, (branch, version) in row.pins.items()},
        inputs=row.inputs,
        runs=tuple(row.runs),
    )
