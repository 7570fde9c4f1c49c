"""The identity graph in numbers: tokens are 0..n-1, links are pairs of them, each with its standing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from customer_genome.core.errors import BuildError
from customer_genome.identity.clusters import Labels, components, counted

Standing = NDArray[np.int8]
STANDINGS = ("active", "blocked", "shared", "guard", "member")
"""A standing is its place here: whether an identifier, or a link, joins, or why not."""

_ACTIVE, _BLOCKED, _SHARED, _GUARD, _MEMBER = range(5)


@dataclass(frozen=True)
class Graph:
    """`left` and `right` are the ends of each link and `standing` its standing; the others hold one entry a token.

    `degree` counts the other tokens that a token is named with (itself, where a row names it twice), not those that
    make a person the member of an account. `account` marks the tokens that name accounts.
    """

    left: Labels
    right: Labels
    standing: Standing
    barred: Standing
    degree: Labels
    account: NDArray[np.bool_]

    @property
    def member(self) -> NDArray[np.bool_]:
        """Which links make a person the member of an account."""
        return np.asarray(self.standing == _MEMBER)

    def clusters(self) -> tuple[Labels, Labels]:
        """Return the tokens that may join, in order, and for each the number of its cluster."""
        free = np.flatnonzero(self.barred == _ACTIVE)
        place = np.cumsum(self.barred == _ACTIVE) - 1
        live = self.standing == _ACTIVE
        ends = place[self.left[live]], place[self.right[live]]
        return free, components(len(free), left=ends[0], right=ends[1])

    def named(self, standing: Standing) -> pa.Array:
        """Return standings as words."""
        return pa.DictionaryArray.from_arrays(pa.array(standing), pa.array(STANDINGS)).cast(pa.string())


def graph_of(
    tokens: pa.Table, *, links: pa.Table, blocked: pa.Table, accounts: tuple[str, ...] = ()
) -> Graph:
    """Number the tokens (token, type) by their rows, and judge every link (left_token, right_token).

    A link between a person's token and one of an identifier type in `accounts` makes a member and joins nobody.

    `blocked` lists tokens that never join; its metadata hold `max_cluster` and, for identifier types that have one,
    `limit:<type>`. Raises BuildError for a link whose token is unknown.
    """
    left, right = (_codes(links[name], tokens["token"]) for name in ("left_token", "right_token"))
    account = pc.is_in(tokens["type"], value_set=pa.array(accounts, pa.string()))
    account = account.to_numpy(zero_copy_only=False).astype(bool)
    member = account[left] != account[right]
    degree = _degrees(left[~member], right[~member], nodes=tokens.num_rows)
    known = {key.decode(): int(value) for key, value in blocked.schema.metadata.items()}
    never = pc.is_in(tokens["token"], value_set=blocked["token"]).to_numpy(zero_copy_only=False)
    barred = np.where(degree > _limits(tokens["type"], known), _SHARED, _ACTIVE).astype(np.int8)
    barred[never.astype(bool)] = _BLOCKED
    standing = np.where(barred[left] != _ACTIVE, barred[left], barred[right])
    standing[member & (standing == _ACTIVE)] = _MEMBER
    live = np.flatnonzero(standing == _ACTIVE)
    labels = components(tokens.num_rows, left=left[live], right=right[live])
    large = np.bincount(labels, minlength=1) > known["max_cluster"]
    standing[live[large[labels[left[live]]]]] = _GUARD
    return Graph(left, right, standing, barred, degree, account)


def _codes(named: pa.ChunkedArray, tokens: pa.ChunkedArray) -> Labels:
    found = pc.index_in(named, value_set=tokens)
    if found.null_count:
        missing = named.filter(pc.is_null(found))[0]
        raise BuildError(
            "a link names an identifier that is not stored",
            found=f"an identifier of type {str(missing).partition(':')[0]}",
            fix="report this: no input should be able to cause it",
        )
    codes: Labels = found.to_numpy().astype(np.int64)
    return codes


def _degrees(left: Labels, right: Labels, *, nodes: int) -> Labels:
    pairs, _ = counted(np.minimum(left, right) * nodes + np.maximum(left, right))
    lower, upper = pairs // max(nodes, 1), pairs % max(nodes, 1)
    both = np.bincount(lower, minlength=nodes) + np.bincount(upper[upper != lower], minlength=nodes)
    return both.astype(np.int64)


def _limits(types: pa.ChunkedArray, known: dict[str, int]) -> NDArray[np.float64]:
    """Return the most others that each token may touch, infinity where its type has no limit."""
    coded = types.combine_chunks().dictionary_encode()
    each = [known.get(f"limit:{kind}", np.inf) for kind in coded.dictionary.to_pylist()]
    limits: NDArray[np.float64] = np.array(each, np.float64)
    rows: Labels = coded.indices.to_numpy().astype(np.int64)
    return limits[rows]
