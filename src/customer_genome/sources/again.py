"""Which earlier deliveries of a source new ones say again."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from customer_genome.core.step import Sql
from customer_genome.privacy import STORED, Workbench
from customer_genome.sources.arrive import Arrival


def files_again(bench: Workbench, name: str, *, fresh: Sequence[Arrival]) -> pa.Table:
    """Return the names of deliveries whose accounts give way: those that came again, or all where one is full."""
    files = {each.name for each in fresh}
    if any(each.full for each in fresh):
        files |= {file for _, file in _loads(bench, name)}
    return pa.table({"file": pa.array(sorted(files), pa.string())})


def own_loads(bench: Workbench, name: str, *, fresh: Sequence[Arrival]) -> pa.Table:
    """Return load and delivery pairs: a row of such a load is the delivery's own, which may correct it."""
    loads = _loads(bench, name)
    pairs = {*loads, *((load_id, each.name) for each in fresh if each.full for load_id, _ in loads)}
    columns = list(zip(*sorted(pairs), strict=True)) or [(), ()]
    return pa.table({"load_id": pa.array(columns[0], pa.int64()), "file": pa.array(columns[1], pa.string())})


def _loads(bench: Workbench, name: str) -> list[tuple[int, str]]:
    text = f"SELECT load_id, file FROM {STORED}loads WHERE source = $source"
    found = bench.stored(Sql(text, reads=("loads",), params={"source": name}))
    return list(zip(found["load_id"].to_pylist(), found["file"].to_pylist(), strict=True))
