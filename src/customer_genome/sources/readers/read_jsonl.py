"""JSON Lines as a stream of text batches: one object a line, columns from all of its keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import repeat
from typing import NamedTuple

import pyarrow as pa

from customer_genome.core.errors import SourceError
from customer_genome.sources.files import SourceFile
from customer_genome.sources.readers.blocks import Text, blocks
from customer_genome.sources.readers.json_row import check_keys, json_row
from customer_genome.sources.readers.options import ReadOptions
from customer_genome.sources.readers.received import Received, Tally, check_columns, text_batch, text_schema

_CELLS = 1_000_000  # in one batch, so that many columns do not make a large one
_COMBINATIONS = 10_000  # of keys that are remembered as good


class _Line(NamedTuple):
    """A line, its number from 1, and whether it is cut off because it is too long."""

    number: int
    content: bytes
    cut: bool


def read_jsonl(file: SourceFile, *, options: ReadOptions) -> Received:
    """Read a JSON Lines file (also gzip-compressed) in two passes: its keys, then its rows.

    Every column is text: a text as it stands, a number, true and false as written, objects and lists as JSON;
    null, a missing key and the empty text are null. Rejected with their line: what is no JSON object, a key
    that stands twice or differs from another only in case, NaN, a NUL, bytes that the encoding does not know,
    a line or a value over the limit. Raises SourceError if the file is one JSON array.
    """
    tally = Tally(file.name)
    names, lines = _columns(file, options)
    check_columns(names, file=file.name, limit=options.column_limit)
    schema = text_schema(names)
    stream = _batches(file, schema, tally=tally, options=options)
    return Received(schema, stream, tally, finish=file.check_unchanged, empty=lines == 0)


class _Keys:
    """The keys met so far with the spelling that came first; checks each combination of keys once."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.spelling = {name.lower(): name for name in names}
        self._good: set[tuple[str, ...]] = set()

    def check(self, keys: tuple[str, ...]) -> None:
        """Raise ValueError if keys cannot be columns beside the ones met so far."""
        if keys in self._good:
            return
        check_keys(keys)
        for key in keys:
            first = self.spelling.get(key.lower(), key)
            if first != key:
                raise ValueError(f"key {key!r} differs from {first!r} in case only")
        if len(self._good) < _COMBINATIONS:
            self._good.add(keys)


def _columns(file: SourceFile, options: ReadOptions) -> tuple[list[str], int]:
    """The keys of all good lines in the order of their appearance, and how many lines are not blank."""
    known = _Keys()
    count = 0
    text = _open(file, options)
    for line in _lines(text, options.line_limit):
        if not count:
            _refuse_array(file, line.content)
        count += 1
        row, _ = _row(line, known, encoding=text.encoding, options=options)
        for key in row or ():
            known.spelling.setdefault(key.lower(), key)
        if len(known.spelling) > options.column_limit:
            raise SourceError(
                f"{file.name} has too many different keys",
                found=f"{len(known.spelling):,} up to line {line.number:,}",
                expected=f"at most {options.column_limit:,}",
                fix="put what varies into values, or into one nested object",
            )
    return list(known.spelling.values()), count


def _batches(
    file: SourceFile, schema: pa.Schema, *, tally: Tally, options: ReadOptions
) -> Iterator[pa.RecordBatch]:
    names = schema.names
    known = _Keys(names)
    text = _open(file, options)
    rows: list[tuple[str | None, ...]] = []
    size = 0
    for line in _lines(text, options.line_limit):
        row, reason = _row(line, known, encoding=text.encoding, options=options)
        size += len(line.content)
        if row is None:
            tally.reject(reason, line.content, line=line.number)
        else:
            values = tuple(map(row.pop, names, repeat(None)))
            if row:
                raise SourceError(
                    f"{file.name} changed while it was being read", found=f"new key {min(row)!r}"
                )
            rows.append(values)
            tally.accept(1)
        if size >= options.block or len(rows) * len(names) >= _CELLS:
            yield text_batch(schema, rows, missing=options.missing)
            rows, size = [], 0
    yield text_batch(schema, rows, missing=options.missing)


def _row(
    line: _Line, known: _Keys, *, encoding: str, options: ReadOptions
) -> tuple[dict[str, str | None] | None, str]:
    """The row of a line, or None and the reason why there is none."""
    if line.cut:
        return None, f"line longer than {options.line_limit:,} bytes"
    try:
        row = json_row(line.content.decode("utf-8"), field_limit=options.field_limit)
        known.check(tuple(row))
    except UnicodeDecodeError:
        return None, f"not valid {encoding}"
    except ValueError as error:
        return None, str(error)
    return row, ""


def _open(file: SourceFile, options: ReadOptions) -> Text:
    return blocks(file, encoding=options.encoding, size=options.block)


def _lines(text: Text, limit: int) -> Iterator[_Line]:
    """The lines that are not blank; of one over the limit (bytes) only the beginning is kept."""
    number, tail, cut = 1, b"", False
    for block in text.blocks:
        *whole, rest = block.split(b"\n")
        for piece in whole:
            line = tail if cut else tail + piece
            yield from _line(number, line, limit, cut=cut)
            number, tail, cut = number + 1, b"", False
        tail = tail if cut else tail + rest
        if len(tail) > limit:
            tail, cut = tail[:2000], True
    yield from _line(number, tail, limit, cut=cut)


def _line(number: int, content: bytes, limit: int, *, cut: bool) -> Iterator[_Line]:
    if content.strip(b" \t\r") or cut:
        yield _Line(number, content[:2000] if len(content) > limit else content, cut or len(content) > limit)


def _refuse_array(file: SourceFile, first: bytes) -> None:
    start = first.lstrip(b" \t\r")
    if start.startswith(b"[") and start[1:].lstrip(b" \t\r")[:1] in (b"", b"{"):
        raise SourceError(
            f"{file.name} is one JSON array",
            found=f"it begins with {start[:20].decode('utf-8', 'backslashreplace')!r}",
            expected="JSON Lines: one object a line, nothing around them",
            fix="write one object a line, for example with jq -c '.[]'",
        )
