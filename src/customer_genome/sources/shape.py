"""Whether a delivery has the columns that its mapping needs, or lost some that earlier deliveries had."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc
import sqlglot
from sqlglot import exp

from customer_genome.core.errors import SourceError
from customer_genome.core.mappings import Source
from customer_genome.core.step import Sql
from customer_genome.core.user_sql import columns_of
from customer_genome.privacy import STORED, Workbench
from customer_genome.sources.columns import literal, quoted
from customer_genome.sources.profile import profile
from customer_genome.sources.staging import SET_ASIDE, columns_needed, expressions
from customer_genome.tables import contract

ROWS = "_rows"


@dataclass
class Shapes:
    """The profiles of a source's deliveries: those stored, and those of this load as they come."""

    stored: pa.Table
    fresh: list[pa.Table] = field(default_factory=list)

    @classmethod
    def of(cls, bench: Workbench, name: str) -> Shapes:
        """Read what is known of source `name`."""
        text = f"""SELECT p.* FROM {STORED}profiles AS p WHERE p.source = $source ORDER BY load_id, file"""
        return cls(bench.stored(Sql(text, reads=("profiles",), params={"source": name})))

    def types(self, column: str) -> str | None:
        """Return the type that the last delivery with `column` (any case) gave it."""
        known = self._all()
        held = known.filter(pc.equal(pc.utf8_lower(known["column_name"]), column.lower()))
        return str(held["type"][-1]) if held.num_rows else None

    def lost(self, column: str, *, file: str) -> str:
        """Return the first delivery without `column` after the last that had it: `file`, or one before it."""
        known = self._all()
        keys = zip(known["load_id"].to_pylist(), known["file"].to_pylist(), strict=True)
        names = pc.utf8_lower(known["column_name"]).to_pylist()
        gone: str | None = None
        for key, its in _grouped(keys, names).items():
            gone = None if column.lower() in its else gone or key[1]
        return gone or file

    def together(self, one: str, other: str) -> bool:
        """Return whether a delivery had both columns."""
        known = self._all()
        keys = zip(known["load_id"].to_pylist(), known["file"].to_pylist(), strict=True)
        held = _grouped(keys, pc.utf8_lower(known["column_name"]).to_pylist())
        return any({one.lower(), other.lower()} <= its for its in held.values())

    def table(self) -> pa.Table:
        """Return the profiles of this load."""
        empty = contract("profiles").schema.empty_table()
        return pa.concat_tables([empty, *self.fresh])

    def _all(self) -> pa.Table:
        return pa.concat_tables([self.stored.cast(contract("profiles").schema), *self.fresh])


def shaped(
    bench: Workbench, *, source: Source, name: str, file: str, schema: pa.Schema, shapes: Shapes
) -> None:
    """Make `_rows` of `_received`: with empty columns for those that it may do without, or set aside as a whole.

    A delivery may lack a column of which the mapping names another instead, in COALESCE. One that lacks a column which
    earlier deliveries had is set aside with its reason. Raises SourceError if no delivery ever had the column, if most
    of the columns that the mapping needs are missing (then it is no delivery of this source), or if rows of this very
    delivery are stored already under another mapping.
    """
    there = {column.lower() for column in schema.names}
    missing = sorted(column for column in columns_needed(source) if column.lower() not in there)
    types = {column: shapes.types(column) for column in missing}
    lost = [column for column in missing if not _spare(source, column, there, shapes)]
    unknown = any(types[column] is None for column in lost) or 2 * len(lost) > len(columns_needed(source))
    if unknown or _was_read(bench, name, file, lost):
        raise _refusal(name, source, file, missing=lost, found=schema.names)
    shapes.fresh.append(profile(bench, source=source, name=name, file=file, schema=schema))
    listed = [f"CAST(NULL AS {_SQL.get(types[each] or '', 'VARCHAR')}) AS {quoted(each)}" for each in missing]
    reason = "CAST(NULL AS VARCHAR)"
    if lost:
        since = [f"column {column} missing since {shapes.lost(column, file=file)}" for column in lost]
        reason = literal("; ".join(since))
    columns = ", ".join(["*", *listed, f"{reason} AS {SET_ASIDE}"])
    bench.engine.bind_view(ROWS, f"SELECT {columns} FROM _received")


_SQL = {
    "int64": "BIGINT", "int32": "INTEGER", "double": "DOUBLE", "float": "FLOAT", "bool": "BOOLEAN",
    "date32[day]": "DATE", "timestamp[us]": "TIMESTAMP", "timestamp[ns]": "TIMESTAMP_NS",
    "timestamp[us, tz=UTC]": "TIMESTAMPTZ",
}  # fmt: skip
"""The engine's name of a type that a profile names; the others are text."""


def _spare(source: Source, column: str, there: set[str], shapes: Shapes) -> bool:
    """Whether every expression that mentions `column` has another column, which is there, in its place.

    Of properties that no delivery ever had together one is enough: they are names of one thing.
    """
    interactions = source.interactions
    if interactions is not None and column in interactions.key:
        return False
    named = [text for text in expressions(source).values() if column in columns_of(text)]
    if not named:
        kept = () if interactions is None else interactions.properties
        known = shapes.types(column) is not None
        return known and any(q.lower() in there and not shapes.together(column, q) for q in kept)
    return all(_has_stand_in(text, column, there) for text in named)


def _has_stand_in(text: str, column: str, there: set[str]) -> bool:
    tree = sqlglot.parse_one(text, read="duckdb")
    mentions = [node for node in tree.find_all(exp.Column) if node.name.lower() == column.lower()]
    return all(_stands_in(node, column, there) for node in mentions)


def _stands_in(node: exp.Expr, column: str, there: set[str]) -> bool:
    choice = node.find_ancestor(exp.Coalesce)
    if choice is None:
        return False
    others = [choice.this, *choice.expressions]
    names = [{c.name.lower() for c in other.find_all(exp.Column)} for other in others]
    return any(its and column.lower() not in its and its <= there for its in names)


def _was_read(bench: Workbench, name: str, file: str, lost: list[str]) -> bool:
    """Whether rows of this very delivery are stored already: a new mapping that no longer fits it takes none back."""
    if not lost:
        return False
    text = f"""SELECT 1 FROM {STORED}loads WHERE source = $source AND file = $file AND NOT superseded
        AND stored > 0"""
    params: Mapping[str, str] = {"source": name, "file": file}
    return bool(bench.stored(Sql(text, reads=("loads",), params=params)).num_rows)


def _refusal(name: str, source: Source, file: str, *, missing: list[str], found: list[str]) -> SourceError:
    where = [
        f"{column} (in `{key}: {expression}`)"
        for column in missing
        for key, expression in expressions(source).items()
        if column in columns_of(expression)
    ]
    return SourceError(
        f"source {name}: {file} lacks {len(missing)} column{'s' if len(missing) > 1 else ''}",
        found=", ".join(found),
        expected=", ".join(where or missing),
        fix="correct the mapping in genome.yaml or the export that wrote the file; where files name a column "
        "differently, name both: COALESCE(new_name, old_name)",
    )


def _grouped(keys: Iterable[tuple[int, str]], names: list[str]) -> dict[tuple[int, str], set[str]]:
    found: dict[tuple[int, str], set[str]] = {}
    for key, name in zip(keys, names, strict=True):
        found.setdefault(key, set()).add(name)
    return found
