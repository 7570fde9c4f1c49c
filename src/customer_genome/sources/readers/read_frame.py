"""Frames that a Python program holds, as batches with their own types."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from customer_genome.core.errors import SourceError
from customer_genome.sources.readers.options import ReadOptions
from customer_genome.sources.readers.received import Received, Tally, check_columns
from customer_genome.sources.readers.typed_batch import typed_batch

_ROWS = 1 << 16


def read_frame(frame: Any, *, name: str = "frame", options: ReadOptions | None = None) -> Received:
    """Read an Arrow table, batch or reader, a pandas or Polars frame, or whatever exports an Arrow stream.

    Types are kept, a pandas index is not. A reader is read whole into memory. `name` stands in messages.
    Raises SourceError if it is no frame, or its columns cannot be told apart or have no Arrow type.
    """
    table = as_table(frame, name=name)
    check_columns(table.schema.names, file=name, limit=(options or ReadOptions()).column_limit)
    tally = Tally(name)
    return Received(table.schema, _batches(table, tally), tally, empty=not table.num_columns)


def frame_hash(frame: Any, *, name: str = "frame") -> str:
    """BLAKE2b (128 bits, hexadecimal) of a frame's columns, types and values, however it is chunked.

    A RecordBatchReader can be read only once: make it a table first (`as_table`) to hash and read it.
    """
    table = as_table(frame, name=name)
    digest = hashlib.blake2b(digest_size=16)
    for start in range(0, max(table.num_rows, 1), _ROWS):
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table.slice(start, _ROWS).combine_chunks())
        digest.update(sink.getvalue())
    return digest.hexdigest()


def as_table(frame: Any, *, name: str = "frame") -> pa.Table:
    """A frame of any kind as an Arrow table without metadata; see `read_frame`."""
    try:
        return _table(frame, name).replace_schema_metadata(None)
    except (pa.ArrowException, ValueError, TypeError) as error:
        raise SourceError(
            f"{name} cannot be turned into an Arrow table",
            found=str(error),
            expected="columns with unique names and one type each",
            fix="give mixed columns one type, for example text, before passing the frame",
        ) from error


def _table(frame: Any, name: str) -> pa.Table:
    if isinstance(frame, pa.Table):
        return frame
    if isinstance(frame, pa.RecordBatch):
        return pa.Table.from_batches([frame])
    if isinstance(frame, pa.RecordBatchReader):
        return frame.read_all()
    if type(frame).__module__.split(".")[0] == "pandas" and hasattr(frame, "columns"):
        return pa.Table.from_pandas(frame, preserve_index=False)
    if hasattr(frame, "__arrow_c_stream__"):
        return pa.RecordBatchReader.from_stream(frame).read_all()
    raise SourceError(
        f"{name} is no frame",
        found=f"{type(frame).__module__}.{type(frame).__qualname__}",
        expected="an Arrow table, batch or reader, a pandas or Polars data frame",
        fix="collect() a lazy frame first; turn other objects into an Arrow table",
    )


def _batches(table: pa.Table, tally: Tally) -> Iterator[pa.RecordBatch]:
    row = 1
    for batch in table.to_batches(max_chunksize=_ROWS):
        yield typed_batch(batch, tally, first_row=row)
        row += batch.num_rows
