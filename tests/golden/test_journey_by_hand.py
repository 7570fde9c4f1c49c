"""The journey's figures on cases small enough to count on paper."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import chi2

from customer_genome.core.errors import ContractError
from customer_genome.core.intervals import benjamini_hochberg, poisson_rate, share
from customer_genome.journey.analysis._credit import Touches, removal, rules, shapley, summed, touches
from customer_genome.journey.analysis._matching import exposed_sums
from customer_genome.journey.analysis.curves import conversion_curves, time_in_phase
from customer_genome.journey.analysis.flows import flows
from customer_genome.journey.analysis.funnel import funnel, median
from customer_genome.journey.analysis.paths import event_sequences, paths, phase_sequences
from customer_genome.journey.analysis.rates import transition_rates
from customer_genome.journey.analysis.retention import retention
from customer_genome.journey.analysis.spells import Spells, spells, standing
from journey_world import stays

PHASES = ("lead", "trial", "paying", "gone")
NAN = np.nan
# a: lead 0-10, trial 10-20, paying from 20     b: lead 0-5, paying 5-25, gone 25-30, paying from 30
# c: lead 10-40, gone from 40                   d: lead from 35
ROWS = [
    (0, 0, 0, 10), (0, 1, 10, 20), (0, 2, 20, NAN),
    (1, 0, 0, 5), (1, 2, 5, 25), (1, 3, 25, 30), (1, 2, 30, NAN),
    (2, 0, 10, 40), (2, 3, 40, NAN),
    (3, 0, 35, NAN),
]  # fmt: skip


def _spells(start=-np.inf, end=50.0) -> Spells:
    customer, phase, entered, left = (np.array(column) for column in zip(*ROWS, strict=True))
    return Spells(
        customer, phase, entered.astype(float), left.astype(float), PHASES, end, pa.array(list("abcd")), start
    )


def test_rates_by_hand():
    found = transition_rates(_spells())
    counts = {(move.start, move.to): move.count for move in found.moves}
    assert counts == {
        ("lead", "trial"): 1, ("lead", "paying"): 1, ("lead", "gone"): 1, ("trial", "paying"): 1,
        ("paying", "gone"): 1, ("gone", "paying"): 1,
    }  # fmt: skip
    days = {one.phase: one.days for one in found.phases}
    assert days == {"lead": 10 + 5 + 30 + 15, "trial": 10, "paying": 30 + 20 + 20, "gone": 5 + 10}
    rate = found.rate("lead", "trial")
    assert rate.value == pytest.approx(30 / 60)
    assert (rate.low, rate.high) == pytest.approx(
        (0.5 * 0.025318, 0.5 * 5.571643), rel=1e-4
    )  # Garwood, n = 1
    nothing = found.rate("trial", "gone")
    assert (nothing.value, nothing.low) == (0, 0)
    assert nothing.high == pytest.approx(30 / 10 * -np.log(0.025))
    assert found.rate("gone", "lead").value == 0
    by_name = {(move.start, move.to): move for move in found.moves}
    assert by_name["lead", "paying"].skipped == ("trial",)
    assert by_name["gone", "paying"].backward
    assert "too few to say: 3 moves" in by_name["lead", "gone"].share.reason
    assert found.skips == {"trial": 2, "paying": 1}
    assert found.regressions == 1
    assert {one.phase: one.returned for one in found.phases} == {
        "lead": 0,
        "trial": 0,
        "paying": 1,
        "gone": 0,
    }


def test_an_order_that_leaves_a_phase_out_neither_skips_it_nor_falls_back_from_it():
    found = transition_rates(_spells(), order=("lead", "trial", "paying"))
    assert (found.skips, found.regressions) == ({"trial": 1}, 0)
    with pytest.raises(ContractError, match="no phase 'won'"):
        transition_rates(_spells(), order=("lead", "won"))


def test_what_lies_before_the_beginning_or_after_the_end_counts_for_nothing():
    found = transition_rates(_spells(start=20, end=32))
    assert {(move.start, move.to): move.count for move in found.moves} == {
        ("paying", "gone"): 1, ("gone", "paying"): 1,
    }  # fmt: skip
    assert {one.phase: one.days for one in found.phases} == {
        "lead": 12,
        "trial": 0,
        "paying": 12 + 5 + 2,
        "gone": 5,
    }


def test_flows_and_standing_by_hand():
    found = flows(_spells(), 5, 30)
    assert found.before.tolist() == [1, 0, 1, 0]
    assert found.after.tolist() == [1, 0, 2, 0]
    assert found.moved.tolist() == [[0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 1, 0]]
    assert (found.came.tolist(), found.gone.tolist()) == ([1, 0, 0, 0], [0, 0, 0, 0])
    assert standing(_spells(), 10).tolist() == [1, 1, 1, 0]


def test_incidences_with_ties_by_hand():
    """Of ten: two leave for one on day 1, two for each on day 2, two are cut off on day 3, two on day 4."""
    found = conversion_curves(stays([1, 2, 2, 3, 4] * 2, [1, 2, 1, 0, 0] * 2), "here")
    assert found.left == {"one": 4, "two": 2}
    assert [found.to["one"].at(day).value for day in (0, 1, 2, 4)] == pytest.approx([0, 0.2, 0.4, 0.4])
    assert [found.to["two"].at(day).value for day in (1, 2)] == pytest.approx([0, 0.2])
    assert found.staying.at(2).value == pytest.approx(0.4)
    error = 1.959964 * np.sqrt(0.2 * 0.8 / 10) / (0.8 * -np.log(0.8))
    at_one = found.to["one"].at(1)
    assert (at_one.low, at_one.high) == pytest.approx(
        (1 - 0.8 ** np.exp(-error), 1 - 0.8 ** np.exp(error)), rel=1e-6
    )
    assert found.to["two"].at(1).high == pytest.approx(1 - 0.025 ** (1 / 8))  # none of the eight still there
    assert "nobody was followed for 5 days" in found.to["one"].at(5).reason
    assert found.to["one"].at_risk.tolist() == [10, 10, 8]


def test_time_in_phase_by_hand():
    found = time_in_phase(stays([1, 2, 2, 3, 4] * 2, [1, 2, 1, 0, 0] * 2), "here")
    assert found.median.value == 2
    assert found.mean.value == pytest.approx(1 + 0.8 + 0.4 * 2)
    # behind day 1 lie 1.6 days, weighed 2 / (10 · 8); behind day 2 0.8 days, 4 / (8 · 4)
    half = 1.959964 * np.sqrt(1.6**2 * 2 / 80 + 0.8**2 * 4 / 32)
    assert (found.mean.low, found.mean.high) == pytest.approx((2.6 - half, 2.6 + half), rel=1e-6)
    assert time_in_phase(stays([1, 2], [1, 1]), "here").reason == "too few to say: 2 customers, 10 are needed"
    longer = time_in_phase(stays([1, 2, 2, 3, 4] * 2, [1, 2, 1, 0, 0] * 2), "here", horizon=9)
    assert "nobody was followed for 9 days" in longer.mean.reason
    few = time_in_phase(stays([1] * 3 + [9] * 9, [1] * 3 + [0] * 9), "here")
    assert few.median.value is None
    assert "more than half stay longer than 9 days" in few.median.reason


def test_the_funnel_by_hand():
    first, second, third = funnel(_spells(), ["lead", "trial", "paying"]).steps
    assert (first.customers, second.customers, third.customers) == (4, 1, 1)
    assert second.others == {"lead": 1, "paying": 1, "gone": 1}
    assert third.others == {}
    within = funnel(_spells(), ["lead", "paying"], within=10)
    assert [step.customers for step in within.steps] == [4, 1]
    assert within.steps[1].others == {"trial": 1, "lead": 2}  # where they stood after ten days
    assert funnel(_spells(), ["lead", "paying"], within=20).too_recent == 1
    assert [step.customers for step in funnel(_spells(), ["lead", "paying"], within=20).steps] == [3, 2]


def test_shares_and_medians_by_hand():
    found = share(5, 10)
    assert (found.low, found.high) == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert (share(0, 20).low, share(20, 20).high) == (0, 1)
    assert poisson_rate(10, 5).high == pytest.approx(chi2.ppf(0.975, 22) / 2 / 5)
    middle = median(np.arange(1.0, 21))  # the 6th and the 15th of 20 (Conover 1999, table A3)
    assert (middle.value, middle.low, middle.high) == (10.5, 6, 15)
    assert benjamini_hochberg(np.array([0.01, NAN, 0.04, 0.03])) == pytest.approx(
        [0.03, NAN, 0.04, 0.04], nan_ok=True
    )


def test_retention_by_hand():
    customer, day = np.array([7, 7, 7, 3, 3, 5, 5]), np.array([0.0, 5, 12, 0, 20, 9, 30])
    found = retention(customer, day, end=25, length=7, periods=3)
    assert found.first_day.tolist() == [0, 7]
    assert found.customers.tolist() == [2, 1]
    assert found.due.tolist() == [[2, 2, 2], [1, 1, 0]]
    assert found.active.tolist() == [[2, 1, 1], [1, 0, 0]]
    assert "too few to say: 2 customers" in found.cell(0, 1).reason
    many = retention(np.repeat(np.arange(20), 2), np.tile([0.0, 8], 20), end=25, length=7, periods=3)
    assert (many.cell(0, 1).value, many.overall(2).value) == (1, 0)


def test_paths_by_hand():
    """Twelve see, try and buy; six see and try, two of them lately; three see only."""
    lived = [[0, 1, 2]] * 12 + [[0, 1]] * 6 + [[0]] * 3
    customer = np.repeat(np.arange(21), [len(one) for one in lived])
    code = np.concatenate(lived)
    day = np.where((customer >= 16) & (customer < 18) & (code == 1), 95.0, code.astype(float))
    good = np.arange(21) < 12
    given = event_sequences(customer, code, day, names=["see", "try", "buy"], good=good, end=100)
    found = paths(given, most=2)
    assert [(one.steps, one.customers) for one in found.paths] == [
        (("see", "try", "buy"), 12),
        (("see", "try"), 6),
    ]
    assert (found.customers, found.distinct, found.others) == (21, 3, 3)
    assert found.paths[0].outcome.value == 1
    assert found.paths[0].share.value == pytest.approx(12 / 21)
    drops = {(one.step, one.name): (one.reached, one.stopped) for one in found.drops}
    assert drops == {(1, "see"): (21, 3), (2, "try"): (16, 4), (3, "buy"): (12, 0)}
    cut = paths(given, depth=1)
    assert [(one.steps, one.customers, one.longer) for one in cut.paths] == [
        (("see",), 18, True), (("see",), 3, False),
    ]  # fmt: skip


def test_phase_paths_by_hand():
    found = paths(phase_sequences(_spells(), goal="paying", quiet=18))
    assert {one.steps for one in found.paths} == {
        ("lead", "trial", "paying"), ("lead", "paying", "gone", "paying"), ("lead", "gone"), ("lead",),
    }  # fmt: skip
    assert {(one.step, one.name): (one.reached, one.stopped) for one in found.drops}[1, "lead"] == (3, 0)


# four paths, as seen by channels A and B: AB converts, A converts, B does not, ABA converts
PATHS = Touches(
    path=np.array([0, 0, 1, 2, 3, 3, 3]), channel=np.array([0, 1, 0, 1, 0, 1, 0]),
    age=np.array([9.0, 2, 1, 0, 15, 8, 1]), channels=("A", "B"),
    converted=np.array([True, True, False, True]), value=np.array([1.0, 2, 3, 4]),
)  # fmt: skip


def test_rules_by_hand():
    first, last, linear, position, decay = rules(PATHS, half_life=7)
    assert first.tolist() == [1, 0, 1, 1, 1, 0, 0]
    assert last.tolist() == [0, 1, 1, 1, 0, 0, 1]
    assert linear == pytest.approx([1 / 2, 1 / 2, 1, 1, 1 / 3, 1 / 3, 1 / 3])
    assert position == pytest.approx([1 / 2, 1 / 2, 1, 1, 0.4, 0.2, 0.4])
    assert decay == pytest.approx([1 / 3, 2 / 3, 1, 1, 1 / 7, 2 / 7, 4 / 7])
    sums = summed(PATHS, np.zeros(4, int), half_life=7, with_sets=True)
    assert sums.credit[0, 0] == pytest.approx([1 + 2 + 4, 0])
    assert sums.credit[0, 1] == pytest.approx([2 + 4, 1])


def test_removal_by_hand():
    """p(A) = 1/2 + p(B)/2 and p(B) = 1/3 + p(A)/3, so p(start) = 3/4; without A 1/12, without B 3/8."""
    sums = summed(PATHS, np.zeros(4, int), half_life=7, with_sets=True)
    assert removal(sums.steps)[0] == pytest.approx([1 - (1 / 12) / (3 / 4), 1 - (3 / 8) / (3 / 4)])


def test_shapley_by_hand():
    """v(A) = 1, v(B) = 0, v(AB) = 3/4."""
    sums = summed(PATHS, np.zeros(4, int), half_life=7, with_sets=True)
    assert shapley(sums.sets)[0] == pytest.approx([0.5 * 1 + 0.5 * 0.75, 0.5 * 0 + 0.5 * (0.75 - 1)])


def test_touches_lie_in_the_window_before_the_conversion_or_the_last_touch():
    customer, day = np.array([1, 0, 0, 0, 0, 2]), np.array([50.0, 5, 80, 99, 100, 7])
    found = touches(
        customer,
        np.arange(6),
        day,
        channels=tuple("abcdef"),
        converted_at=np.array([100, NAN, NAN]),
        window=30,
    )
    assert found.path.tolist() == [0, 0, 1, 2]
    assert found.channel.tolist() == [2, 3, 0, 5]
    assert found.age.tolist() == [20, 1, 0, 0]
    assert found.converted.tolist() == [True, False, False]


def test_matched_pairs_by_hand():
    """With one control each, the odds ratio is that of the discordant pairs, 3 / 2, its log's variance 1/3 + 1/2."""
    exposed_case, exposed_control = [1, 1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1, 0]
    case, control = np.arange(7), np.arange(7, 14)
    flags = np.array(exposed_case + exposed_control, bool)
    who = np.flatnonzero(flags)
    start = np.searchsorted(who, np.arange(15))
    sums = np.zeros((1, 10))
    days = np.where(who % 2, 9.5, 5.0)
    exposed_sums(
        (case, control, np.arange(8), np.full(7, 10.0)),
        (start, np.zeros(len(who), int), days),
        (5.0, 0.0),
        sums,
    )
    r, s, pr, mixed, qs, exposed, expected, variance, telling, others = sums[0]
    assert r / s == pytest.approx(3 / 2)
    assert pr / (2 * r * r) + mixed / (2 * r * s) + qs / (2 * s * s) == pytest.approx(1 / 3 + 1 / 2)
    assert (exposed, others, telling) == (4, 3, 5)
    assert (exposed - expected) ** 2 / variance == pytest.approx((3 - 2) ** 2 / 5)  # McNemar


