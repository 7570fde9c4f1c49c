"""The careful way through CSV: one record at a time, each with its line, and a reason if it is no row."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from customer_genome.sources.readers.received import Tally

_LINE_END = re.compile(rb"\r\n?|\n")


@dataclass(frozen=True)
class Dialect:
    """How a CSV file is written: delimiter and quote (one byte each), encoding (for messages), limits."""

    delimiter: bytes
    quote: bytes
    encoding: str
    field_limit: int
    line_limit: int
    unquoted_end: re.Pattern[bytes] = field(init=False, repr=False)
    quoted: re.Pattern[bytes] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        mark, quote = re.escape(self.delimiter), re.escape(self.quote)
        object.__setattr__(self, "unquoted_end", re.compile(rb"[\r\n" + mark + rb"]"))
        quoted = rb"[^%b]*+(?:%b%b[^%b]*+)*+" % (quote, quote, quote, quote)
        object.__setattr__(self, "quoted", re.compile(quoted))


@dataclass(frozen=True)
class Record:
    """One record: where it ends, its fields as bytes, and what is wrong with its quotes if anything."""

    end: int
    fields: list[bytes]
    fault: str = ""


def scan_record(data: bytes, start: int, *, dialect: Dialect, final: bool) -> Record | None:
    """The record that begins at `start`, or None if it does not end within `data`.

    A field is quoted if it begins with the quote; a doubled quote stands for one. With `final` the end of
    the data ends the record. A record with a fault ends where the fault is known, in the middle of a line.
    """
    line = _LINE_END.search(data, start)
    stop = line.start() if line else len(data)
    if (line or final) and data.find(dialect.quote, start, stop) < 0:
        return _ended(data, stop, data[start:stop].split(dialect.delimiter), final=final)
    fields: list[bytes] = []
    place = start
    while True:
        if data.startswith(dialect.quote, place):
            closing = _closing(data, place + 1, dialect)
            if closing + 1 >= len(data) and not final:
                return None
            if closing == len(data):
                return Record(closing, fields, "a quote is opened and never closed")
            fields.append(data[place + 1 : closing].replace(dialect.quote * 2, dialect.quote))
            place = closing + 1
        else:
            found = dialect.unquoted_end.search(data, place)
            if found is None and not final:
                return None
            stop = found.start() if found else len(data)
            fields.append(data[place:stop])
            place = stop
        if data.startswith(dialect.delimiter, place):
            place += 1
            continue
        return _ended(data, place, fields, final=final)


def _closing(data: bytes, start: int, dialect: Dialect) -> int:
    found = dialect.quoted.match(data, start)
    return found.end() if found else start


def _ended(data: bytes, place: int, fields: list[bytes], *, final: bool) -> Record | None:
    if place == len(data):
        return Record(place, fields)
    if data[place] not in b"\r\n":
        return Record(place, fields, "text follows a closing quote")
    if place + 1 == len(data) and data[place] == 0x0D and not final:
        return None  # perhaps the first half of \r\n
    return Record(place + (2 if data.startswith(b"\r\n", place) else 1), fields)


class CarefulParser:
    """Parses what the fast way refuses; every record becomes a row or is rejected with its reason.

    `width` is the number of fields a row must have. Where a record of several lines cannot be right (a stray
    quote swallows what follows), only its first line is rejected and reading goes on with the next.
    """

    def __init__(self, dialect: Dialect, tally: Tally, width: int) -> None:
        self._dialect = dialect
        self._tally = tally
        self._width = width
        self._first_end = 0  # of the record last met: where its first line ends

    def parse(self, data: bytes, *, line: int, final: bool) -> tuple[list[list[str]], int]:
        """The rows of `data`, which begins with a record on `line`, and how many bytes were used up.

        Without `final` an unfinished record at the end stays, unless it is longer than the line limit.
        """
        rows: list[list[str]] = []
        place = 0
        while place < len(data):
            end = self._record(data, place, line, final=final, rows=rows)
            if end is None:
                break
            line += 1 if end == self._first_end else count_lines(data, place, end)
            place = end
        return rows, place

    def _record(
        self, data: bytes, place: int, line: int, *, final: bool, rows: list[list[str]]
    ) -> int | None:
        """Take the record at `place` into rows or the tally; where it ends, or None if it is unfinished."""
        record = scan_record(data, place, dialect=self._dialect, final=final)
        if record is None:
            if len(data) - place <= self._dialect.line_limit:
                return None
            record = Record(len(data), [], f"no end within {self._dialect.line_limit:,} bytes")
        first_end = line_end(data, place, final=final)
        if first_end is None:
            return None
        self._first_end = first_end
        if not record.fault and record.fields == [b""] and not data.startswith(self._dialect.quote, place):
            return record.end  # a blank line is no record
        fault = record.fault or self._wrong_width(record)
        if fault:
            self._tally.reject(fault, data[place : min(first_end, place + 2000)].rstrip(b"\r\n"), line=line)
            return first_end
        self._take(record, data[place : record.end], line, rows)
        return record.end

    def _wrong_width(self, record: Record) -> str:
        count = len(record.fields)
        return "" if count == self._width else f"{count} fields where {self._width} are expected"

    def _take(self, record: Record, raw: bytes, line: int, rows: list[list[str]]) -> None:
        limit, reason = self._dialect.field_limit, ""
        row: list[str] = []
        try:
            row = [each.decode("utf-8") for each in record.fields]
        except UnicodeDecodeError:
            reason = f"not valid {self._dialect.encoding}"
        if len(raw) > limit and any(len(each) > limit for each in row):
            reason = f"field longer than {limit:,} characters"
        if b"\0" in raw:
            reason = reason or "NUL byte in a field"
        if reason:
            self._tally.reject(reason, raw[:2000].rstrip(b"\r\n"), line=line)
        else:
            rows.append(row)
            self._tally.accept(1)


def line_end(data: bytes, start: int, *, final: bool) -> int | None:
    """Where the line that begins at `start` ends, its ending included; None if that is not in `data`."""
    found = _LINE_END.search(data, start)
    if found is None or (found.end() == len(data) and found.group() == b"\r" and not final):
        return len(data) if final else None
    return found.end()


def count_lines(data: bytes, start: int, end: int) -> int:
    """Line endings of any kind in a stretch that does not begin in the middle of one."""
    returns = data.count(b"\r", start, end)
    return data.count(b"\n", start, end) + (returns - data.count(b"\r\n", start, end) if returns else 0)


def skip_line(blocks: Iterator[bytes], data: bytes) -> bytes:
    """What follows the first line ending in `data` and the blocks after it; memory stays one block."""
    while (end := line_end(data, 0, final=False)) is None:
        rest = next(blocks, None)
        if rest is None:
            return b""
        data = (b"\r" if data.endswith(b"\r") else b"") + rest
    return data[end:]
