"""Collaborative scores: by hand on four customers, the same whatever the batches, and for the odd customer."""

import math

import numpy as np
import pytest

from customer_genome.predictions.baskets import Baskets
from customer_genome.predictions.pairs import collaborative as module
from customer_genome.predictions.pairs.collaborative import Collaborative, Settings

Row = tuple[int, int, float, int]
A, B, C, D = range(4)
FOUR: list[Row] = [
    (0, 0, 1.0, A), (0, 0, 1.0, B), (0, 1, 11.0, A),
    (1, 2, 5.0, A), (1, 3, 9.0, C),
    (2, 4, 3.0, B), (2, 4, 3.0, C),
    (3, 5, 10.0, D),
]  # fmt: skip
"""Customer, session, day, target."""


def _baskets(rows: list[Row], *, targets: int = 4, customers: int = 4) -> Baskets:
    customer, session, day, target = (np.asarray(column) for column in zip(*rows, strict=True))
    zeros = np.zeros(len(rows))
    return Baskets(
        customer=customer,
        session=session,
        target=target,
        day=day.astype(float),
        size=np.bincount(session)[session],
        quantity=zeros,
        value=zeros,
        discount=zeros,
        targets=np.array([f"t{n:06}" for n in range(targets)]),
        customers=customers,
    )


def _scores(model: Collaborative, pairs: list[tuple[int, int]]) -> dict[str, np.ndarray]:
    customer, target = (np.asarray(column) for column in zip(*pairs, strict=True))
    return model.scores(customer, target)


def _many(customers: int = 60, targets: int = 25, seed: int = 3) -> Baskets:
    random = np.random.default_rng(seed)
    rows = [
        (customer, customer * 100 + day, float(day), int(target))
        for customer in range(customers)
        for day in np.flatnonzero(random.random(40) < 0.2)
        for target in np.unique(random.integers(0, targets, 3) // (1 + customer % 2))
    ]
    return _baskets(sorted(rows), targets=targets, customers=customers)


def test_own_by_hand() -> None:
    settings = Settings(half_life_days=10, half_life_sessions=1)
    found = _scores(Collaborative(settings).fit(_baskets(FOUR), as_of=12), [(0, A), (0, B), (0, C)])
    first = 2**-1 * 2**-1 / math.sqrt(2)  # one session and ten days before the last, of two targets
    assert found["own"].tolist() == pytest.approx([(1 + first) / 1.25, first / 1.25, 0])


def test_near_by_hand() -> None:
    settings = Settings(half_life_days=1e9, half_life_sessions=1e9, size_power=0, tifu=1)
    found = _scores(Collaborative(settings).fit(_baskets(FOUR), as_of=12), [(2, A), (2, B), (2, C), (3, A)])
    # profiles: 0 is (A 1, B ½), 1 is (A ½, C ½), 2 is (B 1, C 1): 1 is nearer to 2 (cosine ½) than 0 is (.32)
    assert found["near"].tolist() == pytest.approx([0.5, 0, 0.5, 0])


def test_likes_and_fresh_by_hand() -> None:
    model = Collaborative(Settings(fresh_days=10)).fit(_baskets(FOUR), as_of=13)
    found = _scores(model, [(2, A), (2, B), (2, D)])
    rarity, twice, once = math.log(3), math.log(3), math.log(2)  # A, B and C were chosen by two of four each
    zero = np.array([twice * rarity, once * rarity, 0])
    one, two = np.array([once, 0, once]) * rarity, np.array([0, once, once]) * rarity
    to_zero = zero @ two / np.linalg.norm(zero) / np.linalg.norm(two)
    to_one = one @ two / np.linalg.norm(one) / np.linalg.norm(two)
    assert found["likes"].tolist() == pytest.approx([1, to_zero / (to_zero + to_one), 0])
    faded = (to_zero * 2 ** (-2 / 10) + to_one * 2 ** (-8 / 10)) / (to_zero + to_one)
    assert found["fresh"].tolist() == pytest.approx(
        [faded, to_zero * 2 ** (-12 / 10) / (to_zero + to_one), 0]
    )


def test_ease_by_hand() -> None:
    rows = [(0, 0, 1.0, A), (0, 0, 1.0, B), (1, 1, 1.0, A), (2, 2, 1.0, B), (3, 3, 1.0, A)]
    model = Collaborative(Settings(ease_ridge=1)).fit(_baskets(rows, targets=2), as_of=2)
    found = _scores(model, [(1, B), (2, A), (1, A)])
    # XᵀX + 1 = [[4, 1], [1, 3]]: of a pair of targets the weight is what they share ÷ the one given
    assert found["ease"].tolist() == pytest.approx([1 / 4, 1 / 3, 0])


def test_svd_gives_back_what_its_dimensions_can_hold() -> None:
    rows = [(0, 0, 1.0, A), (1, 1, 1.0, A), (2, 2, 1.0, B), (2, 2, 1.0, C), (3, 3, 1.0, B), (3, 3, 1.0, C)]
    found = _scores(Collaborative().fit(_baskets(rows, targets=3), as_of=2), [(0, A), (0, B), (3, B), (3, C)])
    assert found["svd"].tolist() == pytest.approx([1, 0, math.sqrt(0.5), math.sqrt(0.5)], abs=1e-12)


def test_rare_targets_are_left_out() -> None:
    model = Collaborative(Settings(minimum=2)).fit(_baskets(FOUR), as_of=12)
    assert model.targets_.tolist() == [A, B, C]
    assert all(values.tolist() == [0] for values in _scores(model, [(3, D)]).values())


def test_no_ease_where_there_are_many_targets() -> None:
    assert "ease" not in _scores(
        Collaborative(Settings(ease_targets=3)).fit(_baskets(FOUR), as_of=12), [(0, A)]
    )


@pytest.mark.parametrize("cells", [1, 100, 1_000_000])
def test_batches_and_order_change_nothing(monkeypatch: pytest.MonkeyPatch, cells: int) -> None:
    baskets, random = _many(), np.random.default_rng(0)
    customer, target = random.integers(0, 60, 500), random.integers(0, 25, 500)
    expected = Collaborative().fit(baskets, as_of=40).scores(customer, target)
    monkeypatch.setattr(module, "CELLS", cells)
    order = random.permutation(500)
    found = Collaborative().fit(baskets, as_of=40).scores(customer[order], target[order])
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values[order], rtol=1e-12, atol=1e-15)


