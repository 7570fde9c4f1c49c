"""Customers are the connected clusters of the identity graph, under ids that outlive a rebuild."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from customer_genome.core.ids import digest

Labels = NDArray[np.int64]


@dataclass(frozen=True)
class Token:
    """A node of the graph: its token and the earliest moment it was seen, as sortable text ('' = never dated)."""

    token: str
    first_at: str


def components(nodes: int, *, left: Labels, right: Labels) -> Labels:
    """Return the component of each node 0..nodes-1 under the undirected edges left[i]-right[i]."""
    graph = coo_array((np.ones(len(left), np.int8), (left, right)), shape=(nodes, nodes))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def stable_ids(tokens: Sequence[Token], *, labels: Labels, previous: Mapping[str, str]) -> list[str]:
    """Return each token's customer id, keeping the ids of `previous` (token -> id) where clusters overlap.

    An old id goes to the cluster that holds most of its tokens; among several the lowest label's founder decides. A
    cluster without an old id is named after its founder, the token seen first (then the lowest).
    """
    founders = _founders(tokens, labels)
    order = {label: founders[label] for label in founders}
    shares: dict[tuple[str, int], int] = {}
    for token, label in zip(tokens, labels.tolist(), strict=True):
        old = previous.get(token.token)
        if old is not None:
            shares[old, label] = shares.get((old, label), 0) + 1
    chosen: dict[int, str] = {}
    used: set[str] = set()
    for (old, label), _ in sorted(shares.items(), key=lambda pair: (-pair[1], pair[0][0], order[pair[0][1]])):
        if label not in chosen and old not in used:
            chosen[label] = old
            used.add(old)
    taken = used | set(previous.values())
    for label, founder in sorted(order.items(), key=lambda pair: pair[1]):
        if label not in chosen:
            chosen[label] = _new_id(founder[1], taken)
            taken.add(chosen[label])
    return [chosen[label] for label in labels.tolist()]


def _founders(tokens: Sequence[Token], labels: Labels) -> dict[int, tuple[str, str]]:
    found: dict[int, tuple[str, str]] = {}
    for token, label in zip(tokens, labels.tolist(), strict=True):
        key = (token.first_at or "9999", token.token)
        if label not in found or key < found[label]:
            found[label] = key
    return found


def _new_id(founder: str, taken: set[str]) -> str:
    """Return a free id of twelve characters: as many as columnar engines keep inside a string's own cell."""
    attempt = 0
    while (name := "c" + digest(founder, str(attempt) if attempt else "")[:11]) in taken:
        attempt += 1
    return name
