"""A SQLite database as a source: pulled once, row by row accounted for, and never ahead of what is published."""

from __future__ import annotations

import contextlib
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import customer_genome
from connected_project import CRM, account, crm, loaded, orders, project, rows
from customer_genome.core.errors import SourceError

PROGRAM = Path(__file__).parent.parent / "support" / "killed_build.py"


@pytest.fixture
def company(tmp_path: Path) -> Path:
    folder = project(tmp_path / "company", CRM)
    crm(folder, orders(1, 30))
    return folder


def landed(folder: Path) -> list[str]:
    return sorted(
        path.name for path in (folder / "landing").rglob("*") if path.suffix != ".json" and path.is_file()
    )


def change(folder: Path, old: str, new: str) -> None:
    file = folder / "genome.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def statement(folder: Path, text: str) -> None:
    with contextlib.closing(sqlite3.connect(folder / "data" / "crm.sqlite")) as database, database:
        database.executescript(text)


def test_a_build_pulls_what_is_new_and_leaves_nothing_behind(company: Path) -> None:
    before = (company / "data" / "crm.sqlite").read_bytes()
    customer_genome.open(company).build()
    assert account(company) == {"orders": (30, 30, 0, 0, 0)}
    assert landed(company) == []
    assert stat.S_IMODE((company / "landing" / "orders").stat().st_mode) == 0o700
    assert (company / "data" / "crm.sqlite").read_bytes() == before
    assert not customer_genome.open(company).build().changed
    crm(company, orders(31, 40, day=2))
    assert customer_genome.open(company).build().changed
    assert account(company) == {"orders": (40, 40, 0, 0, 0)}
    found = rows(company, "SELECT COUNT(*) AS n, SUM(value) AS total FROM interactions")
    assert found == [{"n": 40, "total": sum(range(41)) * 1.5}]


def test_a_late_row_of_the_last_moment_is_not_lost_and_its_neighbours_are_not_pulled_again(
    company: Path,
) -> None:
    loaded(company, published=True)
    (late,) = orders(41, 41)
    crm(company, [(*late[:-1], "2026-01-01 10:00:30")])  # as late as the last row that was pulled
    found = loaded(company, published=True)
    assert found.account() == {"orders": (31, 31, 0, 0, 0)}
    assert loaded(company, published=True).account() == {"orders": (31, 31, 0, 0, 0)}


def test_rows_that_come_again_unchanged_are_known(company: Path) -> None:
    loaded(company, published=True)
    statement(company, "UPDATE orders SET updated_at = '2026-01-09' WHERE id <= 3")
    found = loaded(company, published=True)
    assert found.account() == {"orders": (33, 30, 3, 0, 0)}
    assert len(found.tables["interactions"]) == 30


def test_with_a_key_a_changed_row_replaces_what_was_stored_of_it(company: Path) -> None:
    loaded(company, published=True)
    statement(company, "UPDATE orders SET amount = 999, updated_at = '2026-01-09' WHERE id = 3")
    found = loaded(company, published=True)
    assert found.account() == {"orders": (31, 31, 0, 0, 0)}
    assert len(found.tables["interactions"]) == 30
    assert [row["value"] for row in found.tables["interactions"] if row["value"] == 999] == [999]


def test_without_a_key_a_changed_row_is_quarantined(company: Path) -> None:
    change(company, ", key: [id]}", "}")
    loaded(company, published=True)
    statement(company, "UPDATE orders SET amount = 999, updated_at = '2026-01-09' WHERE id = 3")
    found = loaded(company, published=True)
    assert found.account() == {"orders": (31, 30, 0, 1, 0)}
    assert found.quarantined() == ["duplicate key: another row with this key says something else"]