def test_the_same_twice() -> None:
    customer, target = np.repeat(np.arange(60), 25), np.tile(np.arange(25), 60)
    one, two = (Collaborative(seed=1).fit(_many(), as_of=40).scores(customer, target) for _ in range(2))
    assert all((one[name] == two[name]).all() for name in one)
    assert all(np.isfinite(values).all() for values in one.values())


def test_neighbours_come_from_a_bounded_pool() -> None:
    model = Collaborative(Settings(pool=10)).fit(_many(), as_of=40)
    assert len(model.pool_) == 10
    assert np.isfinite(_scores(model, [(0, A), (59, B)])["likes"]).all()


def test_one_line_and_a_hundred_thousand() -> None:
    sessions = np.repeat(np.arange(10_000), 10)
    lots = Baskets(
        customer=np.append(np.zeros(100_000, np.int64), 1),
        session=np.append(sessions, 10_000),
        target=np.append((sessions * 7 + np.tile(np.arange(10), 10_000)) % 50, 3),
        day=np.append(sessions / 100.0, 5.0),
        size=np.append(np.full(100_000, 10), 1),
        quantity=np.ones(100_001),
        value=np.ones(100_001),
        discount=np.zeros(100_001),
        targets=np.array([f"t{n:02}" for n in range(50)]),
        customers=3,
    )
    found = _scores(Collaborative().fit(lots, as_of=101), [(0, 3), (1, 3), (1, 4), (2, 3)])
    assert all(np.isfinite(values).all() for values in found.values())
    assert found["own"][3] == found["near"][3] == 0  # nobody knows anything of the third


def test_no_baskets_no_scores() -> None:
    empty = np.zeros(0, np.int64)
    nothing = Baskets(
        empty, empty, empty, np.zeros(0), empty, np.zeros(0), np.zeros(0), np.zeros(0),
        targets=np.array(["a", "b"]), customers=2,
    )  # fmt: skip
    assert all(
        values.tolist() == [0] for values in _scores(Collaborative().fit(nothing, as_of=1), [(1, 1)]).values()
    )
