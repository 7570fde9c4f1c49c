"""Which files a source's `path` means, and how each is recognised again."""

from __future__ import annotations

import difflib
import glob
import hashlib
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from customer_genome.core.errors import SourceError

Format = Literal["csv", "parquet", "jsonl", "excel"]

_FORMATS: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".xlsx": "excel",
    ".xlsm": "excel",
}
_TEXT = ("csv", "jsonl")
_HASH_BLOCK = 1 << 20


@dataclass(frozen=True)
class SourceFile:
    """One file of a source as it stood when it was found.

    `path` is absolute; `name` is relative to the project where it can be and stands in every message.
    `size` is in bytes, `mtime_ns` in nanoseconds since 1970.
    """

    path: Path
    name: str
    format: Format
    size: int
    mtime_ns: int

    @property
    def gzipped(self) -> bool:
        """Whether the name says that the content is compressed."""
        return self.path.suffix.lower() == ".gz"

    def content_hash(self) -> str:
        """BLAKE2b (128 bits, hexadecimal) of the bytes as they lie on disk; the file is streamed."""
        digest = hashlib.blake2b(digest_size=16)
        try:
            with self.path.open("rb") as handle:
                while block := handle.read(_HASH_BLOCK):
                    digest.update(block)
        except OSError as error:
            raise cannot_open(self.name, error) from error
        return digest.hexdigest()

    def check_unchanged(self) -> None:
        """Raise SourceError if the file was written to or removed since it was found."""
        try:
            now = self.path.stat()
        except OSError as error:
            raise cannot_open(self.name, error) from error
        if (now.st_size, now.st_mtime_ns) != (self.size, self.mtime_ns):
            raise SourceError(
                f"{self.name} changed while it was being read",
                found=f"{now.st_size:,} bytes where there were {self.size:,}",
                fix="build again once the file is complete; let exports write elsewhere and rename it",
            )


def resolve(root: Path, path: str, *, format: str = "auto") -> tuple[SourceFile, ...]:  # noqa: A002
    """The files that `path` means, sorted by name: a file, a folder or a glob.

    A relative path is looked up from `root` and may not leave it; an absolute one is taken as it stands.
    A folder gives every file of the format (any known format with "auto"), at any depth, but not hidden
    ones; a glob gives what it matches (`**` crosses folders). Links to files are followed, to folders not.
    Raises SourceError if there is nothing to read, naming what was looked for and what is there instead.
    """
    place = _place(root, path)
    try:
        if place.is_dir():
            found = _in_folder(place, path, format)
        elif place.exists():
            found = [place]
        elif glob.has_magic(path):
            found = _by_glob(root, path)
        else:
            raise _missing(root, place, path)
        files = [_file(root, each, format) for each in found]
    except (OSError, ValueError) as error:
        raise SourceError(f"source path {path!r} cannot be used", found=str(error)) from error
    return tuple(sorted(files, key=lambda each: each.name))


def cannot_open(name: str, error: OSError) -> SourceError:
    """The error for a file that the operating system does not hand out."""
    return SourceError(
        f"{name} cannot be opened",
        found=error.strerror or type(error).__name__,
        fix="check that the file is there and that you may read it",
    )


def format_of(path: Path) -> Format | None:
    """The format that a file's ending tells (`.gz` after a text format is fine), or None."""
    inner = Path(path.stem) if path.suffix.lower() == ".gz" else path
    known = _FORMATS.get(inner.suffix.lower())
    return known if inner is path or known in _TEXT else None


def _place(root: Path, path: str) -> Path:
    if not path or "\0" in path:
        raise SourceError("a source has no usable path", found=repr(path), expected="a file, folder or glob")
    base = os.path.abspath(root)  # noqa: PTH100 -- lexical: links must not be resolved here
    place = os.path.normpath(Path(base, path))
    outside = place != base and not place.startswith(base.rstrip(os.sep) + os.sep)
    if outside and not os.path.isabs(path):  # noqa: PTH117
        raise SourceError(
            f"source path {path!r} leads out of the project",
            expected=f"a path inside {base}",
            fix="move the data into the project, or write the absolute path if it is meant",
        )
    return Path(place)


