"""Excel as a stream of text batches: the first non-empty row names the columns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
from openpyxl.styles.numbers import is_datetime
from openpyxl.utils import get_column_letter

from customer_genome.sources.files import SourceFile
from customer_genome.sources.readers.options import ReadOptions
from customer_genome.sources.readers.received import (
    Received,
    Tally,
    check_columns,
    name_blanks,
    text_batch,
    text_schema,
)
from customer_genome.sources.readers.workbook import SheetRow, sheet_rows

_ROWS = 5_000


def read_excel(file: SourceFile, *, options: ReadOptions) -> Received:
    """Read the named or first sheet of a workbook; every column is text.

    Dates and times are written as ISO 8601, true and false so, numbers in their shortest exact form;
    formulas give the value last computed. Rejected with their row: a formula without computed value, an error
    value such as #DIV/0!, cells to the right of the header, a text over the limit. Empty rows are no rows.
    Raises SourceError for what is no workbook or would unpack to more than `options.excel_limit`.
    """
    tally = Tally(file.name)
    rows = sheet_rows(file, sheet=options.sheet, limit=options.excel_limit)
    header = next((row for row in rows if _width(row)), None)
    if header is None:
        return Received(pa.schema([]), iter(()), tally, finish=file.check_unchanged, empty=True)
    names = name_blanks([_text(cell) for cell in header.cells[: _width(header)]])
    check_columns(names, file=file.name, limit=options.column_limit)
    schema = text_schema(names)
    stream = _batches(rows, schema, tally=tally, options=options)
    return Received(schema, stream, tally, finish=file.check_unchanged)


def _batches(
    rows: Iterator[SheetRow], schema: pa.Schema, *, tally: Tally, options: ReadOptions
) -> Iterator[pa.RecordBatch]:
    batch: list[list[str]] = []
    for row in rows:
        if not _width(row) and not row.uncomputed:
            continue
        cells = [_text(cell) for cell in row.cells[: max(_width(row), *row.uncomputed, 0)]]
        reason = _fault(row, cells, width=len(schema), limit=options.field_limit)
        if reason:
            tally.reject(reason, "|".join(each[:500] for each in cells), line=row.number)
        else:
            batch.append(cells + [""] * (len(schema) - len(cells)))
            tally.accept(1)
        if len(batch) == _ROWS:
            yield text_batch(schema, batch, missing=options.missing)
            batch = []
    yield text_batch(schema, batch, missing=options.missing)


def _fault(row: SheetRow, cells: list[str], *, width: int, limit: int) -> str:
    """Why a row cannot be used; empty if it can."""
    if row.uncomputed:
        place = f"{get_column_letter(row.uncomputed[0])}{row.number}"
        return f"formula without a computed value in {place}: open the workbook and save it once"
    if len(cells) > width:
        return f"{len(cells)} cells where {width} are expected"
    for column, (cell, text) in enumerate(zip(row.cells, cells, strict=False), start=1):
        place = f"{get_column_letter(column)}{row.number}"
        if cell.data_type == "e":
            return f"error value {text} in {place}"
        if len(text) > limit:
            return f"field longer than {limit:,} characters in {place}"
    return ""


def _width(row: SheetRow) -> int:
    """How many cells there are up to the last one that holds something."""
    return max((n for n, cell in enumerate(row.cells, start=1) if cell.value not in (None, "")), default=0)


def _text(cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.datetime):
        midnight = value.time() == dt.time()
        if midnight and is_datetime(cell.number_format or "") == "date":
            return value.date().isoformat()
        return value.isoformat()
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    return str(value)
