"""Deliveries: columns that come, go or change are named; deliveries as usual are left alone."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from customer_genome.precision.deliveries import ACCEPTED, Change, Delivery, changes, risen, stability


def column(name: str, **said: Any) -> dict[str, Any]:
    """Return the profile of a text column, with some entries changed."""
    usual = {
        "column_name": name, "kind": "text", "role": "value", "rows": 1000, "filled": 1.0, "distinct_values": 900,
        "low": None, "middle": None, "high": None, "vocabulary": None,
    }  # fmt: skip
    return usual | said


def numbers(name: str, middle: float, **said: Any) -> dict[str, Any]:
    return column(name, kind="number", low=middle / 2, middle=middle, high=middle * 2, **said)


def words(name: str, shares: dict[str, float], **said: Any) -> dict[str, Any]:
    return column(name, vocabulary=json.dumps(shares), distinct_values=len(shares), **said)


def delivery(name: str, *columns: dict[str, Any]) -> Delivery:
    return Delivery(name, {each["column_name"].lower(): each for each in columns})


def usual(count: int = 5) -> list[Delivery]:
    chance = np.random.default_rng(count)
    return [
        delivery(
            f"{month}.csv",
            column("id", role="key"),
            words("referrer", {"a": 0.5 + chance.normal(0, 0.02), "b": 0.5}),
            numbers("paid", 20 * (1 + chance.normal(0, 0.05)), distinct_values=300),
        )
        for month in range(count)
    ]


def last(**changed: dict[str, Any] | None) -> list[Change]:
    """Return what is found when a last delivery has some of its columns changed, or (None) left out."""
    before = usual()
    columns = {name: held for name, held in before[-1].columns.items() if changed.get(name, held) is not None}
    columns |= {name: held for name, held in changed.items() if held is not None}
    return changes([*before, Delivery("new.csv", columns)])


def kinds(found: list[Change]) -> list[tuple[str, str, bool]]:
    return [(change.kind, change.about, change.severe) for change in found]


def test_deliveries_as_usual_are_left_alone() -> None:
    assert changes(usual(12)) == []
    assert changes([]) == []


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"referrer": None}, ("missing", "referrer", True)),
        ({"note": column("note", role="other")}, ("added", "note", False)),
        ({"referrer": None, "referrer_url": column("referrer_url")}, ("renamed", "referrer", True)),
        ({"paid": column("paid")}, ("type", "paid", True)),
        ({"paid": numbers("paid", 2000)}, ("unit", "paid", True)),
        ({"paid": numbers("paid", 0.2)}, ("unit", "paid", True)),
        ({"paid": numbers("paid", 20, filled=0.3)}, ("filled", "paid", True)),
        ({"paid": numbers("paid", 75)}, ("distribution", "paid", False)),
        ({"referrer": words("referrer", {"a": 0.5, "c": 0.5})}, ("values", "referrer", False)),
    ],
)
def test_each_change_is_named_with_its_column(
    changed: dict[str, dict[str, Any] | None], expected: tuple[str, str, bool]
) -> None:
    found = last(**changed)
    assert kinds(found) == [expected]
    assert found[0].file == "new.csv"


def test_a_new_name_is_recognised_by_the_values_too() -> None:
    other = words("source", {"a": 0.45, "b": 0.55})
    assert kinds(last(referrer=None, source=other)) == [("renamed", "referrer", True)]


@pytest.mark.parametrize("rows", [10, 99])
def test_few_rows_say_nothing_about_values(rows: int) -> None:
    assert (
        last(paid=numbers("paid", 2000, rows=rows), referrer=words("referrer", {"c": 1.0}, rows=rows)) == []
    )


def test_a_column_whose_values_never_stay_the_same_is_left_alone() -> None:
    months = [delivery(f"{month}", words("month", {str(month): 1.0})) for month in range(8)]
    assert changes(months) == []


def test_what_lasts_is_told_with_its_first_delivery_and_then_accepted() -> None:
    before = usual()
    shape = {**before[-1].columns, "paid": numbers("paid", 2000)}
    after = [Delivery(f"new {place}", shape) for place in range(ACCEPTED + 2)]
    found = changes([*before, *after[: ACCEPTED - 1]])
    assert [(change.kind, change.file) for change in found] == [("unit", "new 0")]
    assert changes([*before, *after]) == []
    assert changes([*before, after[0], before[0]]) == []


def test_a_change_teaches_nothing_while_it_is_one() -> None:
    before = usual()
    odd = Delivery("odd", {**before[-1].columns, "paid": numbers("paid", 2000)})
    again = Delivery("again", {**before[-1].columns, "paid": numbers("paid", 2000)})
    assert kinds(changes([*before, odd, before[0], again])) == [("unit", "paid", True)]


def test_a_share_that_rises_is_found_and_chance_is_not() -> None:
    chance = np.random.default_rng(3)
    wholes = [int(n) for n in chance.integers(200, 5000, 30)]
    parts = [int(chance.binomial(n, 0.02)) for n in wholes]
    assert risen(parts, wholes) is None
    rose = risen([*parts, 300], [*wholes, 1000])
    assert rose is not None
    assert rose[0] == 0.3
    assert rose[1] == pytest.approx(0.02, abs=0.005)
    assert risen([*parts, 300, 20], [*wholes, 1000, 1000]) is None
    assert risen([50], [100]) is None
    assert risen([0, 0, 9], [1000, 1000, 10]) is None


def test_shares_seldom_rise_by_chance() -> None:
    chance = np.random.default_rng(4)
    found = 0
    for _ in range(500):
        wholes = chance.integers(100, 3000, 12)
        shares = chance.beta(20, 380, 12)
        found += (
            risen([int(n) for n in chance.binomial(wholes, shares)], [int(n) for n in wholes]) is not None
        )
    assert found <= 1


def test_the_stability_index_is_that_of_the_hand() -> None:
    """(.7 - .5) ln(.7/.5) + (.3 - .5) ln(.3/.5) = .06729 + .10217."""
    assert stability({"a": 0.7, "b": 0.3}, {"a": 0.5, "b": 0.5}) == pytest.approx(0.16946, abs=1e-5)
