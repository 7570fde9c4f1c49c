"""Customer ids: the same whatever the order, kept when data grow, and never given to two."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from customer_genome.identity.clusters import components, stable_ids

Links = list[tuple[int, int]]


def clusters(names: Sequence[int], links: Links) -> np.ndarray:
    place = {name: row for row, name in enumerate(names)}
    known = [(place[a], place[b]) for a, b in links if a in place and b in place]
    ends = np.array(known, np.int64).reshape(-1, 2)
    return components(len(names), left=ends[:, 0], right=ends[:, 1])


def ids(names: Sequence[int], links: Links, previous: dict[str, str] | None = None) -> dict[str, str]:
    """Return token -> customer id, the tokens taken in the order of `names`; every third was never dated."""
    first = [None if name % 3 == 0 else datetime(2024, 1, 1 + name % 28, tzinfo=UTC) for name in names]
    tokens = pa.table(
        {
            "token": pa.array([f"t:{name}" for name in names], pa.string()),
            "first_at": pa.array(first, pa.timestamp("us", "UTC")),
        }
    )
    made = stable_ids(tokens, labels=clusters(names, links), previous=membership(previous or {}))
    return dict(zip(tokens["token"].to_pylist(), made.to_pylist(), strict=True))


def membership(previous: Mapping[str, str]) -> pa.Table:
    return pa.table(
        {
            "token": pa.array(list(previous), pa.string()),
            "customer_id": pa.array(list(previous.values()), pa.string()),
        }
    )


graphs = st.integers(1, 25).flatmap(
    lambda n: st.tuples(
        st.just(list(range(n))),
        st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=20),
    )
)


@given(graphs, st.randoms(use_true_random=False))
def test_the_order_of_tokens_and_links_does_not_matter(
    graph: tuple[list[int], Links], chance: random.Random
) -> None:
    names, links = graph
    before = ids(names, links)
    shuffled, turned = list(names), [(b, a) for a, b in links]
    chance.shuffle(shuffled)
    chance.shuffle(turned)
    assert ids(shuffled, turned) == before
    renamed = {token: f"old {each}" for token, each in before.items()}
    assert ids(shuffled, turned, renamed) == ids(names, links, renamed)


@given(graphs)
def test_two_tokens_share_an_id_exactly_when_links_join_them(graph: tuple[list[int], Links]) -> None:
    names, links = graph
    found, labels = ids(names, links), clusters(names, links)
    for a in names:
        for b in names:
            assert (found[f"t:{a}"] == found[f"t:{b}"]) == (labels[a] == labels[b])


@given(graphs, graphs)
def test_ids_live_on_when_tokens_and_links_of_their_own_are_added(
    old: tuple[list[int], Links], new: tuple[list[int], Links]
) -> None:
    before = ids(*old)
    shift = len(old[0])
    more = [name + shift for name in new[0]]
    after = ids([*more, *old[0]], [*old[1], *((a + shift, b + shift) for a, b in new[1])], before)
    assert {token: after[token] for token in before} == before
    assert not {after[f"t:{name}"] for name in more} & set(before.values())


@given(graphs, st.data())
def test_a_merge_keeps_the_id_of_the_larger_and_a_split_leaves_it_with_the_larger(
    graph: tuple[list[int], Links], data: st.DataObject
) -> None:
    names, links = graph
    before = ids(names, links)
    link = data.draw(st.tuples(st.sampled_from(names), st.sampled_from(names)))
    after = ids(names, [*links, link], before)
    sizes = {each: sum(other == each for other in before.values()) for each in before.values()}
    one, other = before[f"t:{link[0]}"], before[f"t:{link[1]}"]
    kept = after[f"t:{link[0]}"]
    assert kept in (one, other)
    assert sizes[kept] == max(sizes[one], sizes[other])
    assert {token: each for token, each in after.items() if before[token] not in (one, other)} == {
        token: each for token, each in before.items() if each not in (one, other)
    }
    again = ids(names, links, after)
    assert len(set(again.values())) == len(set(before.values()))
    assert sum(again[token] == kept for token in before if before[token] in (one, other)) == sizes[kept]


@given(graphs)
def test_a_rebuild_changes_no_id(graph: tuple[list[int], Links]) -> None:
    before = ids(*graph)
    assert ids(*graph, before) == before


def test_a_new_customer_never_gets_the_id_of_one_that_is_gone() -> None:
    first = ids([1], [])
    gone = {"t:other": first["t:1"]}
    assert ids([1], [], gone)["t:1"] != first["t:1"]


def test_no_tokens_are_no_customers() -> None:
    assert ids([], []) == {}
