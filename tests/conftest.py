"""What every test may ask for: how Hypothesis behaves, the command line, a browser, one build of the demo."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parent.parent

# CI repeats the same examples; a developer's machine looks for new ones. Nothing here measures time.
settings.register_profile("ci", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("dev", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci" if os.environ.get("CI") else "dev")


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the repository's root."""
    return ROOT


@pytest.fixture(scope="session")
def genome_command() -> Path:
    """Return the `genome` program as users have it: the script that the installation made."""
    script = Path(sys.executable).parent / "genome"
    assert script.exists(), f"{script} is missing: run `pip install --no-deps -e .` in this environment"
    return script


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return a Chromium; `make test` installs one where it can, so a missing one is a failure, not a skip."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = next((path for name in names if (path := shutil.which(name))), None)
    assert found, f"no browser among {', '.join(names)}: as root, apt-get install chromium"
    return found


@pytest.fixture(scope="session")
def demo(genome_command: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the demo once per session; do not change it (copy it first)."""
    folder = tmp_path_factory.mktemp("demo") / "demo"
    command = [str(genome_command), "demo", "--dir", str(folder), "--no-serve"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"genome demo failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return folder
