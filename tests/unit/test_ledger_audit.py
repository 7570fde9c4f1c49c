"""The audit chain tells when a row of it was changed, taken out or put between."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import Engine

from customer_genome.ledger import audit, open_ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Engine:
    """A ledger with five entries."""
    opened = open_ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    for rows in range(5):
        audit.write(
            opened,
            actor="owner",
            purpose="analytics",
            action="read",
            tables=("customers", "facts"),
            rows=rows,
        )
    return opened


def change(ledger: Engine, statement: str) -> None:
    with ledger.begin() as connection:
        connection.exec_driver_sql(statement)


def test_an_untouched_chain_is_whole(ledger: Engine) -> None:
    assert audit.broken_at(ledger) is None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET rows = 9 WHERE id = 3",
        "UPDATE audit SET purpose = 'service' WHERE id = 3",
        "UPDATE audit SET actor = 'nobody', tables = '' WHERE id = 3",
        "UPDATE audit SET at = '2020-01-01' WHERE id = 3",
        "UPDATE audit SET digest = previous WHERE id = 3",
        "DELETE FROM audit WHERE id = 2",
        "DELETE FROM audit WHERE id = 1",
        "UPDATE audit SET id = CASE id WHEN 3 THEN 4000 ELSE id END WHERE id = 3",
        "INSERT INTO audit SELECT id + 100, at, actor, purpose, action, tables, rows, previous, digest FROM audit WHERE id = 2",
    ],
)
def test_a_row_changed_taken_out_or_put_in_breaks_it(ledger: Engine, statement: str) -> None:
    change(ledger, statement)
    assert audit.broken_at(ledger) is not None


def test_the_first_row_that_does_not_fit_is_named(ledger: Engine) -> None:
    change(ledger, "UPDATE audit SET rows = 9 WHERE id = 3")
    assert audit.broken_at(ledger) == 3


def test_entries_of_many_threads_are_one_chain(ledger: Engine) -> None:
    def write() -> None:
        for _ in range(10):
            audit.write(ledger, actor="owner", purpose="analytics", action="read", tables=("items",), rows=1)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert audit.broken_at(ledger) is None
    with ledger.connect() as connection:
        assert connection.exec_driver_sql("SELECT COUNT(*) FROM audit").scalar() == 45
