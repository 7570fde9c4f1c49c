"""The stage `publish`: one ledger row makes everything that the build wrote visible at once."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from customer_genome.core.project import BUILT_FOR
from customer_genome.core.settings import BuildSettings
from customer_genome.core.step import Sql, StepRun
from customer_genome.ledger import snapshots
from customer_genome.precision import interactions_known
from customer_genome.privacy import STORED, Workbench


def publish(bench: Workbench, settings: BuildSettings) -> tuple[StepRun, ...]:
    """Commit the snapshot; before this row nobody sees the build, after it everybody does."""
    assert bench.state.as_of is not None
    held = None if bench.refit or bench.base is None else bench.base.inputs.get("reference")
    newest = bench.stored(Sql(f"SELECT COALESCE(MAX(load_id), 0) AS n FROM {STORED}loads", reads=("loads",)))
    before = {run["name"]: run for run in bench.base.runs} if bench.base is not None else {}
    now = {run.name: asdict(run) | {"generation": bench.generation} for run in bench.runs}
    snapshots.publish(
        bench.ledger,
        branch=bench.state.branch,
        as_of=bench.state.as_of,
        pins={name: (pin.branch, pin.version) for name, pin in bench.state.pins.items()},
        inputs={
            **depends_on(bench),
            "load_id": int(newest["n"][0].as_py()),
            "generation": bench.generation,
            "reference": held
            or {"as_of": bench.state.as_of.isoformat(), "interactions": interactions_known(bench)},
        },
        runs=tuple((before | now).values()),
        current=settings.current,
    )
    return ()


def depends_on(bench: Workbench) -> dict[str, Any]:
    """Return what decides a build besides its data: configuration, code, and who refused what."""
    return {
        "configuration": bench.project.fingerprint(),
        "code": CODE,
        "refusals": {name: bench.refusals(name).digest() for name in BUILT_FOR},
    }


CODE = "2"
"""Counted up when the meaning of a derived table changes, so that a new release derives them anew."""
