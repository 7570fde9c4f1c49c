"""What the imprint benchmark measures; `imprint.py` says what is compared and runs each in its own process."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from deltalake import DeltaTable, Schema
from deltalake.transaction import AddAction, create_table_with_add_actions
from imprint_world import DAYS, VERBS, World

from customer_genome.genome.changes import changes
from customer_genome.genome.evidence import item_dna, weights
from customer_genome.genome.shares import Shares, shares, totals
from customer_genome.genome.support import Imprinter, pairs, support_into

DAY = 86_400_000
READ = ["customer", "item", "verb", "occurred_at"]
MINIMUM = 0.5
INTERPRETER = 420 << 20  # what Python, its libraries and the readers' buffers take before any evidence


@dataclass(frozen=True)
class Bench:
    """One folder with the files of one world, and the limits to run under."""

    folder: Path
    world: World
    threads: int
    memory: int

    def how(self, **changed: Any) -> Imprinter:
        """Load the item DNA and the shares, as a build would from its reference."""
        items, dna = (pq.read_table(self.folder / f"{name}.parquet") for name in ("items", "item_dna"))
        loaded = item_dna(
            dna["item"],
            genes=dna["gene"],
            strengths=dna["strength"],
            categories=items["category"],
            groups=items["group"],
            n_genes=self.world.genes,
        )
        path = self.folder / "shares.parquet"
        kept = (
            Shares.of(pq.read_table(path))
            if path.exists()
            else shares(loaded, weights=np.zeros(loaded.n_items), units=np.zeros(loaded.n_items))
        )
        limits = {
            "threads": self.threads,
            "memory": max(self.memory - INTERPRETER, 64 << 20),
            "minimum_expected": MINIMUM,
            "single": True,
            "parts": 32,
        }
        return Imprinter(loaded, kept, self.world.customers, **(limits | changed))

    def connection(self) -> duckdb.DuckDBPyConnection:
        """Open DuckDB with the same threads."""
        connection = duckdb.connect()
        connection.execute(f"SET threads = {self.threads}")
        return connection


def evidence(path: Path) -> Iterator[Callable[[], pa.RecordBatch]]:
    """Yield readers of the file's row groups, each with its rows weighed."""
    for number in range(pq.read_metadata(path).num_row_groups):
        yield lambda number=number: weighed(
            pq.ParquetFile(path).read_row_group(number, READ, use_threads=False)
        )


def weighed(table: pa.Table) -> pa.RecordBatch:
    """Turn interactions into evidence: `w = weight * 2^((occurred_at - reference) / half-life)`."""
    customer, item, verb, at = (table[name].combine_chunks() for name in READ)
    weight, half_life = np.array(list(VERBS.values())).T
    w = weights(
        verb.to_numpy(),
        occurred_at=at.view(pa.int64()).to_numpy(),
        weight=weight,
        half_life=half_life * DAY,
        reference_at=float(DAYS * DAY),
    )
    return pa.record_batch({"customer": customer, "item": item, "weight": w.astype(np.float32)})


# ------------------------------------------------------------------------------------------- measurements


def bare(bench: Bench) -> int:
    """Scan and group by customer."""
    connection = bench.connection()
    connection.execute(
        "CREATE TEMP TABLE result AS SELECT customer, count(*) AS n, sum(value) AS value, "
        f"max(occurred_at) AS last_at FROM '{bench.folder / 'interactions.parquet'}' GROUP BY customer"
    )
    return _count(connection, "result")


def sql(bench: Bench) -> int:
    """Join and group by in plain SQL, written to Parquet."""
    connection = bench.connection()
    connection.execute(f"SET temp_directory = '{bench.folder / 'spill'}'")
    weight = ", ".join(f"({i}::TINYINT, {w}, {h * DAY})" for i, (w, h) in enumerate(VERBS.values()))
    target = bench.folder / "sql.parquet"
    connection.execute(
        f"""COPY (
            WITH verbs(verb, weight, half_life) AS (VALUES {weight}),
            evidence AS (
                SELECT customer, item, max(weight * pow(2, (epoch_ms(occurred_at) - {DAYS * DAY}) / half_life)) AS w
                FROM '{bench.folder / "interactions.parquet"}' JOIN verbs USING (verb) GROUP BY customer, item)
            SELECT customer, gene, sum(w * strength) AS observed, count(*) AS items
            FROM evidence JOIN '{bench.folder / "item_dna.parquet"}' USING (item) GROUP BY customer, gene
        ) TO '{target}' (FORMAT parquet)"""
    )
    return pq.read_metadata(target).num_rows


def imprint(bench: Bench) -> int:
    """Imprint from the file, and only count the rows."""
    path = bench.folder / "interactions.parquet"
    return sum(
        support_into(
            lambda: evidence(path),
            how=bench.how(),
            sink=lambda _, batches: sum(batch.num_rows for batch in batches),
        )
    )


def committed(bench: Bench) -> int:
    """Imprint from the file into a Delta table."""
    path, target = bench.folder / "interactions.parquet", bench.folder / "support"
    how = bench.how()
    files = support_into(
        lambda: evidence(path),
        how=how,
        sink=lambda part, batches: write(target / f"part-{part:05d}.parquet", batches, how.schema),
    )
    return commit(target, files, how.schema)


