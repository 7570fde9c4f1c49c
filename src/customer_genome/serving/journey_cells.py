"""How the tables of the journey are put together: sections, intervals as columns or as text, notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from customer_genome.core.intervals import Interval

ALL = "all"
"""What the whole is called where results are by segment."""
Row = dict[str, Any]


@dataclass(frozen=True)
class Section:
    """One table of a view: `rows` for machines; `shown` are those for people, where they differ."""

    name: str
    title: str
    rows: list[Row]
    shown: list[Row] | None = None
    notes: tuple[str, ...] = field(default=())


def known(found: Mapping[str, Any], notes: list[str]) -> list[tuple[str, Any, Row]]:
    """Return segments with results, and the columns that name them; why others have none goes to `notes`."""
    from customer_genome.journey.analysis.curves import TooFew

    notes += [f"{said_of(segment)}{one.reason}" for segment, one in found.items() if isinstance(one, TooFew)]
    return [
        (segment, one, {} if segment == ALL else {"segment": segment})
        for segment, one in found.items()
        if not isinstance(one, TooFew)
    ]


def said_of(segment: str) -> str:
    """Return how a note begins that is about a segment."""
    return "" if segment == ALL else f"{segment}: "


def bounds(name: str, found: Interval) -> Row:
    """Return an interval as three columns."""
    return {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}


def brief(row: Row, names: Sequence[str]) -> Row:
    """Return a row whose intervals are texts: `0.31 (0.28 to 0.34)`."""
    left = {f"{name}_{side}" for name in names for side in ("low", "high")}
    return {
        key: text(value, row[f"{key}_low"], row[f"{key}_high"]) if key in names else value
        for key, value in row.items()
        if key not in left
    }


def text(value: float | None, low: float | None, high: float | None) -> str | None:
    """Return a number with its bounds, as short as it says something."""
    if value is None:
        return None
    if low is None and high is None:
        return _short(value)
    upper = "?" if high is None else _short(high)
    return f"{_short(value)} ({'?' if low is None else _short(low)} to {upper})"


def pivoted(rows: Sequence[Row], key: str, *, bare: bool = False) -> list[Row]:
    """Return rows with one column for each `key`: a share in per cent with its bounds, or (`bare`) without."""
    made: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        name = {k: v for k, v in row.items() if k != key and not k.startswith("value")}
        cell = made.setdefault(tuple(name.values()), name)
        bounded = percent(row["value"], None if bare else row["value_low"], row["value_high"])
        cell[f"{key} {row[key]}" if isinstance(row[key], int) else str(row[key])] = bounded
    return list(made.values())


def percent(value: float | None, low: float | None, high: float | None) -> str | None:
    """Return a share in per cent: `31% (28-34)`."""
    if value is None:
        return None
    shown = [_hundredths(one) for one in (value, low or 0.0, high or 0.0)]
    return f"{shown[0]}%" if low is None or high is None else f"{shown[0]}% ({shown[1]}-{shown[2]})"


def _hundredths(share: float) -> str:
    return f"{100 * share:.1f}" if 0.0005 < abs(share) < 0.0995 else f"{100 * share:.0f}"


def _short(value: float) -> str:
    if 0 < abs(value) < 0.095:
        return f"{value:.2g}" if abs(value) >= 0.0005 else "<0.001"
    return f"{value:.2f}" if abs(value) < 10 else f"{value:,.0f}"
