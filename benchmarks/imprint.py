"""Measure the imprint: how long it takes beside DuckDB's bare scan, and how much memory.

    python benchmarks/imprint.py                            20 M rows, a few minutes
    python benchmarks/imprint.py --rows 200000 --customers 5000    a smoke test, seconds

Every measurement runs in a process of its own, so that the peak memory is its own, after a warm-up on a
handful of rows (compiling is not measured; importing neither), and the best of three runs counts. The file
is in the page cache for all. What is compared:

bare       DuckDB: scan + group by customer (count, sum of value, last time) into a temporary table
sql        DuckDB: distinct evidence joined with the item DNA, grouped by customer and gene, to a Parquet
           file. It finds O and the number of items only: E and V would come on top
imprint    ours, from the same file: O, E, V and items, handed on as Arrow batches
committed  the same, written to Parquet files in parallel and committed to a Delta table
increment  1 % new rows: their earlier weights looked up in the evidence state (the distinct pairs as an
           earlier build left them, a Delta table), differences of O, E and V and the new state committed
small      "committed" under a limit of 1 GB of memory
state      what an earlier build leaves behind, for "increment": the evidence state, and the shares

The shares are part of the reference and given. Rows with no O and with k E below 0.5 are left out: so
little expectation can make no gene expressed or avoided. O, E and V are stored as float32, customers,
genes and counts as delta-packed int32, ordered by customer and gene, without compression.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from imprint_world import World, write_world

WARM = World(rows=4_000, customers=200, items=400, genes=100, typical=20)
RUNS = 3
MEASURES = ("state", "bare", "sql", "imprint", "committed", "increment", "small")
GIGABYTE = 1_000_000_000


@dataclass(frozen=True)
class Result:
    """One measurement: the best time of all runs in seconds, rows produced, peak memory in bytes."""

    seconds: float
    runs: tuple[float, ...]
    rows: int
    peak: int


@dataclass(frozen=True)
class Bar:
    """A promise: what is measured, and the most (or with `least` the least) that it may be."""

    name: str
    value: float
    limit: float
    least: bool = False

    @property
    def met(self) -> bool:
        """Whether the promise is kept."""
        return self.value >= self.limit if self.least else self.value <= self.limit


def main() -> int:
    """Run from the command line; exits 0 also where a bar is missed: the table says so."""
    arguments = _arguments()
    world = World(
        rows=arguments.rows, customers=arguments.customers, items=arguments.items, genes=arguments.genes
    )
    with ExitStack() as stack:
        folder = arguments.dir or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        if arguments.only:
            print(json.dumps(asdict(_measured(arguments.only, folder, world, arguments))))
        else:
            _compared(folder, world, arguments)
    return 0


def _compared(folder: Path, world: World, arguments: argparse.Namespace) -> None:
    """Measure one thing after the other, and print what comes out."""
    _prepare(folder, world)
    results: dict[str, Result] = {}
    for name in arguments.measures or MEASURES:
        results[name] = _in_own_process(name, folder, world, arguments)
        if not arguments.json:
            print(_line(name, results), flush=True)
    bars = _bars(results)
    if arguments.json:
        said = {"world": asdict(world), "results": {name: asdict(result) for name, result in results.items()}}
        print(json.dumps(said | {"bars": [asdict(bar) | {"met": bar.met} for bar in bars]}, indent=2))
    else:
        print("\n".join(_verdict(bar) for bar in bars))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rows", type=int, default=World.rows)
    parser.add_argument("--customers", type=int, default=World.customers)
    parser.add_argument("--items", type=int, default=World.items)
    parser.add_argument("--genes", type=int, default=World.genes)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory", type=int, default=3 * GIGABYTE, help="bytes our side may use")
    parser.add_argument("--dir", type=Path, help="keep the files here and use them again")
    parser.add_argument("--measures", nargs="+", choices=MEASURES, help="only some of them")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--only", help=argparse.SUPPRESS)
    return parser.parse_args()


def _prepare(folder: Path, world: World) -> None:
    """Write the world's files unless they are there, and a tiny world to warm up on."""
    for place, size in ((folder, world), (folder / "warm", WARM)):
        place.mkdir(parents=True, exist_ok=True)
        mark, said = place / "world.json", json.dumps(asdict(size))
        if not mark.exists() or mark.read_text() != said:
            command = [sys.executable, __file__, "--only", "world", "--dir", str(place), *_options(size)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - ourselves
            mark.write_text(said)


def _options(world: World) -> list[str]:
    return [
        text
        for name in ("rows", "customers", "items", "genes")
        for text in (f"--{name}", str(getattr(world, name)))
    ]


def _in_own_process(name: str, folder: Path, world: World, arguments: argparse.Namespace) -> Result:
    limits = ["--threads", str(arguments.threads), "--memory", str(arguments.memory)]
    command = [sys.executable, __file__, "--only", name, "--dir", str(folder), *_options(world), *limits]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - ourselves
    said = json.loads(done.stdout)
    return Result(**(said | {"runs": tuple(said["runs"])}))


def _measured(name: str, folder: Path, world: World, arguments: argparse.Namespace) -> Result:
    """Warm up on the tiny world, then measure."""
    if name == "world":
        size = WARM if folder.name == "warm" else world
        write_world(folder, world=size)
        return Result(0.0, (), size.rows, 0)
    import imprint_measures as measures

    memory = GIGABYTE if name == "small" else arguments.memory
    measure = measures.MEASURES["committed" if name == "small" else name]
    bench = measures.Bench(folder, world, arguments.threads, memory)
    runs = []
    for which in (
        replace(bench, folder=folder / "warm", world=WARM),
        *[bench] * (1 if name == "state" else RUNS),
    ):
        measures.before(which, measure.__name__)
        begun = time.perf_counter()
        rows = measure(which)
        runs.append(time.perf_counter() - begun)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Result(min(runs[1:]), tuple(runs[1:]), rows, peak)


def _bars(results: dict[str, Result]) -> list[Bar]:
    """Compare what was measured with the promises."""
    time_of = {name: result.seconds for name, result in results.items()}
    bars = []
    if {"bare", "imprint"} <= results.keys():
        bars.append(Bar("O, E and V / bare scan", time_of["imprint"] / time_of["bare"], 6))
    if {"bare", "committed"} <= results.keys():
        bars.append(Bar("committed / bare scan", time_of["committed"] / time_of["bare"], 12))
    if {"sql", "committed"} <= results.keys():
        bars.append(Bar("SQL / committed", time_of["sql"] / time_of["committed"], 4, least=True))
    if {"increment", "committed"} <= results.keys():
        bars.append(Bar("increment / committed", time_of["increment"] / time_of["committed"], 0.05))
    for name, limit in (("committed", 3 * GIGABYTE), ("small", GIGABYTE)):
        if name in results:
            bars.append(Bar(f"peak memory of {name}, GB", results[name].peak / GIGABYTE, limit / GIGABYTE))
    return bars


def _line(name: str, results: dict[str, Result]) -> str:
    result = results[name]
    ratio = f"{result.seconds / results['bare'].seconds:7.2f} x bare" if "bare" in results else " " * 14
    peak = f"{result.peak / GIGABYTE:5.2f} GB peak"
    return f"{name:<10} {result.seconds:8.2f} s {ratio} {result.rows / 1e6:9.2f} M rows  {peak}"


def _verdict(bar: Bar) -> str:
    sign = "at least" if bar.least else "at most"
    return f"{'met   ' if bar.met else 'MISSED'} {bar.name}: {bar.value:.3g} ({sign} {bar.limit:g})"


if __name__ == "__main__":
    sys.exit(main())
