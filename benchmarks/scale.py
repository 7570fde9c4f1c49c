"""Times the first five stages (load, check, resolve, reconcile, journey) on a synthetic company of any size.

    python benchmarks/scale.py [--events 10000000] [--customers 200000] [--memory 3GB] [--simulated] [--json]

Synthetic: website visits (cookie, now and then the user), product usage (user, account), e-mail events (address),
payments (user) over 24 months, Parquet by month, and contacts that join the identifiers. Events are drawn with a
long tail over customers. The stages run in a process of their own, whose peak memory is the operating system's
account of it; the yardstick is DuckDB bare, which reads the same files and groups them by customer column, in a
process of its own under the same limits. The bars: 10 M events on 200 k customers in at most 180 s and 4 GB on
2 cores; 100 M in at most 8 GB.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scale_company import draw, simulate

STAGES = 5


def stages(project: Path) -> dict[str, Any]:
    """Run the first five stages; returns seconds by stage and of the slowest steps, and whether the accounts close."""
    from customer_genome.app.build import workbench
    from customer_genome.app.folder import open_folder
    from customer_genome.app.pipeline import STAGES as PIPELINE
    from customer_genome.core.settings import BuildSettings
    from customer_genome.core.step import Sql
    from customer_genome.privacy import STORED

    bench = workbench(open_folder(project), branch="main", as_of=None)
    settings = BuildSettings(root=project, now=datetime(2026, 12, 31, tzinfo=UTC))
    seconds: dict[str, float] = {}
    for stage in PIPELINE[:STAGES]:
        started = time.perf_counter()
        stage(bench, settings)
        seconds[stage.__name__] = time.perf_counter() - started
    accounts = bench.stored(Sql(_ACCOUNTS.format(STORED), reads=("loads",))).to_pylist()
    people = bench.stored(
        Sql(f"SELECT COUNT(DISTINCT customer_id) AS n FROM {STORED}membership", reads=("membership",))
    )
    steps = {run.name: run.seconds for run in sorted(bench.runs, key=lambda run: -run.seconds)[:14]}
    return {"seconds": seconds, "steps": steps, "accounts": accounts, "customers": people["n"][0].as_py()}


_ACCOUNTS = """SELECT source, CAST(SUM(received) AS BIGINT) AS received, CAST(SUM(stored) AS BIGINT) AS stored,
CAST(SUM(duplicates) AS BIGINT) AS duplicates, CAST(SUM(quarantined) AS BIGINT) AS quarantined,
CAST(SUM(suppressed) AS BIGINT) AS suppressed FROM {}loads WHERE NOT superseded GROUP BY source ORDER BY source"""


def yardstick(project: Path, *, memory: str, threads: int) -> dict[str, Any]:
    """Read the same Parquet files with DuckDB bare and count the rows of each customer."""
    import duckdb

    started = time.perf_counter()
    spill = str(project / ".spill")
    connection = duckdb.connect(config={"threads": threads, "memory_limit": memory, "temp_directory": spill})
    rows = 0
    for files in _deliveries(project):
        read = f"read_parquet({files}, union_by_name = true)"
        columns = connection.sql(f"SELECT * FROM {read}").columns
        key = next((name for name in _KEYS if name in columns), columns[0])
        text = f'SELECT "{key}", COUNT(*) AS n FROM {read} GROUP BY 1'
        rows += int(connection.sql(text).fetchnumpy()["n"].sum())
    return {"seconds": {"duckdb": time.perf_counter() - started}, "rows": rows}


_KEYS = ("user_id", "recipient", "cookie", "anonymous_id", "account_id")


def _deliveries(project: Path) -> list[list[str]]:
    """Return the Parquet files of the data, those of one folder together."""
    folders: dict[Path, list[str]] = {}
    for file in sorted((project / "data").rglob("*.parquet")):
        folders.setdefault(file.parent, []).append(str(file))
    return list(folders.values())


def _child(project: Path, what: str, options: argparse.Namespace) -> dict[str, Any]:
    """Run `what` in a process of its own; returns what it found with its peak memory in GB."""
    out = project / f"{what}.json"
    command = [sys.executable, __file__, "--run", what, "--dir", str(project), "--memory", options.memory]
    process = subprocess.Popen([*command, "--threads", str(options.threads)])  # noqa: S603 -- our own command
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{what} ended with {process.returncode}")
    found: dict[str, Any] = json.loads(out.read_text())
    return found | {
        "peak_gb": usage.ru_maxrss / 1e6,
        "processor": usage.ru_utime + usage.ru_stime,
        "total": sum(found["seconds"].values()),
    }


def _cost(run: dict[str, Any]) -> str:
    """Say the processor seconds, which a busy machine does not stretch as it does the others, and the memory."""
    return f"processor {run['processor']:.1f} s, peak {run['peak_gb']:.2f} GB"


def _show(found: dict[str, Any]) -> None:
    print(f"{'stage':<12}{'seconds':>9}")
    for name, seconds in found["stages"]["seconds"].items():
        print(f"{name:<12}{seconds:>9.1f}")
    print(f"{'together':<12}{found['stages']['total']:>9.1f}   {_cost(found['stages'])}")
    print(
        f"{'DuckDB bare':<12}{found['yardstick']['total']:>9.1f}   peak {found['yardstick']['peak_gb']:.2f} GB"
    )
    print(f"{found['stages']['customers']:,} customers; slowest steps:")
    for name, seconds in found["stages"]["steps"].items():
        print(f"  {name:<28}{seconds:>8.1f}")
    for row in found["stages"]["accounts"]:
        parts = sum(row[name] for name in ("stored", "duplicates", "quarantined", "suppressed"))
        print(f"{row['source']:<16}received {row['received']:>12,} = {parts:>12,} ({row['stored']:,} stored)")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--customers", type=int, default=200_000)
    parser.add_argument("--memory", default="2GB", help="memory of the engine; the process needs some more")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--simulated", action="store_true", help="let the simulator make the company")
    parser.add_argument("--dir", type=Path, default=None)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--run", choices=("stages", "yardstick"), help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    """Run from the command line."""
    options = _options()
    limits = {"memory": options.memory, "threads": options.threads}
    if options.run:
        run = stages(options.dir) if options.run == "stages" else yardstick(options.dir, **limits)
        (options.dir / f"{options.run}.json").write_text(json.dumps(run))
        return
    root = options.dir or Path(tempfile.mkdtemp(prefix="genome-scale-"))
    project = root / "project"
    shutil.rmtree(project, ignore_errors=True)
    root.mkdir(parents=True, exist_ok=True)
    started = time.perf_counter()
    make = simulate if options.simulated else draw
    make(project, events=options.events, customers=options.customers, **limits)
    print(f"made in {time.perf_counter() - started:.1f} s", file=sys.stderr)
    found = {"yardstick": _child(project, "yardstick", options), "stages": _child(project, "stages", options)}
    print(json.dumps(found)) if options.json else _show(found)


if __name__ == "__main__":
    main()
