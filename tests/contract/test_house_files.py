"""The files around the code keep their promises: the lock, the list of unused names, the licence."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def source() -> str:
    """Return all the code as one text."""
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "src").rglob("*.py")))


def pinned() -> dict[str, list[str]]:
    """Return the versions of each package in the lock; one package may have one for each Python."""
    found: dict[str, list[str]] = {}
    text = (ROOT / "requirements-dev.lock").read_text(encoding="utf-8")
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;]+)", text, flags=re.MULTILINE):
        found.setdefault(canonicalize_name(name), []).append(version)
    return found


def declared() -> list[Requirement]:
    extras = PROJECT["optional-dependencies"].values()
    return [
        Requirement(line)
        for line in (*PROJECT["dependencies"], *(line for extra in extras for line in extra))
    ]


def test_the_lock_pins_every_declared_dependency_within_its_bounds() -> None:
    pins = pinned()
    wrong = {
        str(requirement): pins.get(canonicalize_name(requirement.name))
        for requirement in declared()
        if not pins.get(canonicalize_name(requirement.name))
        or not all(requirement.specifier.contains(v) for v in pins[canonicalize_name(requirement.name)])
    }
    assert wrong == {}, "run `make lock`"


def test_every_dependency_is_imported_somewhere() -> None:
    elsewhere = {"tzdata": "", "pyyaml": "yaml"}  # zoneinfo reads tzdata's files where the system has none
    names = [Requirement(line).name.lower().replace("-", "_") for line in PROJECT["dependencies"]]
    modules = [elsewhere.get(name, name) for name in names]
    code = source()
    unused = [one for one in modules if one and not re.search(rf"\b(import|from) {one}\b", code)]
    assert unused == []


def test_the_list_of_names_that_vulture_misses_holds_no_stale_one() -> None:
    allowed = (ROOT / "tools" / "vulture_allowed.py").read_text(encoding="utf-8")
    names = re.findall(r"^(?:_\.)?(\w+)$", allowed, flags=re.MULTILINE)
    code = source()
    assert names
    assert [name for name in names if not re.search(rf"\b{name}\b", code)] == []
    assert len(set(names)) == len(names)


def test_the_licence_is_the_one_declared() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert PROJECT["license"] == "Apache-2.0"
    assert "Apache License" in text
    assert "Version 2.0" in text
    assert text.rstrip().endswith("limitations under the License.")


def test_no_data_set_is_in_the_repository() -> None:
    kinds = {".parquet", ".duckdb", ".sqlite", ".rda", ".xlsx"}
    folders = ("src", "docs", "tools", "benchmarks")
    assert [path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in kinds] == []


def test_the_wheel_holds_the_package_and_nothing_else(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    package = ROOT / "src" / "customer_genome"
    files = {path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert held == {path.relative_to(ROOT / "src").as_posix() for path in files}
