"""Columns of the tables that are written: moments, texts out of lists, months; and what a source module returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from customer_genome.simulator.company import Company
from customer_genome.simulator.draws import F64, I64, Bool, Fixed

DAY, SECOND = 86_400_000_000, 1_000_000
"""Microseconds."""
PERSON = "_person"
"""The column, never written, that says whose a record truly is (the number of the person)."""
WORK_HOURS = np.array(
    [1, 1, 1, 1, 1, 2, 5, 15, 40, 60, 65, 60, 45, 50, 60, 62, 55, 40, 28, 22, 20, 16, 9, 4.0]
)
WEB_HOURS = np.array(
    [6, 3, 2, 2, 2, 4, 10, 22, 38, 48, 52, 50, 46, 48, 50, 50, 48, 46, 44, 46, 50, 46, 30, 14.0]
)
"""How events of a day fall into its hours (local time of Vienna, an hour ahead of UTC all the year)."""


class Rows(NamedTuple):
    """A table of a source, by the source's name; `day` (from the company's first) sorts its rows into monthly files."""

    name: str
    table: pa.Table
    day: I64 | None = None


def first_moment(company: Company) -> int:
    """Return the first midnight in UTC, in microseconds since 1970."""
    return (company.start - date(1970, 1, 1)).days * DAY


def clock(fixed: Fixed, which: int, *, hours: F64) -> I64:
    """Return a moment of the day, in microseconds after midnight UTC."""
    hour = fixed.choice(which, np.roll(hours, -1))
    return hour * 3600 * SECOND + (fixed.u(which + 1) * 3600 * SECOND).astype(np.int64)


def moments(values: I64, *, unknown: Bool | None = None) -> pa.Array:
    """Return microseconds since 1970 as moments in UTC, null where unknown."""
    return pa.array(values, mask=unknown).cast(pa.timestamp("us", "UTC"))


def iso(values: I64, *, unknown: Bool | None = None) -> pa.Array:
    """Return microseconds since 1970 as texts such as 2026-01-31 12:00:00 (UTC), to the second."""
    import pyarrow.compute as pc

    whole = pa.array(values // SECOND, mask=unknown).cast(pa.timestamp("s"))
    return pc.strftime(whole, format="%Y-%m-%d %H:%M:%S").cast(pa.string())


def picked(words: Sequence[str] | pa.Array, place: I64, *, unknown: Bool | None = None) -> pa.DictionaryArray:
    """Return the words at the places, null where unknown, without copying them."""
    texts = words if isinstance(words, pa.Array) else pa.array(list(words), pa.string())
    return pa.DictionaryArray.from_arrays(pa.array(place.astype(np.int32), mask=unknown), texts)


def plain(words: Sequence[str] | pa.Array, place: I64, *, unknown: Bool | None = None) -> pa.Array:
    """Return the words at the places as texts of their own."""
    return picked(words, place, unknown=unknown).cast(pa.string())


def tagged(letter: str, ids: I64) -> pa.Array:
    """Return identifiers as texts such as m4611686018427387904; a bare number so long could be taken for a card's."""
    import pyarrow.compute as pc

    return pc.binary_join_element_wise(letter, pa.array(ids).cast(pa.string()), "")


def repeated(counts: I64) -> tuple[I64, I64]:
    """Return for each of `counts` copies the row it comes from, and its place among them from 0."""
    row = np.repeat(np.arange(len(counts)), counts)
    return row, np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)


def scaled(counts: I64, fixed: Fixed, which: int, *, activity: float) -> I64:
    """Return counts multiplied by `activity`, rounded up or down by chance so that the mean holds."""
    return (counts * activity + fixed.u(which)).astype(np.int64) if activity != 1 else counts


def joined(*parts: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Return columns of several tables below each other."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def taken(part: Mapping[str, NDArray[Any]], rows: I64 | Bool) -> dict[str, NDArray[Any]]:
    """Return some rows of all columns."""
    return {name: column[rows] for name, column in part.items()}


def month_names(company: Company) -> tuple[I64, list[str]]:
    """Return the month (from 0) of each day, with a month's slack for what arrives late, and the months' names."""
    days = [company.start + timedelta(days=n) for n in range(company.days + 45)]
    names = sorted({f"{day:%Y-%m}" for day in days})
    place = {name: n for n, name in enumerate(names)}
    return np.array([place[f"{day:%Y-%m}"] for day in days]), names
