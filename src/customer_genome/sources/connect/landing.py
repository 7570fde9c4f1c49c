"""The landing folder: what was pulled and is not published yet, and where each pull ended.

`landing/SOURCE/000007.json` says what the seventh delivery of a source brought and where its cursor stood after it. The
state in force is that of the newest delivery that a published snapshot holds, so a build that was killed between the
pull and the publication leaves no trace: its delivery is thrown away, and its rows are pulled again.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

FOLDER = "landing"
_PULLING = ".pulling"


@dataclass(frozen=True)
class Landed:
    """One file that landed: `file` in the landing folder, `name` in accounts, `fingerprint` once it is loaded."""

    file: str
    name: str
    fingerprint: str


@dataclass(frozen=True)
class Note:
    """What one delivery brought, and the state of the cursor after it; `pulled_as` is the mapping it was pulled for."""

    number: int
    pulled_as: str
    files: tuple[Landed, ...]
    state: str


class LandingFolder:
    """The landing folder of one source."""

    def __init__(self, root: Path, source: str) -> None:
        self.source = source
        self.path = root / FOLDER / source
        self.pulling = self.path / _PULLING

    def begin(self, *, known: set[str]) -> Note | None:
        """Return the newest published delivery (all of its fingerprints in `known`); remove everything else."""
        notes = sorted(self._notes(), key=lambda note: note.number, reverse=True)
        held = next((note for note in notes if all(one.fingerprint in known for one in note.files)), None)
        keep = {self._note(held.number)} if held is not None else set()
        self.path.mkdir(parents=True, exist_ok=True)
        self.path.chmod(0o700)  # what lies here holds direct identifiers
        _clear(self.path, keep=keep)
        self.pulling.mkdir()
        return held

    def commit(self, note: Note) -> None:
        """Make what lies in the pulling folder a delivery: its files first, its note last."""
        for one in note.files:
            (self.pulling / one.file).replace(self.path / one.file)
        draft = self.pulling / "note"
        with draft.open("w", encoding="utf-8") as file:
            json.dump(asdict(note), file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._note(note.number))
        shutil.rmtree(self.pulling)

    def discard(self) -> None:
        """Remove what was pulled and is not wanted."""
        shutil.rmtree(self.pulling, ignore_errors=True)

    def _note(self, number: int) -> Path:
        return self.path / f"{number:06d}.json"

    def _notes(self) -> Iterator[Note]:
        for path in self.path.glob("[0-9]*.json"):
            try:
                found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
                files = tuple(Landed(**one) for one in found.pop("files"))
                yield Note(**found, files=files)
            except (ValueError, TypeError, KeyError):
                continue  # half a note is none: its delivery is pulled again


def clear_landing(root: Path) -> None:
    """Remove every landed file of a project whose build is done: what they held is in the published snapshot."""
    for folder in (root / FOLDER).glob("*"):
        if folder.is_dir():
            _clear(folder, keep=set(folder.glob("[0-9]*.json")))


def _clear(folder: Path, *, keep: set[Path]) -> None:
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path not in keep:
            path.unlink()
