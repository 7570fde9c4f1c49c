"""The fast way through CSV: whole blocks of tidy records, parsed by Arrow."""

from __future__ import annotations

import codecs

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from customer_genome.sources.readers.csv_records import Dialect


def tidy_end(data: bytes, dialect: Dialect, *, final: bool) -> int | None:
    """Where the last whole record of `data` ends, or None if quotes are not used by the book.

    `data` begins with a record. By the book: every odd quote follows a delimiter, a line ending or a quote,
    and every even one precedes one of these; then a line ending after an even number of quotes ends a record.
    """
    codes = np.frombuffer(data, np.uint8)
    quotes = np.flatnonzero(codes == dialect.quote[0]) if dialect.quote in data else np.empty(0, np.int64)
    if not _by_the_book(codes, quotes, dialect):
        return None
    if final:
        return len(data) if len(quotes) % 2 == 0 else None
    seen = codes[:-1] if data.endswith(b"\r") else codes  # perhaps the first half of \r\n
    if not len(quotes):
        return max(data.rfind(b"\n"), data.rfind(b"\r", 0, len(seen))) + 1
    ends = np.flatnonzero((seen == 0x0A) | (seen == 0x0D))
    outside = ends[np.searchsorted(quotes, ends) % 2 == 0]
    return int(outside[-1]) + 1 if len(outside) else 0


def _by_the_book(codes: np.ndarray, quotes: np.ndarray, dialect: Dialect) -> bool:
    neighbours = np.zeros(256, bool)
    neighbours[[dialect.delimiter[0], dialect.quote[0], 0x0A, 0x0D]] = True
    opening, closing = quotes[0::2], quotes[1::2]
    before = codes[opening[opening > 0] - 1]
    after = codes[closing[closing < len(codes) - 1] + 1]
    return bool(neighbours[before].all() and neighbours[after].all())


def parse_fast(
    data: bytes, schema: pa.Schema, *, dialect: Dialect, missing: tuple[str, ...]
) -> list[pa.RecordBatch] | None:
    """Whole tidy records as batches, or None if one of them is malformed in any way."""
    if b"\0" in data or data.startswith(codecs.BOM_UTF8):  # Arrow would swallow the mark
        return None
    try:
        table = pacsv.read_csv(
            pa.BufferReader(data),
            read_options=pacsv.ReadOptions(
                column_names=schema.names, block_size=len(data) + 1, use_threads=False
            ),
            parse_options=pacsv.ParseOptions(
                delimiter=dialect.delimiter.decode(),
                quote_char=dialect.quote.decode(),
                newlines_in_values=dialect.quote in data,
            ),
            convert_options=pacsv.ConvertOptions(
                column_types=schema,
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
                null_values=["", *missing],
            ),
        )
    except pa.ArrowInvalid:
        return None
    limit = dialect.field_limit
    if len(data) > limit and any(_longest(column) > limit for column in table.columns):
        return None
    return list(table.cast(schema).to_batches())


def _longest(column: pa.ChunkedArray) -> int:
    """The longest value in bytes (characters need at most as many)."""
    return int(pc.max(pc.binary_length(column)).as_py() or 0)
