"""The embedded engine: DuckDB, in this process."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from customer_genome.core.errors import QueryError

BATCH_ROWS = 131_072


class DuckDBEngine:
    """The Engine protocol on one DuckDB connection; see `engine.protocol`."""

    def __init__(self, *, threads: int, memory: str, spill: str | None = None) -> None:
        self._threads, self._memory = threads, memory
        config: dict[str, Any] = {
            "threads": threads,
            "memory_limit": memory,
            "autoinstall_known_extensions": False,
        }
        config["temp_directory"] = (
            spill or ""
        )  # DuckDB's own choice, a folder in the working directory, is open to SQL
        self._connection = duckdb.connect(config=config)
        self._connection.execute("SET TimeZone = 'UTC'")
        self._connection.execute("SET preserve_insertion_order = true")
        self._registered: set[str] = set()
        self._kept: set[str] = set()

    def bind_files(self, name: str, files: Sequence[str], *, schema: pa.Schema) -> None:
        """See the protocol."""
        if not files:
            self.bind_table(name, schema.empty_table())
            return
        columns = ", ".join(_quote(column) for column in schema.names)
        listed = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
        self.bind_view(name, f"SELECT {columns} FROM read_parquet([{listed}], hive_partitioning = false)")

    def bind_table(self, name: str, table: pa.Table | pa.RecordBatchReader) -> None:
        """See the protocol."""
        self.unbind(name)
        self._connection.register(name, table)
        self._registered.add(name)

    def bind_view(self, name: str, text: str) -> None:
        """See the protocol."""
        self.unbind(name)
        self._connection.execute(f"CREATE OR REPLACE TEMP VIEW {_quote(name)} AS {text}")

    def materialise(
        self, name: str, text: str, *, params: Mapping[str, Any] | None = None, add: bool = False
    ) -> None:
        """See the protocol."""
        if add and name in self._kept:
            self._run(f"INSERT INTO {_quote(name)} {text}", params)
            return
        self.unbind(name)
        self._run(f"CREATE TEMP TABLE {_quote(name)} AS {text}", params)
        self._kept.add(name)

    def unbind(self, name: str) -> None:
        """See the protocol."""
        if name in self._kept:
            self._connection.execute(f"DROP TABLE {_quote(name)}")
            self._kept.discard(name)
            return
        if name in self._registered:
            self._connection.unregister(name)
            self._registered.discard(name)
        else:
            self._connection.execute(f"DROP VIEW IF EXISTS {_quote(name)}")

    def table(self, text: str, *, params: Mapping[str, Any] | None = None) -> pa.Table:
        """See the protocol."""
        reader = self.stream(text, params=params)
        try:
            return reader.read_all()
        except (OSError, pa.ArrowException, duckdb.Error) as error:  # what fails at a row, not at the text
            raise QueryError("the query cannot be run", found=_first_words(error)) from error

    def stream(self, text: str, *, params: Mapping[str, Any] | None = None) -> pa.RecordBatchReader:
        """See the protocol."""
        used = _used(text, params)
        try:
            relation = self._connection.sql(text, params=used) if used else self._connection.sql(text)
            if relation is None:
                raise QueryError("the statement returns no rows", expected="one SELECT")
            return relation.to_arrow_reader(BATCH_ROWS)
        except duckdb.Error as error:
            raise QueryError("the query cannot be run", found=_first_words(error)) from error

    def _run(self, text: str, params: Mapping[str, Any] | None) -> None:
        try:
            self._connection.execute(text, _used(text, params))
        except duckdb.Error as error:
            raise QueryError("the query cannot be run", found=_first_words(error)) from error

    def sandbox(self, tables: Mapping[str, pa.Table]) -> DuckDBEngine:
        """See the protocol."""
        inner = DuckDBEngine(threads=self._threads, memory=self._memory)
        for name, table in tables.items():
            inner.bind_table(name, table)
        for setting in (
            "enable_external_access = false",
            "python_enable_replacements = false",
            "lock_configuration = true",
        ):
            inner._connection.execute(f"SET {setting}")
        return inner

    def close(self) -> None:
        """See the protocol."""
        self._connection.close()


def _first_words(error: BaseException) -> str:
    return str(error).strip().split("\n\n")[0]


def _used(text: str, params: Mapping[str, Any] | None) -> dict[str, Any]:
    return {key: value for key, value in (params or {}).items() if re.search(rf"\${key}\b", text)}


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
