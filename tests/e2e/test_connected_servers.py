"""PostgreSQL and MySQL (MariaDB) as sources, from real servers: types, increments, and a password that stays secret."""

from __future__ import annotations

import gc
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import sqlalchemy as sa

from connected_project import HEAD, NEXT_YEAR, loaded
from customer_genome.core.errors import SourceError
from customer_genome.sources.connect.sql_rows import address
from database_servers import ESCAPED, PASSWORD, NotHere, mysql, postgres

pytestmark = pytest.mark.slow

SOURCES = """\
connections:
  shop: {secret: SHOP_DATABASE_URL}
sources:
  orders:
    department: sales
    connect: {sql: shop, table: TABLE, cursor: changed_at, key: [id]}
    interactions:
      key: [id]
      identifiers: {person: person, email: email}
      verb: buy
      item: sku
      occurred_at: ordered_at
      time_zone: Europe/Vienna
      value: amount
      properties: [gift, more]
"""
ROWS = [
    (1, "p1", "a@example.org", "tea", "2026-01-01 10:00:00", "12.50", True, '{"size": {"grams": 250}}', "2026-01-01 10:00:00"),
    (2, "p2", "b@example.org", "jam", "2026-07-01 10:00:00", "0.10", False, None, "2026-01-02 10:00:00.123456"),
]  # fmt: skip
INSERT = "INSERT INTO {table} VALUES (:a, :b, :c, :d, :e, :f, :g, :h, :i)"


def _server(run: Callable[[], AbstractContextManager[str]]) -> Iterator[str]:
    try:
        with run() as url:
            yield url
    except NotHere as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
def postgres_url() -> Iterator[str]:
    yield from _server(postgres)


@pytest.fixture(scope="module")
def mysql_url() -> Iterator[str]:
    yield from _server(mysql)


def fill(url: str, statements: list[str], *, table: str, rows: list[tuple[object, ...]]) -> None:
    engine = sa.create_engine(address(url, root=Path("/")))
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))
        for row in rows:
            connection.execute(sa.text(INSERT.format(table=table)), dict(zip("abcdefghi", row, strict=True)))
    engine.dispose()


def project(folder: Path, table: str) -> Path:
    (folder / "genome.yaml").write_text(HEAD + SOURCES.replace("TABLE", table), encoding="utf-8")
    return folder


def check(url: str, folder: Path, *, table: str) -> None:
    found = loaded(folder, published=True, now=NEXT_YEAR)
    assert found.account() == {"orders": (2, 2, 0, 0, 0)}
    assert found.interactions("item_id", "occurred_at", "value") == [
        ("tea", "2026-01-01T09:00:00+00:00", 12.5),  # Vienna's winter and summer
        ("jam", "2026-07-01T08:00:00+00:00", 0.1),
    ]
    more = [row["properties"] for row in found.tables["interactions"]]
    assert any('\\"grams\\"' in text and "250" in text for text in more)
    assert not any("_dlt" in text for text in more)
    fill(url, [f"UPDATE {table} SET amount = 99, changed_at = '2026-01-03 00:00:00' WHERE id = 1"], table=table, rows=[
        (3, "p3", "c@example.org", "tea", "2026-01-05 10:00:00", "1", True, None, "2026-01-02 10:00:00.123456"),
    ])  # fmt: skip
    found = loaded(folder, published=True, now=NEXT_YEAR)
    assert found.account() == {"orders": (4, 4, 0, 0, 0)}
    assert sorted(row["value"] for row in found.tables["interactions"]) == [0.1, 1.0, 99.0]
    assert loaded(folder, now=NEXT_YEAR).account() == {"orders": (4, 4, 0, 0, 0)}


def test_postgresql(postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_DATABASE_URL", postgres_url)
    columns = """id BIGINT PRIMARY KEY, person TEXT, email VARCHAR(80), sku TEXT, ordered_at TIMESTAMP, amount NUMERIC(10, 2),
        gift BOOLEAN, more JSONB, changed_at TIMESTAMPTZ"""
    table = "billing.orders"
    fill(postgres_url, ["CREATE SCHEMA billing", f"CREATE TABLE {table} ({columns})"], table=table, rows=ROWS)
    check(postgres_url, project(tmp_path, table), table=table)


def test_mysql(mysql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_DATABASE_URL", mysql_url)
    columns = """id BIGINT PRIMARY KEY, person TEXT, email VARCHAR(80), sku TEXT, ordered_at DATETIME, amount DECIMAL(10, 2),
        gift BOOLEAN, more JSON, changed_at DATETIME(6)"""
    fill(mysql_url, [f"CREATE TABLE orders ({columns})"], table="orders", rows=ROWS)
    check(mysql_url, project(tmp_path, "orders"), table="orders")


@pytest.mark.filterwarnings(
    "ignore::ResourceWarning"
)  # the driver leaves the socket of a refused call to the collector
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("server", ["postgres_url", "mysql_url"])
def test_a_wrong_password_and_a_server_that_is_away_are_said_without_the_password(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue(server)
    folder = project(tmp_path, "orders")
    for wrong in (url.replace(ESCAPED, "n0t%40it"), re.sub(r":[0-9]+/", ":1/", url)):
        monkeypatch.setenv("SHOP_DATABASE_URL", wrong)
        with pytest.raises(
            SourceError, match="source orders: table orders of shop could not be pulled"
        ) as error:
            loaded(folder)
        assert error.value.__suppress_context__
        for text in (str(error.value), *_files(folder)):
            assert not any(part in text for part in (PASSWORD, ESCAPED, "n0t@it", "n0t%40it"))
    gc.collect()


def _files(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.read_bytes().decode("latin-1")
