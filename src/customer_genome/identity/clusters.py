"""Customers are the connected clusters of the identity graph, under ids that outlive a rebuild."""

from __future__ import annotations

import base64
import hashlib

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from customer_genome.core.ids import digest

Labels = NDArray[np.int64]
LENGTH = 12
"""Characters of an id: as many as columnar engines keep inside a string's own cell."""

_NEVER = np.iinfo(np.int64).max
_SIZE = 10
"""Bytes of the digest that names a customer; 5 bytes are 8 characters of base32."""


def components(nodes: int, *, left: Labels, right: Labels) -> Labels:
    """Return the component of each node 0..nodes-1 under the undirected edges left[i]-right[i]."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not nodes:
        return np.zeros(0, np.int64)
    graph = coo_array((np.ones(len(left), np.int8), (left, right)), shape=(nodes, nodes))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def stable_ids(
    tokens: pa.Table, *, labels: Labels, previous: pa.Table, accounts: NDArray[np.bool_] | None = None
) -> pa.Array:
    """Return each token's customer id, keeping the ids of `previous` (token, customer_id) where clusters overlap.

    `tokens` has columns token and first_at (null = never dated); `labels` numbers each token's cluster from 0. An old
    id goes to the cluster that holds most of its tokens; among several the lowest label's founder decides. A cluster
    without an old id is named after its founder, the token seen first (then the lowest). The ids of clusters of the
    tokens that `accounts` marks begin with an `a`, all others with a `c`.
    """
    if not tokens.num_rows:
        return pa.array([], pa.string())
    founders, rank = _founders(tokens, labels)
    old = pc.index_in(tokens["token"], value_set=previous["token"])
    held = previous["customer_id"].combine_chunks().dictionary_encode()
    place = old.fill_null(-1).to_numpy()
    known = np.flatnonzero(place >= 0)
    code = held.indices.to_numpy(zero_copy_only=False).astype(np.int64)[place[known]]
    kept = _kept(code, labels[known], names=held.dictionary, rank=rank)
    fresh = np.flatnonzero(kept < 0)
    fresh = fresh[np.argsort(rank[fresh])]
    letter = np.full(len(fresh), ord("c"), np.uint8)
    if accounts is not None:
        letter[accounts[founders[fresh]]] = ord("a")
    named = tokens["token"].take(pa.array(founders[fresh]))
    made = _new_ids(named, letters=letter, taken=held.dictionary)
    kept[fresh] = len(held.dictionary) + np.arange(len(fresh))
    names = pa.concat_arrays([held.dictionary.cast(pa.string()), made])
    return names.take(pa.array(kept)).take(pa.array(labels))


def _founders(tokens: pa.Table, labels: Labels) -> tuple[Labels, Labels]:
    """Return each label's founder (a row of `tokens`) and the founders' rank, both indexed by label."""
    first = tokens["first_at"].cast(pa.timestamp("us", "UTC")).cast(pa.int64()).fill_null(_NEVER).to_numpy()
    order = np.lexsort((_ranks(tokens["token"]), first))
    found = np.empty(int(labels.max()) + 1, np.int64)
    found[labels[order[::-1]]] = order[::-1]  # the last that is written stands: the first in order
    places = np.empty(len(order), np.int64)
    places[order] = np.arange(len(order))
    return found, places[found]


def _ranks(tokens: pa.ChunkedArray) -> Labels:
    """Return the place of each token in order, which is its row where the tokens come sorted."""
    rows = np.arange(len(tokens))
    if len(tokens) < 2 or pc.all(pc.less(tokens.slice(0, len(tokens) - 1), tokens.slice(1))).as_py():
        return rows
    ranks = np.empty_like(rows)
    ranks[pc.sort_indices(tokens).to_numpy()] = rows
    return ranks


def _kept(code: Labels, label: Labels, *, names: pa.Array, rank: Labels) -> Labels:
    """Return for each label the code of the old id that it keeps, -1 for none; one entry of `code` a known token."""
    pairs, counts = counted(code * len(rank) + label)
    olds, labels = pairs // len(rank), pairs % len(rank)
    single = (np.bincount(olds)[olds] == 1) & (np.bincount(labels)[labels] == 1) if len(pairs) else pairs == 0
    found = np.full(len(rank), -1, np.int64)
    found[labels[single]] = olds[single]
    open_ = np.flatnonzero(~single)
    spelled = names.take(pa.array(olds[open_])).to_pylist()
    claims = zip(-counts[open_], spelled, rank[labels[open_]], olds[open_], labels[open_], strict=True)
    used: set[int] = set()
    for _, _, _, old, cluster in sorted(claims):
        if found[cluster] < 0 and old not in used:
            found[cluster] = old
            used.add(old)
    return found


def counted(keys: Labels) -> tuple[Labels, Labels]:
    """Return the distinct `keys` in order and how often each comes (by one sort, which beats `np.unique` here)."""
    ordered = np.sort(keys)
    starts = (
        np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1]))) if len(ordered) else ordered
    )
    return ordered[starts], np.diff(np.append(starts, len(ordered)))


def _new_ids(founders: pa.ChunkedArray, *, letters: NDArray[np.uint8], taken: pa.Array) -> pa.Array:
    """Return an id for each founder, in their order and with their first letters, that no other has or had."""
    end = (0).to_bytes(8, "little")  # as `digest(founder, "")`, whose parts come with their lengths
    parts = bytearray()
    for chunk in founders.chunks:
        for founder in chunk.cast(pa.binary()).to_pylist():
            said = len(founder).to_bytes(8, "little") + founder + end
            parts += hashlib.blake2b(said, digest_size=_SIZE).digest()
    digits = np.frombuffer(base64.b32encode(bytes(parts)).lower(), np.uint8).reshape(-1, _SIZE * 8 // 5)
    cells = np.concatenate([letters[:, None], digits[:, : LENGTH - 1]], axis=1)
    ids = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(LENGTH), len(cells), [None, pa.py_buffer(np.ascontiguousarray(cells))]
    )
    return _apart(ids.cast(pa.binary()).cast(pa.string()), founders=founders, taken=taken)


def _apart(ids: pa.Array, *, founders: pa.ChunkedArray, taken: pa.Array) -> pa.Array:
    """Name those anew whose id is `taken` or came before among `ids`."""
    codes = ids.dictionary_encode().indices.to_numpy()
    first = np.ones(len(ids), bool)
    first[codes < np.maximum.accumulate(np.append(-1, codes))[:-1] + 1] = False
    clash = ~first | pc.is_in(ids, value_set=taken.cast(pa.string())).to_numpy(zero_copy_only=False)
    if not clash.any():
        return ids
    named, used = ids.to_pylist(), {*ids.to_pylist(), *taken.to_pylist()}
    for row in np.flatnonzero(clash):
        attempt = 1
        while (name := named[row][0] + digest(founders[row].as_py(), str(attempt))[: LENGTH - 1]) in used:
            attempt += 1
        named[row] = name
        used.add(name)
    return pa.array(named, pa.string())
