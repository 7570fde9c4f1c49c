"""Storage of sealed identifier values and of the wrapped keys that open them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Engine, insert, select

from customer_genome.ledger.schema import SUBJECT_KEYS, VAULT

_CHUNK = 5_000


def known(ledger: Engine) -> frozenset[str]:
    """Return the tokens whose values are in the vault."""
    with ledger.connect() as connection:
        return frozenset(connection.execute(select(VAULT.c.token)).scalars())


def store(ledger: Engine, sealed: Iterable[tuple[str, str, bytes, bytes]]) -> None:
    """Add (token, type, sealed value, wrapped key) rows in one transaction."""
    rows = list(sealed)
    with ledger.begin() as connection:
        for start in range(0, len(rows), _CHUNK):
            part = rows[start : start + _CHUNK]
            connection.execute(insert(VAULT), [{"token": t, "type": k, "sealed": s} for t, k, s, _ in part])
            connection.execute(insert(SUBJECT_KEYS), [{"token": t, "wrapped": w} for t, _, _, w in part])


def fetch(ledger: Engine, tokens: Iterable[str]) -> Mapping[str, tuple[bytes, bytes]]:
    """Return token -> (sealed value, wrapped key) for those of `tokens` that the vault holds."""
    query = select(VAULT.c.token, VAULT.c.sealed, SUBJECT_KEYS.c.wrapped).join_from(
        VAULT, SUBJECT_KEYS, VAULT.c.token == SUBJECT_KEYS.c.token
    )
    found: dict[str, tuple[bytes, bytes]] = {}
    wanted = list(tokens)
    with ledger.connect() as connection:
        for start in range(0, len(wanted), _CHUNK):
            part = query.where(VAULT.c.token.in_(wanted[start : start + _CHUNK]))
            found.update((row.token, (row.sealed, row.wrapped)) for row in connection.execute(part))
    return found
