"""What services nest, brought into rows and objects that expressions can reach."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from customer_genome.sources.connect.tables import as_json
from customer_genome.sources.readers import Received

Row = dict[str, Any]


def shaped(rows: Iterator[Row], *, explode: str | None, objects: tuple[str, ...]) -> Iterator[Row]:
    """Yield rows with their lists of {key, value} as objects, and one row for each entry of the list `explode`.

    A row whose list is empty or missing gives no row.
    """
    for row in rows:
        keyed = row | {name: by_key(row[name]) for name in objects if row.get(name) is not None}
        if explode is None:
            yield keyed
        else:
            for entry in keyed.get(explode) or ():
                yield keyed | {explode: entry}


def with_objects(received: Received, columns: tuple[str, ...]) -> Received:
    """Let the named columns of a file come as JSON objects, key to value; they may be nested, or JSON text."""
    named = [name for name in columns if name in received.schema.names]
    for name in named:
        place = received.schema.get_field_index(name)
        received.schema = received.schema.set(place, pa.field(name, pa.string()))
    received.batches = _with_objects(received.batches, received.schema, named)
    return received


def _with_objects(
    batches: Iterator[pa.RecordBatch], schema: pa.Schema, named: list[str]
) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        arrays = {name: batch.column(name) for name in schema.names}
        for name in named:
            values = arrays[name].to_pylist()
            arrays[name] = pa.array([None if v is None else as_json(by_key(v)) for v in values], pa.string())
        yield pa.RecordBatch.from_arrays(list(arrays.values()), schema=schema)


def by_key(entries: Any) -> Any:
    """Return a list of {key, value} (or {name, value}) as one object; anything else as it is.

    A value that is itself an object with one typed member, such as {string_value: ...}, is that member's value.
    """
    try:
        given = json.loads(entries) if isinstance(entries, str) else entries
    except ValueError:
        return entries
    if not isinstance(given, list) or not all(isinstance(entry, Mapping) for entry in given):
        return given
    named = [(entry.get("key", entry.get("name")), entry.get("value")) for entry in given]
    return {str(key): _plain(value) for key, value in named if key is not None}


def _plain(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    typed = {name: one for name, one in value.items() if name.endswith("_value")}
    return next((one for one in typed.values() if one is not None), None) if typed else value