def test_spells_come_from_rows_in_any_order():
    zone = ZoneInfo("Europe/Berlin")
    at = lambda day, hour=0: datetime(2024, 3, day, hour, tzinfo=UTC)  # noqa: E731
    rows = [
        ("b", "lead", at(30), None), ("a", "paying", at(20), None), ("a", "trial", at(10), at(15)),
        ("a", "trial", at(15), at(20)), ("a", "lead", None, at(10)),
    ]  # fmt: skip
    names = ("account_id", "phase", "entered_at", "left_at")
    kinds = (pa.string(), pa.string(), pa.timestamp("us", "UTC"), pa.timestamp("us", "UTC"))
    columns = zip(*rows, strict=True)
    table = pa.table(
        {name: pa.array(one, kind) for name, kind, one in zip(names, kinds, columns, strict=True)}
    )
    made = spells(table, phases=PHASES, zone=zone, as_of=at(31, 12), start=at(5), entity="account_id")
    assert made.ids.to_pylist() == ["a", "b"]
    assert [made.phases[code] for code in made.phase] == ["lead", "trial", "paying", "lead"]
    begin = (at(10).timestamp() / 3600 + 2) / 24  # summer time, as it is when the clock is read
    assert made.entered == pytest.approx([NAN, begin, begin + 10, begin + 20], nan_ok=True)
    assert made.left == pytest.approx([begin, begin + 10, NAN, NAN], nan_ok=True)
    assert (made.end, made.start) == pytest.approx((begin + 21.5, begin - 5))
    with pytest.raises(ContractError, match="'trial' is not configured"):
        spells(table, phases=("lead", "paying"), zone=zone, as_of=at(31), entity="account_id")
    torn = pa.concat_tables([table, table.slice(1, 1)])
    with pytest.raises(ContractError, match="two phases at once, or in none"):
        spells(torn, phases=PHASES, zone=zone, as_of=at(31), entity="account_id")
