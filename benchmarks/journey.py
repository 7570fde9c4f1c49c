"""The journey's analysis: as lifelines has it, as quick as counting, and bands that hold what they say.

A simulated company of known transition rates (exponential stays, competing destinations). Three parts: the same cases
through lifelines (largest difference, seconds of both); every analysis on SIZE customers (about five spells each); how
often 95 % bands hold the truth over SEEDS companies of 150 customers, and how often a candidate without a part in a
move gets p < .05. Run:

    python benchmarks/journey.py [SIZE] [SEEDS]
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from lifelines import AalenJohansenFitter, KaplanMeierFitter

from customer_genome.journey.analysis._credit import touches
from customer_genome.journey.analysis._survival import stays
from customer_genome.journey.analysis.attribution import attribution
from customer_genome.journey.analysis.curves import Conversion, TimeInPhase, conversion_curves, time_in_phase
from customer_genome.journey.analysis.flows import flows
from customer_genome.journey.analysis.funnel import funnel
from customer_genome.journey.analysis.paths import paths, phase_sequences
from customer_genome.journey.analysis.precedes import Exposures, precedes
from customer_genome.journey.analysis.rates import transition_rates
from customer_genome.journey.analysis.retention import retention
from customer_genome.journey.analysis.segments import Labels, differences

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))
from journey_world import HAZARDS, PHASES, world

CANDIDATES = 40


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return processor seconds (other work on the machine does not count) and the result."""
    began = time.process_time()
    made = work()
    return time.process_time() - began, made


def agreement(customers: int) -> None:
    """Print the largest difference to lifelines over all days of a phase, and the seconds of both."""
    spells = world(customers)
    seen, _ = stays(spells, "lead")
    causes = np.where(seen.cause >= 0, seen.cause, 0)
    ours_seconds, ours = timed(lambda: conversion_curves(spells, "lead"))
    assert isinstance(ours, Conversion)
    print(f"{customers:,} customers, {len(seen.until):,} stays in one phase")
    for code, name in ((1, "trial"), (3, "gone")):
        fit = AalenJohansenFitter(jitter_level=2e-10, calculate_variance=customers <= 20_000)
        theirs_seconds, fitted = timed(lambda fit=fit, code=code: fit.fit(seen.until, causes, code))  # type: ignore[misc]
        theirs = fitted.cumulative_density_.iloc[:, 0]
        curve = ours.to[name]
        place = np.searchsorted(curve.day, theirs.index.to_numpy() + 5e-10, side="right") - 1
        gap = np.abs(curve.value[place] - theirs.to_numpy()).max()
        print(
            f"  lead to {name}: largest difference {gap:.1e}; lifelines {theirs_seconds:.2f} s for this one curve"
        )
    kaplan_seconds, fitted = timed(lambda: KaplanMeierFitter().fit(seen.until, causes > 0))
    found = fitted.survival_function_.iloc[:, 0]
    place = np.searchsorted(ours.staying.day, found.index.to_numpy() + 5e-10, side="right") - 1
    gap = np.abs(ours.staying.value[place] - found.to_numpy()).max()
    print(f"  still there: largest difference {gap:.1e}; lifelines {kaplan_seconds:.2f} s")
    print(f"  ours, all curves with their bands: {ours_seconds:.2f} s")


def speed(customers: int) -> None:
    """Print the seconds of every analysis."""
    spells, random = world(customers, end=400.0, come=300.0), np.random.default_rng(1)
    acts = 8 * customers
    who = np.sort(random.integers(0, customers, acts))
    kind, day = random.integers(0, CANDIDATES, acts), random.uniform(0, 400, acts)
    exposures = Exposures(who, kind, day, tuple(f"thing {one}" for one in range(CANDIDATES)))
    by = Labels("third", ("a", "b", "c"), np.arange(customers) % 3)
    at = np.where(random.random(customers) < 0.1, random.uniform(100, 400, customers), np.nan)
    channels = tuple("abcdefgh")
    given = touches(who, kind % 8, day, channels=channels, converted_at=at, window=90)
    work: dict[str, Callable[[], Any]] = {
        "transition rates": lambda: transition_rates(spells),
        "time in phase": lambda: time_in_phase(spells, "trial"),
        "conversion curves": lambda: conversion_curves(spells, "trial"),
        "differences of 3 segments": lambda: differences(spells, "trial", by=by, day=20),
        "flows": lambda: flows(spells, 200, 228),
        "funnel": lambda: funnel(spells, PHASES[:3], within=60),
        "paths": lambda: paths(phase_sequences(spells, goal="subscription")),
        "retention": lambda: retention(who, day, end=400.0),
        f"precedes, {CANDIDATES} candidates": lambda: precedes(
            spells, exposures, start="trial", to="subscription"
        ),
        "attribution, 8 channels": lambda: attribution(given),
    }
    print(f"\n{customers:,} customers, {len(spells.customer):,} spells, {acts:,} interactions")
    for name, one in work.items():
        print(f"  {name:28s}{timed(one)[0]:6.2f} s")


def coverage(seeds: int) -> None:
    """Print how often 95 % bands hold the truth, and how often chance alone is called a finding at p < .05."""
    held: dict[str, list[bool]] = {
        name: [] for name in ("rate", "curve", "late entries", "median", "mean", "no part")
    }
    total = float(HAZARDS[0].sum())

    def truth(day: float) -> float:
        return float(HAZARDS[0, 1] / total * (1 - np.exp(-total * day)))

    for seed in range(seeds):
        spells = world(150, seed=seed)
        rate = transition_rates(spells).rate("lead", "trial")
        held["rate"].append(_holds(rate, 30 * HAZARDS[0, 1]))
        for name, given in (("curve", spells), ("late entries", replace(spells, start=60.0))):
            found = conversion_curves(given, "lead")
            assert isinstance(found, Conversion)
            held[name] += [_holds(found.to["trial"].at(day), truth(day)) for day in (5, 10, 20)]
        lasting = time_in_phase(spells, "lead", horizon=20)
        assert isinstance(lasting, TimeInPhase)
        held["median"].append(_holds(lasting.median, np.log(2) / total))
        held["mean"].append(_holds(lasting.mean, (1 - np.exp(-20 * total)) / total))
        random = np.random.default_rng(seed)
        who = random.integers(0, 150, 6_000)
        given_to = Exposures(who, random.integers(0, 4, 6_000), random.uniform(0, 150, 6_000), tuple("wxyz"))
        made = precedes(spells, given_to, start="lead", to="trial", days=7, seed=seed)
        held["no part"] += [one.p >= 0.05 for one in made.found if one.p is not None]
    print(f"\nof 95 % bands, so many hold the truth ({seeds} companies of 150 customers)")
    for name, one in held.items():
        print(f"  {name:14s}{np.mean(one):.3f} of {len(one):,}")


def _holds(found: Any, truth: float) -> bool:
    return bool(found.low <= truth <= (np.inf if found.high is None else found.high))


def main() -> None:
    """Print agreement, speed and coverage."""
    warnings.simplefilter("ignore")
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 400_000
    seeds = int(sys.argv[2]) if len(sys.argv) > 2 else 500
    conversion_curves(world(100), "lead")  # compiles
    agreement(2_000)
    agreement(min(size, 200_000))
    speed(size)
    coverage(seeds)


if __name__ == "__main__":
    main()
