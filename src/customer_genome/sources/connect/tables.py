"""Rows of dicts as typed tables, and tables of different types as one Parquet file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from customer_genome.core.connect import ColumnType

_TYPES: dict[ColumnType, pa.DataType] = {
    "any": pa.null(), "text": pa.string(), "integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_(),
    "json": pa.string(),
}  # fmt: skip
_PLAIN = {bool: pa.bool_(), int: pa.int64(), float: pa.float64(), str: pa.string()}


def table_of(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, ColumnType]) -> pa.Table:
    """Return rows as a table: numbers, truth values and texts as they are, objects and lists as JSON text.

    With `columns` those alone, also where no row has them. A column of several kinds is text.
    """
    names = list(columns) or list(dict.fromkeys(key for row in rows for key in row))
    arrays = [_array([row.get(name) for row in rows], columns.get(name, "any")) for name in names]
    return pa.table(dict(zip(names, arrays, strict=True)))


def as_json(value: Any) -> str:
    """Return a value as compact JSON text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def _array(values: list[Any], declared: ColumnType) -> pa.Array:
    kinds = {type(value) for value in values if value is not None}
    if declared == "json" or kinds & {dict, list}:
        whole = declared == "json"
        texts = [v if v is None or (isinstance(v, str) and not whole) else as_json(v) for v in values]
        return pa.array(texts, pa.string())
    wanted = _TYPES[declared]
    found = _kind(kinds, values)
    if pa.types.is_null(found) or wanted == found:
        return pa.array(values, wanted)
    if wanted == pa.float64() and found == pa.int64():
        return pa.array([None if v is None else float(v) for v in values], wanted)
    if found == pa.string() or wanted == pa.string():
        return pa.array([v if v is None or isinstance(v, str) else as_json(v) for v in values], pa.string())
    return pa.array(values, found)


def _kind(kinds: set[type], values: list[Any]) -> pa.DataType:
    if not kinds:
        return pa.null()
    if len(kinds) == 1 and (kind := next(iter(kinds))) in _PLAIN:
        too_wide = kind is int and any(v is not None and not -(2**63) <= v < 2**63 for v in values)
        return pa.string() if too_wide else _PLAIN[kind]
    if kinds != {int, float}:
        return pa.string()
    exact = all(not isinstance(v, int) or -(2**53) <= v <= 2**53 for v in values)
    return pa.float64() if exact else pa.string()


class OneFile:
    """Collects tables whose columns may differ, and makes one Parquet file of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.rows = 0
        self._parts: list[Path] = []
        self._writer: pq.ParquetWriter | None = None

    def add(self, table: pa.Table) -> None:
        """Write a table's rows to disk."""
        table = table.replace_schema_metadata(None)
        self.rows += table.num_rows
        if self._writer is None or self._writer.schema != table.schema:
            self.close()
            self._parts.append(self.folder / f"part-{len(self._parts)}.parquet")
            self._writer = pq.ParquetWriter(
                self._parts[-1], table.schema, compression="zstd", store_schema=True
            )
        self._writer.write_table(table)

    def close(self) -> None:
        """End the part that is being written."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def finish(self, target: Path) -> None:
        """Make `target` of all that was added: columns of all parts, each of a type that holds all its values."""
        self.close()
        schema = _common([pq.read_schema(part) for part in self._parts])
        if len(self._parts) == 1 and schema == pq.read_schema(self._parts[0]):
            self._parts[0].rename(target)
            return
        with pq.ParquetWriter(target, schema, compression="zstd", store_schema=True) as writer:
            for part in self._parts:
                with pq.ParquetFile(part) as file:
                    for batch in file.iter_batches():
                        writer.write_batch(_fitted(batch, schema))
                part.unlink()


def _common(schemas: Iterable[pa.Schema]) -> pa.Schema:
    types: dict[str, pa.DataType] = {}
    for schema in schemas:
        for field in schema:
            types[field.name] = _wider(types.get(field.name, pa.null()), field.type)
    return pa.schema(
        [(name, pa.string() if pa.types.is_null(type_) else type_) for name, type_ in types.items()]
    )


def _wider(left: pa.DataType, right: pa.DataType) -> pa.DataType:
    if left == right or pa.types.is_null(right):
        return left
    if pa.types.is_null(left):
        return right
    return pa.float64() if {left, right} == {pa.int64(), pa.float64()} else pa.string()


def _fitted(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    there = set(batch.schema.names)
    arrays = [
        batch.column(field.name).cast(field.type)
        if field.name in there
        else pa.nulls(batch.num_rows, field.type)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
