"""Consents: every grant, withdrawal and objection, kept for ever in the order they came."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import Engine, func, insert, select

from customer_genome.ledger.schema import CONSENTS, SUPPRESSIONS

State = Literal["granted", "withdrawn", "objected"]
STATES: tuple[State, ...] = ("granted", "withdrawn", "objected")


def record(
    ledger: Engine,
    tokens: Iterable[str],
    *,
    purpose: str,
    state: State,
    channel: str = "",
    text_version: str = "",
) -> None:
    """Append one receipt for each of a subject's tokens."""
    now = datetime.now(UTC).isoformat()
    rows = [
        {
            "token": token,
            "purpose": purpose,
            "state": state,
            "at": now,
            "channel": channel,
            "text_version": text_version,
        }
        for token in tokens
    ]
    with ledger.begin() as connection:
        connection.execute(insert(CONSENTS), rows)


def latest(ledger: Engine, *, purpose: str) -> Mapping[str, str]:
    """Return the newest state of each token that ever said something about `purpose`."""
    newest = select(func.max(CONSENTS.c.id)).where(CONSENTS.c.purpose == purpose).group_by(CONSENTS.c.token)
    query = select(CONSENTS.c.token, CONSENTS.c.state).where(CONSENTS.c.id.in_(newest))
    with ledger.connect() as connection:
        return {row.token: row.state for row in connection.execute(query)}


def history(ledger: Engine, tokens: Iterable[str]) -> list[dict[str, str]]:
    """Return every receipt of a subject, oldest first."""
    query = select(CONSENTS).where(CONSENTS.c.token.in_(list(tokens))).order_by(CONSENTS.c.id)
    with ledger.connect() as connection:
        return [
            {"purpose": row.purpose, "state": row.state, "at": row.at, "channel": row.channel}
            for row in connection.execute(query)
        ]


def suppressed(ledger: Engine) -> frozenset[str]:
    """Return the tokens whose subjects were erased and must not enter again."""
    with ledger.connect() as connection:
        return frozenset(connection.execute(select(SUPPRESSIONS.c.token)).scalars())
