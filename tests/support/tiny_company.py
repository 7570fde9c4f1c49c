"""A company of a handful of rows, for tests of what becomes of each single row."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import customer_genome
from customer_genome import Workspace

HEAD = """\
version: 1
name: Tiny company
time_zone: UTC
currency: EUR
departments: [shop]
purposes:
  service: {basis: contract}
  analytics: {basis: legitimate_interest}
  personalisation: {basis: legitimate_interest}
  marketing: {basis: consent}
identifiers:
  person: {direct: false}
  email: {direct: true, normalise: email}
  phone: {direct: true, normalise: phone}
  member: {direct: true}
verbs:
  buy: {money: true}
  refund: {money: true, returns: true}
  view: {}
"""
SALES = """\
sources:
  sales:
    department: shop
    path: data/sales.csv
    interactions:
      key: [id]
      identifiers: {person: person, email: email}
      verb_from: verb
      item: item
      occurred_at: at
      quantity: quantity
      value: paid
"""
COLUMNS = ("id", "person", "email", "verb", "item", "at", "quantity", "paid", "note")
GOOD: tuple[tuple[str, ...], ...] = (
    ("g1", "ann", "ann@example.org", "buy", "tea", "2024-01-02T10:00:00", "1", "2.50", ""),
    ("g2", "ann", "ann@example.org", "buy", "bread", "2024-01-03T10:00:00", "2", "3.00", ""),
    ("g3", "bob", "", "buy", "tea", "2024-01-03T11:00:00", "1", "2.50", "in a hurry"),
)


@dataclass(frozen=True)
class Company:
    """A project folder with the questions that tests ask it."""

    folder: Path

    def write(
        self, rows: Iterable[Sequence[object]], *, columns: Sequence[str] = COLUMNS, name: str = "sales.csv"
    ) -> None:
        """Write one CSV file of `data/`."""
        with (self.folder / "data" / name).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([columns, *rows])

    def open(self, *, as_of: str | None = None) -> Workspace:
        """Open the project anew, as another process would."""
        return customer_genome.open(self.folder, as_of=as_of)

    def account(self, source: str = "sales") -> tuple[int, int, int, int, int]:
        """Return received, stored, duplicates, quarantined and suppressed of a source."""
        found = next(each for each in self.open().status().sources if each["source"] == source)
        received, *parts = (
            found[key] for key in ("received", "stored", "duplicates", "quarantined", "suppressed")
        )
        assert received == sum(parts), found
        return (received, *parts)

    def quarantine(self) -> list[dict[str, Any]]:
        """Return the rows set aside: source, file, line, reason, row."""
        rows = self.open().sql("SELECT * FROM quarantine ORDER BY file, line", purpose="service")
        return list(rows.to_pylist())

    def interactions(self) -> list[dict[str, Any]]:
        """Return the stored interactions by time."""
        rows = self.open().sql("SELECT * FROM interactions ORDER BY occurred_at, item_id", purpose="service")
        return list(rows.to_pylist())


def company(
    folder: Path, *, rows: Iterable[Sequence[object]] = GOOD, sources: str = SALES, head: str = HEAD
) -> Company:
    """Write a project of one source of sales (other `sources` as text); returns it unbuilt."""
    (folder / "data").mkdir(parents=True, exist_ok=True)
    (folder / "genome.yaml").write_text(head + sources, encoding="utf-8")
    made = Company(folder)
    made.write(rows)
    return made


def stored_bytes(folder: Path) -> bytes:
    """Return every byte of the lake and the ledger, Parquet pages unpacked: what a thief of the folder could read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    parts = [path.read_bytes() for path in sorted(folder.glob("ledger.db*"))]
    for path in sorted((folder / "lake").rglob("*")):
        if path.is_file():
            parts.append(path.read_bytes())
        if path.suffix == ".parquet" and path.is_file():
            table = pq.read_table(path)
            parts += [_all_bytes(column) for column in table.columns]
    assert pa.__version__
    return b"\n".join(parts)


def _all_bytes(column: Any) -> bytes:
    return "\n".join(str(value) for value in column.to_pylist()).encode("utf-8", "backslashreplace")
