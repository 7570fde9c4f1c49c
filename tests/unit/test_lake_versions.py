"""A pinned version stays what it was, whatever is written, undone or swept beside it."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from customer_genome.engine import Lake, Pin, rows_in
from customer_genome.tables import contract

MEMBERSHIP = contract("membership")


def rows(*tokens: str) -> pa.Table:
    return pa.table({"token": list(tokens), "customer_id": ["c"] * len(tokens)})


def tokens(lake: Lake, pin: Pin) -> list[str]:
    return sorted(
        token
        for file in lake.files(pin)
        for token in pq.read_table(file, partitioning=None)["token"].to_pylist()
    )


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path)


def test_a_pin_names_one_version_for_good(lake: Lake) -> None:
    first = lake.overwrite(MEMBERSHIP, rows("a"), branch="main")
    second = lake.append(MEMBERSHIP, rows("b"), branch="main")
    third = lake.overwrite(MEMBERSHIP, rows("c"), branch="main")
    assert [tokens(lake, pin) for pin in (first, second, third)] == [["a"], ["a", "b"], ["c"]]
    assert lake.latest("membership", branch="main") == third.version
    assert rows_in(lake.files(second)) == 2


def test_branches_know_nothing_of_each_other(lake: Lake) -> None:
    one = lake.overwrite(MEMBERSHIP, rows("a"), branch="main")
    lake.overwrite(MEMBERSHIP, rows("b"), branch="other")
    assert tokens(lake, one) == ["a"]
    assert lake.latest("membership", branch="third") is None


def test_what_no_snapshot_names_is_undone_and_writing_goes_on_from_there(lake: Lake) -> None:
    pin = lake.overwrite(MEMBERSHIP, rows("a"), branch="main")
    lake.append(MEMBERSHIP, rows("b"), branch="main")
    lake.roll_back(pin)
    lake.roll_back(pin)
    assert tokens(lake, pin) == ["a"]
    assert tokens(lake, lake.append(MEMBERSHIP, rows("c"), branch="main")) == ["a", "c"]


def test_a_table_that_no_snapshot_names_is_emptied(lake: Lake) -> None:
    lake.discard("membership", branch="main")
    lake.overwrite(MEMBERSHIP, rows("a"), branch="main")
    lake.discard("membership", branch="main")
    assert tokens(lake, lake.append(MEMBERSHIP, rows("b"), branch="main")) == ["b"]


def test_many_small_appends_are_compacted_and_lose_nothing(lake: Lake) -> None:
    pins = [lake.append(MEMBERSHIP, rows(f"{n:02d}"), branch="main") for n in range(30)]
    assert len(lake.files(pins[-1])) < 30
    assert tokens(lake, pins[-1]) == [f"{n:02d}" for n in range(30)]
    assert tokens(lake, pins[3]) == ["00", "01", "02", "03"]


def test_columns_are_put_in_order_and_more_of_them_left_out(lake: Lake) -> None:
    mixed = pa.table({"more": [1], "customer_id": ["c"], "token": ["a"]})
    pin = lake.overwrite(MEMBERSHIP, mixed, branch="main")
    assert pq.read_table(lake.files(pin)[0], partitioning=None).schema.names == list(MEMBERSHIP.names)


@pytest.mark.parametrize("name", ["plain", "with a blank", "ümlaut & co", "100 %"])
def test_sweeping_keeps_what_is_pinned_however_the_folder_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    lake = Lake(Path(name))
    lake.overwrite(MEMBERSHIP, rows("old"), branch="main")
    pin = lake.overwrite(MEMBERSHIP, rows("new"), branch="main")
    assert lake.sweep([pin]) == 1
    assert tokens(lake, pin) == ["new"]