def test_another_mapping_pulls_everything_again_and_says_it_once(company: Path) -> None:
    loaded(company, published=True)
    crm(company, orders(31, 35, day=2))
    loaded(company, published=True)
    change(company, "item: sku", "item: \"'new:' || sku\"")
    found = loaded(company, published=True)
    current = [line for line in found.tables["loads"] if not line["superseded"]]
    assert [(line["received"], line["stored"], line["duplicates"]) for line in current] == [(35, 35, 0)]
    assert len(found.tables["interactions"]) == 35
    assert {row["item_id"] for row in found.tables["interactions"]} == {"new:sku-0", "new:sku-1", "new:sku-2"}
    change(company, "value: amount", "value: amount * 2")
    assert (
        sum(row["value"] for row in loaded(company, published=True).tables["interactions"])
        == sum(range(36)) * 3
    )


def test_a_lost_landing_folder_costs_a_pull_and_nothing_else(company: Path) -> None:
    loaded(company, published=True)
    shutil.rmtree(company / "landing")
    found = loaded(company, published=True)
    assert len(found.tables["interactions"]) == 30
    assert [line["received"] for line in found.tables["loads"] if not line["superseded"]] == [30]


def test_rows_without_a_cursor_are_pulled_each_time_and_known_again(company: Path) -> None:
    statement(company, "UPDATE orders SET updated_at = NULL WHERE id = 3")
    assert loaded(company, published=True).account() == {"orders": (30, 30, 0, 0, 0)}
    assert loaded(company, published=True).account() == {"orders": (31, 30, 1, 0, 0)}


def test_without_a_cursor_the_whole_table_is_one_delivery_that_replaces_itself(company: Path) -> None:
    change(company, "cursor: updated_at, key: [id]", "key: [id]")
    loaded(company, published=True)
    assert len(loaded(company, published=True).tables["loads"]) == 1  # nothing new
    assert landed(company) == []
    statement(company, "UPDATE orders SET amount = 999 WHERE id = 3; DELETE FROM orders WHERE id = 4")
    found = loaded(company, published=True)
    assert [line["received"] for line in found.tables["loads"] if not line["superseded"]] == [29]
    assert 999 in {row["value"] for row in found.tables["interactions"]}


def test_a_query_reads_what_was_pulled(company: Path) -> None:
    change(
        company, "    interactions:", "    query: SELECT * FROM received WHERE amount > 15\n    interactions:"
    )
    assert loaded(company).account() == {"orders": (20, 20, 0, 0, 0)}


CONTACTS_AND_GOODS = """\
connections:
  crm: {url: "sqlite:///data/crm.sqlite"}
sources:
  contacts:
    department: sales
    connect: {sql: crm, table: contacts, cursor: changed}
    claims: {identifiers: {email: email}, observed_at: changed, attributes: {role: "json_extract_string(more, '$.job.title')"}}
  goods:
    department: sales
    connect: {sql: crm, table: goods, key: [id]}
    items: {item: id, kind: product, title: title, properties: [grams, vegan]}
"""


def test_claims_and_items_are_pulled_too_and_nothing_of_dlt_is_in_them(tmp_path: Path) -> None:
    folder = project(tmp_path, CONTACTS_AND_GOODS)
    statement(folder, """
        CREATE TABLE contacts (email TEXT, changed TEXT, more JSON);
        INSERT INTO contacts VALUES ('a@example.org', '2026-01-01', '{"job": {"title": "Buyer"}}');
        CREATE TABLE goods (id TEXT PRIMARY KEY, title TEXT, grams INTEGER, vegan BOOLEAN, price NUMERIC);
        INSERT INTO goods VALUES ('g1', 'Tea', 250, 1, 3.5), ('g2', 'Jam', NULL, NULL, NULL);
    """)  # fmt: skip
    found = loaded(folder)
    assert found.claims() == {("role", "Buyer")}
    assert found.items() == {"g1": ("Tea", None), "g2": ("Jam", None)}
    kept = {row["item_id"]: row["properties"] for row in found.tables["items"]}
    assert kept["g1"] == '{"grams":250,"vegan":true,"price":3.5}'
    statement(
        folder,
        "INSERT INTO contacts VALUES ('a@example.org', '2026-01-02', '{\"job\": {\"title\": \"Boss\"}}')",
    )
    loaded(folder, published=True)
    assert loaded(folder).claims() == {("role", "Buyer"), ("role", "Boss")}


