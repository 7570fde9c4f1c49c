"""The monitors: each source held against its own past and against the others, and what is found said by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from customer_genome.core.step import KernelStep, Sql, StepRun, Tables
from customer_genome.precision.cross_source import shifted
from customer_genome.precision.deliveries import Delivery, changes, risen
from customer_genome.precision.volume import LEARN, TESTED, Counts, Spell, volumes
from customer_genome.privacy import STORED, Workbench
from customer_genome.tables import contract

HISTORY = TESTED + 2 * LEARN
"""Days before the as-of that the monitors look at."""

_DAILY = f"""SELECT source, CAST(occurred_at AT TIME ZONE $zone AS DATE) AS day, COUNT(*) AS n
FROM {STORED}interactions WHERE known_at < $as_of AND occurred_at >= $first AND occurred_at < $as_of
GROUP BY 1, 2 ORDER BY 1, 2"""
_LATE = f"""SELECT source, CAST(known_at AT TIME ZONE $zone AS DATE) AS day, COUNT(*) AS n,
COUNT(*) FILTER (WHERE known_at > occurred_at + INTERVAL 1 DAY) AS late,
COUNT(*) FILTER (WHERE known_at > occurred_at + INTERVAL 7 DAY) AS very_late
FROM {STORED}interactions WHERE known_at < $as_of AND known_at >= $first GROUP BY 1, 2 ORDER BY 1, 2"""
_LOADS = f"""SELECT source, file, received, duplicates, quarantined FROM {STORED}loads
WHERE NOT superseded ORDER BY source, load_id, file"""
_PROFILES = f"""SELECT p.* FROM {STORED}profiles AS p ORDER BY source, load_id, file, column_name"""
_WORDS = {
    "quarantine": "rows set aside",
    "duplicates": "rows that were there already",
    "late": "rows a day late",
}


def monitor(bench: Workbench) -> StepRun:
    """Write table `alarms`: what is not as it was up to the as-of."""
    as_of, zone = bench.state.as_of, bench.project.time_zone
    assert as_of is not None
    params = {"as_of": as_of, "first": as_of - timedelta(days=HISTORY), "zone": zone}
    tables = {
        "daily": bench.stored(Sql(_DAILY, reads=("interactions",), params=params)),
        "late": bench.stored(Sql(_LATE, reads=("interactions",), params=params)),
        "loads": bench.stored(Sql(_LOADS, reads=("loads",))),
        "profiles": bench.stored(Sql(_PROFILES, reads=("profiles",))),
    }
    function = partial(alarms, as_of=as_of, zone=zone)
    return bench.run(KernelStep("alarms", {}, function, "alarms", "service", tables=tables))


def alarms(tables: Tables, *, as_of: datetime, zone: str) -> pa.Table:
    """Return the alarms of `daily`, `late`, `loads` and `profiles` (see the queries above), by source and kind."""
    last = as_of.astimezone(ZoneInfo(zone)).date() - timedelta(days=1)
    counts = _by_day(tables["daily"], last=last)
    whole = len(next(iter(counts.values()), ())) - 1  # the last day may still be going on
    lags = _lags(tables["late"])
    found = [
        _spell(source, spell, first_day=last - timedelta(days=len(each) - 1), zone=zone)
        for source, each in counts.items()
        for spell in volumes(each, complete=whole - lags.get(source, 0))
    ]
    found += _drifts(counts, whole=whole, silent={row["source"] for row in found if row["until"] is None})
    found += _shares("late", _weekly(tables["late"]), "late", "n")
    loads = _grouped(tables["loads"].to_pylist())
    for kind, column in (("quarantine", "quarantined"), ("duplicates", "duplicates")):
        found += _shares(kind, loads, column, "received")
    found += list(_shapes(tables["profiles"]))
    unique = {(row["source"], row["kind"], row["about"], row["since"]): row for row in found}
    rows = sorted(
        unique.values(), key=lambda row: (row["source"], row["kind"], row["about"], str(row["since"]))
    )
    return pa.Table.from_pylist(rows, contract("alarms").schema)


def _by_day(daily: pa.Table, *, last: date) -> dict[str, Counts]:
    """Return the counts of each source from the first day that any has to `last`."""
    rows = daily.to_pylist()
    first = min((row["day"] for row in rows), default=last)
    found: dict[str, Counts] = {}
    for row in rows:
        counts = found.setdefault(row["source"], np.zeros(max((last - first).days + 1, 0), np.int64))
        if row["day"] <= last:
            counts[(row["day"] - first).days] = row["n"]
    return found


def _lags(late: pa.Table) -> dict[str, int]:
    """Return for how many days a day of a source may still fill: 1 or 7 where 1 % of its rows come so late."""
    found: dict[str, int] = {}
    for source, rows in _grouped(late.to_pylist()).items():
        total = sum(row["n"] for row in rows)
        for days, column in ((1, "late"), (7, "very_late")):
            if sum(row[column] for row in rows) > 0.01 * total:
                found[source] = days
    return found


def _drifts(counts: Mapping[str, Counts], *, whole: int, silent: set[str]) -> list[dict[str, Any]]:
    """Return the sources that drift from the others; those that are silent or doubled say nothing here."""
    found = []
    live = {source: each[:whole] for source, each in counts.items() if source not in silent}
    for source, own in live.items():
        others = [each for name, each in live.items() if name != source]
        moved = shifted(own, np.sum(others, axis=0)) if others else None
        if moved is not None:
            now, before = (f"{share:.3g} interactions for each of the other sources" for share in moved)
            said = f"{source} drifts from the other sources: {now}, where it was {moved[1]:.3g}"
            found.append(_row(source, "shifted", found=now, expected=before, said=said))
    return found


def _shares(
    kind: str, units: Mapping[str, Sequence[Mapping[str, Any]]], part: str, whole: str
) -> Iterator[dict[str, Any]]:
    for source, rows in units.items():
        rose = risen([row[part] for row in rows], [row[whole] for row in rows])
        if rose is not None:
            now, usual = (f"{share:.1%} {_WORDS[kind]}" for share in rose)
            where = f" in {rows[-1]['file']}" if "file" in rows[-1] else " in the last week"
            said = f"{source}: {now}{where}, where {rose[1]:.1%} are usual"
            yield _row(source, kind, found=now, expected=usual, severe=kind == "quarantine", said=said)


def _weekly(late: pa.Table) -> dict[str, list[dict[str, Any]]]:
    """Return the sums of 7 days each, counted back from the last day that any source has."""
    rows = late.to_pylist()
    last = max((row["day"] for row in rows), default=date.min)
    found: dict[str, list[dict[str, Any]]] = {}
    for source, its in _grouped(rows).items():
        weeks: dict[int, dict[str, Any]] = {}
        for row in its:
            week = weeks.setdefault((last - row["day"]).days // 7, {"n": 0, "late": 0})
            week["n"] += row["n"]
            week["late"] += row["late"]
        found[source] = [weeks[age] for age in sorted(weeks, reverse=True)]
    return found


def _shapes(profiles: pa.Table) -> Iterator[dict[str, Any]]:
    for source, rows in _grouped(profiles.to_pylist()).items():
        held: dict[tuple[int, str], dict[str, Any]] = {}
        for row in rows:
            held.setdefault((row["load_id"], row["file"]), {})[row["column_name"].lower()] = row
        for change in changes([Delivery(file, columns) for (_, file), columns in held.items()]):
            said = f"{source}: {_SAID[change.kind].format(change.about, change.found, change.expected)}"
            yield _row(
                source, change.kind, about=change.about, found=f"{change.found}, since {change.file}",
                expected=change.expected, severe=change.severe, said=f"{said}, since {change.file}",
            )  # fmt: skip


_SAID = {
    "missing": "column {0} is missing",
    "added": "column {0} is new",
    "renamed": "column {0} is missing, with {1}",
    "type": "column {0} holds {1} where it held {2}",
    "filled": "column {0} is {1} where {2} were usual",
    "unit": "column {0} looks like another unit: {1} where {2} was usual",
    "distribution": "the numbers of column {0} moved: {1} where it was {2}",
    "values": "column {0}: {1}, where there were {2}",
}


def _spell(source: str, spell: Spell, *, first_day: date, zone: str) -> dict[str, Any]:
    since, after = (first_day + timedelta(days=day) for day in (spell.first, spell.last + 1))
    found, expected = (f"{count:,.3g} interactions a day" for count in (spell.found, spell.expected))
    when = f"since {since}" if spell.open else f"from {since} to {after - timedelta(days=1)}"
    said = f"{source} {'is' if spell.open else 'was'} {spell.kind} {when}: {found}, where {expected} are expected"
    return _row(
        source, spell.kind, since=_midnight(since, zone), until=None if spell.open else _midnight(after, zone),
        found=found, expected=expected, severe=spell.open, said=said,
    )  # fmt: skip


def _midnight(day: date, zone: str) -> datetime:
    return datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)


def _row(
    source: str, kind: str, *, found: str, expected: str, said: str, about: str = "", severe: bool = False,
    since: datetime | None = None, until: datetime | None = None,
) -> dict[str, Any]:  # fmt: skip
    severity = "high" if severe else "low"
    return {
        "source": source, "kind": kind, "about": about, "since": since, "until": until, "found": found,
        "expected": expected, "severity": severity, "said": said,
    }  # fmt: skip


def _grouped(rows: Sequence[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["source"], []).append(row)
    return found
