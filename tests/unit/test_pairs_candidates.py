"""Candidates: who is compared on what, never what `new` forbids, and the same every time."""

from __future__ import annotations

import numpy as np
import pytest
from tests.support.pair_histories import history_of, planted

from customer_genome.predictions.history import History
from customer_genome.predictions.pairs import candidates as module
from customer_genome.predictions.pairs.candidates import candidates, universe
from customer_genome.predictions.panel import Panel

CATEGORIES = {"cider": "drinks", "milk": "drinks", "tea": "drinks", "bread": "bakery", "rolls": "bakery"}
SHOPPED = [
    ("ann", 1.0, ["milk", "bread"]), ("ann", 90.0, ["milk"]),
    ("ben", 91.0, ["milk", "tea"]),
    ("cat", 92.0, ["rolls"]), ("cat", 2.0, ["cider"]),
]  # fmt: skip


def _named(history: History, *, new: bool, moment: float = 100.0, **given: float) -> dict[str, set[str]]:
    panel = Panel(history, as_of=moment)
    found = candidates(
        panel, moment, level="item", new=new, customers=np.arange(len(history.customers)),
        new_days=given.get("new_days"), minimum=int(given.get("minimum", 1)),
    )  # fmt: skip
    made: dict[str, set[str]] = {name: set() for name in history.customers.tolist()}
    for customer, target in zip(found.customer.tolist(), found.target.tolist(), strict=True):
        made[str(history.customers[customer])].add(str(history.catalogue.items[target]))
    return made


def test_own_and_popular_by_hand() -> None:
    popular = {"milk", "tea", "rolls"}  # bread and cider were last chosen more than 56 days ago
    found = _named(history_of(SHOPPED), new=False)
    assert found == {"ann": popular | {"bread"}, "ben": popular, "cat": popular | {"cider"}}


def test_new_are_the_popular_ones_never_chosen() -> None:
    found = _named(history_of(SHOPPED), new=True)
    assert found == {"ann": {"tea", "rolls"}, "ben": {"rolls"}, "cat": {"milk", "tea"}}


def test_new_since_some_days() -> None:
    shopped = [*SHOPPED, ("ben", 3.0, ["rolls"])]
    assert _named(history_of(shopped), new=True, new_days=56)["ben"] == {"rolls"}
    assert _named(history_of(shopped), new=True)["ben"] == set()


def test_rare_targets_are_nobodys_candidates() -> None:
    assert _named(history_of(SHOPPED), new=False, minimum=2) == {
        "ann": {"milk"},
        "ben": {"milk"},
        "cat": {"milk"},
    }
    panel = Panel(history_of(SHOPPED), as_of=100)
    assert universe(panel, 100, level="item", minimum=2).sum() == 1
    assert universe(panel, 100, level="item", minimum=1).all()  # also targets that nobody chose yet


def test_the_most_frequent_lately_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "OWN", 2)
    monkeypatch.setattr(module, "POPULAR", 0)
    shopped = [("ann", day, ["milk"]) for day in (1.0, 2.0, 3.0)] + [
        ("ann", 10.0, ["tea"]), ("ann", 99.0, ["cider"]), ("ann", 98.0, ["bread", "milk"])
    ]  # fmt: skip
    assert _named(history_of(shopped), new=False)["ann"] == {"milk", "cider"}


@pytest.fixture
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Treat the smallest level as one with very many targets."""
    monkeypatch.setattr(module, "WIDE", 0)
    monkeypatch.setattr(module, "POPULAR", 0)


@pytest.mark.usefixtures("wide")
def test_new_of_many_from_neighbours_and_categories() -> None:
    shopped = [
        *SHOPPED,
        ("dan", 95.0, ["milk", "honey"]),  # a neighbour of ann and ben; honey is in no category of its own
    ]
    found = _named(history_of(shopped, categories=CATEGORIES | {"honey": "other"}), new=True)
    assert found["ann"] == {
        "tea",
        "honey",
        "rolls",
    }  # tea and honey from neighbours, rolls as she buys from bakery
    assert "honey" in found["ben"]
    assert found["cat"] >= {"milk", "tea"}


@pytest.mark.usefixtures("wide")
def test_ids_alone_are_enough() -> None:
    found = _named(history_of(SHOPPED), new=True)
    assert found == {"ann": {"tea"}, "ben": {"bread"}, "cat": set()}  # nobody is like cat


@pytest.mark.usefixtures("wide")
@pytest.mark.parametrize("new", [False, True])
def test_never_what_is_forbidden_and_the_same_twice(new: bool) -> None:
    history = planted()
    panel = Panel(history, as_of=100)
    customers = np.arange(0, 60, 2)
    one, two = (
        candidates(Panel(history, as_of=100), 100, level="item", new=new, customers=order)
        for order in (customers, customers[::-1])
    )
    assert one.customer.tolist() == two.customer.tolist()
    assert one.target.tolist() == two.target.tolist()
    assert set(one.customer.tolist()) <= set(customers.tolist())
    baskets = panel.baskets(100, level="item")
    bought = set(zip(baskets.customer.tolist(), baskets.target.tolist(), strict=True))
    asked = list(zip(one.customer.tolist(), one.target.tolist(), strict=True))
    assert len(asked) == len(set(asked))
    assert not (new and bought & set(asked))


def test_one_line_and_a_hundred_thousand() -> None:
    many = [f"i{n:04}" for n in range(1000)]
    shopped = [("lots", float(day), [many[(day * 7 + k) % 1000] for k in range(1000)]) for day in range(100)]
    history = history_of([*shopped, ("one", 50.0, ["i0001"])])
    found = _named(history, new=False)
    assert len(found["lots"]) <= module.OWN + module.POPULAR
    assert "i0001" in found["one"]
    assert _named(history, new=True)["lots"] == set()


def test_nothing_known_nothing_asked() -> None:
    assert _named(history_of(SHOPPED), new=False, moment=0.0) == {"ann": set(), "ben": set(), "cat": set()}
