"""Next basket: a function of one's own events and the reference, calibrated, explained."""

import json
from dataclasses import replace

import numpy as np
import pytest

from customer_genome.predictions import blend as module
from customer_genome.predictions.blend import Settings
from customer_genome.predictions.calibration import Calibration, count
from customer_genome.predictions.next_basket import NextBasket
from customer_genome.predictions.profile import Events, profiles, sessions

SETTINGS = Settings(neighbours=10, minimum_hits=50)


def _events(customers: int = 80, days: int = 120, items: int = 30, seed: int = 2) -> Events:
    """Customers of five tastes, a session of one to four items about every five days."""
    random = np.random.default_rng(seed)
    taste = np.arange(customers) % 5
    rows = []
    for customer in range(customers):
        for day in np.flatnonzero(random.random(days) < 0.2):
            liked = random.choice(
                np.flatnonzero(np.arange(items) % 5 == taste[customer]), random.integers(1, 4), False
            )
            session = customer * 1000 + day
            rows += [(customer, session, day, item) for item in (*liked, random.integers(items))]
    columns = [np.asarray(column) for column in zip(*rows, strict=True)]
    names = [f"c{n:03}" for n in range(customers)], [f"i{n:02}" for n in range(items)]
    return Events(columns[0], columns[1], columns[2].astype(float), columns[3], *names)


def _only(events: Events, customer: int) -> Events:
    """The same customer's events alone, with only the targets they had, under other numbers."""
    part = events.where(events.customer == customer)
    used = np.unique(part.item)[::-1]
    place = {item: index for index, item in enumerate(used.tolist())}
    return replace(
        part,
        customer=np.zeros(len(part.item), dtype=np.int64),
        item=np.asarray([place[item] for item in part.item.tolist()], dtype=np.int64),
        customers=[events.customers[customer]],
        items=[events.items[item] for item in used.tolist()],
    )


def test_profile_by_hand() -> None:
    events = Events(
        customer=np.array([0, 0, 0, 0, 1]),
        session=np.array([7, 7, 7, 9, 7]),
        day=np.array([0.0, 0, 0, 10, 3]),
        item=np.array([0, 1, 1, 0, 2]),
        customers=["a", "b", "c"],
        items=["x", "y", "z"],
    )
    found = profiles(
        sessions(events), customers=3, half_life_days=10, half_life_sessions=1, size_power=0.5, recent=1
    )
    # the first session is 10 days and one session back: weight 1/4; it holds two targets
    old = 0.25 / 2**0.5
    expected = [[(1 + old) / 1.25, old / 1.25, 0], [0, 0, 1], [0, 0, 0]]
    assert np.allclose(found.preference.toarray(), expected)
    assert found.recent.toarray().tolist() == [[1, 0, 0], [0, 0, 1], [0, 0, 0]]
    assert found.recent_of.tolist() == [1, 1, 0]
    assert found.sessions.tolist() == [2, 1, 0]


def test_score_by_hand() -> None:
    events = Events(
        customer=np.array([0, 1, 1, 2]),
        session=np.array([0, 1, 1, 2]),
        day=np.zeros(4),
        item=np.array([0, 0, 1, 2]),
        customers=["a", "b", "c"],
        items=["x", "y", "z"],
    )
    settings = Settings(neighbours=1, own_share=0.6, minimum_sessions=1)
    made = NextBasket(settings=settings).fit(events, as_of=1).predict(events, k=3)
    mine = made.customer == 0
    # a: own x = 1, the nearest other is b with x = y = 1/√2; z (c's) is merely popular
    assert made.items[made.item[mine]].tolist() == ["x", "y", "z"]
    assert made.score[mine] == pytest.approx([0.6 + 0.4 / 2**0.5, 0.4 / 2**0.5, 0], abs=1e-5)
    assert made.base_rate[mine] == pytest.approx([2 / 3, 1 / 3, 1 / 3])
    assert made.own[mine].tolist() == [1, 0, 0]
    assert made.neighbours[mine].tolist() == [1, 1, 0]
    assert made.neighbours[made.customer == 2] == pytest.approx([np.nan] * 3, nan_ok=True)
    why = made.table(events.customers).column("why").to_pylist()
    assert why[:2] == [
        "in 1 of the last 1 baskets; neighbours 100 %",
        "in 0 of the last 1 baskets; neighbours 100 %",
    ]
    assert why[-1].endswith("no neighbours yet")


def test_one_by_one_equals_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    events = _events()
    model = NextBasket(settings=SETTINGS).fit(events, as_of=120)
    batch = model.predict(events, k=6)
    assert np.isfinite(batch.probability).all()
    for customer in (0, 17, 79):
        rows = batch.customer == customer
        alone = model.predict(_only(events, customer), k=6)
        assert alone.items[alone.item].tolist() == batch.items[batch.item[rows]].tolist()
        assert np.array_equal(alone.score, batch.score[rows])
        assert np.array_equal(alone.probability, batch.probability[rows])
        assert np.array_equal(alone.own, batch.own[rows])
    monkeypatch.setattr(module, "CELLS", 200)
    again = model.predict(events, k=6)
    assert np.array_equal(again.score, batch.score)
    assert np.array_equal(again.item, batch.item)


