"""Accounts in the identity graph: rows that name a person and an account make a member and join nobody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa

from customer_genome.identity.graph import graph_of
from customer_genome.identity.members import members
from customer_genome.identity.resolve import assign

TIME = pa.timestamp("us", "UTC")


def day(number: int | None) -> datetime | None:
    return None if number is None else datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=number)


def world(links: list[tuple[str, str, int | None]], *, limit: int = 3):
    """Return tables and graph of tokens named type:value."""
    names = sorted({token for left, right, _ in links for token in (left, right)})
    tokens = pa.table(
        {
            "token": names,
            "type": [name.partition(":")[0] for name in names],
            "first_at": pa.array([None] * len(names), TIME),
        }
    )
    left, right, first = zip(*links, strict=True)
    rows = pa.table({"left_token": left, "right_token": right, "first_at": pa.array(map(day, first), TIME)})
    blocked = pa.table({"token": pa.array([], pa.string())})
    blocked = blocked.replace_schema_metadata({b"max_cluster": b"50", b"limit:account": str(limit).encode()})
    graph = graph_of(tokens, links=rows, blocked=blocked, accounts=("account", "billing"))
    empty = pa.table({"token": pa.array([], pa.string()), "customer_id": pa.array([], pa.string())})
    tables = {"tokens": tokens, "links": rows, "previous": empty}
    return {**tables, "membership": assign(tables, graph=graph)}, graph


def ids(tables) -> dict[str, str]:
    return dict(zip(*tables["membership"].to_pydict().values(), strict=True))


def test_an_account_joins_nobody_however_many_people_it_has() -> None:
    tables, graph = world([(f"user:{n}", "account:acme", 0) for n in range(9)])
    found = ids(tables)
    assert len({found[f"user:{n}"] for n in range(9)}) == 9
    assert found["account:acme"].startswith("a")
    assert all(found[f"user:{n}"].startswith("c") for n in range(9))
    assert set(graph.named(graph.barred).to_pylist()) == {
        "active"
    }  # its limit counts other accounts, not people
    assert graph.degree.tolist() == [0] * 10


def test_two_numbers_of_an_account_are_one_and_persons_still_join_persons() -> None:
    tables, graph = world(
        [("account:a", "billing:1", 0), ("user:x", "email:x", 0), ("email:x", "billing:1", 4)]
    )
    found = ids(tables)
    assert found["account:a"] == found["billing:1"]
    assert found["user:x"] == found["email:x"]
    assert members(tables, graph=graph).num_rows == 1
    alone, graph = world([("account:a", "billing:1", 0)])
    assert members(alone, graph=graph).num_rows == 0


def test_a_membership_begins_with_its_first_row_and_ends_with_the_next_account() -> None:
    tables, graph = world(
        [
            ("user:x", "account:new", 30),
            ("user:x", "account:old", 5),
            ("account:old", "user:x", 9),  # whichever side the account stands on
            ("user:y", "account:old", None),
            ("user:y", "account:new", 7),
        ]
    )
    found = ids(tables)
    rows = {(row["customer_id"], row["account_id"]): row for row in members(tables, graph=graph).to_pylist()}
    named = {
        (who, where): (rows[found[f"user:{who}"], found[f"account:{where}"]]["since"],
                       rows[found[f"user:{who}"], found[f"account:{where}"]]["until"])
        for who in "xy" for where in ("old", "new")
    }  # fmt: skip
    assert named == {
        ("x", "old"): (day(5), day(30)),
        ("x", "new"): (day(30), None),
        ("y", "old"): (None, day(7)),
        ("y", "new"): (day(7), None),
    }
    assert np.asarray(graph.member).sum() == 5
