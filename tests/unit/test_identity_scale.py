"""The identity graph in numbers: the same customers as the plain dictionaries that it replaces, at any size."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customer_genome.core.errors import BuildError
from customer_genome.core.ids import digest
from customer_genome.identity.clusters import stable_ids
from customer_genome.identity.graph import graph_of
from customer_genome.identity.resolve import assign, judge_edges, stand

START = datetime(2024, 1, 1, tzinfo=UTC)
TIME = pa.timestamp("us", "UTC")

Row = tuple[str, str, datetime | None]
Link = tuple[str, str]


def old_degrees(links: Sequence[Link]) -> dict[str, int]:
    others: dict[str, set[str]] = {}
    for left, right in links:
        others.setdefault(left, set()).add(right)
        others.setdefault(right, set()).add(left)
    return {token: len(found) for token, found in others.items()}


def old_barred(
    rows: Sequence[Row], links: Sequence[Link], blocked: Sequence[str], limits: Mapping[str, int]
) -> dict[str, str]:
    found = dict.fromkeys(blocked, "blocked")
    kinds = {token: kind for token, kind, _ in rows}
    for token, degree in old_degrees(links).items():
        if degree > limits.get(kinds[token], 10**9) and token not in found:
            found[token] = "shared"
    return found


def old_labels(tokens: Sequence[str], links: Sequence[Link]) -> dict[str, str]:
    """Return the lowest token of each token's cluster."""
    root = {token: token for token in tokens}

    def find(token: str) -> str:
        while root[token] != token:
            token = root[token]
        return token

    for left, right in links:
        low, high = sorted((find(left), find(right)))
        root[high] = low
    return {token: find(token) for token in tokens}


def old_ids(rows: Sequence[Row], labels: Mapping[str, str], previous: Mapping[str, str]) -> dict[str, str]:
    founders: dict[str, tuple[str, str]] = {}
    shares: dict[tuple[str, str], int] = {}
    for token, _, first in rows:
        key = (str(first) if first is not None else "9999", token)
        label = labels[token]
        founders[label] = min(key, founders.get(label, key))
        if token in previous:
            shares[previous[token], label] = shares.get((previous[token], label), 0) + 1
    chosen: dict[str, str] = {}
    used: set[str] = set()
    for (old, label), _ in sorted(shares.items(), key=lambda p: (-p[1], p[0][0], founders[p[0][1]])):
        if label not in chosen and old not in used:
            chosen[label] = old
            used.add(old)
    taken = used | set(previous.values())
    for label, founder in sorted(founders.items(), key=lambda pair: pair[1]):
        if label not in chosen:
            chosen[label] = old_new_id(founder[1], taken)
            taken.add(chosen[label])
    return {token: chosen[labels[token]] for token, _, _ in rows}


def old_new_id(founder: str, taken: set[str]) -> str:
    attempt = 0
    while (name := "c" + digest(founder, str(attempt) if attempt else "")[:11]) in taken:
        attempt += 1
    return name


def tables_of(rows: Sequence[Row], links: Sequence[Link], previous: Mapping[str, str]) -> dict[str, pa.Table]:
    ordered = sorted(rows)
    return {
        "tokens": pa.table(
            {
                "token": pa.array([token for token, _, _ in ordered], pa.string()),
                "type": pa.array([kind for _, kind, _ in ordered], pa.string()),
                "first_at": pa.array([first for _, _, first in ordered], TIME),
            }
        ),
        "links": pa.table(
            {
                "left_token": pa.array([left for left, _ in links], pa.string()),
                "right_token": pa.array([right for _, right in links], pa.string()),
            }
        ),
        "previous": previous_of(previous),
    }


def previous_of(previous: Mapping[str, str]) -> pa.Table:
    return pa.table(
        {
            "token": pa.array(list(previous), pa.string()),
            "customer_id": pa.array(list(previous.values()), pa.string()),
        }
    )


