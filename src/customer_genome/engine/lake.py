"""The lake: Delta tables in a folder, read at a pinned version, written as whole commits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import CommitProperties, DeltaTable, WriterProperties, write_deltalake
from deltalake.exceptions import DeltaError

from customer_genome.core.errors import BuildError
from customer_genome.tables import Table

_WRITER = WriterProperties(compression="ZSTD", compression_level=1, max_row_group_size=262_144)
_CONFIGURATION = {"delta.enableDeletionVectors": "false"}
SMALL_FILES = 24
"""An appended table of more files than this is rewritten into few at the next write."""


@dataclass(frozen=True)
class Pin:
    """One version of one table: what a snapshot names and a reader opens."""

    table: str
    branch: str
    version: int


class Lake:
    """Delta tables under `root`, one folder a branch; base tables live in the branch `base`."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    def files(self, pin: Pin) -> list[str]:
        """Return the Parquet files of a pinned version."""
        uris = DeltaTable(self._uri(pin.table, pin.branch), version=pin.version).file_uris()
        return sorted(unquote(uri.removeprefix("file://")) for uri in uris)

    def latest(self, table: str, *, branch: str) -> int | None:
        """Return the newest committed version, published or not; None where the table was never written."""
        uri = self._uri(table, branch)
        return DeltaTable(uri).version() if DeltaTable.is_deltatable(uri) else None

    def overwrite(self, contract: Table, data: pa.Table | pa.RecordBatchReader, *, branch: str) -> Pin:
        """Replace the table's rows in one commit."""
        return self._write(contract, data, branch=branch, mode="overwrite")

    def append(self, contract: Table, data: pa.Table | pa.RecordBatchReader, *, branch: str) -> Pin:
        """Add rows in one commit; a table of many small files is compacted first."""
        uri = self._uri(contract.name, branch)
        if DeltaTable.is_deltatable(uri):
            existing = DeltaTable(uri)
            if len(existing.file_uris()) > SMALL_FILES:
                existing.optimize.compact()
        return self._write(contract, data, branch=branch, mode="append")

    def roll_back(self, pin: Pin) -> None:
        """Undo commits after `pin`: what a killed build left behind and no snapshot names."""
        table = DeltaTable(self._uri(pin.table, pin.branch))
        if table.version() != pin.version:
            table.restore(pin.version)

    def discard(self, table: str, *, branch: str) -> None:
        """Empty a table that a killed first build wrote and no snapshot names."""
        if self.latest(table, branch=branch) is not None:
            DeltaTable(self._uri(table, branch)).delete()

    def sweep(self, pins: Iterable[Pin]) -> int:
        """Delete the files of every table that none of `pins` needs; returns how many there were."""
        needed = {Path(file) for pin in pins for file in self.files(pin)}
        unused = [file for file in self.root.glob("*/*/*.parquet") if file not in needed]
        for file in unused:
            file.unlink()
        return len(unused)

    def _write(
        self, contract: Table, data: pa.Table | pa.RecordBatchReader, *, branch: str, mode: str
    ) -> Pin:
        (self.root / branch / contract.name).mkdir(parents=True, exist_ok=True)
        uri = self._uri(contract.name, branch)
        try:
            write_deltalake(
                uri,
                pa.RecordBatchReader.from_batches(contract.stored, _conform(contract, data)),
                mode="append" if mode == "append" else "overwrite",
                configuration=_CONFIGURATION,
                writer_properties=_WRITER,
                commit_properties=CommitProperties(custom_metadata={"contract": contract.name}),
            )
        except (DeltaError, OSError, pa.ArrowException) as error:
            raise BuildError(
                f"table {contract.name} cannot be written", found=str(error).strip().split("\n\n")[0],
                fix="readers see the last snapshot; mend what is named above and build again",
            ) from error  # fmt: skip
        return Pin(contract.name, branch, DeltaTable(uri).version())

    def _uri(self, table: str, branch: str) -> str:
        """Return where a table lies as a URI: a plain path with a blank or a percent sign in it would be misread."""
        return (self.root / branch / table).as_uri()


def rows_in(files: Iterable[str]) -> int:
    """Return the number of rows of Parquet files from their footers alone."""
    return sum(pq.read_metadata(file).num_rows for file in files)


def _conform(contract: Table, data: pa.Table | pa.RecordBatchReader) -> Iterable[pa.RecordBatch]:
    """Yield batches in the contract's order and types; a missing or unfit column stops the write before it commits."""
    schema = contract.stored
    missing = [name for name in schema.names if name not in data.schema.names]
    if missing:
        raise BuildError(f"rows for table {contract.name} lack columns", found=", ".join(missing))
    batches = data.to_batches() if isinstance(data, pa.Table) else data
    for batch in batches:
        yield batch.select(schema.names).cast(schema)
