"""What runs SQL steps: one protocol, an adapter for each engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import pyarrow as pa


class Engine(Protocol):
    """Runs SQL, written in DuckDB's dialect, over relations that were bound under a name.

    Binding a name again replaces it. Values enter as parameters (`$name`), settings as tables.
    """

    def bind_files(self, name: str, files: Sequence[str], *, schema: pa.Schema) -> None:
        """Make the Parquet `files` readable as `name`; no files give an empty table of `schema`."""

    def bind_table(self, name: str, table: pa.Table | pa.RecordBatchReader) -> None:
        """Make an Arrow table, or a stream that is read once, readable as `name`."""

    def bind_view(self, name: str, text: str) -> None:
        """Make the result of a SELECT over bound names readable as `name`."""

    def materialise(
        self, name: str, text: str, *, params: Mapping[str, Any] | None = None, add: bool = False
    ) -> None:
        """Compute a SELECT once and keep its rows as `name` until unbound; `add` appends to what is kept."""

    def unbind(self, name: str) -> None:
        """Forget `name` if it is bound."""

    def table(self, text: str, *, params: Mapping[str, Any] | None = None) -> pa.Table:
        """Run one statement and return all its rows."""

    def stream(self, text: str, *, params: Mapping[str, Any] | None = None) -> pa.RecordBatchReader:
        """Run one statement and return its rows as they come; drain it before the next call."""

    def sandbox(self, tables: Mapping[str, pa.Table]) -> Engine:
        """Return an engine that holds `tables`, reaches nothing else, and cannot be reconfigured."""

    def close(self) -> None:
        """Give back memory and files."""
