"""What a reader hands on: batches of rows, and the rows that could not become one."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from customer_genome.core.errors import SourceError

RAW_LIMIT = 500  # characters kept of a malformed row


@dataclass(frozen=True)
class Malformed:
    """One row that cannot be read: `line` is its first line (of a sheet or table: its row), from 1."""

    file: str
    line: int | None
    reason: str
    raw: str


def whole_words(row: Malformed) -> str:
    """Return what was kept of a row, without the word in the middle of which it was cut: half an e-mail address."""
    return row.raw if len(row.raw) < RAW_LIMIT else re.sub(r"\S*$", "", row.raw)


class Tally:
    """Counts rows as a reader meets them; the reader writes, Received shows."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.received = 0
        self.rejected = 0
        self.malformed: list[Malformed] = []

    def accept(self, rows: int) -> None:
        """Count rows that go into a batch."""
        self.received += rows

    def reject(self, reason: str, raw: str | bytes, *, line: int | None) -> None:
        """Count one row that does not, and keep it."""
        text = raw[: RAW_LIMIT * 4].decode("utf-8", "backslashreplace") if isinstance(raw, bytes) else raw
        self.received += 1
        self.rejected += 1
        self.malformed.append(Malformed(self.file, line, reason, text[:RAW_LIMIT]))


class Received:
    """The rows of one file or frame, in a stream that can be read once.

    `schema` is known at once. While `batches` is consumed (a batch may be empty), `received`, `rejected`
    and `malformed` grow; at its end received = delivered + rejected. SourceError may still come in the
    middle of the stream (a broken file): what was read until then must not be kept. `empty` is True for a
    file with neither header nor row. `failure` keeps the SourceError that ended the stream, for whoever
    let foreign code (a SQL engine) consume it and got that code's error instead.
    """

    def __init__(
        self,
        schema: pa.Schema,
        batches: Iterator[pa.RecordBatch],
        tally: Tally,
        *,
        finish: Callable[[], None] | None = None,
        empty: bool = False,
    ) -> None:
        self.schema = schema
        self.empty = empty
        self.delivered = 0
        self.failure: SourceError | None = None
        self._tally = tally
        self._finish = finish
        self.batches: Iterator[pa.RecordBatch] = self._counted(batches)

    @property
    def file(self) -> str:
        """The name of the file or frame, as it stands in messages."""
        return self._tally.file

    @property
    def received(self) -> int:
        """Rows met so far, good or not."""
        return self._tally.received

    @property
    def rejected(self) -> int:
        """Malformed rows met so far."""
        return self._tally.rejected

    @property
    def malformed(self) -> list[Malformed]:
        """The malformed rows met so far."""
        return self._tally.malformed

    def _counted(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        try:
            for batch in batches:
                self.delivered += batch.num_rows
                yield batch
            if self._finish is not None:
                self._finish()
            self._close()
        except SourceError as error:
            self.failure = error
            raise

    def _close(self) -> None:
        if self.received != self.delivered + self.rejected:
            raise SourceError(
                f"the count of {self.file} does not close",
                found=f"{self.received} received, {self.delivered} delivered, {self.rejected} rejected",
                fix="report this as a fault of Customer Genome",
            )


def check_columns(names: Sequence[str], *, file: str, limit: int) -> None:
    """Raise SourceError if two columns have one name (SQL does not tell A from a), or there are too many."""
    seen: dict[str, str] = {}
    twice: list[str] = []
    for name in names:
        if name.lower() in seen:
            twice.append(name)
        seen.setdefault(name.lower(), name)
    if twice:
        raise SourceError(
            f"{file} has more than one column of the same name",
            found=", ".join(map(repr, dict.fromkeys(twice[:20]))),
            expected="names that differ by more than upper and lower case",
            fix="rename the columns in the file's header",
        )
    if len(names) > limit:
        raise SourceError(
            f"{file} has too many columns", found=f"{len(names):,}", expected=f"at most {limit:,}"
        )


def text_schema(names: Sequence[str]) -> pa.Schema:
    """A schema of text columns."""
    return pa.schema([pa.field(name, pa.string()) for name in names])


def text_batch(
    schema: pa.Schema, rows: Sequence[Sequence[str | None]], *, missing: Collection[str]
) -> pa.RecordBatch:
    """Rows of text as a batch; the empty text and those in `missing` become null."""
    if not rows:
        return pa.RecordBatch.from_arrays([pa.nulls(0, pa.string())] * len(schema), schema=schema)
    void = {None, "", *missing}
    columns = zip(*rows, strict=True)
    arrays = [pa.array([None if v in void else v for v in column], pa.string()) for column in columns]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def name_blanks(names: Sequence[str]) -> list[str]:
    """Column names with the empty ones called column_N, N from 1."""
    return [name or f"column_{number}" for number, name in enumerate(names, start=1)]
