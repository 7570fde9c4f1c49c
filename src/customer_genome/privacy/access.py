"""The one door: every read of the lake says why, and gets what that purpose and its consents allow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa
import sqlglot
from sqlalchemy import Engine as Database
from sqlglot import exp
from sqlglot.errors import SqlglotError

from customer_genome.core.errors import AccessDenied, QueryError
from customer_genome.core.ids import token_of
from customer_genome.core.project import Project
from customer_genome.core.step import Sql
from customer_genome.engine import Engine, Lake, Pin
from customer_genome.ledger import audit
from customer_genome.privacy.keys import Keys
from customer_genome.privacy.refusals import Refusals, refusals, token_table
from customer_genome.privacy.views import STORED, Rules, needed, view
from customer_genome.tables import TABLES, Table, contract

TOUCHED = "touched_interactions"


@dataclass
class State:
    """What is open: the pinned version of each table, and the moment up to which things are known."""

    pins: dict[str, Pin]
    branch: str
    as_of: datetime | None
    """None while a build has not settled it: everything stored is seen."""


@dataclass
class Access:
    """Reads tables through the views of one purpose at a time."""

    project: Project
    engine: Engine
    lake: Lake
    ledger: Database
    keys: Keys
    state: State
    actor: str = "owner"
    _bound: dict[str, Pin | None] = field(default_factory=dict)

    def read(self, table: str, *, purpose: str, columns: tuple[str, ...] | None = None) -> pa.Table:
        """Return the rows of `table` that `purpose` may see; raises AccessDenied, ContractError, NotBuilt."""
        chosen = ", ".join(columns or contract(table).names) if columns or not _has_customer(table) else "*"
        return self.query(Sql(f"SELECT {chosen} FROM {table}", reads=(table,)), purpose=purpose)

    def query(self, sql: Sql, *, purpose: str, tables: Mapping[str, pa.Table] | None = None) -> pa.Table:
        """Run SQL of our own over the views of the tables that it says it reads, and record it."""
        self.bind(sql.reads, purpose=purpose, tables=tables or {})
        rows = self.engine.table(sql.text, params=sql.params)
        self.record(purpose=purpose, action="read", tables=sql.reads, rows=rows.num_rows)
        return rows

    def derive(self, text: str, tables: Mapping[str, pa.Table]) -> pa.Table:
        """Run a SELECT over tables that were read before: it reads nothing new, so it is not recorded again."""
        for name, rows in tables.items():
            self.engine.bind_table(name, rows)
        return self.engine.table(text)

    def query_identity(self, sql: Sql) -> list[dict[str, Any]]:
        """Look up whose tokens are whose, without regard to consent: to record what a customer says about consent."""
        for name in sql.reads:
            self._bind_stored(name)
        rows: list[dict[str, Any]] = self.engine.table(sql.text, params=sql.params).to_pylist()
        self.record(purpose="service", action="consent", tables=sql.reads, rows=len(rows))
        return rows

    def user_query(self, text: str, *, purpose: str) -> pa.Table:
        """Run SQL that a user wrote in a session that holds only what `purpose` may see; raises QueryError."""
        names = _tables_named(text)
        self.refusals(purpose)  # an undeclared purpose is refused even where no table is read
        held = {name: self._public(name, purpose=purpose) for name in names}
        session = self.engine.sandbox(held)
        try:
            rows = session.table(text)
        finally:
            session.close()
        self.record(purpose=purpose, action="sql", tables=tuple(held), rows=rows.num_rows)
        return rows

    def bind(self, names: tuple[str, ...], *, purpose: str, tables: Mapping[str, pa.Table]) -> None:
        """Make the views of `names` for `purpose`, and `tables` as they are, readable in the engine."""
        if TOUCHED in names:
            self._draw(purpose=purpose, touched=tables["touched"])
        contracts = [contract(name) for name in names if name not in tables and name != TOUCHED]
        rules = self._rules(purpose)
        for table in contracts:
            self._admit(table, purpose)
            for part in needed(table):
                self._bind_stored(part)
        for table in contracts:
            self.engine.bind_view(table.name, view(table, purpose=purpose, rules=rules))
        for name, rows in tables.items():
            self.engine.bind_table(name, rows)

    def record(self, *, purpose: str, action: str, tables: tuple[str, ...], rows: int) -> None:
        """Write one row of the audit chain; a read that cannot be recorded fails."""
        audit.write(self.ledger, actor=self.actor, purpose=purpose, action=action, tables=tables, rows=rows)

    def refusals(self, purpose: str) -> Refusals:
        """Return who is left out of `purpose` at this moment."""
        return refusals(self.project, ledger=self.ledger, purpose=purpose)

    def token_of(self, kind: str, value: str) -> str:
        """Return the token of one normalised identifier value, without storing anything."""
        direct = self.project.identifiers[kind].direct
        return self.keys.token(kind, value) if direct else token_of(kind, value)

    def _draw(self, *, purpose: str, touched: pa.Table) -> None:
        """Make `touched_interactions` readable: those of the customers in `touched`."""
        self.bind(("interactions", "items"), purpose=purpose, tables={"touched": touched})
        zone = self.project.time_zone
        self.engine.bind_view(
            TOUCHED,
            f"""SELECT i.customer_id, i.verb, i.item_id, c.category, i.occurred_at, i.quantity,
            i.value, i.channel, i.properties,
            COALESCE(i.session_id, CAST(CAST(i.occurred_at AT TIME ZONE '{zone}' AS DATE) AS VARCHAR)) AS session
            FROM interactions AS i SEMI JOIN touched AS t ON i.customer_id = t.customer_id
            LEFT JOIN items AS c ON i.item_id = c.item_id""",
        )

    def _public(self, name: str, *, purpose: str) -> pa.Table:
        if not contract(name).public:
            raise AccessDenied(f"table {name} is internal", expected=", ".join(public_tables()))
        self.bind((name,), purpose=purpose, tables={})
        return self.engine.table(f"SELECT * FROM {name}")

    def _admit(self, table: Table, purpose: str) -> None:
        if table.purposes is not None and purpose not in table.purposes:
            raise AccessDenied(
                f"table {table.name} is not for this purpose",
                found=purpose,
                expected=" or ".join(table.purposes),
            )

    def _rules(self, purpose: str) -> Rules:
        answers = self.refusals(purpose)
        open_sources = self.project.sources_open_to(purpose)
        self.engine.bind_table("_sources", pa.table({"source": pa.array(open_sources, pa.string())}))
        self._bind_scope()
        attributes = self._attributes(purpose, open_sources)
        self.engine.bind_table("_attributes", pa.table({"attribute": pa.array(attributes, pa.string())}))
        if answers.refused:
            self._bind_customers("_refused", answers.refused)
        if answers.granted is not None:
            self._bind_customers("_granted", answers.granted)
        return Rules(
            by_time=self.state.as_of is not None,
            by_source=len(open_sources) < len(self.project.sources),
            by_refusal=bool(answers.refused),
            by_grant=answers.granted is not None,
        )

    def _bind_scope(self) -> None:
        self.engine.bind_table(
            "_scope", pa.table({"as_of": pa.array([self.state.as_of], pa.timestamp("us", "UTC"))})
        )

    def _attributes(self, purpose: str, open_sources: tuple[str, ...]) -> list[str]:
        allowed: set[str] = set()
        for name in open_sources:
            claims = self.project.sources[name].claims
            if claims is not None:
                allowed |= {
                    a for a, m in claims.attributes.items() if m.purposes is None or purpose in m.purposes
                }
        return sorted(allowed)

    def _bind_customers(self, name: str, tokens: tuple[str, ...]) -> None:
        self._bind_stored("membership")
        self.engine.bind_table("_tokens", token_table(tokens))
        found = self.engine.table(
            f"SELECT DISTINCT customer_id FROM {STORED}membership JOIN _tokens USING (token)"
        )
        self.engine.bind_table(name, found)

    def _bind_stored(self, name: str) -> None:
        pin = self.state.pins.get(name)
        if name in self._bound and self._bound[name] == pin:
            return
        files = self.lake.files(pin) if pin is not None else []
        self.engine.bind_files(STORED + name, files, schema=contract(name).stored)
        self._bound[name] = pin


def public_tables() -> tuple[str, ...]:
    """Return the names of the tables that SQL and export may show."""
    return tuple(sorted(name for name, table in TABLES.items() if table.public))


def _has_customer(table: str) -> bool:
    return contract(table).subject == "token"


def _tables_named(text: str) -> tuple[str, ...]:
    """Return the lake's tables that occur anywhere in `text`; only these enter the session (a saving, not a guard)."""
    try:
        statements = sqlglot.parse(text, dialect="duckdb")
    except RecursionError:
        raise QueryError("the SQL does not parse", found="brackets nested too deeply") from None
    except SqlglotError as error:
        raise QueryError("the SQL does not parse", found=str(error).splitlines()[0]) from None
    if len(statements) != 1 or not isinstance(statements[0], exp.Query):
        raise QueryError(
            "one SELECT is needed", found=f"{len(statements)} statements or another kind of statement"
        )
    tables = list(statements[0].find_all(exp.Table))
    for function in (table.this for table in tables if isinstance(table.this, exp.Func)):
        if not isinstance(function, exp.GenerateSeries):
            raise QueryError(
                "a SELECT reads tables only", found=function.sql("duckdb")[:80], expected="tables, or RANGE"
            )
    named = {table.name.lower() for table in tables}
    return tuple(sorted(name for name in named if name in TABLES))
