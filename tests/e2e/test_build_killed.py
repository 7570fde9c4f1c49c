"""Killed at any point, a build leaves the last snapshot to readers, and the next one ends as if nothing had been."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import pytest

import customer_genome
from customer_genome.core.errors import NotBuilt
from same_tables import assert_same, contents
from small_project import DAYS, FIRST_DAY, PURCHASES, purchases, small_project, write_csv

PROGRAM = Path(__file__).parent.parent / "support" / "killed_build.py"
FIRST = ("vault", "after:2", "within:12", "publish")
NEXT = ("before:1", "within:3", "after:9", "publish")


def kill(folder: Path, point: str) -> None:
    """Build in another process that kills itself at `point`."""
    done = subprocess.run(
        [sys.executable, str(PROGRAM), str(folder), point], capture_output=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()[-2000:]


def one_day_more(folder: Path) -> None:
    """Append a day to the purchases, correct an item, and let a card turn out to be another's."""
    rows = [*purchases(FIRST_DAY, days=DAYS), *purchases(FIRST_DAY + timedelta(days=DAYS), days=1)]
    write_csv(folder / "data" / "purchases.csv", PURCHASES, rows)
    with (folder / "data" / "survey.csv").open("a", encoding="utf-8", newline="") as file:
        file.write("41,card2@example.org,18-34\r\n")


@pytest.fixture(scope="module")
def unbuilt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small shop with keys of its own, never built."""
    folder = small_project(tmp_path_factory.mktemp("unbuilt") / "shop")
    customer_genome.open(folder)
    for file in folder.glob("ledger.db*"):
        file.unlink()
    shutil.rmtree(folder / "lake")
    return folder


@pytest.fixture(scope="module")
def built(unbuilt: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, built."""
    folder = Path(shutil.copytree(unbuilt, tmp_path_factory.mktemp("built") / "shop"))
    customer_genome.open(folder).build()
    return folder


@pytest.fixture(scope="module")
def undisturbed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, pa.Table]:
    """The tables after one day more."""
    folder = Path(shutil.copytree(built, tmp_path_factory.mktemp("day") / "shop"))
    one_day_more(folder)
    customer_genome.open(folder).build()
    return contents(folder)


@pytest.mark.parametrize("point", FIRST)
def test_a_first_build_that_was_killed_is_as_if_it_had_never_been(
    point: str, unbuilt: Path, built: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(unbuilt, tmp_path / "shop"))
    kill(folder, point)
    with pytest.raises(NotBuilt):
        customer_genome.open(folder).status()
    customer_genome.open(folder).build()
    assert_same(contents(folder), contents(built))
    assert customer_genome.open(folder).status().sources == customer_genome.open(built).status().sources


@pytest.mark.parametrize("point", NEXT)
def test_readers_of_a_killed_increment_see_the_old_snapshot_and_the_next_build_the_new_one(
    point: str, built: Path, undisturbed: dict[str, pa.Table], tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(built, tmp_path / "shop"))
    one_day_more(folder)
    kill(folder, point)
    assert_same(contents(folder), contents(built), tolerance=0)
    customer_genome.open(folder).build()
    assert_same(contents(folder), undisturbed)


def test_killed_again_and_again_a_project_still_ends_where_it_should(
    unbuilt: Path, undisturbed: dict[str, pa.Table], built: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(unbuilt, tmp_path / "shop"))
    for point in ("after:3", "publish"):
        kill(folder, point)
    customer_genome.open(folder).build()
    assert_same(contents(folder), contents(built))
    one_day_more(folder)
    for point in ("after:5", "within:2", "publish"):
        kill(folder, point)
    customer_genome.open(folder).build()
    assert_same(contents(folder), undisturbed)
    assert not customer_genome.open(folder).build().changed
