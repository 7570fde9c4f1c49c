"""The chance of being among the best: from history to windows, to a ranking that knows what genes are worth."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from customer_genome.core.intervals import benjamini_hochberg
from customer_genome.genome.best_chance import BestChance, ChanceSettings, Known, rank_within
from customer_genome.genome.best_check import KNOWN, SO_FAR, WITH, WITHOUT, checks
from customer_genome.genome.best_history import (
    FEATURES,
    Sessions,
    Windows,
    behaviour,
    carried,
    openings,
    together,
    until,
    value_after,
)
from customer_genome.genome.best_past import Lesson, Lessons, Past, asked, lessons
from customer_genome.genome.best_rates import ahead, auroc, capture
from customer_genome.genome.best_standing import Standing, standings
from customer_genome.genome.best_trees import Trees

SMALL = ChanceSettings(trees=Trees(rounds=40), minimum_best=20, alpha=30)


def _taught(sessions: Sessions, genes: sparse.csr_matrix, past: Past) -> Lesson:
    found = lessons(sessions, genes, as_of=200, past=past)
    assert isinstance(found, Lessons)
    assert found.horizon == past.horizon
    return found.settled


def _sessions(customer: list[int], day: list[float], value: list[float]) -> Sessions:
    ones = np.ones(len(day))
    return Sessions(
        np.array(customer), np.array(day), np.array(value), ones, ones, np.zeros(len(day), dtype=int)
    )


def _world(customers: int = 400, *, effect: float, seed: int = 0) -> tuple[Sessions, sparse.csr_matrix]:
    """A shop where gene 0 goes with buying `effect` times more from day 100 on, and 20 other genes say nothing."""
    random = np.random.default_rng(seed)
    rows = []
    carries = random.random(customers) < 0.3
    for one in range(customers):
        rate = random.gamma(4, 1 / 40) * np.where(np.arange(200) >= 100, effect if carries[one] else 1, 1)
        days = np.flatnonzero(random.random(200) < rate) + random.random()
        rows += [(one, float(day), float(random.gamma(3, 8))) for day in days]
    table = np.array(rows)
    sessions = _sessions(table[:, 0].astype(int).tolist(), table[:, 1].tolist(), table[:, 2].tolist())
    genes = (random.random((len(rows), 21)) < 0.3).astype(float)
    genes[:, 0] = carries[sessions.customer] * (random.random(len(rows)) < 0.8)
    return sessions, sparse.csr_matrix(genes)


def test_windows_by_hand() -> None:
    sessions = _sessions([0, 0, 0, 0, 1, 2, 2], [1, 3, 7, 20, 5, 2, 9], [10, 20, 30, 40, 5, 1, 2])
    seen = until(sessions, moment=8, least=1)
    assert (seen.start.tolist(), seen.end.tolist()) == ([0, 4, 5], [3, 5, 6])
    assert until(sessions, moment=8, least=2).start.tolist() == [0]
    assert value_after(sessions, seen, horizon=2).tolist() == [0, 0, 2]
    assert value_after(sessions, seen, horizon=100).tolist() == [40, 0, 2]
    runs = openings(sessions, length=2, moment=10)
    assert list(zip(runs.start.tolist(), runs.moment.tolist(), strict=True)) == [(0, 3.0), (1, 7.0), (5, 9.0)]
    assert value_after(sessions, runs, horizon=10).tolist() == [30, 0, 0]
    assert openings(sessions, length=2, moment=10, only_first=True).start.tolist() == [0, 5]
    genes = sparse.csr_matrix(np.eye(7))
    assert carried(seen, genes).toarray().sum(axis=1).tolist() == [3, 1, 1]
    whole, part = together([seen, runs])
    assert (len(whole.start), part.tolist()) == (6, [0, 0, 0, 1, 1, 1])


def test_behaviour_by_hand() -> None:
    sessions = _sessions([0, 0, 0], [0, 2, 6], [10, 20, 30])
    made = behaviour(sessions, until(sessions, moment=7))[0]
    found = dict(zip(FEATURES, made.tolist(), strict=True))
    assert found["sessions"] == pytest.approx(np.log(3))
    assert found["days since first"] == pytest.approx(np.log(7.5))
    assert found["last gap"] == pytest.approx(np.log(4.05))
    assert found["gap before"] == pytest.approx(np.log(2.05))
    assert found["mean gap"] == pytest.approx(np.log(3.05))
    decayed = 10 * 2 ** (-7 / 7) + 20 * 2 ** (-5 / 7) + 30 * 2 ** (-1 / 7)
    assert found["value a day, 7"] == pytest.approx(np.log(decayed * np.log(2) / 7 + 0.05))
    assert found["mean value"] == pytest.approx(np.log(21))
    assert found["same channel"] == 1


@given(
    st.lists(st.tuples(st.integers(0, 3), st.floats(0, 300), st.floats(-50, 1e6)), min_size=1, max_size=40),
    st.floats(1, 400),
)
@settings(deadline=None, max_examples=40)
def test_behaviour_is_always_finite(rows: list[tuple[int, float, float]], moment: float) -> None:
    rows.sort()
    sessions = _sessions(*(list(column) for column in zip(*rows, strict=True)))
    windows = until(sessions, moment=moment)
    assert np.isfinite(behaviour(sessions, windows)).all()
    assert (windows.end > windows.start).all()


def test_nothing_after_the_moment_is_looked_at() -> None:
    sessions, genes = _world(60, effect=1)
    windows = until(sessions, moment=90)
    changed = replace(sessions, value=np.where(sessions.day >= 90, 1e9, sessions.value))
    assert (behaviour(sessions, windows) == behaviour(changed, windows)).all()
    noisy = genes.copy()
    noisy.data[np.repeat(sessions.day >= 90, np.diff(genes.indptr))] = 99
    assert (carried(windows, genes) != carried(windows, noisy)).nnz == 0


def test_a_planted_gene_is_recovered_and_pays() -> None:
    sessions, genes = _world(effect=4.0)
    taught = _taught(sessions, genes, Past(horizon=80, cuts=3, step=7, warm_up=60))
    names = [f"g{n}" for n in range(21)]
    model = BestChance(settings=SMALL).fit(
        taught.known, customer=taught.customer, rank=taught.rank, names=names
    )
    plain = Known(taught.known.behaviour, taught.known.genes * 0)
    without = BestChance(settings=SMALL).fit(plain, customer=taught.customer, rank=taught.rank, names=names)
    weights = model.worth_.coefficients[:, -21:].mean(axis=0)
    assert weights.argmax() == 0
    assert weights[0] > 4 * np.abs(weights[1:]).max()
    rows, true = taught.checked, taught.rank[taught.checked] > 0.8
    gain = ahead(true, model.crossfit_[rows], of=without.crossfit_[rows], resamples=100)
    assert gain.low > 0


def test_without_a_planted_gene_nothing_surely_is_gained() -> None:
    sessions, genes = _world(effect=1.0, seed=3)
    taught = _taught(sessions, genes, Past(horizon=80, cuts=3, step=7, warm_up=60))
    names = [f"g{n}" for n in range(21)]
    both = [
        BestChance(settings=SMALL)
        .fit(known, customer=taught.customer, rank=taught.rank, names=names)
        .crossfit_
        for known in (taught.known, Known(taught.known.behaviour, taught.known.genes * 0))
    ]
    rows, true = taught.checked, taught.rank[taught.checked] > 0.8
    found = checks(
        KNOWN, true, {SO_FAR: taught.past_value[rows], WITHOUT: both[1][rows], WITH: both[0][rows]}
    )
    assert found[-1].gain is not None
    assert found[-1].gain.low < 0.02
    assert [one.method for one in found] == [SO_FAR, WITHOUT, WITH]
    assert checks(KNOWN, true[:5], {SO_FAR: np.arange(5.0)}) == []


def test_the_state_comes_back_and_the_chance_is_a_probability() -> None:
    sessions, genes = _world(200, effect=3.0)
    taught = _taught(sessions, genes, Past(horizon=80, cuts=2, warm_up=60))
    names = [f"g{n}" for n in range(21)]
    model = BestChance(settings=SMALL).fit(
        taught.known, customer=taught.customer, rank=taught.rank, names=names
    )
    again = BestChance.from_arrays(*model.to_arrays())
    (owners, known), newcomers = asked(sessions, genes, as_of=200, past=Past())
    score = model.score(known, names=names)
    assert (score == again.score(known, names=names)).all()
    turned = Known(known.behaviour, sparse.csr_matrix(known.genes[:, ::-1]))
    assert again.score(turned, names=names[::-1]) == pytest.approx(score)
    chance = again.chance(score)
    assert ((chance >= 0) & (chance <= 1)).all()
    assert (np.diff(chance[np.argsort(score)]) >= -1e-12).all()
    assert not set(owners.tolist()) & set(newcomers.customer.tolist())
    assert len(owners) + len(newcomers.customer) <= 200


def test_too_little_is_said() -> None:
    nobody = _sessions([], [], [])
    assert "no purchases" in str(lessons(nobody, sparse.csr_matrix((0, 2)), as_of=10, past=Past()))
    one = _sessions([0, 0], [1, 3], [5, 5])
    assert "days of history" in str(lessons(one, sparse.csr_matrix((2, 1)), as_of=10, past=Past()))
    short = Past(horizon=30)
    taught = _taught(_sessions([0] * 4, [1, 2, 3, 190], [5] * 4), sparse.csr_matrix((4, 1)), short)
    model = BestChance().fit(taught.known, customer=taught.customer, rank=taught.rank, names=["g"])
    assert model.reason_ is not None
    assert "too few to say" in model.reason_
    assert BestChance.from_arrays(*model.to_arrays()).reason_ == model.reason_


def test_all_zero_spend_makes_nobody_best() -> None:
    sessions, genes = _world(100, effect=1.0)
    zero = replace(sessions, value=np.zeros(len(sessions.day)))
    taught = _taught(zero, genes, Past(horizon=60, cuts=2))
    assert not taught.rank.any()
    assert (
        BestChance().fit(taught.known, customer=taught.customer, rank=taught.rank, names=["x"] * 21).reason_
    )


def test_ranks_rates_and_standings_by_hand() -> None:
    ranks = rank_within(np.array([1.0, 3, 2, 0, 5, 5]), group=np.array([0, 0, 0, 0, 1, 1]))
    assert ranks.tolist() == [0.5, 1, 0.75, 0, 0.5, 1]
    true = np.array([True, False, True, False])
    assert auroc(true, np.array([4.0, 3, 2, 1])) == 0.75
    assert auroc(true, np.zeros(4)) == 0.5
    assert np.isnan(auroc(np.ones(3, dtype=bool), np.arange(3.0)))
    assert capture(np.arange(20) < 4, -np.arange(20.0)) == 0.5
    assert benjamini_hochberg(np.array([0.01, 0.04, np.nan, 0.03])) == pytest.approx(
        [0.03, 0.04, np.nan, 0.04], nan_ok=True
    )
    score = np.array([0.9, 0.3, 0.3, 0.1, np.nan])
    new = np.array([False, False, False, False, True])
    said = Standing(score, score, [None] * 4 + ["too new to say"], new, 90)
    placed = standings(said, best=np.array([True, False, False, False, False]), ids=list("acbde"), share=0.3)
    assert placed.standing == ["best", "rest", "next", "rest", "test"]
    assert placed.rank == [None, 2, 1, 3, None]


def test_a_window_of_one_session_is_enough() -> None:
    sessions = _sessions([0], [5.25], [10.0])
    made = behaviour(sessions, Windows(np.array([0]), np.array([1]), np.array([5.25])))
    assert np.isfinite(made).all()
