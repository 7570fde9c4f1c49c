"""How fast the simulator writes a company, in events a second and memory, beside pyarrow writing random columns.

Run: python benchmarks/simulator.py [--customers 200000 --activity 0.18 --counterfactuals 0.1] [--threads 2] [--json]

The company is simulated in a process of its own, so that its peak memory is its own; a small one before it compiles the
kernel, whose time is printed apart. The baseline writes as many rows of random whole numbers, as wide as the company's
events are on disk, into one Parquet file with the same compression: no simulator that keeps its data can be faster.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from customer_genome.simulator import Company, simulate

BLOCK = 1 << 19
PROMISED = 200_000
"""Events a second on two cores."""


def simulated(company: Company, *, threads: int, out: Path) -> dict[str, Any]:
    """Simulate a company and return events, seconds, bytes on disk and peak memory (GB) of this process."""
    started = time.perf_counter()
    simulate(Company(customers=64, days=60), out=out / "warm", threads=1)
    compiled = time.perf_counter() - started
    before, started = processor_seconds(), time.perf_counter()
    done = simulate(company, out=out / "company", threads=threads)
    seconds, processor = time.perf_counter() - started, processor_seconds() - before
    size = sum(path.stat().st_size for path in (out / "company/data").rglob("*") if path.is_file())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return {
        "events": done.events, "seconds": seconds, "processor": processor, "bytes": size, "peak_gb": peak,
        "warm_up": compiled,
    }  # fmt: skip


def processor_seconds() -> float:
    """Return the processor time of this process, in seconds: what it takes whatever else the machine does."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def baseline(events: int, size: int, *, out: Path) -> float:
    """Write `events` rows of random numbers, `size` bytes in all, and return the seconds."""
    width = max(1, round(size / events / 8))
    chance = np.random.default_rng(0)
    schema = pa.schema([(f"c{k}", pa.int64()) for k in range(width)])
    started = time.perf_counter()
    with pq.ParquetWriter(out / "random.parquet", schema, compression="zstd", use_dictionary=False) as writer:
        for begin in range(0, events, BLOCK):
            n = min(BLOCK, events - begin)
            columns = [chance.integers(0, 1 << 62, n) for _ in range(width)]
            writer.write_table(pa.table(columns, schema=schema))
    return time.perf_counter() - started


def measured(options: argparse.Namespace) -> dict[str, Any]:
    """Run the simulator in a process of its own, then the baseline here."""
    with tempfile.TemporaryDirectory(dir=options.dir) as folder:
        command = [sys.executable, __file__, "--inner", folder, "--threads", str(options.threads)]
        for name in ("customers", "days", "activity", "counterfactuals", "seed"):
            command += [f"--{name}", str(getattr(options, name))]
        made = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own file
        found: dict[str, Any] = json.loads(made.stdout)
        found["baseline_seconds"] = baseline(found["events"], found["bytes"], out=Path(folder))
    found["events_per_second"] = found["events"] / found["seconds"]
    found["times_baseline"] = found["seconds"] / found["baseline_seconds"]
    return found


def printed(found: dict[str, Any]) -> str:
    """Return the figures as lines."""
    kept = "kept" if found["events_per_second"] >= PROMISED else "missed"
    each, times = found["events"] / found["processor"], found["times_baseline"]
    lines = [
        f"events            {found['events']:>14,}",
        f"seconds           {found['seconds']:>14,.1f}   (and {found['warm_up']:.1f} for a first small company)",
        f"events a second   {found['events_per_second']:>14,.0f}   at least {PROMISED:,} promised: {kept}",
        f"processor seconds {found['processor']:>14,.1f}   ({each:,.0f} events in each)",
        f"on disk           {found['bytes'] / 1e6:>14,.0f} MB",
        f"peak memory       {found['peak_gb']:>14,.2f} GB",
        f"random columns    {found['baseline_seconds']:>14,.1f}   as many rows and bytes; {times:.1f} times as fast",
    ]
    return "\n".join(lines)


def main() -> None:
    """Read the options, measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--customers", type=int, default=200_000)
    parser.add_argument("--days", type=int, default=540)
    parser.add_argument("--activity", type=float, default=0.18)
    parser.add_argument("--counterfactuals", type=float, default=0.1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--dir", help="where the files lie meanwhile; without it, the system's temporary folder"
    )
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.add_argument("--inner", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inner:
        company = Company(
            customers=options.customers, days=options.days, seed=options.seed, activity=options.activity,
            counterfactuals=options.counterfactuals,
        )  # fmt: skip
        print(json.dumps(simulated(company, threads=options.threads, out=Path(options.inner))))
        return
    found = measured(options)
    print(json.dumps(found) if options.json else printed(found))


if __name__ == "__main__":
    main()
