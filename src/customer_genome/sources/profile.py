"""What each column of a delivery looks like, so that the next delivery can be held against it."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import pyarrow as pa

from customer_genome.core.mappings import Source
from customer_genome.core.user_sql import columns_of
from customer_genome.privacy import Workbench
from customer_genome.sources.columns import quoted
from customer_genome.sources.staging import columns_needed, direct_columns, expressions
from customer_genome.tables import contract

MOST_VALUES = 40
"""A column of more different values than this has no vocabulary."""

_KIND_SHARE = 0.95
"""Share of the values that must read as a number (or a time) for the column to be one."""
_NEAR_UNIQUE = 0.5
_QUANTILES = "[0.05, 0.5, 0.95]"


def profile(bench: Workbench, *, source: Source, name: str, file: str, schema: pa.Schema) -> pa.Table:
    """Describe the columns of `_received`, one row each; `load_id` is 0 until it is stored."""
    direct = direct_columns(source, bench.project)
    measured = [field for field in schema if field.name.lower() not in direct and _flat(field.type)]
    cells = [
        part
        for place, field in enumerate(schema)
        for part in _cells(place, field, measured=field in measured)
    ]
    found = bench.engine.table(f"SELECT COUNT(*) AS n, {', '.join(cells)} FROM _received").to_pylist()[0]
    few = [
        place
        for place, field in enumerate(schema)
        if field in measured and 0 < found[f"distinct_{place}"] <= MOST_VALUES
    ]
    words = _vocabularies(bench, schema, few)
    roles = _roles(source)
    rows = [
        {
            "load_id": 0, "source": name, "file": file, "column_name": field.name, "type": str(field.type),
            "role": roles.get(field.name.lower(), "other"), "rows": found["n"],
            **_described(found, place), "vocabulary": words.get(place),
        }
        for place, field in enumerate(schema)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows, contract("profiles").schema)


def _cells(place: int, field: pa.Field, *, measured: bool) -> list[str]:
    """Return the aggregates of one column; of a direct identifier only how many there are."""
    column = quoted(field.name)
    cells = [f"COUNT({column}) AS filled_{place}"]
    if not measured:
        return [*cells, f"CAST(NULL AS BIGINT) AS distinct_{place}"]
    value = f"TRIM({column})" if _text(field.type) else column
    number = f"TRY_CAST({value} AS DOUBLE)" if _text(field.type) or _number(field.type) else "NULL::DOUBLE"
    time = f"TRY_CAST({value} AS TIMESTAMP)" if _text(field.type) else "NULL::TIMESTAMP"
    finite = f"CASE WHEN ISFINITE({number}) THEN {number} END"
    said = f"NULLIF({value}, '')" if _text(field.type) else value
    return [
        f"COUNT({said}) AS filled_{place}",
        f"APPROX_COUNT_DISTINCT({column}) AS distinct_{place}",
        f"COUNT({finite}) AS numbers_{place}",
        f"QUANTILE_DISC({finite}, {_QUANTILES}) AS quantiles_{place}",
        f"{'COUNT(' + time + ')' if _text(field.type) else str(int(_time(field.type)))} AS times_{place}",
    ]


def _described(found: dict[str, Any], place: int) -> dict[str, Any]:
    """Return the share filled, the kind and the quantiles of one column; a near-unique whole number is no measure."""
    rows, filled, distinct = found["n"], found[f"filled_{place}"], found[f"distinct_{place}"]
    row: dict[str, Any] = {"filled": filled / rows if rows else None, "distinct_values": distinct}
    row |= {"kind": None, "low": None, "middle": None, "high": None}
    if not filled:
        return row
    if distinct is None:
        return row | {"kind": "other"}
    row["kind"] = "text"
    if found[f"times_{place}"] >= _KIND_SHARE * filled or found[f"times_{place}"] == 1 == filled:
        row["kind"] = "time"
    if found[f"numbers_{place}"] >= _KIND_SHARE * filled:
        row["kind"] = "number"
        low, middle, high = found[f"quantiles_{place}"]
        if distinct <= _NEAR_UNIQUE * filled or not all(
            float(edge).is_integer() for edge in (low, middle, high)
        ):
            row |= {"low": _rounded(low), "middle": _rounded(middle), "high": _rounded(high)}
    return row


def _rounded(number: float) -> float:
    """Return three digits of a number: enough to compare, too few to know it again."""
    return float(f"{number:.3g}")


def _vocabularies(bench: Workbench, schema: pa.Schema, places: list[int]) -> dict[int, str]:
    """Return the shares of the values of columns that have few, as JSON under keyed digests."""
    if not places:
        return {}
    parts = [
        f"SELECT {place} AS place, CAST({quoted(schema.field(place).name)} AS VARCHAR) AS said, COUNT(*) AS n "
        f"FROM _received WHERE {quoted(schema.field(place).name)} IS NOT NULL GROUP BY 1, 2"
        for place in places
    ]
    counts: dict[int, dict[str, int]] = defaultdict(dict)
    for row in bench.engine.table(" UNION ALL ".join(parts)).to_pylist():
        counts[row["place"]][bench.keys.token("vocabulary", row["said"]).partition(":")[2][:12]] = row["n"]
    return {
        place: json.dumps(
            {mark: round(n / sum(held.values()), 6) for mark, n in held.items()}, sort_keys=True
        )
        for place, held in counts.items()
        if len(held) <= MOST_VALUES
    }


def _roles(source: Source) -> dict[str, str]:
    """Return what each column is to the mapping, by name in lower case."""
    roles = {column.lower(): "value" for column in columns_needed(source)}
    if source.interactions is not None:
        roles |= {column.lower(): "key" for column in source.interactions.key}
    for name, expression in expressions(source).items():
        if name.startswith("id_"):
            roles |= {column.lower(): "identifier" for column in columns_of(expression)}
    return roles


def _flat(type_: pa.DataType) -> bool:
    return _text(type_) or _number(type_) or _time(type_) or bool(pa.types.is_boolean(type_))


def _text(type_: pa.DataType) -> bool:
    return bool(pa.types.is_string(type_) or pa.types.is_large_string(type_))


def _number(type_: pa.DataType) -> bool:
    return bool(pa.types.is_integer(type_) or pa.types.is_floating(type_) or pa.types.is_decimal(type_))


def _time(type_: pa.DataType) -> bool:
    return bool(pa.types.is_timestamp(type_) or pa.types.is_date(type_))
