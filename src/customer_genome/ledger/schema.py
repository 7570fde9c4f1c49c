"""The ledger's tables: what must be transactional."""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text

METADATA = MetaData()

SNAPSHOTS = Table(
    "snapshots",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("branch", String(64), nullable=False),
    Column("as_of", String(40), nullable=False),
    Column("created_at", String(40), nullable=False),
    Column("published", Boolean, nullable=False),
    Column("pins", JSON, nullable=False),
    Column("inputs", JSON, nullable=False),
    Column("runs", JSON, nullable=False),
)
CONSENTS = Table(
    "consents",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("token", Text, nullable=False),
    Column("purpose", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("at", String(40), nullable=False),
    Column("channel", String(64), nullable=False),
    Column("text_version", String(64), nullable=False),
    Index("consents_by_subject", "purpose", "token"),
)
SUBJECT_KEYS = Table(
    "subject_keys",
    METADATA,
    Column("token", Text, primary_key=True),
    Column("wrapped", LargeBinary, nullable=False),
)
VAULT = Table(
    "vault",
    METADATA,
    Column("token", Text, primary_key=True),
    Column("type", String(64), nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)
SUPPRESSIONS = Table(
    "suppressions",
    METADATA,
    Column("token", Text, primary_key=True),
    Column("at", String(40), nullable=False),
)
AUDIT = Table(
    "audit",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", String(40), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("purpose", String(64), nullable=False),
    Column("action", String(64), nullable=False),
    Column("tables", Text, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
)
