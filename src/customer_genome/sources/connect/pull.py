"""Pull what is new from a database, service or store into files that the file route then loads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from customer_genome.core.connect import Connect
from customer_genome.core.connections import Connection
from customer_genome.core.errors import SourceError
from customer_genome.core.ids import digest
from customer_genome.core.settings import BuildSettings
from customer_genome.sources.connect.failures import told
from customer_genome.sources.connect.landing import FOLDER, Landed, LandingFolder, Note
from customer_genome.sources.connect.quiet import quiet_dlt
from customer_genome.sources.connect.rest_rows import rest_rows
from customer_genome.sources.connect.secrets import find_secret
from customer_genome.sources.connect.shape import shaped
from customer_genome.sources.connect.sql_rows import sql_rows
from customer_genome.sources.connect.stored_files import stored_files
from customer_genome.sources.connect.tables import OneFile, table_of
from customer_genome.sources.files import SourceFile, format_of

_ROWS = 20_000
"""Rows of a service that are typed at once."""


@dataclass(frozen=True)
class Delivery:
    """One landed file; `full` says that it holds everything the source has, not only what is new."""

    file: SourceFile
    fingerprint: str
    full: bool


@dataclass(frozen=True)
class _Pull:
    """One pull: of what, as which delivery, and the secrets it met."""

    name: str
    connect: Connect
    connection: Connection
    settings: BuildSettings
    number: int
    full: bool
    secrets: list[str]

    def secret(self, name: str) -> str:
        found = find_secret(name, needed_by=f"source {self.name}")
        self.secrets.append(found)
        return found

    @property
    def delivery_name(self) -> str:
        """The name in accounts: the same each time where everything is pulled each time, so that it is replaced."""
        number = "all" if self.connect.cursor is None else f"{self.number:06d}"
        return f"{FOLDER}/{self.name}/{number}.parquet"


def pull(
    name: str, *, connect: Connect, connection: Connection | None, settings: BuildSettings, mapping: str,
    seen: Mapping[str, str],
) -> list[Delivery]:  # fmt: skip
    """Pull what `seen` (fingerprint to file name of what was loaded) does not hold yet; returns what landed.

    Where the mapping is another than that of the last delivery, everything is pulled again. Raises SourceError.
    """
    used = connection or Connection.model_construct()  # a store that the machine's own account may read
    folder = LandingFolder(settings.root, name)
    pulled_as = digest(mapping, used.model_dump_json())
    held = folder.begin(known=set(seen))
    again = held if held is not None and held.pulled_as == pulled_as else None
    full = again is None or (connect.cursor is None and connect.files is None)
    number = 1 + max([held.number if held else 0, *map(_number, seen.values())])
    one = _Pull(name, connect, used, settings, number, full, [])
    state = _state(again)
    settings.progress.begin(f"pulling {name} ({connect.label})", unit="rows")
    try:
        with _reading(one, state):
            landed = list(_land(one, folder, mapping))
    except BaseException:
        folder.discard()
        raise
    finally:
        settings.progress.end()
    fresh = [each for each in landed if each.fingerprint not in seen]
    if not fresh:
        folder.discard()
        return []
    folder.commit(Note(number, pulled_as, tuple(fresh), _written(state)))
    replaces = full and connect.files is None  # a file has a name of its own, by which it replaces itself
    return [_delivery(folder, each, full=replaces) for each in fresh]


@contextmanager
def _reading(one: _Pull, state: dict[str, Any]) -> Iterator[None]:
    """Errors are explained, and dlt is quiet."""
    place = one.connection.base_url or one.connect.files or "the database"
    with told(one.name, one.connect, place=place, secrets=one.secrets), quiet_dlt(state):
        yield


def _land(one: _Pull, folder: LandingFolder, mapping: str) -> Iterator[Landed]:
    if one.connect.files is not None:
        yield from _land_files(one, folder, mapping)
        return
    file = OneFile(folder.pulling)
    with _tables(one) as tables:
        for table in tables:
            file.add(table)
            one.settings.progress.advance(table.num_rows)
    if file.rows:
        landed = f"{one.number:06d}.parquet"
        file.finish(folder.pulling / landed)
        yield _landed(folder, landed, one.delivery_name, mapping)


@contextmanager
def _tables(one: _Pull) -> Iterator[Iterator[pa.Table]]:
    connect, connection = one.connect, one.connection
    if connect.sql is not None:
        url = connection.url or one.secret(connection.secret or "")
        with sql_rows(connect, url=url, root=one.settings.root) as tables:
            yield tables
        return
    with rest_rows(connect, connection=connection, name=one.name, secret=one.secret) as rows:
        given = shaped(rows, explode=connect.explode, objects=connect.objects)
        chunks = iter(partial(lambda rows: list(islice(rows, _ROWS)), given), [])
        yield (table_of(chunk, connect.columns) for chunk in chunks)


def _land_files(one: _Pull, folder: LandingFolder, mapping: str) -> Iterator[Landed]:
    options = dict(one.connection.options) | {
        key: one.secret(name) for key, name in one.connection.secrets.items()
    }
    found = stored_files(one.connect, options=options, root=one.settings.root, source=one.name)
    for place, stored in enumerate(found):
        landed = f"{one.number:06d}-{place:06d}{stored.ending}"
        stored.fetch(folder.pulling / landed)
        one.settings.progress.advance(note=stored.name)
        yield _landed(folder, landed, stored.name, mapping)
    if one.full and not any(folder.pulling.iterdir()):
        raise SourceError(
            f"source {one.name}: no data file in {one.connect.label}",
            expected=f"files of a known ending, at or below {one.connect.files}",
            fix="correct `files` or `glob`; ** reaches into folders, as in **/*.parquet",
        )


def _landed(folder: LandingFolder, file: str, name: str, mapping: str) -> Landed:
    content = _source_file(folder.pulling / file, name).content_hash()
    return Landed(file, name, digest(name, content, mapping))


def _delivery(folder: LandingFolder, landed: Landed, *, full: bool) -> Delivery:
    return Delivery(_source_file(folder.path / landed.file, landed.name), landed.fingerprint, full)


def _source_file(path: Path, name: str) -> SourceFile:
    status, known = path.stat(), format_of(path)
    assert known is not None
    return SourceFile(path, name, known, status.st_size, status.st_mtime_ns)


def _number(file: str) -> int:
    found = re.fullmatch(rf"{FOLDER}/[^/]+/([0-9]+)\.parquet", file)
    return int(found[1]) if found else 0


def _state(note: Note | None) -> dict[str, Any]:
    if note is None:
        return {}
    from dlt.common.json import json

    found: dict[str, Any] = json.typed_loads(note.state)
    return found


def _written(state: dict[str, Any]) -> str:
    from dlt.common.json import json

    return str(json.typed_dumps(state))