def blocked_of(blocked: Sequence[str], limits: Mapping[str, int], guard: int) -> pa.Table:
    metadata = {f"limit:{kind}": str(limit) for kind, limit in limits.items()} | {"max_cluster": str(guard)}
    return pa.table({"token": pa.array(blocked, pa.string())}).replace_schema_metadata(metadata)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Row], list[Link], dict[str, str], list[str], dict[str, int], int]:
    names = [
        f"{kind}:{name}"
        for kind, name in draw(
            st.lists(
                st.tuples(st.sampled_from(["cookie", "email", "account"]), st.text("abé9", max_size=3)),
                unique=True, max_size=14,
            )
        )
    ]  # fmt: skip
    days = st.one_of(st.none(), st.integers(0, 3).map(lambda day: START + timedelta(days=day)))
    rows = [(name, name.partition(":")[0], draw(days)) for name in names]
    pairs = st.tuples(st.sampled_from(names), st.sampled_from(names)) if names else st.nothing()
    links = draw(st.lists(pairs, max_size=16)) if names else []
    gone = draw(st.lists(st.sampled_from(["cookie:gone", "email:gone"]), unique=True))
    held = [*draw(st.lists(st.sampled_from(names), unique=True)), *gone] if names else gone
    known = st.sampled_from(["c1", "c2", "c3", *(old_new_id(name, set()) for name in names)])
    previous = {name: draw(known) for name in held}
    blocked = draw(st.lists(st.sampled_from([*names, "email:never"]), max_size=2))
    limits = draw(st.dictionaries(st.sampled_from(["cookie", "email"]), st.integers(1, 3)))
    return rows, links, previous, blocked, limits, draw(st.integers(1, 8))


@settings(max_examples=300)
@given(worlds())
def test_the_graph_gives_what_plain_dictionaries_give(
    world: tuple[list[Row], list[Link], dict[str, str], list[str], dict[str, int], int],
) -> None:
    rows, links, previous, blocked, limits, guard = world
    tables = tables_of(rows, links, previous)
    graph = graph_of(tables["tokens"], links=tables["links"], blocked=blocked_of(blocked, limits, guard))
    barred = old_barred(rows, links, blocked, limits)
    wanted = [barred.get(left) or barred.get(right) or "active" for left, right in links]
    joined = [link for link, state in zip(links, wanted, strict=True) if state == "active"]
    clusters = old_labels([token for token, _, _ in rows], joined)
    sizes = {low: list(clusters.values()).count(low) for low in clusters.values()}
    wanted = [
        "guard" if state == "active" and sizes[clusters[left]] > guard else state
        for (left, _), state in zip(links, wanted, strict=True)
    ]
    assert judge_edges(tables, graph=graph)["status"].to_pylist() == wanted

    free = [row for row in rows if row[0] not in barred]
    active = [link for link, state in zip(links, wanted, strict=True) if state == "active"]
    ids = old_ids(free, old_labels([token for token, _, _ in free], active), previous)
    membership = assign(tables, graph=graph)
    assert dict(membership.to_pandas().itertuples(index=False)) == ids
    degrees = old_degrees(links)
    assert stand({**tables, "membership": membership}, graph=graph).to_pylist() == [
        {
            "token": token, "type": kind, "status": barred.get(token, "active"), "degree": degrees.get(token, 0),
            "customer_id": ids.get(token),
        }
        for token, kind, _ in sorted(rows)
    ]  # fmt: skip


def test_a_link_to_an_identifier_that_is_not_stored_is_refused_and_does_not_show_it() -> None:
    tables = tables_of([("cookie:a", "cookie", START)], [("cookie:a", "email:known only here")], {})
    with pytest.raises(BuildError, match="an identifier of type email") as told:
        graph_of(tables["tokens"], links=tables["links"], blocked=blocked_of([], {}, 5))
    assert "known only here" not in str(told.value)


def test_half_a_million_identifiers_become_customers_within_seconds_and_keep_their_ids() -> None:
    count, chance = 500_000, np.random.default_rng(5)
    rows = pa.table(
        {
            "token": pa.array([f"cookie:{place:09d}" for place in range(count)]),
            "type": pa.array(["cookie"] * count),
            "first_at": pa.array(chance.integers(0, 10**15, count)).cast(pa.timestamp("us")).cast(TIME),
        }
    )
    places = chance.integers(0, count, (2, count // 2))
    links = pa.table(
        {name: rows["token"].take(pa.array(ends)) for name, ends in zip(LINK, places, strict=True)}
    )
    started = time.process_time()
    graph = graph_of(rows, links=links, blocked=blocked_of([], {}, 10**9))
    free, labels = graph.clusters()
    first = stable_ids(rows, labels=labels, previous=previous_of({}))
    again = stable_ids(rows, labels=labels, previous=pa.table({"token": rows["token"], "customer_id": first}))
    assert time.process_time() - started < 30
    assert len(free) == count
    assert again.equals(first)
    assert len(first.unique()) == labels.max() + 1


LINK = ("left_token", "right_token")
