"""CSV as a stream of text batches: fast where a block is clean, careful where it is not."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

import pyarrow as pa

from customer_genome.core.errors import SourceError
from customer_genome.sources.files import SourceFile
from customer_genome.sources.readers.blocks import blocks
from customer_genome.sources.readers.csv_fast import parse_fast, tidy_end
from customer_genome.sources.readers.csv_records import (
    CarefulParser,
    Dialect,
    Record,
    count_lines,
    line_end,
    scan_record,
    skip_line,
)
from customer_genome.sources.readers.options import ReadOptions
from customer_genome.sources.readers.received import (
    Received,
    Tally,
    check_columns,
    name_blanks,
    text_batch,
    text_schema,
)

_DELIMITERS = ",;\t|"
_SAMPLE = 20  # records looked at to find the delimiter
_SMALLEST, _LARGEST = 1 << 14, 1 << 24  # bytes parsed at once


class _Head(NamedTuple):
    """What stands before the rows: how the file is written, its columns, where the rows begin."""

    dialect: Dialect
    names: list[str]
    rest: bytes
    line: int


def read_csv(file: SourceFile, *, options: ReadOptions) -> Received:
    """Read a CSV file (also gzip-compressed): every column is text, the empty text is null.

    Quoted fields may hold delimiters, doubled quotes and line endings; blank lines are no rows. Rejected with
    their line: rows with too few or too many fields, a field over the limit, bytes that the encoding does not
    know, a NUL byte, a quote that is never closed, text after a closing quote. Formulas stay literal text.
    Raises SourceError if there is no usable header.
    """
    tally = Tally(file.name)
    text = blocks(file, encoding=options.encoding, size=options.block)
    data = b""
    while len(data) < options.block and (block := next(text.blocks, None)) is not None:
        data += block
    if not data.strip(b"\r\n"):
        rest = next((True for block in text.blocks if block.strip(b"\r\n")), False)
        if not rest:
            return Received(pa.schema([]), iter(()), tally, finish=file.check_unchanged, empty=True)
        raise _unusable(
            file, "a header in the first lines", found="nothing but blank lines", fix="remove them"
        )
    head = _head(file, data, text.blocks, encoding=text.encoding, options=options)
    check_columns(head.names, file=file.name, limit=options.column_limit)
    schema = text_schema(head.names)
    stream = _batches(head, text.blocks, schema, tally=tally, missing=options.missing)
    return Received(schema, stream, tally, finish=file.check_unchanged)


def _batches(
    head: _Head, stream: Iterator[bytes], schema: pa.Schema, *, tally: Tally, missing: tuple[str, ...]
) -> Iterator[pa.RecordBatch]:
    window = _Window(head.dialect, schema, tally=tally, missing=missing)
    data, line, final = head.rest, head.line, False
    while data or not final:
        place = 0
        while place < len(data):
            batches, used = window.parse(data, place, line=line, final=final)
            yield from batches
            if not used:
                break
            line += count_lines(data, place, place + used)
            place += used
        data = data[place:]
        if len(data) > head.dialect.line_limit and line_end(data, 0, final=False) is None:
            tally.reject(f"line longer than {head.dialect.line_limit:,} bytes", data[:2000], line=line)
            line, data = line + 1, skip_line(stream, data)
        block = next(stream, None)
        final = block is None
        data += block or b""


class _Window:
    """Parses as much at once as is clean: small pieces around a fault go the careful way."""

    def __init__(
        self, dialect: Dialect, schema: pa.Schema, *, tally: Tally, missing: tuple[str, ...]
    ) -> None:
        self._dialect = dialect
        self._schema = schema
        self._tally = tally
        self._missing = missing
        self._careful = CarefulParser(dialect, tally, len(schema))
        self._size = _LARGEST

    def parse(self, data: bytes, place: int, *, line: int, final: bool) -> tuple[list[pa.RecordBatch], int]:
        """Batches of the records from `place`, and how many bytes they took (0: a record is unfinished)."""
        least = _SMALLEST
        while True:
            piece = data[place : place + self._size]
            whole = place + len(piece) == len(data)
            end = tidy_end(piece, self._dialect, final=final and whole)
            found = self._fast(piece[:end]) if end else None
            if end and found is not None:
                self._size = min(self._size * 2, _LARGEST)
                return found, end
            if len(piece) > least and end != 0:
                self._size = least
                continue
            if end == 0 and whole and len(piece) <= self._dialect.line_limit:
                return [], 0
            rows, used = self._careful.parse(piece, line=line, final=final and whole)
            if used or whole:
                return [text_batch(self._schema, rows, missing=self._missing)], used
            least = self._size = len(piece) * 4  # a record longer than the piece

    def _fast(self, piece: bytes) -> list[pa.RecordBatch] | None:
        found = parse_fast(piece, self._schema, dialect=self._dialect, missing=self._missing)
        self._tally.accept(sum(batch.num_rows for batch in found or ()))
        return found


def _head(
    file: SourceFile, data: bytes, stream: Iterator[bytes], *, encoding: str, options: ReadOptions
) -> _Head:
    dialect = _dialect(file, data, encoding=encoding, options=options)
    blank = len(data) - len(data.lstrip(b"\r\n"))
    line, data = 1 + count_lines(data, 0, blank), data[blank:]
    while (record := scan_record(data, 0, dialect=dialect, final=False)) is None:
        block = next(stream, None)
        if block is None:
            record = scan_record(data, 0, dialect=dialect, final=True)
            break
        data += block
        if len(data) > options.line_limit:
            break
    names = _names(file, record, dialect)
    if not options.header:
        return _Head(dialect, [f"column_{number}" for number in range(1, len(names) + 1)], data, line)
    end = record.end if record else 0
    return _Head(dialect, name_blanks(names), data[end:], line + count_lines(data, 0, end))


def _names(file: SourceFile, record: Record | None, dialect: Dialect) -> list[str]:
    if record is None or record.fault:
        found = record.fault if record else f"no end within {dialect.line_limit:,} bytes"
        raise _unusable(file, "a first line of column names", found=found, fix="mend the first line")
    try:
        names = [each.decode("utf-8") for each in record.fields]
    except UnicodeDecodeError as error:
        fix = "set the source's csv encoding, for example cp1252 or utf-16"
        raise _unusable(file, f"{dialect.encoding} text", found="other bytes", fix=fix) from error
    if any("\0" in each for each in names):
        fix = "if the file is UTF-16 without a byte order mark, set the source's csv encoding to utf-16-le"
        raise _unusable(file, "text", found="NUL bytes", fix=fix)
    if any(len(each) > dialect.field_limit for each in names):
        found = f"one of more than {dialect.field_limit:,} characters"
        raise _unusable(file, "column names", found=found, fix="check that this is a CSV file")
    return names


def _unusable(file: SourceFile, expected: str, *, found: str, fix: str) -> SourceError:
    return SourceError(f"{file.name} has no usable header", found=found, expected=expected, fix=fix)


def _dialect(file: SourceFile, data: bytes, *, encoding: str, options: ReadOptions) -> Dialect:
    for what, mark in (("delimiter", options.delimiter), ("quote", options.quote)):
        if mark is not None and (len(mark) != 1 or not mark.isascii() or mark in "\r\n\0"):
            raise SourceError(
                f"the {what} given for {file.name} cannot be used",
                found=repr(mark),
                expected="one ASCII character",
            )
    if options.delimiter == options.quote:
        raise SourceError(f"{file.name}: delimiter and quote are the same", found=repr(options.quote))
    marks = (options.delimiter,) if options.delimiter else tuple(m for m in _DELIMITERS if m != options.quote)
    candidates = [
        Dialect(mark.encode(), options.quote.encode(), encoding, options.field_limit, options.line_limit)
        for mark in marks
    ]
    return max(candidates, key=lambda each: _likeness(data, each)) if len(candidates) > 1 else candidates[0]


def _likeness(data: bytes, dialect: Dialect) -> tuple[int, int]:
    """How well a delimiter fits: rows as wide as the header, then the header's width (1: no fit at all)."""
    widths = list(islice(_widths(data, dialect), _SAMPLE))
    width = widths[0] if widths else 1
    return (sum(each == width for each in widths), width) if width > 1 else (0, 0)


def _widths(data: bytes, dialect: Dialect) -> Iterator[int]:
    place = 0
    while place < len(data):
        record = scan_record(data, place, dialect=dialect, final=True)
        if record is None or record.fault:
            return
        if record.end > place and data[place : record.end].strip(b"\r\n"):
            yield len(record.fields)
        place = record.end
