"""Measures the volume monitor: false alarms of quiet sources, and how many planted incidents it finds, and when.

    python benchmarks/monitors.py [--sources 50]

Sources are negative binomial with a weekday pattern (every second one closed at weekends), a year each, of which the
first 35 days only teach. Incidents are planted on day 200: silence or doubling, for 10 days.
"""

from __future__ import annotations

import argparse

import numpy as np

from customer_genome.precision.volume import volumes

DAYS, TAUGHT, PLANTED, LASTS = 365, 35, 200, 10
WEEKS = (np.array([1.3, 1.3, 1.2, 1.2, 1.2, 0.6, 0.2]), np.array([1.4, 1.4, 1.4, 1.4, 1.4, 0.0, 0.0]))


def counts(mean: float, spread: float, *, seed: int) -> np.ndarray:
    """Draw a year of one quiet source, the variance `spread` times the mean."""
    means = mean * WEEKS[seed % 2][np.arange(DAYS) % 7]
    size = np.maximum(means / (spread - 1), 1e-9)
    return np.where(means > 0, np.random.default_rng(seed).negative_binomial(size, 1 / spread), 0)


def found_after(drawn: np.ndarray, factor: int) -> float:
    """Return the days from the planted incident to the first day whose data show it, infinity for never."""
    drawn = drawn.copy()
    drawn[PLANTED : PLANTED + LASTS] *= factor
    for day in range(PLANTED, PLANTED + LASTS):
        spells = volumes(drawn[: day + 2], complete=day + 1)
        if any(spell.last >= PLANTED for spell in spells):
            return day - PLANTED + 1.0
    return float("inf")


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sources", type=int, default=50)
    options = parser.parse_args()
    print(
        f"{'a day':>8}{'spread':>8}{'false a year':>14}{'silence found':>15}{'days':>6}{'doubling':>10}{'days':>6}"
    )
    for mean, spread in ((0.5, 1.5), (3, 1.5), (3, 4), (30, 1.5), (30, 4), (1000, 20), (20_000, 400)):
        drawn = [counts(mean, spread, seed=seed) for seed in range(options.sources)]
        false = sum(len(volumes(each, complete=DAYS - 1)) for each in drawn)
        years = options.sources * (DAYS - TAUGHT) / 365
        days = {factor: [found_after(each, factor) for each in drawn[:10]] for factor in (0, 2)}
        shown = "".join(
            f"{np.isfinite(each).mean():>{width}.0%}{np.median(each):>6.0f}"
            for each, width in ((days[0], 15), (days[2], 10))
        )
        print(f"{mean:>8g}{spread:>8g}{false / years:>14.3f}{shown}")


if __name__ == "__main__":
    main()
