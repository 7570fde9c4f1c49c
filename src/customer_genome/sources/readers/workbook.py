"""The rows of an Excel sheet, from a workbook that was looked at before it is unpacked."""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

import openpyxl

from customer_genome.core.errors import SourceError
from customer_genome.sources.files import SourceFile, cannot_open

_FORMULA = re.compile(rb"<(?:\w+:)?f[\s/>]")
_CHUNK = 1 << 20
_ROWS = 500
_MOST_ROWS = 1 << 20  # what Excel itself allows


class SheetRow(NamedTuple):
    """A row's number from 1, its cells, and the columns (from 1) whose formula has no computed value."""

    number: int
    cells: tuple[Any, ...]
    uncomputed: tuple[int, ...]


def sheet_rows(file: SourceFile, *, sheet: str | None, limit: int) -> Iterator[SheetRow]:
    """The rows of the named or first sheet as openpyxl's cells, values of formulas as last computed.

    Raises SourceError for what is no workbook, has no such sheet, or would unpack to more than `limit` bytes.
    """
    has_formulas = _inspect(file, limit)
    try:
        books = [_open(file, data_only=True)] + ([_open(file, data_only=False)] if has_formulas else [])
        try:
            yield from _rows(file, books, sheet)
        finally:
            for book in books:
                book.close()
    except (SourceError, GeneratorExit):
        raise
    except Exception as error:  # openpyxl raises whatever a broken workbook makes it stumble on
        raise _broken(file, error) from error


def _inspect(file: SourceFile, limit: int) -> bool:
    """Refuse what must not be unpacked; whether any sheet holds a formula."""
    formulas = False
    try:
        with zipfile.ZipFile(file.path) as archive:
            _check_size(file, archive, limit)
            for each in archive.infolist():
                if each.filename.lower().endswith((".xml", ".rels")):
                    formulas |= _formulas(file, archive, each)
    except OSError as error:
        raise cannot_open(file.name, error) from error
    except (SourceError, MemoryError):
        raise
    except Exception as error:  # zlib.error, struct.error and the like
        raise _broken(file, error) from error
    return formulas


def _check_size(file: SourceFile, archive: zipfile.ZipFile, limit: int) -> None:
    size = sum(each.file_size for each in archive.infolist())
    if size > limit:
        raise SourceError(
            f"{file.name} is too large for a workbook",
            found=f"{size:,} bytes unpacked ({file.size:,} packed)",
            expected=f"at most {limit:,}",
            fix="save the sheet as CSV",
        )


def _formulas(file: SourceFile, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bool:
    """Whether a member of the archive is a sheet with formulas; entity definitions are refused."""
    with archive.open(member) as part:
        block = part.read(_CHUNK)
        if b"<!DOCTYPE" in block[:4096]:
            raise _broken(file, "a document type definition, which no workbook needs")
        if "worksheets/" not in member.filename:
            return False
        while block:
            if _FORMULA.search(block):
                return True
            following = part.read(_CHUNK)
            block = block[-40:] + following if following else b""
    return False


def _open(file: SourceFile, *, data_only: bool) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about charts and styles, which do not matter here
        return openpyxl.load_workbook(file.path, read_only=True, data_only=data_only)


def _rows(file: SourceFile, books: list[Any], sheet: str | None) -> Iterator[SheetRow]:
    names = [each.title for each in books[0].worksheets]
    if not names or (sheet is not None and sheet not in names):
        raise SourceError(
            f"{file.name} has no sheet {sheet!r}" if sheet else f"{file.name} has no sheet",
            found=", ".join(names) or "none",
            fix="name one of its sheets",
        )
    streams = []
    for book in books:
        book[sheet or names[0]].reset_dimensions()  # what the file says of its size is not always true
        streams.append(book[sheet or names[0]].iter_rows(min_row=1, min_col=1))
    number = 0
    pairs = zip(*streams, strict=True)
    while chunk := _next(pairs):
        for cells in chunk:
            number += 1
            if number > _MOST_ROWS:
                raise _broken(file, f"more than {_MOST_ROWS:,} rows in a sheet")
            yield SheetRow(number, cells[0], _uncomputed(*cells) if len(cells) > 1 else ())


def _next(pairs: Iterator[tuple[tuple[Any, ...], ...]]) -> list[tuple[tuple[Any, ...], ...]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a date out of range comes as an error value, and is seen as one
        return list(islice(pairs, _ROWS))


def _uncomputed(values: tuple[Any, ...], formulas: tuple[Any, ...]) -> tuple[int, ...]:
    return tuple(
        column
        for column, (value, formula) in enumerate(zip(values, formulas, strict=True), start=1)
        if formula.data_type == "f" and value.value is None and value.data_type != "str"
    )


def _broken(file: SourceFile, error: object) -> SourceError:
    return SourceError(
        f"{file.name} is no readable Excel workbook",
        found=f"{type(error).__name__}: {error}" if isinstance(error, Exception) else str(error),
        expected="a whole, unencrypted .xlsx or .xlsm file",
        fix="open it in Excel and save it as .xlsx, or export the sheet as CSV",
    )
