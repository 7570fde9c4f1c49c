"""Rows of services become typed columns, whatever they hold, and one file of all their pages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_genome.sources.connect.shape import by_key, shaped
from customer_genome.sources.connect.tables import OneFile, table_of


def test_types_are_kept_and_what_is_nested_is_json() -> None:
    rows: list[dict[str, Any]] = [
        {"i": 1, "f": 1.5, "b": True, "s": "x", "o": {"a": [1, "é"]}, "mixed": 1, "half": 1, "big": 2**70},
        {"i": None, "f": None, "b": None, "s": None, "o": [1], "mixed": "a", "half": 0.5, "only": None},
    ]
    made = table_of(rows, {})
    types = {name: str(made.schema.field(name).type) for name in made.schema.names}
    assert types == {
        "i": "int64", "f": "double", "b": "bool", "s": "string", "o": "string", "mixed": "string", "half": "double",
        "big": "string", "only": "null",
    }  # fmt: skip
    assert made["o"].to_pylist() == ['{"a":[1,"é"]}', "[1]"]
    assert made["mixed"].to_pylist() == ["1", "a"]
    assert made["big"].to_pylist() == [str(2**70), None]


def test_declared_columns_are_there_alone_and_in_their_types() -> None:
    made = table_of([{"a": 1, "b": "x", "z": 9}], {"b": "text", "a": "number", "c": "json", "d": "integer"})
    assert made.schema.names == ["b", "a", "c", "d"]
    assert [str(one.type) for one in made.schema] == ["string", "double", "string", "int64"]
    assert made.to_pylist() == [{"b": "x", "a": 1.0, "c": None, "d": None}]


def test_a_value_that_is_not_of_the_declared_type_makes_the_column_text() -> None:
    assert table_of([{"a": 1}, {"a": "n/a"}], {"a": "number"})["a"].to_pylist() == ["1", "n/a"]
    assert table_of([{"a": 7}], {"a": "text"})["a"].to_pylist() == ["7"]
    assert table_of([{"a": "x"}], {"a": "json"})["a"].to_pylist() == ['"x"']


def test_pages_that_differ_become_one_file(tmp_path: Path) -> None:
    file = OneFile(tmp_path)
    for page in ([{"a": 1, "b": None}], [{"a": 2.5, "c": "x"}], [{"a": True}], [{"b": None}]):
        file.add(table_of(page, {}))
    file.finish(tmp_path / "all.parquet")
    found = pq.read_table(tmp_path / "all.parquet")
    assert file.rows == 4
    assert {name: str(found.schema.field(name).type) for name in found.schema.names} == {
        "a": "string", "b": "string", "c": "string",
    }  # fmt: skip
    assert found["a"].to_pylist() == ["1", "2.5", "true", None]
    assert [path.name for path in tmp_path.iterdir()] == ["all.parquet"]


VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(), st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(), st.integers(), max_size=2),
)  # fmt: skip
ROWS = st.lists(st.dictionaries(st.sampled_from("abc"), VALUES), min_size=1, max_size=6)


@given(ROWS)
def test_no_row_and_no_empty_value_is_made_up_or_lost(rows: list[dict[str, Any]]) -> None:
    made = table_of(rows, {})
    assert made.num_rows == len(rows) or not made.schema.names
    for name in made.schema.names:
        given_, kept = [row.get(name) for row in rows], made[name].to_pylist()
        assert [value is None for value in kept] == [value is None for value in given_]
        if pa.types.is_string(made.schema.field(name).type):
            pairs = zip(given_, kept, strict=True)
            assert all(k is None or k == g or json.loads(k) == g for g, k in pairs)
        else:
            assert kept == given_


def test_a_list_of_keys_and_values_becomes_an_object() -> None:
    entries = [
        {"key": "page", "value": {"string_value": "/x", "int_value": None}},
        {"key": "n", "value": {"string_value": None, "int_value": 0}},
        {"name": "color", "value": "red"},
        {"key": "none", "value": {"string_value": None}},
    ]
    expected = {"page": "/x", "n": 0, "color": "red", "none": None}
    assert by_key(entries) == expected
    assert by_key(json.dumps(entries)) == expected


@pytest.mark.parametrize("other", ["no json", {"a": 1}, [1, 2], 7])
def test_anything_else_stays_as_it_is(other: object) -> None:
    assert by_key(other) == other


def test_each_entry_of_a_list_becomes_a_row() -> None:
    rows = [{"id": 1, "lines": [{"n": 1}, {"n": 2}]}, {"id": 2, "lines": []}, {"id": 3}]
    assert list(shaped(iter(rows), explode="lines", objects=())) == [
        {"id": 1, "lines": {"n": 1}}, {"id": 1, "lines": {"n": 2}},
    ]  # fmt: skip
