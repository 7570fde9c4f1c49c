"""Curves, rates and flows: what must always hold, and that planted rates are found as often as the bands say."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customer_genome.core.errors import ContractError, GenomeError
from customer_genome.journey.analysis._survival import number_at_risk
from customer_genome.journey.analysis._survival import stays as stays_of
from customer_genome.journey.analysis.curves import conversion_curves, time_in_phase
from customer_genome.journey.analysis.flows import flows
from customer_genome.journey.analysis.funnel import funnel
from customer_genome.journey.analysis.rates import transition_rates
from customer_genome.journey.analysis.segments import by_segment, differences, high_and_low, labels
from customer_genome.journey.analysis.spells import Spells, days, standing, stands
from journey_world import HAZARDS, PHASES, stays, world

CASES = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 2)), min_size=10, max_size=40)


@given(CASES)
@settings(deadline=None, max_examples=60)
def test_incidences_and_survival_sum_to_one_within_their_bands(cases):
    found = conversion_curves(stays(*zip(*cases, strict=True)), "here")
    total = found.staying.value + sum(curve.value for curve in found.to.values())
    assert total == pytest.approx(np.ones(len(total)))
    for curve in (found.staying, *found.to.values()):
        assert np.all((curve.low <= curve.value + 1e-12) & (curve.value <= curve.high + 1e-12))
        assert np.isfinite([curve.low, curve.high]).all()
    for curve in found.to.values():
        assert np.all(np.diff(curve.value) >= -1e-12)


@given(CASES, st.integers(0, 1_000))
@settings(deadline=None, max_examples=40)
def test_neither_the_order_of_customers_nor_the_names_of_destinations_matter(cases, seed):
    until, cause = (np.array(column) for column in zip(*cases, strict=True))
    order = np.random.default_rng(seed).permutation(len(until))
    one = conversion_curves(stays(until, cause), "here")
    other = conversion_curves(stays(until[order], np.array([0, 2, 1])[cause[order]]), "here")
    for name, swapped in (("one", "two"), ("two", "one")):
        if name in one.to:
            np.testing.assert_allclose(one.to[name].value, other.to[swapped].value, atol=1e-12)
            np.testing.assert_allclose(one.to[name].high, other.to[swapped].high, atol=1e-9)


@given(CASES)
@settings(deadline=None, max_examples=40)
def test_where_nobody_is_cut_off_it_is_the_share_with_its_binomial_variance(cases):
    until, cause = (np.array(column) for column in zip(*cases, strict=True))
    cause = np.maximum(cause, 1)
    found = conversion_curves(stays(until, cause), "here").to.get("one")
    if found is None:
        return
    for day, value, high in zip(found.day, found.value, found.high, strict=True):
        share = np.mean((until <= day) & (cause == 1))
        assert value == pytest.approx(share)
        if 0 < share < 1:
            error = 1.959964 * np.sqrt(share * (1 - share) / len(until)) / ((1 - share) * -np.log(1 - share))
            assert high == pytest.approx(1 - (1 - share) ** np.exp(error), abs=1e-6)


@pytest.mark.parametrize("earlier", [60.0, 90.0])
def test_to_look_for_longer_only_adds_to_what_is_known(earlier):
    whole, before = world(400, end=150), world(400, end=150)
    kept = before.entered < earlier
    cut = replace(
        before, customer=before.customer[kept], phase=before.phase[kept], entered=before.entered[kept],
        left=np.where(before.left < earlier, before.left, np.nan)[kept], end=earlier,
    )  # fmt: skip
    later, sooner = (conversion_curves(one, "lead") for one in (whole, cut))
    assert later.staying.last >= sooner.staying.last
    grid = np.arange(0, sooner.staying.last, 1.0)
    at_risk = [number_at_risk(stays_of(one, "lead")[0], grid) for one in (whole, cut)]
    assert np.all(at_risk[0] >= at_risk[1])
    assert sum(later.left.values()) >= sum(sooner.left.values())
    dated = replace(whole, end=earlier)  # later rows that are there are not looked at
    for name, curve in conversion_curves(dated, "lead").to.items():
        np.testing.assert_allclose(curve.value, sooner.to[name].value)


def _truth(start, to, day):
    rate = HAZARDS[PHASES.index(start)]
    return rate[PHASES.index(to)] / rate.sum() * (1 - np.exp(-rate.sum() * day))


def test_planted_rates_and_curves_lie_within_their_bands_as_often_as_these_say():
    held = {"curve": [], "rate": [], "median": [], "mean": [], "share": []}
    total = HAZARDS[0].sum()
    for seed in range(250):
        spells = world(150, seed=seed)
        curves = conversion_curves(spells, "lead")
        for to, day in (("trial", 5), ("trial", 20), ("gone", 10)):
            found = curves.to[to].at(day)
            held["curve"].append(found.low <= _truth("lead", to, day) <= found.high)
        rates = transition_rates(spells)
        for to, rate in (("trial", 1 / 20), ("gone", 1 / 60)):
            found = rates.rate("lead", to)
            held["rate"].append(found.low <= 30 * rate <= found.high)
        lasting = time_in_phase(spells, "lead", horizon=20)
        held["median"].append(lasting.median.low <= np.log(2) / total <= lasting.median.high)
        held["mean"].append(lasting.mean.low <= (1 - np.exp(-20 * total)) / total <= lasting.mean.high)
        left = next(move for move in rates.moves if (move.start, move.to) == ("lead", "trial")).share
        held["share"].append(left.low <= HAZARDS[0, 1] / total <= left.high)
    shares = {name: np.mean(one) for name, one in held.items()}
    assert all(0.925 <= one <= 0.985 for one in shares.values()), shares


def test_late_entries_do_not_move_the_curves():
    """Spells that began before anybody looked are seen from then on: no bias, and the bands still hold."""
    held, naive = [], []
    for seed in range(150):
        spells = replace(world(250, seed=seed), start=60.0)
        found = conversion_curves(spells, "lead").to["trial"].at(10)
        held.append(found.low <= _truth("lead", "trial", 10) <= found.high)
        shown = ~(spells.left <= 60)
        rows = (part[shown] for part in (spells.customer, spells.phase, spells.entered, spells.left))
        naive.append(
            conversion_curves(Spells(*rows, PHASES, 150.0, spells.ids), "lead").to["trial"].at(10).value
        )
    assert 0.91 <= np.mean(held) <= 0.99
    assert np.mean(naive) < _truth("lead", "trial", 10) - 0.03  # who stayed is seen, who left is not


def test_a_day_on_which_the_only_one_seen_left_ends_what_can_be_said():
    until, cause = [3.0] + [20.0 + one for one in range(12)], [1] * 13
    found = conversion_curves(stays(until, cause, since=[0.5] + [10.0] * 12), "here")
    assert found.to["one"].at(2.5).value == 0
    assert "nobody was followed for 3 days; the longest was 3" in found.to["one"].at(3).reason
    assert time_in_phase(stays(until, cause, since=[0.5] + [10.0] * 12), "here").median.value is None


def test_spells_whose_beginning_nobody_knows_are_counted_and_left_out():
    spells = world(50)
    first = np.append(True, spells.customer[1:] != spells.customer[:-1])
    entered = np.where(first & (spells.customer < 5), np.nan, spells.entered)
    found = time_in_phase(replace(spells, entered=entered), "lead")
    again = spells.customer[(spells.phase == 0) & ~first & (spells.customer < 5)]
    assert (found.left_out, found.customers) == (5, 45 + len(set(again.tolist())))


@given(st.integers(1, 40), st.integers(0, 10_000), st.floats(0, 150), st.floats(0, 150))
@settings(deadline=None, max_examples=60)
def test_everybody_is_in_one_phase_and_the_flows_add_up(customers, seed, one, other):
    spells = world(customers, seed=seed)
    found = flows(spells, min(one, other), max(one, other))
    net = found.before + found.came + found.moved.sum(axis=0) - found.moved.sum(axis=1) - found.gone
    assert net.tolist() == found.after.tolist()
    held = spells.customer[stands(spells, one)]
    came = np.unique(spells.customer[spells.entered <= one])
    assert sorted(held.tolist()) == came.tolist()
    assert standing(spells, one).sum() == len(held)


@given(st.integers(0, 1_000))
@settings(deadline=None, max_examples=20)
def test_the_funnel_only_narrows_and_counts_everybody(seed):
    spells = world(60, seed=seed)
    steps = funnel(spells, ["lead", "trial", "subscription", "gone"], within=40).steps
    for before, after in pairwise(steps):
        assert after.customers + sum(after.others.values()) == before.customers


def test_a_funnel_of_nonsense_is_refused():
    spells = world(10)
    for wrong in (["lead"], ["lead", "lead"]):
        with pytest.raises(GenomeError):
            funnel(spells, wrong)
    with pytest.raises(GenomeError, match="more than 0"):
        funnel(spells, ["lead", "trial"], within=0)
    with pytest.raises(ContractError, match="no phase 'won'"):
        funnel(spells, ["lead", "won"])
    with pytest.raises(GenomeError, match="ends after it starts"):
        flows(spells, 5, 4)


def test_a_horizon_cuts_the_curves():
    found = conversion_curves(world(100), "lead", horizon=7)
    assert found.staying.last == 7
    assert found.staying.sampled(np.array([0.0, 7, 8]))["value"][2] is None
    with pytest.raises(GenomeError, match="a horizon is a number of days"):
        conversion_curves(world(100), "lead", horizon=-1)


def test_each_segment_is_what_it_would_be_alone():
    spells = world(200)
    names = [None if one % 50 == 0 else ("small" if one < 8 else "abc"[one % 3]) for one in range(200)]
    by = labels("letter", names)
    found = by_segment(spells, by, lambda part: conversion_curves(part, "lead"))
    assert "too few to say: 7 customers" in found["small"].reason
    alone = conversion_curves(spells.of(np.array([name == "a" for name in names])), "lead")
    assert found["a"].customers == alone.customers == names.count("a")
    assert found["a"].to["trial"].at(9) == alone.to["trial"].at(9)
    with pytest.raises(ContractError, match="does not fit"):
        by_segment(spells, replace(by, code=by.code[:5]), lambda part: part)


def test_thirds_of_a_number():
    found = high_and_low("gene", np.array([1.0, 2, 3, 4, 5, 6, np.nan]))
    assert [found.names[code] if code >= 0 else None for code in found.code] == [
        "low", "low", "between", "between", "high", "high", None,
    ]  # fmt: skip
    assert high_and_low("gene", np.full(3, np.nan)).code.tolist() == [-1, -1, -1]


def test_segments_that_do_not_differ_are_rarely_said_to():
    wrong = {"leaving": [], "to trial": [], "to trial by day 15": []}
    for seed in range(200):
        by = labels("letter", np.random.default_rng(seed).choice(["a", "b", "c"], 150).tolist())
        for one in differences(world(150, seed=seed), "lead", by=by, day=15):
            if one.what in wrong and one.p is not None:
                wrong[one.what].append(one.p < 0.05)
    rates = {what: np.mean(found) for what, found in wrong.items()}
    assert all(0.01 <= rate <= 0.095 for rate in rates.values()), rates


def test_a_planted_difference_is_found_and_said_of_the_right_destination():
    slow, fast = world(250, seed=1), world(250, seed=2)
    first = fast.phase == 0
    sped = np.where(first & (fast.to == 1), fast.entered + 0.3 * (fast.left - fast.entered), fast.left)
    fast = replace(fast, left=np.where(first, sped, fast.left))
    fast = replace(fast, entered=np.where(np.append(False, first[:-1]) & (fast.entered > 0) & ~first,
                                          np.append(0, fast.left[:-1]), fast.entered))  # fmt: skip
    both = Spells(
        np.concatenate([slow.customer, fast.customer + 250]), np.concatenate([slow.phase, fast.phase]),
        np.concatenate([slow.entered, fast.entered]), np.concatenate([slow.left, fast.left]), PHASES, slow.end,
        pa.array([str(one) for one in range(500)]),
    )  # fmt: skip
    found = {
        one.what: one
        for one in differences(both, "lead", by=labels("x", ["slow"] * 250 + ["fast"] * 250), day=7)
    }
    assert found["to trial"].q < 0.001
    assert found["to trial by day 7"].q < 0.001
    assert found["to trial"].q >= found["to trial"].p
    alone = differences(both, "lead", by=labels("x", ["slow"] * 495 + ["fast"] * 5), day=7)
    assert alone[0].p is None
    assert "fewer than two segments" in alone[0].reason


def test_days_are_of_the_zone_and_know_no_time_that_is_missing():
    at = pa.chunked_array([pa.array([datetime(1970, 1, 2, tzinfo=UTC), None], pa.timestamp("us", "UTC"))])
    found = days(at, zone=ZoneInfo("Asia/Tokyo"), as_of=datetime(2020, 1, 1, tzinfo=UTC))
    assert found == pytest.approx([1 + 9 / 24, np.nan], nan_ok=True)
