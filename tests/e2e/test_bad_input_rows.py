"""A row that breaks its contract is set aside with its reason; the sum of what became of the rows closes."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tiny_company import COLUMNS, GOOD, Company, company

TOMORROW = (datetime.now(UTC) + timedelta(days=2)).isoformat()
FINE = ("ann", "ann@example.org", "buy", "tea", "2024-01-05T10:00:00", "1", "2.50", "")


def row(key: str, **changed: str) -> tuple[str, ...]:
    """Return a good row under `key` with some cells changed."""
    good = dict(zip(COLUMNS[1:], FINE, strict=True))
    return (key, *(good | changed).values())


BAD = {
    "text in a number": (row("b1", quantity="two"), "quantity is not a number: two"),
    "text in a time": (row("b2", at="last Tuesday"), "occurred_at is not a time: last Tuesday"),
    "a day that does not exist": (row("b3", at="2024-02-30"), "occurred_at is not a time: 2024-02-30"),
    "an infinite time": (row("b4", at="infinity"), "occurred_at is not a time: infinity"),
    "a time at the end of all clocks": (
        row("b5", at="294247-01-10 04:00:54"),
        "occurred_at is not a time: 294247-01-10 04:00:54",
    ),
    "a time before all calendars": (
        row("b6", at="290309-12-22 (BC) 00:00:00"),
        "occurred_at is not a time: 290309-12-22 (BC) 00:00:00",
    ),
    "not a number": (row("b7", paid="NaN"), "value is not finite: NaN"),
    "infinite": (row("b8", quantity="-inf"), "quantity is not finite: -inf"),
    "more than a number holds": (row("b9", paid="1e999"), "value is not finite: 1e999"),
    "unknown verb": (row("b10", verb="bye"), "unknown verb: bye"),
    "no verb": (row("b11", verb=""), "no verb"),
    "no item": (row("b12", item=""), "no item"),
    "no time": (row("b13", at=""), "no time"),
    "no identifier at all": (row("b14", person="", email=""), "no identifier (person, email)"),
    "placeholders for identifiers": (
        row("b15", person="N/A", email="(not set)"),
        "no identifier (person, email)",
    ),
    "an e-mail address that is none": (row("b16", person="", email="ann at home"), "no usable identifier"),
    "negative without being a return": (
        row("b17", quantity="-1"),
        "negative quantity or value, and the verb takes no returns",
    ),
    "negative money without being a return": (
        row("b18", paid="-1"),
        "negative quantity or value, and the verb takes no returns",
    ),
    "tomorrow": (row("b19", at=TOMORROW), "occurred_at lies in the future: "),
    "empty key": (row(""), "key column id is empty"),
    "another row with its key": (
        row("g1", item="bread"),
        "duplicate key: another row with this key says something else",
    ),
    "an identifier without end": (row("b20", person="x" * 1001), "person is longer than 1,000 characters"),
    "an item without end": (row("b21", item="x" * 1001), "item_id is longer than 1,000 characters"),
}
STORED = {
    "a return": row("s1", verb="refund", quantity="-1", paid="-2.50"),
    "an unknown quantity": row("s2", quantity=""),
    "a formula": row("s3", item="=1+1", note='=HYPERLINK("http://example.org")'),
    "one usable identifier of two": row("s4", email="ann at home"),
    "a time with its offset": row("s5", at="2024-01-05T10:00:00+02:00"),
    "another spelling of an address": row("s6", person="", email=" ANN@Example.org "),
}
DUPLICATES = (GOOD[0], GOOD[0], row("s1", verb="refund", quantity="-1.0", paid="-2.5", note="sent again"))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """One build of good rows among all the bad ones."""
    rows = [*GOOD, *(line for line, _ in BAD.values()), *STORED.values(), *DUPLICATES]
    made = company(tmp_path_factory.mktemp("rows"), rows=rows)
    made.open().build()
    return made


def test_every_row_written_is_stored_known_already_or_set_aside(built: Company) -> None:
    stored = len(GOOD) + len(STORED)
    received = stored + len(BAD) + len(DUPLICATES)
    assert built.account() == (received, stored, len(DUPLICATES), len(BAD), 0)
    assert len(built.interactions()) == stored
    assert len(built.quarantine()) == len(BAD)


@pytest.mark.parametrize("fault", BAD)
def test_a_bad_row_is_set_aside_with_its_reason_and_whole(built: Company, fault: str) -> None:
    line, reason = BAD[fault]
    place = len(GOOD) + list(BAD).index(fault) + 1
    found = next(each for each in built.quarantine() if each["line"] == place)
    assert found["reason"].startswith(reason)
    assert (found["source"], found["file"]) == ("sales", "data/sales.csv")
    if len(line[1]) < 1000 and len(line[4]) < 1000:
        kept = json.loads(found["row"])
        assert (kept["id"] or "", kept["verb"] or "") == (line[0], line[3])


def test_a_return_counts_against_revenue_and_a_bad_row_not_at_all(built: Company) -> None:
    revenue = sum(each["value"] for each in built.interactions())
    assert built.open().status().revenue == pytest.approx(8.00 - 2.50 + 5 * 2.50)
    assert revenue == pytest.approx(built.open().status().revenue)


def test_an_unknown_quantity_stays_unknown(built: Company) -> None:
    assert [each["quantity"] for each in built.interactions()].count(None) == 1


def test_a_formula_is_kept_as_text_and_cannot_act_in_a_spreadsheet(built: Company, tmp_path: Path) -> None:
    stored = next(each for each in built.interactions() if each["item_id"] == "=1+1")
    assert json.loads(stored["properties"])["note"] == '=HYPERLINK("http://example.org")'
    out = tmp_path / "out.csv"
    assert built.open().export("interactions", purpose="service", out=out) == len(built.interactions())
    with out.open(encoding="utf-8", newline="") as file:
        cells = [cell for line in csv.reader(file) for cell in line]
    assert "'=1+1" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "@", "+", "\t"))]


def test_spellings_of_one_address_are_one_customer(built: Company) -> None:
    customers = {each["customer_id"] for each in built.interactions()}
    assert len(customers) == 2


def test_mended_rows_are_stored_at_the_next_build_and_leave_the_quarantine(tmp_path: Path) -> None:
    made = company(tmp_path, rows=[*GOOD, row("b1", quantity="two"), row("b2", verb="bye")])
    made.open().build()
    assert made.account() == (5, 3, 0, 2, 0)
    made.write([*GOOD, row("b1", quantity="2"), row("b2", verb="bye")])
    made.open().build()
    assert made.account() == (5, 4, 0, 1, 0)
    assert [each["reason"] for each in made.quarantine()] == ["unknown verb: bye"]
