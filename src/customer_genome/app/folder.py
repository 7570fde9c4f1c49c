"""What a project's folder holds, and how it is opened."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine as Database

from customer_genome.core.configuration import load_project
from customer_genome.core.errors import BuildRunning, ConfigError, Problem, ProjectError
from customer_genome.core.project import BUILT_FOR, Project
from customer_genome.engine import DuckDBEngine, Lake
from customer_genome.ledger import open_ledger
from customer_genome.privacy import Keys

CONFIGURATION = "genome.yaml"


@dataclass(frozen=True)
class Folder:
    """An opened project: its configuration, lake, ledger and keys."""

    root: Path
    project: Project
    lake: Lake
    ledger: Database
    keys: Keys

    def engine(self) -> DuckDBEngine:
        """Return a new engine under the project's limits."""
        settings = self.project.engine
        spill = self.root / "lake" / ".spill"
        return DuckDBEngine(threads=settings.threads, memory=settings.memory, spill=str(spill))


def open_folder(root: Path) -> Folder:
    """Open the project in folder `root`; raises ProjectError or ConfigError."""
    if not (root / CONFIGURATION).is_file():
        raise ProjectError(
            f"{root} is not a Customer Genome project",
            found="no genome.yaml in it" if root.is_dir() else "no such folder",
            fix="run `genome init DIR --template retail`, or name the project with --dir",
        )
    project = load_project(root)
    _check_purposes(project)
    state = root / "lake"
    key = root / "keys" / "master.key"
    fresh = not (root / "ledger.db").exists()
    keys = Keys.load(key, create=fresh)
    state.mkdir(exist_ok=True)
    return Folder(root, project, Lake(state), open_ledger(f"sqlite:///{root / 'ledger.db'}"), keys)


def _check_purposes(project: Project) -> None:
    missing = [name for name in BUILT_FOR if name not in project.purposes]
    if missing:
        named = " and ".join(f"`{name}`" for name in missing)
        expected = f"{', '.join(BUILT_FOR)} among them: builds read for these"
        raise ConfigError([Problem(CONFIGURATION, None, "purposes", f"no {named}", expected)])


@contextmanager
def build_lock(root: Path) -> Iterator[None]:
    """Hold the project's build lock; it goes with the process, however that ends. Raises BuildRunning."""
    with (root / "lake" / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BuildRunning(
                "another build of this project is running",
                fix="wait for it; readers see the last snapshot meanwhile",
            ) from None
        yield