def increment(bench: Bench) -> int:
    """Bring support and evidence state up to date with the new rows."""
    how = bench.how()
    changed = changed_rows(bench, how)
    fresh = changed.filter(pc.not_equal(changed["before"], changed["after"]))
    fresh = fresh.select(["customer", "item", "after"]).rename_columns(["customer", "item", "weight"])
    mark = f"new-{time.monotonic_ns()}.parquet"
    support, state = bench.folder / "support", bench.folder / "state"
    batches = list(changes(changed, how=how))
    with ThreadPoolExecutor(how.threads) as pool:
        halves = [batches[i :: how.threads] for i in range(how.threads)]
        names = [support / f"{i}-{mark}" for i in range(how.threads)]
        files = list(pool.map(lambda half, name: write(name, half, how.schema), halves, names))
    rows = commit(support, files, how.schema)
    commit(state, [write(state / mark, fresh.to_batches(), fresh.schema)], fresh.schema)
    return rows


def changed_rows(bench: Bench, how: Imprinter) -> pa.Table:
    """Return all pairs of the customers with news, in order: customer, item, before, after."""
    new = pa.Table.from_batches(pairs(lambda: evidence(bench.folder / "new.parquet"), how=how))
    concerned = np.zeros(how.n_customers, dtype=bool)
    concerned[new["customer"].to_numpy()] = True

    def known(file: str) -> list[np.ndarray]:
        table = pq.read_table(file, use_threads=False)
        rows = concerned[table["customer"].to_numpy()]
        return [table[name].to_numpy()[rows] for name in ("customer", "item", "weight")]

    with ThreadPoolExecutor(how.threads) as pool:
        found = pool.map(known, sorted(DeltaTable(bench.folder / "state").file_uris()))
        customer, item, weight = (np.concatenate(column) for column in zip(*found, strict=True))
    had, news = customer.astype(np.int64) * how.dna.n_items + item, _keys(new, how)
    place = np.minimum(np.searchsorted(had, news), len(had) - 1)
    again = had[place] == news
    after = weight.copy()
    after[place[again]] = np.maximum(after[place[again]], new["weight"].to_numpy()[again])
    fresh = new.filter(pa.array(~again))
    at = np.searchsorted(had, news[~again])
    columns = {
        "customer": np.insert(customer, at, fresh["customer"].to_numpy()),
        "item": np.insert(item, at, fresh["item"].to_numpy()),
        "before": np.insert(weight, at, np.float32(0)),
        "after": np.insert(after, at, fresh["weight"].to_numpy()),
    }
    return pa.table(columns)


def _keys(table: pa.Table, how: Imprinter) -> np.ndarray:
    return table["customer"].to_numpy().astype(np.int64) * how.dna.n_items + table["item"].to_numpy()


def state(bench: Bench) -> int:
    """Write the evidence state and the shares: what an earlier build leaves behind."""
    path, target = bench.folder / "interactions.parquet", bench.folder / "state"
    how = bench.how()
    schema = pa.schema({"customer": pa.int32(), "item": pa.int32(), "weight": pa.float32()})
    weight, unit = np.zeros(how.dna.n_items), np.zeros(how.dna.n_items, np.int64)
    files = []
    for part, batch in enumerate(pairs(lambda: evidence(path), how=how)):
        more = totals(batch["item"], weights=batch["weight"], n_items=how.dna.n_items)
        weight, unit = weight + more[0], unit + more[1]
        files.append(write(target / f"part-{part:05d}.parquet", [batch], schema))
    kept = shares(how.dna, weights=weight, units=unit)
    pq.write_table(kept.table(), bench.folder / "shares.parquet")
    return commit(target, files, schema)


def before(bench: Bench, name: str) -> None:
    """Take away what an earlier run of a measurement left, outside its time."""
    if name in {"state", "committed"}:
        target = bench.folder / ("state" if name == "state" else "support")
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
    if name == "increment":
        for table in (DeltaTable(bench.folder / part) for part in ("support", "state")):
            if table.version():
                table.restore(0)


MEASURES = {f.__name__: f for f in (state, bare, sql, imprint, committed, increment)}


# --------------------------------------------------------------------------------------- Parquet and Delta


def write(path: Path, batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> tuple[AddAction, int]:
    """Write one file; returns what Delta wants to know of it, and its rows. The state is looked up often: plain."""
    whole = [] if "weight" in schema.names else [f.name for f in schema if pa.types.is_integer(f.type)]
    packed = dict.fromkeys(whole, "DELTA_BINARY_PACKED")
    rows, bounds = 0, [2**31, -1]
    with pq.ParquetWriter(
        path,
        schema,
        compression="none",
        use_dictionary=False,
        column_encoding=packed,
        write_statistics=["customer"],
    ) as writer:
        for batch in batches:
            writer.write_batch(batch, row_group_size=1 << 20)
            rows += batch.num_rows
            low, high = pc.min_max(batch["customer"]).as_py().values()
            bounds = [min(bounds[0], low), max(bounds[1], high)]
    stats = {"numRecords": rows, "minValues": {"customer": bounds[0]}, "maxValues": {"customer": bounds[1]}}
    made = AddAction(path.name, path.stat().st_size, {}, int(time.time() * 1000), True, json.dumps(stats))
    return made, rows


def commit(target: Path, files: list[tuple[AddAction, int]], schema: pa.Schema) -> int:
    """Add written files to the table in one commit, creating it if need be; returns their rows."""
    actions, delta = [action for action, _ in files], Schema.from_arrow(schema)
    if DeltaTable.is_deltatable(str(target)):
        DeltaTable(target).create_write_transaction(actions, "append", delta)
    else:
        settings = {"delta.enableDeletionVectors": "false"}
        create_table_with_add_actions(str(target), delta, actions, configuration=settings)
    return sum(rows for _, rows in files)


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    return connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