def test_a_value_of_another_type_is_named_by_its_column_and_can_be_read_as_text(company: Path) -> None:
    statement(company, "UPDATE orders SET amount = 'ada@example.org' WHERE id = 7")
    with pytest.raises(SourceError, match="column amount holds values that are not of its type") as error:
        loaded(company)
    assert "ada@example.org" not in str(error.value)
    columns = "{id: any, person: any, email: any, sku: any, ordered_at: any, amount: text, updated_at: any}"
    change(company, "key: [id]}", f"key: [id], columns: {columns}}}")
    found = loaded(company)
    assert found.account() == {"orders": (30, 29, 0, 1, 0)}
    assert found.quarantined() == ["value is not a number: [e-mail removed]"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("table: orders", "table: order", "there is no table order in crm.*did you mean `orders`"),
        ("cursor: updated_at", "cursor: changed_at", "lacks 1 column.*changed_at"),
        (
            "key: [id]}",
            "key: [id], columns: [id, person]}",
            "leave out what the pull itself needs.*updated_at",
        ),
        ("data/crm.sqlite", "data/cmr.sqlite", "the database data/cmr.sqlite does not exist"),
        ("data/crm.sqlite", "../crm.sqlite", "leads out of the project"),
        ("item: sku", "item: product", "lacks 1 column.*product"),
    ],
)
def test_what_is_not_there_is_named(company: Path, old: str, new: str, says: str) -> None:
    change(company, old, new)
    with pytest.raises(SourceError, match=f"(?s){says}"):
        loaded(company)


def test_rows_without_a_column_that_went_away_wait_in_quarantine_and_are_pulled_again(company: Path) -> None:
    loaded(company, published=True)
    statement(
        company,
        "ALTER TABLE orders RENAME COLUMN amount TO total; UPDATE orders SET updated_at = '2026-01-09'",
    )
    found = loaded(company, published=True)
    assert found.account() == {"orders": (60, 30, 0, 30, 0)}
    assert set(found.quarantined()) == {"column amount missing since landing/orders/000002.parquet"}
    change(company, "value: amount", "value: total")
    found = loaded(company, published=True)
    assert len(found.tables["interactions"]) == 30
    assert found.quarantined() == []


def test_the_progress_says_what_is_pulled(company: Path) -> None:
    class Heard:
        said: list[Any]

        def __init__(self) -> None:
            self.said = []

        def begin(self, name: str, *, total: int | None = None, unit: str = "steps") -> None:
            self.said.append((name, unit))

        def advance(self, units: int = 1, *, note: str = "") -> None:
            self.said.append(units)

        def end(self) -> None:
            self.said.append("end")

    heard = Heard()
    loaded(company, progress=heard)
    place = heard.said.index(("pulling orders (table orders of crm)", "rows"))
    assert heard.said[place + 1 : place + 3] == [30, "end"]


@pytest.mark.slow
@pytest.mark.parametrize("point", ["before:1", "publish", "landed"])
def test_a_killed_build_loses_nothing_and_doubles_nothing(company: Path, point: str) -> None:
    loaded(company, published=True)
    crm(company, orders(28, 40, day=2))  # three of them changed
    done = subprocess.run(
        [sys.executable, str(PROGRAM), str(company), point], capture_output=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()[-2000:]
    assert landed(company) == ["000002.parquet"]
    found = loaded(company, published=True)
    assert found.account() == {"orders": (43, 43, 0, 0, 0)}
    assert sum(row["value"] for row in found.tables["interactions"]) == sum(range(41)) * 1.5
    assert landed(company) == []
