"""Where every source is written, in which format: monthly Parquet for what is large, CSV and JSON Lines, SQLite."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

from customer_genome.core.errors import GenomeError
from customer_genome.simulator.company import Company
from customer_genome.simulator.rows import PERSON, Rows, month_names

MONTHLY = {
    "website": "data/website/events",
    "ads": "data/ads/events",
    "email": "data/email/events",
    "usage": "data/product/usage",
    "usage_v2": "data/product/usage-v2",
    "designs": "data/product/designs",
}
"""Folders with a Parquet file a month, such as 2025-03.parquet."""
TEXT = {
    "consent_banner": "data/website/consent.csv",
    "pages": "data/website/pages.csv",
    "ad_campaigns": "data/ads/campaigns.csv",
    "email_campaigns": "data/email/campaigns.csv",
    "features": "data/product/features.csv",
    "templates": "data/product/templates.csv",
    "users": "data/product/users.csv",
    "seats": "data/product/seats.csv",
    "members": "data/forum/members.jsonl",
    "posts": "data/forum/posts.jsonl",
}
DATABASES = {
    "crm": ("contacts", "leads", "accounts", "opportunities"),
    "billing": ("plans", "subscriptions", "invoices"),
    "support": ("tickets",),
}
"""SQLite files `data/NAME.sqlite` and their tables."""
EVENTS = (
    "website", "ads", "email", "usage", "usage_v2", "designs", "seats", "leads", "subscriptions", "invoices",
    "tickets", "posts",
)  # fmt: skip


class Writer:
    """Writes the sources of a company below a folder; `rows` counts what was written, by source."""

    def __init__(self, out: Path, company: Company) -> None:
        self.out, self.company = out, company
        self.rows: dict[str, int] = dict.fromkeys((*MONTHLY, *TEXT, *sum(DATABASES.values(), ())), 0)
        self._monthly: dict[tuple[str, int], pq.ParquetWriter] = {}
        self._text: dict[str, object] = {}
        self._databases: dict[str, sqlite3.Connection] = {}

    def check(self) -> None:
        """Raise GenomeError where something lies in the way."""
        taken = [self.out / "truth", *(self.out / place for place in (*MONTHLY.values(), *TEXT.values()))]
        taken += [self.out / f"data/{name}.sqlite" for name in DATABASES]
        there = [str(place) for place in taken if place.exists()]
        if there:
            fix = "simulate into another folder, or remove what lies there"
            raise GenomeError(
                "there are data already where the company is to be written", found=there[0], fix=fix
            )

    def write(self, rows: Rows) -> None:
        """Write a table of a source; what would arrive after the last day is left out."""
        table, day = rows.table, rows.day
        if PERSON in table.column_names:
            table = table.drop_columns([PERSON])
        if day is not None:
            kept = day < self.company.days
            table, day = table.filter(pa.array(kept)), day[kept]
        self.rows[rows.name] += table.num_rows
        if day is not None:
            self._by_month(rows.name, table, day)
        elif rows.name in TEXT:
            self._append(rows.name, table)
        else:
            self._insert(rows.name, table)

    def close(self) -> None:
        """Finish all files; a source without a row has a file without one."""
        for writer in self._monthly.values():
            writer.close()
        for handle in self._text.values():
            handle.close()  # type: ignore[attr-defined]
        for connection in self._databases.values():
            connection.commit()
            connection.close()

    def _by_month(self, name: str, table: pa.Table, day: np.ndarray) -> None:
        of_day, names = month_names(self.company)
        month = of_day[np.maximum(day, 0)].astype(np.int16)
        order = np.argsort(month, kind="stable")
        table, ends = table.take(pa.array(order)), np.searchsorted(month[order], np.arange(len(names) + 1))
        for place in range(len(names)):
            part = table.slice(ends[place], ends[place + 1] - ends[place])
            if part.num_rows:
                self._month(name, place, names[place], part)
        if not table.num_rows and not any(key[0] == name for key in self._monthly):
            self._month(name, 0, names[0], table)

    def _month(self, name: str, place: int, month: str, part: pa.Table) -> None:
        if "screen" in part.column_names and place < self._drift_month():
            part = part.drop_columns(["screen"])
        if (name, place) not in self._monthly:
            path = self.out / MONTHLY[name] / f"{month}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            texts = [field.name for field in part.schema if not pa.types.is_primitive(field.type)]
            self._monthly[name, place] = pq.ParquetWriter(
                path, part.schema, compression="zstd", use_dictionary=texts, store_schema=False
            )
        self._monthly[name, place].write_table(part)

    def _drift_month(self) -> int:
        of_day, names = month_names(self.company)
        return (
            int(of_day[self.company.drift_day]) if self.company.drift_day < self.company.days else len(names)
        )

    def _append(self, name: str, table: pa.Table) -> None:
        first = name not in self._text
        if first:
            path = self.out / TEXT[name]
            path.parent.mkdir(parents=True, exist_ok=True)
            self._text[name] = path.open("wb")
        handle = self._text[name]
        if TEXT[name].endswith(".csv"):
            flat = table.cast(pa.schema([(f.name, _flat(f.type)) for f in table.schema]))
            pc.write_csv(flat, handle, write_options=pc.WriteOptions(include_header=first))
            return
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in table.to_pylist())
        handle.write("".join(lines).encode())  # type: ignore[attr-defined]

    def _insert(self, name: str, table: pa.Table) -> None:
        database = next(key for key, tables in DATABASES.items() if name in tables)
        if database not in self._databases:
            (self.out / "data").mkdir(parents=True, exist_ok=True)
            self._databases[database] = sqlite3.connect(
                self.out / f"data/{database}.sqlite", check_same_thread=False
            )
            self._databases[database].execute("PRAGMA synchronous = OFF")
        kinds = ", ".join(f'"{f.name}" {_sqlite(f.type)}' for f in table.schema)
        connection = self._databases[database]
        connection.execute(f'CREATE TABLE IF NOT EXISTS "{name}" ({kinds})')
        marks = ", ".join("?" * table.num_columns)
        columns = (column.to_pylist() for column in table.columns)
        connection.executemany(f'INSERT INTO "{name}" VALUES ({marks})', zip(*columns, strict=True))


def _flat(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _sqlite(kind: pa.DataType) -> str:
    if pa.types.is_integer(kind):
        return "INTEGER"
    return "REAL" if pa.types.is_floating(kind) else "TEXT"
