"""What can be said about how a file is to be read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ReadOptions:
    """How to read; every default means "find out from the file" or is a guard.

    `delimiter` and `quote` are one ASCII character each; `encoding` is a Python codec name (a byte order mark
    in the file wins); without `header` the columns are column_1, column_2, ...; `missing` are texts that
    become null, as the empty text does; `sheet` is the name of an Excel sheet (None: the first).
    `field_limit` is in characters; `line_limit` (the longest line, and how far a closing quote is looked for)
    and `block` (what is read at once) are in bytes; `excel_limit` is the unpacked size of a workbook in
    bytes; `column_limit` the most columns there may be.
    """

    delimiter: str | None = None
    quote: str = '"'
    encoding: str | None = None
    header: bool = True
    missing: tuple[str, ...] = ()
    sheet: str | None = None
    field_limit: int = 1_000_000
    line_limit: int = 16_000_000
    block: int = 4 << 20
    excel_limit: int = 500_000_000
    column_limit: int = 10_000
