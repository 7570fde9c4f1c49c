"""What has arrived: a source's new or changed files, frames and query results, readable as `_received`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from customer_genome.core.connections import Connection
from customer_genome.core.errors import SourceError
from customer_genome.core.ids import digest
from customer_genome.core.mappings import PULLED, Source
from customer_genome.core.settings import BuildSettings
from customer_genome.privacy import Workbench
from customer_genome.sources.connect import pull, with_objects
from customer_genome.sources.files import SourceFile, resolve
from customer_genome.sources.readers import Malformed, ReadOptions, Received, frame_hash, read, read_frame

RECEIVED = "_received"


@dataclass
class Arrival:
    """One delivery of a source: a file, a frame, or the result of its query over its inputs.

    `fingerprint` covers the content and the mapping that reads it; `received` and `malformed` are known once read.
    `full` says that it replaces every earlier delivery of its source.
    """

    name: str
    fingerprint: str
    full: bool = False
    files: Mapping[str, tuple[SourceFile, ...]] = field(default_factory=dict)
    frame: pa.Table | None = None
    readers: list[Received] = field(default_factory=list)

    @property
    def malformed(self) -> list[Malformed]:
        """Rows that could not even be read."""
        return [one for reader in self.readers for one in reader.malformed]


def arrivals(
    name: str, *, source: Source, settings: BuildSettings, mapping: str, seen: pa.Table,
    connections: Mapping[str, Connection],
) -> Iterator[Arrival]:  # fmt: skip
    """Yield what `seen` (columns file, fingerprint) does not know yet of source `name`."""
    known = {part for fingerprint in seen["fingerprint"].to_pylist() for part in fingerprint.split(",")}
    for frame in settings.frames.get(name, ()):
        content = frame_hash(frame)
        fingerprint = digest(content, mapping)
        if fingerprint not in known:
            known.add(fingerprint)  # the same frame, handed over twice, is one delivery
            yield Arrival(f"frame {content[:12]}", fingerprint, frame=frame)
    if source.connect is not None:
        files = dict(zip(seen["fingerprint"].to_pylist(), seen["file"].to_pylist(), strict=True))
        used = connections.get(source.connect.connection or "")
        for landed in pull(
            name, connect=source.connect, connection=used, settings=settings, mapping=mapping, seen=files
        ):
            table = PULLED if source.query else RECEIVED
            yield Arrival(
                landed.file.name, landed.fingerprint, full=landed.full, files={table: (landed.file,)}
            )
    elif source.inputs is not None:
        yield from _query_arrivals(source, settings.root, mapping, known)
    elif source.path is not None:
        for file in resolve(settings.root, source.path, format=source.format):
            fingerprint = digest(file.name, file.content_hash(), mapping)
            if fingerprint not in known:
                yield Arrival(file.name, fingerprint, files={RECEIVED: (file,)})


def _query_arrivals(source: Source, root: Path, mapping: str, known: set[str]) -> Iterator[Arrival]:
    """One arrival: all inputs, or of the input that drives the query only the files that are new."""
    assert source.inputs is not None
    inputs = {key: resolve(root, path, format=source.format) for key, path in source.inputs.items()}
    driver = source.driven_by
    rest = [file for key, files in inputs.items() if key != driver for file in files]
    base = digest(mapping, *(part for file in rest for part in (file.name, file.content_hash())))
    if driver is None:
        if base not in known:
            yield Arrival(" + ".join(sorted(source.inputs.values())), base, files=inputs)
        return
    marks = {file: digest(base, file.name, file.content_hash()) for file in inputs[driver]}
    fresh = tuple(file for file, mark in marks.items() if mark not in known)
    if fresh:
        label = fresh[0].name if len(fresh) == 1 else f"{fresh[0].name} and {len(fresh) - 1} more"
        yield Arrival(label, ",".join(marks[file] for file in fresh), files={**inputs, driver: fresh})


def bind(arrival: Arrival, *, source: Source, bench: Workbench) -> pa.Schema:
    """Make the rows of `arrival` readable as `_received`; returns their columns."""
    if arrival.frame is not None:
        return _bind_reader(bench, RECEIVED, read_frame(arrival.frame, name=arrival.name), arrival)
    for name, files in arrival.files.items():
        _bind_input(bench, name if source.query else RECEIVED, files, source=source, arrival=arrival)
    if source.query:
        bench.engine.materialise(RECEIVED, source.query)
    return bench.engine.table(f"SELECT * FROM {RECEIVED} LIMIT 0").schema


def _bind_input(
    bench: Workbench, name: str, files: tuple[SourceFile, ...], *, source: Source, arrival: Arrival
) -> None:
    objects = (
        source.connect.objects if source.connect is not None and source.connect.files is not None else ()
    )
    if all(file.format == "parquet" for file in files) and not objects:
        readers = [
            read(file, options=_options(source)) for file in files
        ]  # opens each: a torn file is refused here
        bench.engine.bind_files(name, [str(file.path) for file in files], schema=readers[0].schema)
        return
    schemas = [
        _bind_reader(
            bench,
            name,
            with_objects(read(file, options=_options(source)), objects),
            arrival,
            add=position > 0,
        )
        for position, file in enumerate(files)
    ]
    if any(schema != schemas[0] for schema in schemas):
        raise SourceError(
            f"the files of input {name} differ in their columns", fix="give each an input of its own"
        )


def _bind_reader(
    bench: Workbench, name: str, reader: Received, arrival: Arrival, *, add: bool = False
) -> pa.Schema:
    if not reader.schema.names:
        raise SourceError(
            f"{reader.file} is empty",
            found="neither column names nor rows",
            expected="at least the names of the columns",
            fix="export it again, or take the file away",
        )
    arrival.readers.append(reader)
    bench.engine.bind_table("_stream", pa.RecordBatchReader.from_batches(reader.schema, reader.batches))
    bench.engine.materialise(name, "SELECT * FROM _stream", add=add)
    bench.engine.unbind("_stream")
    return reader.schema


def _options(source: Source) -> ReadOptions:
    csv = source.csv
    return ReadOptions(
        delimiter=csv.delimiter,
        quote=csv.quote,
        encoding=csv.encoding,
        sheet=source.sheet,
        header=csv.header,
        missing=tuple(text for text in csv.missing if text),
    )