def _file(root: Path, path: Path, format: str) -> SourceFile:  # noqa: A002
    status = path.stat()
    name = _name(root, path)
    if not stat.S_ISREG(status.st_mode):
        raise SourceError(f"{name} is not a regular file", expected="a file, folder or glob")
    known = format_of(path) if format == "auto" else _named(format)
    if known is None:
        raise SourceError(
            f"the format of {name} is not known from its ending",
            expected=f"one of {', '.join(sorted(_FORMATS))} (text formats also with .gz)",
            fix="set the source's format, or narrow its path",
        )
    return SourceFile(path, name, known, status.st_size, status.st_mtime_ns)


def _named(format: str) -> Format | None:  # noqa: A002
    return next((known for known in _FORMATS.values() if known == format), None)


def _name(root: Path, path: Path) -> str:
    base = Path(os.path.abspath(root))  # noqa: PTH100
    return path.relative_to(base).as_posix() if path.is_relative_to(base) else path.as_posix()


def _in_folder(folder: Path, path: str, format: str) -> list[Path]:  # noqa: A002
    found = []
    others = 0
    for here, folders, names in os.walk(folder, onerror=_stop):
        if "_delta_log" in folders:
            raise SourceError(
                f"{here} is a Delta table, and its files are not all of its current version",
                expected="a folder of plain files",
                fix="export the table to Parquet, or pass it from Python as a frame",
            )
        folders[:] = [each for each in folders if not _hidden(each)]
        for name in names:
            each = Path(here, name)
            if _hidden(name) or not each.is_file():
                continue
            known = format_of(each)
            if known is not None and format in ("auto", known):
                found.append(each)
            else:
                others += 1
    if not found:
        raise SourceError(
            f"folder {path!r} holds no file to read",
            found=f"{others} other file{'s' if others != 1 else ''} in {folder} and the folders in it",
            expected=f"files of format {format}" if format != "auto" else f"files ending in {_endings()}",
            fix="put the data there, or correct the source's path",
        )
    return found


def _by_glob(root: Path, path: str) -> list[Path]:
    base = os.path.abspath(root)  # noqa: PTH100
    names = glob.glob(path, root_dir=base, recursive=True)  # noqa: PTH207 -- takes absolute patterns too
    matched = [Path(os.path.normpath(Path(base, each))) for each in names]
    files = [each for each in dict.fromkeys(matched) if each.is_file() and not _hidden(each.name)]
    if not files:
        folders = sum(each.is_dir() for each in matched)
        raise SourceError(
            f"no file matches {path!r}",
            found=f"{folders} folder{'s' if folders != 1 else ''} and no file" if folders else "nothing",
            expected=f"files below {base}",
            fix="correct the source's path; ** reaches into folders, as in data/**/*.csv",
        )
    return files


def _missing(root: Path, place: Path, path: str) -> SourceError:
    parent = next(each for each in place.parents if each.is_dir())
    wanted = place.relative_to(parent).parts[0]
    there = sorted(each.name for each in parent.iterdir() if not _hidden(each.name))
    near = _near(wanted, there)
    return SourceError(
        f"source path {path!r} does not exist",
        found=f"in {parent}: {', '.join(near)}" if near else f"{len(there)} other names in {parent}",
        expected=str(place),
        fix=f"did you mean {_name(root, parent / near[0])}?" if near else "correct the source's path",
    )


def _near(wanted: str, names: Iterable[str]) -> list[str]:
    """Up to five names that differ from the wanted one by case, ending or a few letters."""
    names = list(names)
    stem = Path(wanted).stem.lower()
    same = [each for each in names if each.lower() == wanted.lower() or Path(each).stem.lower() == stem]
    close = difflib.get_close_matches(wanted, names, n=5, cutoff=0.6)
    return list(dict.fromkeys(same + close))[:5]


def _hidden(name: str) -> bool:
    """Hidden files, and the locks that Excel leaves beside an open workbook."""
    return name.startswith((".", "~$"))


def _endings() -> str:
    return ", ".join(sorted(_FORMATS))


def _stop(error: OSError) -> None:
    raise error
