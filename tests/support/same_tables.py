"""All that a project holds, to be compared with what another one holds."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa

import customer_genome
from customer_genome.app.readers import access_to
from customer_genome.tables import TABLES, contract

BOOKKEEPING = (
    "generations", "reference", "loads", "tokens", "links", "quarantine", "identity_events", "touched_interactions",
    "profiles", "alarms",
)  # fmt: skip
"""Tables that say how the others came about, which may differ."""
COUNTED = ("load_id", "generation")


def contents(project: Path, *, as_of: str | None = None) -> dict[str, pa.Table]:
    """Return the rows of every other table of the snapshot that readers see (or of `as_of`), sorted by grain."""
    workspace = customer_genome.open(project, as_of=as_of)
    access = access_to(workspace.folder, workspace.snapshot)
    found = {}
    for name in TABLES:
        if name in BOOKKEEPING:
            continue
        rows = access.read(name, purpose="service")
        rows = rows.drop_columns([column for column in COUNTED if column in rows.schema.names])
        exact = [field.name for field in rows.schema if not _inexact(field.type)]
        grain = [column for column in contract(name).grain if column in exact]
        found[name] = rows.sort_by([(column, "ascending") for column in dict.fromkeys([*grain, *exact])])
    access.engine.close()
    return found


def _inexact(type_: pa.DataType) -> bool:
    return bool(pa.types.is_floating(type_) or pa.types.is_list(type_))


def assert_same(
    left: dict[str, pa.Table],
    right: dict[str, pa.Table],
    *,
    without: Iterable[str] = (),
    tolerance: float = 1e-9,
) -> None:
    """Fail at the first table and column in which two projects differ by more than `tolerance` (relative)."""
    assert left.keys() == right.keys()
    for name in left.keys() - set(without):
        assert left[name].num_rows == right[name].num_rows, name
        assert left[name].schema.names == right[name].schema.names, name
        for column in left[name].schema.names:
            _assert_equal(
                left[name][column], right[name][column], place=f"{name}.{column}", tolerance=tolerance
            )


def _assert_equal(left: pa.ChunkedArray, right: pa.ChunkedArray, *, place: str, tolerance: float) -> None:
    if pa.types.is_list(left.type):
        left, right, tolerance = left.combine_chunks().flatten(), right.combine_chunks().flatten(), 1e-6
    if pa.types.is_floating(left.type):
        one, other = (
            np.array(x.to_numpy(zero_copy_only=False), float) for x in (_solid(left), _solid(right))
        )
        np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance, equal_nan=True, err_msg=place)
        return
    unlike = [(a, b) for a, b in zip(left.to_pylist(), right.to_pylist(), strict=True) if a != b]
    assert not unlike, f"{place}: {len(unlike)} differ, first {unlike[0]}"


def _solid(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
