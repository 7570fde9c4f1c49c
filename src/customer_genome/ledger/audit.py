"""The audit chain: each row's digest covers the row before, and no row holds a personal value."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, desc, insert, select

from customer_genome.ledger.schema import AUDIT

_START = "0" * 64
_FIELDS = ("at", "actor", "purpose", "action", "tables", "rows", "previous")


def write(ledger: Engine, *, actor: str, purpose: str, action: str, tables: Sequence[str], rows: int) -> None:
    """Append one row; an error here is the caller's error, since an unaudited read must not happen."""
    with ledger.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(
                "UPDATE audit SET id = id WHERE id < 0"
            )  # takes the write lock before reading
        entry = {
            "at": datetime.now(UTC).isoformat(),
            "actor": actor,
            "purpose": purpose,
            "action": action,
            "tables": ",".join(tables),
            "rows": rows,
            "previous": _head(connection),
        }
        connection.execute(insert(AUDIT).values(**entry, digest=_digest(entry)))


def broken_at(ledger: Engine) -> int | None:
    """Return the id of the first row that does not fit the chain, or None where it is whole."""
    previous = _START
    with ledger.connect() as connection:
        for row in connection.execute(select(AUDIT).order_by(AUDIT.c.id)):
            entry = {field: getattr(row, field) for field in _FIELDS}
            if row.previous != previous or row.digest != _digest(entry):
                return int(row.id)
            previous = row.digest
    return None


def _head(connection: Connection) -> str:
    return connection.execute(select(AUDIT.c.digest).order_by(desc(AUDIT.c.id)).limit(1)).scalar() or _START


def _digest(entry: dict[str, object]) -> str:
    return hashlib.sha256(json.dumps([entry[field] for field in _FIELDS]).encode()).hexdigest()
