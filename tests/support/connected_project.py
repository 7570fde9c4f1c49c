"""A small project whose sources are connected, for tests: its configuration, and a company's SQLite database."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import customer_genome
from customer_genome.app.build import workbench
from customer_genome.app.folder import open_folder
from customer_genome.app.publish import publish
from customer_genome.core.progress import Progress, Silent
from customer_genome.core.settings import BuildSettings
from customer_genome.core.step import Sql
from customer_genome.privacy import STORED
from customer_genome.sources import clear_landing, load

NOW = datetime(2026, 1, 31, tzinfo=UTC)
NEXT_YEAR = datetime(2027, 1, 1, tzinfo=UTC)

HEAD = """\
version: 1
name: Connected
time_zone: UTC
currency: EUR
departments: [sales]
purposes:
  service: {basis: contract}
  analytics: {basis: legitimate_interest}
  personalisation: {basis: legitimate_interest}
identifiers:
  person: {direct: false}
  email: {direct: true, normalise: email}
verbs:
  buy: {weight: 1, half_life: 240, money: true, returns: true}
  ask: {weight: 0.5, half_life: 240}
"""
CRM = """\
connections:
  crm: {url: "sqlite:///data/crm.sqlite"}
sources:
  orders:
    department: sales
    connect: {sql: crm, table: orders, cursor: updated_at, key: [id]}
    interactions:
      key: [id]
      identifiers: {person: person, email: email}
      verb: buy
      item: sku
      occurred_at: ordered_at
      value: amount
"""
ORDERS = "id INTEGER PRIMARY KEY, person TEXT, email TEXT, sku TEXT, ordered_at TIMESTAMP, amount NUMERIC, updated_at TIMESTAMP"


def project(folder: Path, body: str) -> Path:
    """Write a project with these connections and sources; returns its folder."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    (folder / "genome.yaml").write_text(HEAD + body, encoding="utf-8")
    return folder


def orders(first: int, last: int, *, day: int = 1) -> list[tuple[Any, ...]]:
    """Return orders `first` to `last`: five people, one second between two orders, all changed on `day` of January."""
    return [
        (n, f"p{n % 5}", f"p{n % 5}@example.org", f"sku-{n % 3}", f"2026-01-{day:02d} 10:00:{n % 60:02d}", n * 1.5,
         f"2026-01-{day:02d} 10:00:{n % 60:02d}")
        for n in range(first, last + 1)
    ]  # fmt: skip


def crm(folder: Path, rows: Iterable[Sequence[Any]]) -> Path:
    """Write orders into the project's CRM, those that are there already anew; returns the database's path."""
    path = folder / "data" / "crm.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute(f"CREATE TABLE IF NOT EXISTS orders ({ORDERS})")
        database.executemany("INSERT OR REPLACE INTO orders VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    return path


def account(folder: Path) -> dict[str, tuple[int, ...]]:
    """Return received, stored, duplicates, quarantined and suppressed of every source, as `status` shows them."""
    found = customer_genome.open(folder).status().sources
    parts = ("received", "stored", "duplicates", "quarantined", "suppressed")
    return {one["source"]: tuple(one[part] for part in parts) for one in found}


def rows(folder: Path, query: str) -> list[dict[str, Any]]:
    """Answer a query for analytics."""
    found: list[dict[str, Any]] = customer_genome.open(folder).sql(query, purpose="analytics").to_pylist()
    return found


@dataclass(frozen=True)
class Loaded:
    """What a load that was not published brought: stored rows by table, and the account of every delivery."""

    tables: dict[str, list[dict[str, Any]]]

    def interactions(self, *columns: str) -> list[tuple[Any, ...]]:
        """Return these columns of the interactions in the order of their times; times are ISO text."""
        found = sorted(self.tables["interactions"], key=lambda row: (row["occurred_at"], row["item_id"]))
        return [tuple(_shown(row[column]) for column in columns) for row in found]

    def claims(self) -> set[tuple[str, str]]:
        """Return attribute and value of every claim."""
        return {(row["attribute"], row["value"]) for row in self.tables["claims"]}

    def items(self) -> dict[str, tuple[str, str]]:
        """Return title and category of every item."""
        return {row["item_id"]: (row["title"], row["category"]) for row in self.tables["items"]}

    def joined(self) -> list[tuple[str, str]]:
        """Return the types of the identifiers that rows joined, a pair for each link."""
        types = {row["token"]: row["type"] for row in self.tables["tokens"]}
        return sorted((types[one["left_token"]], types[one["right_token"]]) for one in self.tables["links"])

    def account(self) -> dict[str, tuple[int, ...]]:
        """Return received, stored, duplicates, quarantined and suppressed of every source."""
        parts = ("received", "stored", "duplicates", "quarantined", "suppressed")
        lines = self.tables["loads"]
        names = sorted({line["source"] for line in lines})
        return {n: tuple(sum(line[p] for line in lines if line["source"] == n) for p in parts) for n in names}

    def quarantined(self) -> list[str]:
        """Return the reasons in the quarantine."""
        return sorted(row["reason"] for row in self.tables["quarantine"])


def loaded(
    folder: Path, *, now: datetime = NOW, published: bool = False, progress: Progress | None = None
) -> Loaded:
    """Pull and load every source of a project, as the first stage of a build does; publish it if that is asked for."""
    opened = open_folder(folder)
    bench = workbench(opened, branch="main", as_of=now)
    settings = BuildSettings(root=folder, now=now, progress=progress or Silent())
    try:
        load(bench, settings)
        if published:
            publish(bench, settings)
            clear_landing(folder)
        named = ("interactions", "claims", "items", "tokens", "links", "loads", "quarantine")
        return Loaded(
            {
                name: bench.stored(Sql(f"SELECT * FROM {STORED}{name}", reads=(name,))).to_pylist()
                for name in named
            }
        )
    finally:
        bench.engine.close()


def _shown(value: Any) -> Any:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
