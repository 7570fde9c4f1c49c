"""A build: from what the sources hold to a published snapshot, or nothing at all."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from customer_genome.app.folder import Folder, build_lock
from customer_genome.app.pipeline import STAGES
from customer_genome.app.publish import depends_on
from customer_genome.core.settings import BuildSettings
from customer_genome.engine import Pin
from customer_genome.ledger import Snapshot, snapshots
from customer_genome.privacy import State, Workbench
from customer_genome.sources import clear_landing
from customer_genome.tables import TABLES


@dataclass(frozen=True)
class Built:
    """What a build did: `changed` is False where nothing was new; `touched` counts the customers derived anew."""

    snapshot: Snapshot
    changed: bool
    touched: int
    seconds: float


def build(folder: Folder, settings: BuildSettings) -> Built:
    """Run the pipeline; a build that fails or is killed leaves the last published snapshot in force.

    An `as_of` in the settings builds a branch of its own, which sees only what was known before that moment.
    """
    started = time.perf_counter()
    with build_lock(folder.root):
        bench = workbench(folder, branch=branch_of(settings.as_of), as_of=settings.as_of)
        try:
            changed = _run(bench, settings)
        finally:
            bench.engine.close()
        clear_landing(folder.root)
        snapshot = snapshots.newest(folder.ledger, branch=bench.state.branch)
        assert snapshot is not None
        if not changed and settings.current:
            snapshots.make_current(folder.ledger, snapshot)
        if changed:
            kept = snapshots.prune(folder.ledger, keep=folder.project.retention.snapshots)
            folder.lake.sweep({Pin(name, *pin) for each in kept for name, pin in each.pins.items()})
        touched = bench.touched.num_rows if changed else 0
        return Built(snapshot, changed, touched, time.perf_counter() - started)


def branch_of(as_of: datetime | None) -> str:
    """Return the branch that holds the builds of an as-of; `main` follows the data."""
    return "main" if as_of is None else as_of.astimezone(UTC).strftime("asof-%Y%m%dT%H%M%SZ")


def workbench(folder: Folder, *, branch: str, as_of: datetime | None) -> Workbench:
    """Open a branch for writing, as its last snapshot left it; what a killed build left is undone.

    Whoever opens one holds the build lock, and closes its engine.
    """
    base = snapshots.newest(folder.ledger, branch=branch)
    latest = snapshots.last(folder.ledger)
    pins = _pins(latest, base)
    _roll_back(folder, pins, branch)
    return Workbench(
        project=folder.project,
        engine=folder.engine(),
        lake=folder.lake,
        ledger=folder.ledger,
        keys=folder.keys,
        state=State(pins, branch, as_of),
        actor="build",
        base=base,
        generation=int(base.inputs["generation"]) + 1 if base is not None else 1,
    )


def _run(bench: Workbench, settings: BuildSettings) -> bool:
    bench.everyone = settings.full or bench.base is None or _depends_differ(bench)
    if bench.base is not None and bench.everyone and not settings.full and settings.refit is None:
        settings = replace(settings, refit=_configuration_differs(bench))
    before = dict(bench.state.pins)
    settings.progress.begin("building", total=len(STAGES), unit="stages")
    for stage in STAGES:
        name, ran = stage.__name__, len(bench.runs)
        stage(bench, settings)
        bench.runs[ran:] = [replace(run, stage=name) for run in bench.runs[ran:]]
        settings.progress.advance(note=name)
        if name == "load" and not bench.everyone and bench.state.pins == before and not _news(bench):
            settings.progress.end()
            return False
    settings.progress.end()
    return True


def _news(bench: Workbench) -> bool:
    """Whether another branch loaded base rows since this branch's last build."""
    return bench.moved(*(name for name, table in TABLES.items() if table.layer == "base"))


def _depends_differ(bench: Workbench) -> bool:
    assert bench.base is not None
    return any(bench.base.inputs.get(key) != value for key, value in depends_on(bench).items())


def _configuration_differs(bench: Workbench) -> bool | None:
    assert bench.base is not None
    now = depends_on(bench)
    return True if any(bench.base.inputs.get(key) != now[key] for key in ("configuration", "code")) else None


def _pins(latest: Snapshot | None, base: Snapshot | None) -> dict[str, Pin]:
    """Base tables as the newest snapshot of any branch left them, derived ones as this branch's did."""
    pins: dict[str, Pin] = {}
    for snapshot, wanted in ((latest, {"base"}), (base, {"derived"})):
        if snapshot is not None:
            pins |= {
                name: Pin(name, branch, version)
                for name, (branch, version) in snapshot.pins.items()
                if TABLES[name].layer in wanted
            }
    return pins


def _roll_back(folder: Folder, pins: dict[str, Pin], branch: str) -> None:
    """Undo what a killed build committed without publishing."""
    for name, table in TABLES.items():
        place = "base" if table.layer == "base" else branch
        if name in pins:
            folder.lake.roll_back(pins[name])
        elif table.layer != "view":
            folder.lake.discard(name, branch=place)
