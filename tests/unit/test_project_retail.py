"""The retail template's queries and expressions mean what their comments say, on data small enough to check."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
import sqlglot

from customer_genome.core.configuration import read_project
from customer_genome.core.project import Project
from customer_genome.core.scaffold import template_text

TABLES = {
    "promotions": """SELECT * FROM (VALUES
        (1, 10, '0', 'A', 1), (1, 10, '0', 'A', 1), (1, 10, '3', 'D', 1), (2, 10, '3', 'D', 1), (3, 10, '9', '0', 1),
        (1, 11, '0', 'A', 1), (1, 10, '0', 'Q', 2)
        ) AS t(product_id, store_id, display_location, mailer_location, week)""",
    "bought": """SELECT 7 AS household_id, *, TIMESTAMP '2017-01-01 12:00:00' AS transaction_timestamp FROM (VALUES
        (100, 10, 1, 1), (100, 10, 2, 1), (100, 10, 3, 1), (101, 12, 1, 1), (102, 10, 2, 2)
        ) AS t(basket_id, store_id, product_id, week)""",
    "products": """SELECT * FROM (VALUES (1, 'GROCERY', 'SOUP'), (2, 'GROCERY', 'SOUP'), (3, 'PRODUCE', NULL)
        ) AS t(product_id, department, product_category)""",
    "offered": "SELECT * FROM (VALUES (5, 1, 1), (5, 2, 1), (5, 3, 1), (5, 1, 2)) AS t(coupon_upc, product_id, campaign_id)",
}


@pytest.fixture(scope="module")
def project() -> Project:
    return read_project(template_text("retail"))


@pytest.fixture
def tables() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        for name, query in TABLES.items():
            connection.execute(f"CREATE TABLE {name} AS {query}")
        yield connection


def rows(
    tables: duckdb.DuckDBPyConnection, project: Project, source: str, *columns: str
) -> list[tuple[Any, ...]]:
    query = project.sources[source].query
    return tables.sql(f"SELECT {', '.join(columns)} FROM ({query}) ORDER BY ALL").fetchall()


def test_a_basket_responds_once_to_each_place_that_showed_something_in_it(
    tables: duckdb.DuckDBPyConnection, project: Project
) -> None:
    mapping = project.sources["responses"].interactions
    assert mapping is not None
    # product 1 was in the mailer's A twice over (two rows) and in D, where product 2 was too; 3 was on display alone
    assert rows(tables, project, "responses", "basket_id", mapping.item, "products") == [
        (100, "display:1:3", 2),
        (100, "display:1:9", 1),
        (100, "mailer:1:A", 1),
        (100, "mailer:1:D", 2),
    ]


def test_what_a_message_offers_adds_up_to_one(tables: duckdb.DuckDBPyConnection, project: Project) -> None:
    found = rows(tables, project, "offers", "item", "department", "round(part, 6)")
    assert ("coupon:5", "GROCERY", 0.666667) in found
    assert ("campaign:2", "GROCERY", 1.0) in found
    assert ("display:1:9", "PRODUCE", 1.0) in found
    totals = rows(tables, project, "offers", "DISTINCT round(sum(part) OVER (PARTITION BY item), 6)")
    assert totals == [(1.0,)]


def test_messages_have_titles_that_people_understand(
    tables: duckdb.DuckDBPyConnection, project: Project
) -> None:
    titles = []
    for source in ("coupons", "mailers", "displays"):
        items = project.sources[source].items
        assert items is not None
        titles += rows(tables, project, source, items.item, str(items.title))
    assert titles == [
        ("coupon:5", "Coupon for SOUP and 1 more (3 products)"),
        ("mailer:1:A", "Mailer of week 1, inside page feature"),
        ("mailer:1:D", "Mailer of week 1, front page feature"),
        ("mailer:2:Q", "Mailer of week 2, place Q"),
        ("display:1:3", "Display of week 1, front end cap"),
        ("display:1:9", "Display of week 1, second place in the store"),
    ]


@pytest.mark.parametrize(
    ("package_size", "size", "unit"),
    [
        ("16 OZ", 16.0, "ounces"),
        ("P     8 OZ", 8.0, "ounces"),
        (".5 GAL", 64.0, "ounces"),
        ("2 LB", 32.0, "ounces"),
        ("12 CT", 12.0, "pieces"),
        ("XLRG", None, "ounces"),
        (None, None, "ounces"),
    ],
)
def test_sizes_are_read_from_packages(project: Project, package_size: str, size: float, unit: str) -> None:
    items = project.sources["products"].items
    assert items is not None
    (rule,) = (rule for rule in items.dna if rule.family == "size")
    with duckdb.connect() as connection:
        query = f"SELECT {rule.value}, {rule.within} FROM (SELECT CAST($1 AS TEXT) AS package_size)"
        assert connection.execute(query, [package_size]).fetchone() == (size, unit)


@pytest.mark.parametrize(
    ("text", "traits"),
    [
        ("ORGANICS FRUIT & VEGETABLES / ORGANIC CARROTS", {"organic"}),
        ("FRZN MEAT/MEAT DINNERS / SS ECONOMY ENTREES/DINNERS ALL", {"frozen", "single-serve", "economy"}),
        ("YOGURT / YOGURT NOT MULTI-PACKS", set()),
        ("YOGURT / YOGURT MULTI-PACKS", {"multi-pack"}),
        ("VALUE ADDED FRUIT / INSTORE CUT FRUIT", set()),
        ("ELECTRICAL SUPPPLIES / COMPACT FLUORESCENT LIGHT BULB", set()),
        ("COLD CEREAL / KIDS CEREAL", {"kids"}),
        ("BEANS - CANNED GLASS & MW / VARIETY BEANS - KIDNEY PINTO", set()),
        ("BABY FOODS / BABY FOOD - BEGINNER", {"baby"}),
    ],
)
def test_traits_are_found_where_the_catalogue_means_them(
    project: Project, text: str, traits: set[str]
) -> None:
    items = project.sources["products"].items
    assert items is not None
    terms = {name: pattern for rule in items.dna for name, pattern in (rule.terms or {}).items()}
    assert {name for name, pattern in terms.items() if re.search(pattern, text, re.IGNORECASE)} == traits


def test_every_query_can_be_written_for_the_other_engine(project: Project) -> None:
    queries = [source.query for source in project.sources.values() if source.query]
    assert len(queries) == 6
    assert all("SELECT" in sqlglot.transpile(query, read="duckdb", write="spark")[0] for query in queries)
