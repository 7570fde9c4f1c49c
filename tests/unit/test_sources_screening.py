"""What looks like a direct identifier is taken out of texts, and what does not stays."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_genome.core.normalise import normalise
from customer_genome.engine import DuckDBEngine
from customer_genome.sources.columns import as_struct, excerpt, moment, number, safe_json, screened


@pytest.fixture(scope="module")
def engine() -> Iterator[DuckDBEngine]:
    made = DuckDBEngine(threads=1, memory="500MB")
    yield made
    made.close()


def asked(engine: DuckDBEngine, expression: str, value: object, type_: pa.DataType | None = None) -> object:
    """Return `expression` over one row whose column x is `value`."""
    engine.bind_table("one", pa.table({"x": pa.array([value], type_)}))
    return engine.table(f"SELECT {expression} AS found FROM one")["found"][0].as_py()


@pytest.mark.parametrize(
    "text",
    [
        "jane.doe@example.org", "JANE+news@mail.example.co.uk", "josé@exämple.org", "o'hara@example.ie", "a@b.de",
        "+43 664 1234567", "+1 (212) 555-0100", "0043 1 5877555", "(0664) 123 45 67", "+436641234567",
        "4111 1111 1111 1111", "4111-1111-1111-1111", "4111111111111111", "5500000000000004", "340000000000009",
    ],
)  # fmt: skip
def test_addresses_phones_and_cards_are_taken_out(engine: DuckDBEngine, text: str) -> None:
    for written in (text, f"call {text}, please", f"({text})", f"a\n{text}\tb"):
        found = str(asked(engine, screened("x"), written))
        assert text not in found
        assert "removed]" in found


@pytest.mark.parametrize(
    "text",
    ["tea no. 4", "2024-01-02T10:00:00", "1095275", "twitter: @jane", "5 @ 2.50", "12.50-", "basket 31198500000",
     "https://example.org/a?b=c", "v1.2.3", "1-800", ""],
)  # fmt: skip
def test_what_is_none_stays(engine: DuckDBEngine, text: str) -> None:
    assert asked(engine, screened("x"), text) == text


@given(st.text(max_size=60), st.integers(0, 60))
def test_half_an_address_never_stays_at_the_edge_of_an_excerpt(
    engine: DuckDBEngine, around: str, length: int
) -> None:
    found = asked(
        engine, excerpt("x", length=length), f"{around} jane.doe@example.org {around}".replace("\0", "")
    )
    assert "jane.doe" not in str(found)
    assert len(str(found)) <= max(length, len("None"))


@given(st.dictionaries(st.sampled_from("abc"), st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
                       .map(lambda text: text + "\n+43 664 1234567\nx@y.de"), min_size=1))  # fmt: skip
def test_screened_json_is_still_json(engine: DuckDBEngine, row: dict[str, str]) -> None:
    table = pa.table({name: [value] for name, value in row.items()})
    engine.bind_table("one", table)
    found = engine.table(f"SELECT {safe_json(list(row), table.schema)} AS found FROM one")["found"][0].as_py()
    assert set(json.loads(found)) == set(row)
    assert "664" not in found
    assert "x@y.de" not in found


@pytest.mark.parametrize("type_", [pa.int64(), pa.float64(), pa.string(), pa.decimal128(20, 0)])
def test_a_card_number_is_found_in_a_column_of_any_type(engine: DuckDBEngine, type_: pa.DataType) -> None:
    value = "4111111111111111" if type_ == pa.string() else 4111111111111111
    table = pa.table({"x": pa.array([value, None]).cast(type_)})
    engine.bind_table("one", table)
    found = engine.table(f"SELECT {safe_json(['x'], table.schema)} AS found FROM one")["found"].to_pylist()
    assert "4111" not in found[0]
    assert json.loads(found[1]) == {"x": None}


def test_a_number_that_is_taken_out_leaves_json_behind_beside_texts_too(engine: DuckDBEngine) -> None:
    table = pa.table({"id": pa.array([4111111111111111, 7]), "said": ["yes", "4111 1111 1111 1111"]})
    engine.bind_table("one", table)
    found = engine.table(f"SELECT {safe_json(['id', 'said'], table.schema)} AS found FROM one")["found"]
    rows = [json.loads(text) for text in found.to_pylist()]
    assert rows == [
        {"id": "[card number removed]", "said": "yes"},
        {"id": 7, "said": "[card number removed]"},
    ]


def test_a_hidden_column_says_only_whether_it_is_full(engine: DuckDBEngine) -> None:
    struct = as_struct(["x"], hidden=frozenset(["x"]))
    assert asked(engine, struct, "Jane Doe") == {"x": "[direct identifier removed]"}
    assert asked(engine, struct, None, pa.string()) == {"x": None}


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2024-01-02", "2024-01-01 23:00"), ("2024-07-02 10:00:00", "2024-07-02 08:00"), ("2024-01-02T10:00:00Z", "2024-01-02 10:00"),
        ("2024-01-02 10:00:00+05:30", "2024-01-02 04:30"), ("2024-01-02T10:00:00-0500", "2024-01-02 15:00"),
        (" 2024-01-02 ", "2024-01-01 23:00"),
        ("infinity", None), ("-infinity", None), ("2024-02-30", None), ("yesterday", None), ("", None), ("1704189600", None),
        ("0001-01-01", None), ("9999-12-31", None), ("294247-01-10 04:00:54", None), ("290309-12-22 (BC) 00:00:00", None),
    ],
)  # fmt: skip
def test_times_are_read_in_their_zone_or_named_as_wrong(
    engine: DuckDBEngine, text: str, utc: str | None
) -> None:
    cell = moment("x", name="at", type_=pa.string(), zone="Europe/Vienna")
    found = asked(engine, cell.value, text)
    assert (found and f"{found:%Y-%m-%d %H:%M}") == utc
    faults = [asked(engine, condition, text) for condition, _ in cell.faults]
    assert any(faults) == (utc is None and text != "")


@pytest.mark.parametrize(
    ("text", "decimal", "value", "wrong"),
    [
        ("1.5", ".", 1.5, False), (" -2 ", ".", -2.0, False), ("1.234,50", ",", 1234.5, False), ("", ".", None, False),
        ("1,5", ".", None, True), ("NaN", ".", None, True), ("inf", ".", None, True), ("1e999", ".", None, True),
        ("two", ".", None, True), ("0x10", ".", None, True),
    ],
)  # fmt: skip
def test_numbers_are_finite_or_named_as_wrong(
    engine: DuckDBEngine, text: str, decimal: str, value: float | None, wrong: bool
) -> None:
    cell = number("x", name="n", type_=pa.string(), decimal=decimal)
    assert any(asked(engine, condition, text) for condition, _ in cell.faults) == wrong
    if not wrong:
        assert asked(engine, cell.value, text) == value


@pytest.mark.parametrize(
    ("value", "how", "spelled"),
    [
        ("Jane@Example.ORG", "email", "jane@example.org"), ("no address", "email", None), ("a@b", "email", None),
        ("+43 664/123 45 67", "phone", "+436641234567"), ("0043 664 1234567", "phone", "+436641234567"),
        ("0664 1234567", "phone", None), ("12", "phone", None), ("ABC", "lower", "abc"), ("ABC", "none", "ABC"),
    ],
)  # fmt: skip
def test_identifiers_have_one_spelling(value: str, how: str, spelled: str | None) -> None:
    assert normalise(value, how=how) == spelled  # type: ignore[arg-type]
