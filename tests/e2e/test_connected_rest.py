"""A REST service as a source: paging, secrets, increments, and what is said when it does not answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connected_project import account, loaded, project
from customer_genome.core.errors import SourceError
from imitated_service import Answer, Asked, Service, service

import customer_genome  # isort: skip

SECRET = "sk_live/very+secret"  # noqa: S105
BODY = """\
connections:
  shop:
    base_url: URL
    auth: {type: bearer, secret: SHOP_KEY}
    paginator: {type: page_number, page_param: page, base_page: 1, total_path: pages}
    attempts: 2
sources:
  orders:
    department: sales
    connect:
      rest: shop
      path: /orders
      data_selector: rows
      cursor: changed
      since: {param: changed_since, first: "2020-01-01T00:00:00Z"}
      key: [id]
      columns: {id: integer, who: json, sku: text, at: text, amount: number, gift: boolean, changed: text}
    interactions:
      key: [id]
      identifiers: {person: "json_extract_string(who, '$.id')"}
      verb: buy
      item: sku
      occurred_at: at
      value: amount
      properties: [gift]
"""


def order(n: int, **more: Any) -> dict[str, Any]:
    moment = f"2026-01-0{n}T10:00:00Z"
    row = {
        "id": n,
        "who": {"id": f"p{n}", "tags": ["a"]},
        "sku": "tea",
        "at": moment,
        "amount": n,
        "changed": moment,
    }
    return row | {"unwanted": "x"} | more


class Shop:
    """Orders on pages of two; wants its key."""

    def __init__(self) -> None:
        self.rows = [order(1), order(2, amount=2.5), order(3)]

    def __call__(self, asked: Asked) -> Answer:
        if asked.headers.get("Authorization") != f"Bearer {SECRET}":
            return Answer({"error": f"{asked.headers.get('Authorization')} is not known"}, 401)
        mine = [row for row in self.rows if row["changed"] >= asked.params["changed_since"]]
        page = int(asked.params.get("page", 1))
        return Answer({"rows": mine[2 * page - 2 : 2 * page], "pages": -(-len(mine) // 2)})


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def running(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setenv("SHOP_KEY", SECRET)
    with service(shop) as one:
        yield one


@pytest.fixture
def folder(running: Service, tmp_path: Path) -> Path:
    return project(tmp_path / "company", BODY.replace("URL", running.url))


def test_pages_are_followed_and_only_news_is_asked_for(folder: Path, shop: Shop, running: Service) -> None:
    found = loaded(folder, published=True)
    assert found.account() == {"orders": (3, 3, 0, 0, 0)}
    assert found.interactions("token", "value", "properties") == [
        ("person:p1", 1.0, '{"gift":null,"changed":"2026-01-01T10:00:00Z"}'),
        ("person:p2", 2.5, '{"gift":null,"changed":"2026-01-02T10:00:00Z"}'),
        ("person:p3", 3.0, '{"gift":null,"changed":"2026-01-03T10:00:00Z"}'),
    ]
    assert [asked.params.get("page") for asked in running.asked] == ["1", "2"]
    running.asked.clear()
    shop.rows += [order(4, gift=True), order(1, changed="2026-01-09T00:00:00Z", amount=100)]
    found = loaded(folder, published=True)
    assert {asked.params["changed_since"] for asked in running.asked} == {"2026-01-03T10:00:00Z"}
    assert found.account() == {"orders": (5, 5, 0, 0, 0)}
    assert sorted(row["value"] for row in found.tables["interactions"]) == [2.5, 3.0, 4.0, 100.0]


def test_a_busy_service_is_asked_again(folder: Path, shop: Shop, running: Service) -> None:
    busy = [Answer({}, 429, {"Retry-After": "0"})]
    running.answer = lambda asked: busy.pop() if busy else shop(asked)
    assert loaded(folder).account() == {"orders": (3, 3, 0, 0, 0)}


@pytest.mark.parametrize(
    ("status", "says"),
    [(500, "HTTP 500.*a fault of its own"), (404, "HTTP 404.*base_url"), (403, "HTTP 403.*may not read")],
)
def test_an_error_says_what_was_tried_and_what_to_do(
    folder: Path, running: Service, status: int, says: str
) -> None:
    running.answer = lambda _: Answer({"message": SECRET}, status, {"Retry-After": "0"})
    with pytest.raises(
        SourceError, match=f"(?s)source orders: /orders of shop could not be pulled.*{says}"
    ) as error:
        loaded(folder)
    assert SECRET not in str(error.value)


def test_a_wrong_secret_is_never_shown_nor_kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_KEY", "wrong+secret/of=mine")
    with pytest.raises(SourceError, match=r"(?s)HTTP 401.*check the secret") as error:
        loaded(folder)
    assert error.value.__suppress_context__
    kept = [path for path in folder.rglob("*") if path.is_file()]
    assert kept
    for text in (str(error.value), *(path.read_bytes().decode("latin-1") for path in kept)):
        assert "wrong+secret" not in text


def test_a_missing_secret_lists_the_places_that_were_asked(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SHOP_KEY")
    with pytest.raises(SourceError, match="the secret SHOP_KEY is missing") as error:
        loaded(folder)
    assert "environment variable SHOP_KEY" in error.value.found
    assert "keyring entry SHOP_KEY of customer-genome" in error.value.found
    assert "keyring set customer-genome SHOP_KEY" in error.value.fix


@pytest.mark.slow
def test_a_service_that_is_away_fails_its_build_and_readers_keep_the_snapshot(
    tmp_path: Path, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_KEY", SECRET)
    with service(shop) as one:
        folder = project(tmp_path / "company", BODY.replace("URL", one.url))
        customer_genome.open(folder).build()
    with pytest.raises(
        SourceError, match=r"(?s)source orders.*Connection refused.*127.0.0.1.*readers keep the last"
    ):
        customer_genome.open(folder).build()
    assert account(folder) == {"orders": (3, 3, 0, 0, 0)}


def test_what_a_row_does_not_have_is_empty_and_what_the_mapping_needs_is_named(
    folder: Path, shop: Shop
) -> None:
    shop.rows = [
        {"id": 1, "who": {"id": "p1"}, "at": "2026-01-01T10:00:00Z", "changed": "2026-01-01T10:00:00Z"}
    ]
    found = loaded(folder)
    assert found.account() == {"orders": (1, 0, 0, 1, 0)}
    assert found.quarantined() == ["no item"]
    file = folder / "genome.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("columns:", "objects: [] #"), encoding="utf-8")
    with pytest.raises(SourceError, match=r"(?s)source orders.*lacks 3 columns.*amount"):
        loaded(folder)
