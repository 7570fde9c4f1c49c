"""The stage `check`: the accounts close, the as-of is settled, and the monitors say what is not as it was."""

from __future__ import annotations

from datetime import datetime, timedelta

from customer_genome.core.as_of import next_midnight
from customer_genome.core.errors import BuildError
from customer_genome.core.settings import BuildSettings
from customer_genome.core.step import Sql, StepRun
from customer_genome.precision.monitors import monitor
from customer_genome.privacy import STORED, Workbench


def check(bench: Workbench, settings: BuildSettings) -> tuple[StepRun, ...]:
    """Stop if a source's account does not close; settle the as-of and whether the reference is stale; monitor."""
    unclosed = bench.stored(
        Sql(
            f"SELECT source, file FROM {STORED}loads WHERE received <> stored + duplicates + quarantined + suppressed",
            reads=("loads",),
        )
    )
    if unclosed.num_rows:
        named = ", ".join(f"{row['source']}: {row['file']}" for row in unclosed.to_pylist())
        raise BuildError(
            "the accounts do not close",
            found=named,
            expected="received = stored + duplicates + quarantined + suppressed",
            fix="report this: no input should be able to cause it",
        )
    if bench.state.as_of is None:
        newest = bench.stored(
            Sql(f"SELECT MAX(known_at) AS newest FROM {STORED}interactions", reads=("interactions",))
        )["newest"][0].as_py()
        bench.state.as_of = next_midnight(
            newest if newest is not None else settings.now, zone=bench.project.tz
        )
    bench.refit = _stale(bench, settings)
    bench.everyone = bench.everyone or bench.refit
    return (monitor(bench),)


def interactions_known(bench: Workbench) -> int:
    """Return the number of interactions that the as-of lets see."""
    sql = Sql(
        f"SELECT COUNT(*) AS n FROM {STORED}interactions WHERE known_at < $as_of",
        reads=("interactions",),
        params={"as_of": bench.state.as_of},
    )
    return int(bench.stored(sql)["n"][0].as_py())


def _stale(bench: Workbench, settings: BuildSettings) -> bool:
    if settings.refit is not None:
        return settings.refit or bench.base is None
    if bench.base is None or settings.full or "reference" not in bench.base.inputs:
        return True
    if bench.moved("items", "item_values", "declared_dna"):
        return True
    held, limits = bench.base.inputs["reference"], bench.project.reference
    assert bench.state.as_of is not None
    age = bench.state.as_of - datetime.fromisoformat(held["as_of"])
    grown = interactions_known(bench) > held["interactions"] * (1 + limits.max_growth)
    return abs(age) > timedelta(days=limits.max_age_days) or grown
