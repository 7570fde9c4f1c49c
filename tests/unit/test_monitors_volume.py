"""Volumes: planted silences, drops and doublings are found by day; quiet sources are left alone, and how often not."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from customer_genome.precision.cross_source import shifted
from customer_genome.precision.volume import Spell, volumes

WEEK = np.array([1.3, 1.3, 1.2, 1.2, 1.2, 0.6, 0.2])
Counts = NDArray[np.int64]


def quiet(
    days: int, mean: float, *, seed: int, spread: float = 2.0, week: NDArray[np.float64] = WEEK
) -> Counts:
    """Draw daily counts with a weekday pattern, negative binomial with variance `spread` times the mean."""
    means = mean * week[np.arange(days) % 7]
    draws = np.random.default_rng(seed)
    lively = draws.negative_binomial(np.maximum(means / (spread - 1), 1e-9), 1 / spread)
    return np.where(means > 0, lively, 0).astype(np.int64)


def only(found: list[Spell]) -> Spell:
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize("mean", [1, 10, 300, 20_000])
def test_quiet_sources_raise_fewer_than_one_alarm_in_ten_years(mean: float) -> None:
    """Measured over 20 sources of 330 judged days at each level, half of them closed at weekends."""
    closed = np.array([1.4, 1.4, 1.4, 1.4, 1.4, 0, 0])
    found = [
        spell
        for seed in range(20)
        for spell in volumes(quiet(365, mean, seed=seed, week=closed if seed % 2 else WEEK), complete=364)
    ]
    years = 20 * (365 - 35) / 365
    assert len(found) <= 0.1 * years, found


@pytest.mark.parametrize(("mean", "within"), [(2, 14), (30, 2), (5000, 1)])
def test_a_silence_is_found_from_its_first_day_and_lasts(mean: float, within: int) -> None:
    counts = quiet(200, mean, seed=3)
    counts[200 - within - 1 :] = 0
    spell = only(volumes(counts, complete=199))
    assert spell.kind == "silent"
    assert spell.open
    assert spell.first == np.flatnonzero(counts)[-1] + 1
    assert spell.found == 0


def test_days_on_which_a_source_never_speaks_are_no_silence() -> None:
    counts = quiet(200, 50, seed=4, week=np.array([1, 1, 1, 1, 1, 0, 0]))
    assert volumes(counts, complete=199) == []
    assert volumes(np.zeros(200, np.int64), complete=199) == []


def test_a_source_that_delivers_once_a_month_is_silent_only_when_it_misses_a_month() -> None:
    counts = np.zeros(365, np.int64)
    counts[::30] = 900
    assert volumes(counts[:330], complete=329) == []
    counts[330:] = 0
    late = np.append(counts, np.zeros(60, np.int64))
    assert [spell.kind for spell in volumes(late, complete=len(late) - 1)] == ["silent"]


def test_a_doubling_is_found_and_teaches_nothing_until_it_has_lasted_four_weeks() -> None:
    counts = quiet(260, 40, seed=5)
    counts[150:165] *= 2
    spell = only(volumes(counts, complete=259))
    assert spell.kind == "doubled"
    assert abs(spell.first - 150) <= 2
    assert abs(spell.last - 164) <= 2
    assert not spell.open
    assert spell.found / spell.expected == pytest.approx(2, rel=0.2)
    counts = quiet(260, 40, seed=5)
    counts[150:] *= 2
    assert not any(spell.open for spell in volumes(counts, complete=259))


def test_what_is_tested_teaches_nothing() -> None:
    """Four weeks of a tenfold volume, a day of rest, and the same again: the second is as new as the first."""
    counts = quiet(200, 40, seed=6)
    counts[150:160] *= 10
    counts[170:180] *= 10
    first, second = volumes(counts, complete=199)
    assert (first.kind, second.kind) == ("doubled", "doubled")
    assert second.expected == pytest.approx(first.expected, rel=0.3)


def test_known_incidents_teach_nothing() -> None:
    counts = quiet(120, 40, seed=7)
    counts[60:100] = 0
    counts[0:1] = 40
    incidents = np.zeros(120, bool)
    incidents[55:101] = True
    assert not [spell for spell in volumes(counts, complete=119, incidents=incidents) if spell.first > 100]


def test_a_day_that_is_not_over_lacks_nothing_but_can_hold_too_much() -> None:
    counts = quiet(120, 400, seed=8)
    counts[-1] = 3
    assert volumes(counts, complete=119) == []
    counts[-1] = 4000
    assert only(volumes(counts, complete=119)).kind == "doubled"


def test_a_source_that_drifts_from_the_others_is_told_from_a_holiday_of_all() -> None:
    own, others = quiet(150, 300, seed=9), quiet(150, 2000, seed=10)
    assert shifted(own, others) is None
    both = np.where(np.arange(150) >= 136, 3, 10)
    assert shifted(own * both // 10, others * both // 10) is None
    lower = own.copy()
    lower[136:] = lower[136:] * 6 // 10
    moved = shifted(lower, others)
    assert moved is not None
    assert moved[0] / moved[1] == pytest.approx(0.6, rel=0.1)


def test_few_sources_seem_to_drift_by_chance() -> None:
    found = [
        seed
        for seed in range(400)
        if shifted(quiet(100, 50, seed=seed), quiet(100, 500, seed=seed + 10_000)) is not None
    ]
    assert found == []
