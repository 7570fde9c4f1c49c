"""How answers are printed: JSON for machines, tables that fit the terminal for people."""

from __future__ import annotations

import json
import math
import os
import sys
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from rich.text import Text

Row = Mapping[str, Any]
COUNTS = frozenset({"evidence", "times"})
"""Columns that count things, whatever type they are stored in: whole ones have no decimals."""
SMALLEST = 0.01
"""What lies nearer to 0 than this is shown as such: nobody reads 5.7e-08."""
PIPED_WIDTH = 160
"""Columns of a table that goes to a file or another program, unless COLUMNS says otherwise."""


def console(*, stderr: bool = False) -> Console:
    """Return the console for standard output or error: no colour and no cursor tricks unless it is a terminal."""
    stream = sys.stderr if stderr else sys.stdout
    piped = not stream.isatty() and "COLUMNS" not in os.environ
    return Console(stderr=stderr, highlight=False, emoji=False, width=PIPED_WIDTH if piped else None)


def print_json(value: Any) -> None:
    """Print one JSON document: times as ISO 8601, what is not a number as null, counts as integers."""
    wide = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    text = json.dumps(plain(value), ensure_ascii=not wide, allow_nan=False, indent=1)
    sys.stdout.write(text + "\n")


def plain(value: Any) -> Any:
    """Return `value` in what JSON knows; what has no form there becomes text."""
    if isinstance(value, Mapping):
        return {str(key): plain(_counted(key, one)) for key, one in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(one) for one in value]
    if isinstance(value, Decimal) and value.is_finite() and value.as_tuple().exponent == 0:
        return int(value)  # a sum of integers
    if isinstance(value, float | Decimal):
        return float(value) if math.isfinite(value) else None
    if value is None or isinstance(value, str | int):
        return value
    return next((form(value) for kind, form in _FORMS.items() if isinstance(value, kind)), str(value))


_FORMS: dict[type, Callable[[Any], Any]] = {
    date: lambda value: value.isoformat(),
    time: lambda value: value.isoformat(),
    timedelta: timedelta.total_seconds,
    bytes: bytes.hex,
}


def print_rows(
    rows: Sequence[Row],
    *,
    columns: Sequence[str] | Mapping[str, str] = (),
    zone: ZoneInfo | None = None,
    names: Collection[str] = (),
    exact: bool = False,
    title: str = "",
    empty: str = "no rows",
) -> None:
    """Print rows as a table, or one below the other where the terminal is too narrow for that.

    `columns` are the keys to show, or key to heading; without it, those of the first row. Times are shown in `zone`.
    `names` are the keys that name customers or things: their numbers are no amounts. `exact` shows tiny numbers too.
    """
    out = console()
    if title:
        out.print(Text(f"\n{title}", style="bold"))
    if not rows:
        out.print(Text(empty, style="bright_black"))
        return
    keys = list(columns or rows[0])
    heads = [columns[key] if isinstance(columns, Mapping) else key for key in keys]
    cells = [[cell(_meant(key, row.get(key), names), zone=zone, exact=exact) for key in keys] for row in rows]
    numeric = [any(isinstance(row.get(key), int | float | Decimal) for row in rows) for key in keys]
    widths = [max(len(text) for text in column) for column in zip(heads, *cells, strict=True)]
    if _fits(widths, out.width):
        out.print(_grid(heads, cells, numeric))
    else:
        _records(out, heads, cells)


def print_pairs(pairs: Iterable[tuple[str, Any]], *, zone: ZoneInfo | None = None) -> None:
    """Print names and their values below each other."""
    table = Table.grid(padding=(0, 2))
    for name, value in pairs:
        table.add_row(Text(name, style="bright_black"), Text(cell(value, zone=zone)))
    console().print(table)


def cell(value: Any, *, zone: ZoneInfo | None = None, exact: bool = False) -> str:
    """Return one value as people read it; unknown is an en dash, and what is next to nothing `<0.01` unless `exact`."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float | Decimal):
        return _decimal(float(value), exact=exact)
    if isinstance(value, datetime):
        return (value.astimezone(zone) if zone and value.tzinfo else value).strftime("%Y-%m-%d %H:%M")
    return clean(str(value))


def counted(number: int, noun: str) -> str:
    """Return a number with its noun in singular or plural: `1 row`, `2,000 rows`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def clean(text: str) -> str:
    """Return text without the control characters that could steer a terminal."""
    return "".join("\N{REPLACEMENT CHARACTER}" if _steers(sign) else sign for sign in text)


def _meant(key: str, value: Any, names: Collection[str]) -> Any:
    return str(value) if key in names and value is not None else _counted(key, value)


def _counted(key: Any, value: Any) -> Any:
    """Return a count as an integer where it is one."""
    return int(value) if key in COUNTS and isinstance(value, float | Decimal) and value % 1 == 0 else value


def _decimal(value: float, *, exact: bool) -> str:
    if 0 < abs(value) < SMALLEST and not exact:
        return f"<{SMALLEST}" if value > 0 else f">-{SMALLEST}"
    return f"{value:,.2f}" if abs(value) >= 0.095 or value == 0 else f"{value:.2g}"


def _steers(sign: str) -> bool:
    return sign != "\n" and unicodedata.category(sign) in {"Cc", "Cf"}


def _fits(widths: list[int], room: int) -> bool:
    """Whether a table stays readable when its widest column may be folded to twenty characters."""
    rest = sum(widths) - max(widths) + 2 * len(widths)
    return rest + min(max(widths), 20) <= room


def _grid(heads: list[str], cells: list[list[str]], numeric: list[bool]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bright_black")
    widest = max(range(len(heads)), key=lambda place: max(len(row[place]) for row in cells))
    for place, head in enumerate(heads):
        side = "right" if numeric[place] else "left"
        table.add_column(Text(head), justify=side, no_wrap=place != widest, overflow="fold")  # type: ignore[arg-type]
    for row in cells:
        table.add_row(*map(Text, row))
    return table


def _records(out: Console, heads: list[str], cells: list[list[str]]) -> None:
    reach = max(map(len, heads))
    for row in cells:
        for head, value in zip(heads, row, strict=True):
            out.print(Text(f"{head:<{reach}}  ", style="bright_black").append(value, style="default"))
        out.print()