def test_survives_storage_and_is_repeatable() -> None:
    events = _events()
    model = NextBasket(settings=SETTINGS).fit(events, as_of=120)
    arrays, meta = model.to_arrays()
    assert all(array.dtype != object for array in arrays.values())
    again = NextBasket.from_arrays(arrays, json.loads(json.dumps(meta)))
    assert again.predict(events).table(events.customers).equals(model.predict(events).table(events.customers))
    assert again.version_ == NextBasket(settings=SETTINGS).fit(events, as_of=120).version_
    assert NextBasket(settings=SETTINGS).fit(_events(seed=3), as_of=120).version_ != again.version_


def test_it_learns_taste_and_its_probabilities_are_true() -> None:
    events = _events(customers=200, days=200)
    model = NextBasket(settings=SETTINGS).fit(events, as_of=172)
    made = model.predict(events.where(events.day < 172), k=6)
    later = sessions(events.where(events.day >= 172))
    first = {
        customer: later.contents[row].indices
        for row, customer in reversed(list(enumerate(later.customer.tolist())))
    }
    pairs = [
        (chance, item in first[customer])
        for customer, item, chance in zip(
            made.customer.tolist(), made.item.tolist(), made.probability.tolist(), strict=True
        )
        if customer in first
    ]
    stated, seen = np.asarray(pairs, dtype=float).mean(axis=0)
    assert stated == pytest.approx(seen, abs=0.04)
    assert seen > 0.25
    assert (made.item % 5 == made.customer % 5).mean() > 0.95


def test_the_future_is_not_seen() -> None:
    events = _events()
    known = events.where(events.day < 90)
    first = NextBasket(settings=SETTINGS).fit(events, as_of=90)
    assert first.version_ == NextBasket(settings=SETTINGS).fit(known, as_of=90).version_
    assert np.array_equal(
        first.calibration_.share_, NextBasket(settings=SETTINGS).fit(known, as_of=90).calibration_.share_
    )


def test_newcomers_get_what_is_popular_without_a_probability() -> None:
    events = _events()
    model = NextBasket(settings=SETTINGS).fit(events, as_of=120)
    nothing = Events(
        *[np.zeros(0, dtype=np.int64)] * 2, np.zeros(0), np.zeros(0, dtype=np.int64), ["new"], []
    )
    made = model.predict(nothing, k=3)
    best = np.argsort(-model.blend_.popular_, kind="stable")[:3]
    assert made.items[made.item].tolist() == model.blend_.items_[best].tolist()
    assert np.isnan(made.probability).all()
    assert made.reasons[0] == "0 sessions, at least 3 are needed"
    assert made.table(["new"]).column("probability").null_count == 3
    assert made.table(["new"]).column("why")[0].as_py() == "no baskets yet; no neighbours yet"


def test_targets_new_to_the_reference_count_for_who_had_them() -> None:
    events = _events()
    model = NextBasket(settings=SETTINGS).fit(events, as_of=120)
    own = Events(
        np.zeros(4, dtype=np.int64),
        np.arange(4),
        np.arange(4.0),
        np.zeros(4, dtype=np.int64),
        ["c000"],
        ["a new one"],
    )
    made = model.predict(own, k=2)
    assert made.items[made.item[0]] == "a new one"
    assert np.isnan(made.base_rate[0])


def test_a_forgotten_customer_leaves_the_pool() -> None:
    events = _events()
    model = NextBasket(settings=SETTINGS).fit(events, as_of=120)
    less = model.forget(["c003"])
    assert "c003" in model.blend_.pool_ids_.tolist()
    assert "c003" not in less.blend_.pool_ids_.tolist()
    assert less.blend_.pool_.shape[0] == model.blend_.pool_.shape[0] - 1
    assert less.version_ != model.version_
    assert len(less.predict(events).item) == len(model.predict(events).item)


def test_too_little_history_leaves_the_probability_unknown() -> None:
    events = _events(customers=10, days=40)
    model = NextBasket(settings=replace(SETTINGS, minimum_hits=10_000)).fit(events, as_of=40)
    made = model.predict(events, k=2)
    assert np.isnan(made.probability).all()
    assert model.calibration_reason_ is not None
    assert set(made.reasons) == {model.calibration_reason_}
    empty = NextBasket().fit(events.where(events.day < 0), as_of=0)
    assert np.isnan(empty.blend_.base_rate_).all()
    assert empty.predict(events, k=2).own.min() >= 1


def test_calibration_is_monotone_and_recovers_the_truth() -> None:
    random = np.random.default_rng(0)
    score = random.beta(1, 5, 40_000)
    cases, hits = count(score, true=random.random(40_000) < score**2)
    fitted = Calibration().fit(cases, hits=hits)
    asked = np.linspace(0, 1, 50)
    assert (np.diff(fitted.apply(asked)) >= 0).all()
    inside = np.linspace(0.05, 0.6, 20)
    assert np.abs(fitted.apply(inside) - inside**2).max() < 0.05
    assert cases.sum() == 40_000
