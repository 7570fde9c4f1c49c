"""Files of a folder or bucket that are new or changed, through dlt's filesystem."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from customer_genome.core.connect import Connect
from customer_genome.core.errors import SourceError
from customer_genome.sources.files import format_of


@dataclass(frozen=True)
class StoredFile:
    """One file where it lies; `fetch` copies it."""

    name: str
    ending: str
    _system: Any
    _path: str

    def fetch(self, target: Path) -> None:
        """Copy the file to `target`."""
        self._system.get_file(self._path, str(target))


def stored_files(
    connect: Connect, *, options: dict[str, Any], root: Path, source: str
) -> Iterator[StoredFile]:
    """Yield the files that are new or changed since the last time; reads under `quiet_dlt`, which holds the cursor.

    Raises SourceError where the first look finds no file at all. What is no data file by its ending is passed over.
    """
    import dlt
    from dlt.sources.filesystem import filesystem

    url, system = _open(connect.files or "", options=options, root=root)
    cursor: Any = dlt.sources.incremental("modification_date")
    listing: Any = filesystem(bucket_url=url, credentials=system, file_glob=connect.glob, incremental=cursor)
    for item in listing.with_name(source):
        if format_of(Path(item["file_name"])) is None:
            continue
        local = "file" in system.protocol
        path = item.local_file_path if local else system._strip_protocol(item["file_url"])  # noqa: SLF001
        yield StoredFile(_shown(path, root) if local else item["file_url"], _ending(path), system, path)


def _open(url: str, *, options: dict[str, Any], root: Path) -> tuple[str, Any]:
    import fsspec

    scheme = url.partition("://")[0] if "://" in url else "file"
    if scheme == "file":
        path = Path(url.removeprefix("file://"))
        place = path if path.is_absolute() else root / path
        if not place.is_dir():
            raise SourceError(f"the folder {url} does not exist", expected=str(place), fix="correct `files`")
        return str(place), fsspec.filesystem("file", auto_mkdir=False)
    try:
        return url, fsspec.filesystem(scheme, use_listings_cache=False, skip_instance_cache=True, **options)
    except (ImportError, ValueError) as error:
        raise SourceError(
            f"files of {scheme}:// cannot be read",
            found=str(error).splitlines()[0],
            fix="install what it names: s3fs for s3://, gcsfs for gs://, adlfs for az://",
        ) from None


def _shown(path: str, root: Path) -> str:
    base, place = root.resolve(), Path(path).resolve()
    return place.relative_to(base).as_posix() if place.is_relative_to(base) else place.as_posix()


def _ending(path: str) -> str:
    name = Path(path).name
    stem = name.lower().removesuffix(".gz")
    return Path(stem).suffix + name[len(stem) :].lower()
