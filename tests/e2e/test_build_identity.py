"""Identifiers become customers by deterministic links with guards, and every change of mind is written down."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tiny_company import HEAD, SALES, Company, company

Rows = list[tuple[str, ...]]


def bought(*pairs: tuple[str, str], start: int = 0) -> Rows:
    """Return a purchase for each (person, e-mail)."""
    return [
        (f"r{start + n}", person, email, "buy", "tea", f"2024-01-{2 + n:02d}T10:00:00", "1", "2.50", "")
        for n, (person, email) in enumerate(pairs)
    ]


def who(made: Company, *people: str) -> list[str]:
    workspace = made.open()
    return [workspace.show(name if ":" in name else f"person:{name}").customer_id for name in people]


def rows(made: Company, table: str) -> list[dict[str, Any]]:
    return list(made.open().sql(f"SELECT * FROM {table}", purpose="service").to_pylist())


def test_a_new_link_merges_two_customers_under_the_id_of_the_larger_and_says_so(tmp_path: Path) -> None:
    small = bought(("ann", "a@example.org"))
    large = bought(("bob", "b@example.org"), ("bob", "b2@example.org"), start=10)
    made = company(tmp_path, rows=small + large)
    made.open().build()
    ann, bob = who(made, "ann", "bob")
    assert ann != bob
    made.write(small + large + bought(("ann", "b@example.org"), start=20))
    assert made.open().build().touched == 1
    assert who(made, "ann", "bob", "email:A@example.org") == [bob] * 3
    assert [(e["customer_id"], e["event"], e["other_id"]) for e in rows(made, "identity_events")] == [
        (ann, "merged_into", bob)
    ]
    assert made.open().status().customers == 1
    (customer,) = rows(made, "customers")
    assert (customer["interactions"], customer["revenue"]) == (4, 10.0)


def test_a_value_that_turns_out_to_be_nobodys_splits_whom_it_joined(tmp_path: Path) -> None:
    made = company(
        tmp_path,
        rows=bought(("ann", "a@example.org"), ("ann", "info@example.org"), ("bob", "info@example.org")),
    )
    made.open().build()
    joined, other = who(made, "ann", "bob")
    assert joined == other
    blocked = HEAD.replace("normalise: email}", 'normalise: email, blocked: ["INFO@example.org"]}')
    (tmp_path / "genome.yaml").write_text(blocked + SALES, encoding="utf-8")
    made.open().build()
    ann, bob = who(made, "ann", "bob")
    assert (ann, ann != bob) == (joined, True)
    assert [(e["customer_id"], e["event"], e["other_id"]) for e in rows(made, "identity_events")] == [
        (bob, "split_from", ann)
    ]
    statuses = {row["status"] for row in rows(made, "edges")}
    assert statuses == {"active", "blocked"}
    assert [row["customer_id"] for row in rows(made, "identifiers") if row["status"] == "blocked"] == [None]
    (tmp_path / "genome.yaml").write_text(HEAD + SALES, encoding="utf-8")
    made.open().build()
    assert who(made, "ann", "bob") == [joined, joined]


def test_a_value_that_touches_too_many_is_held_as_shared_and_joins_nobody(tmp_path: Path) -> None:
    limited = HEAD.replace("normalise: email}", "normalise: email, limit: 2}")
    people = ("ann", "bob", "cid", "dan")
    made = company(
        tmp_path, head=limited, rows=bought(*((person, "family@example.org") for person in people[:2]))
    )
    made.open().build()
    assert len(set(who(made, *people[:2]))) == 1
    made.write(bought(*((person, "family@example.org") for person in people)))
    made.open().build()
    assert len(set(who(made, *people))) == 4
    shared = [row for row in rows(made, "identifiers") if row["status"] == "shared"]
    assert [(row["type"], row["degree"], row["customer_id"]) for row in shared] == [("email", 4, None)]


def test_a_cluster_larger_than_the_guard_is_held_apart(tmp_path: Path) -> None:
    guarded = HEAD + "identity: {max_cluster: 3}\n"
    chain = bought(("ann", "1@example.org"), ("bob", "1@example.org"), ("bob", "2@example.org"))
    made = company(tmp_path, head=guarded, rows=[*chain, *bought(("eve", "e@example.org"), start=9)])
    made.open().build()
    assert {row["status"] for row in rows(made, "edges")} == {"guard", "active"}
    assert len(set(who(made, "ann", "bob"))) == 2
    assert len(set(who(made, "eve", "email:e@example.org"))) == 1


def test_placeholders_and_invalid_addresses_never_join(tmp_path: Path) -> None:
    empty = ("", "N/A", "null", "None", "unknown", "-", "not an address", "a@b")
    made = company(tmp_path, rows=bought(*((f"p{n}", value) for n, value in enumerate(empty))))
    made.open().build()
    assert made.open().status().customers == len(empty)
    assert rows(made, "edges") == []


def test_more_rows_change_nobodys_id(tmp_path: Path) -> None:
    first = bought(("bob", ""), ("ann", "a@example.org"), ("cid", "c@example.org"))
    made = company(tmp_path, rows=first)
    made.open().build()
    before = who(made, "ann", "bob", "cid")
    earlier = ("r90", "ann", "a2@example.org", "buy", "tea", "2023-01-01", "1", "1", "")
    made.write([*first, earlier, *bought(("aaa", ""), ("zzz", "z@example.org"), start=50)])
    made.open().build()
    assert who(made, "ann", "bob", "cid") == before
    made.open().build(full=True)
    assert who(made, "ann", "bob", "cid") == before
    assert rows(made, "identity_events") == []


def test_who_was_only_known_later_is_nobody_before(tmp_path: Path) -> None:
    known = SALES.replace("occurred_at: at\n", "occurred_at: at\n      known_at: note\n")
    late = ("k1", "late", "a@example.org", "buy", "tea", "2024-01-01T00:00:00", "1", "1", "2024-02-01")
    made = company(
        tmp_path, sources=known, rows=[*bought(("ann", "a@example.org"), ("bob", "b@example.org")), late]
    )
    made.open().build()
    assert made.open().status().customers == 2
    before = made.open().at("2024-01-20")
    tokens = before.sql("SELECT token FROM identifiers WHERE type = 'person'", purpose="service")[
        "token"
    ].to_pylist()
    assert sorted(tokens) == ["person:ann", "person:bob"]
    assert before.sql("SELECT * FROM edges", purpose="service").num_rows == 2


def test_who_is_known_from_a_later_claim_appears_when_the_data_reach_that_day(tmp_path: Path) -> None:
    asked = """\
  asked:
    department: shop
    path: data/asked.csv
    claims: {identifiers: {person: person}, observed_at: day, attributes: {age: age}}
"""
    made = company(tmp_path, sources=SALES + asked, rows=bought(("ann", "")))
    made.write([("fay", "2024-01-10", "35")], columns=("person", "day", "age"), name="asked.csv")
    made.open().build()
    assert made.open().status().customers == 1
    made.write([*bought(("ann", "")), ("r9", "ann", "", "buy", "tea", "2024-01-12T10:00:00", "1", "1", "")])
    made.open().build()
    assert made.open().status().customers == 2
    assert made.open().show("person:fay").facts["value"].to_pylist() == ["35"]


def test_an_earlier_time_learned_late_lets_an_earlier_as_of_see_the_customer(tmp_path: Path) -> None:
    rows_ = [("r1", "ann", "", "buy", "tea", "2024-03-01", "1", "1", ""), *bought(("bob", ""), start=5)]
    made = company(tmp_path, rows=rows_)
    made.open().build()
    made.write([*rows_, ("r2", "ann", "", "buy", "tea", "2024-01-05", "1", "1", "")])
    made.open().build()
    assert made.open().at("2024-02-01").status().customers == 2
