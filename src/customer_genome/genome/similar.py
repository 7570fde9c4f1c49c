"""Similar: the customers whose vectors point the same way, exactly, in a stated order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
ROWS = 2_000_000
"""Similarities held at once: bounds memory, changes no result."""


@dataclass(frozen=True)
class Neighbours:
    """Queries × k: the row of the pool (−1 = none) and its cosine (nan = none), nearest first."""

    index: I64
    similarity: F64


def similar(
    query: NDArray[Any],
    *,
    pool: NDArray[Any],
    ids: Sequence[str],
    k: int = 10,
    exclude: Sequence[str | None] | None = None,
) -> Neighbours:
    """Return the k rows of `pool` with the largest cosine to each query, ties to the smaller id.

    `query` is (d,) or (queries, d), `pool` (n, d), `ids` the names of the pool's rows, `exclude` the name
    of each query itself. Cosines are rounded to 6 decimals, the resolution at which two vectors count as
    equally near. A zero vector is unknown: in the pool it is never returned, as a query it has no
    neighbours. Raises ValueError where shapes disagree.
    """
    queries = np.atleast_2d(np.asarray(query, dtype=np.float64))
    if len(ids) != len(pool) or queries.shape[1] != np.shape(pool)[1]:
        raise ValueError(f"shapes disagree: query {queries.shape}, pool {np.shape(pool)}, {len(ids)} ids")
    if exclude is not None and len(exclude) != len(queries):
        raise ValueError(f"exclude names {len(exclude)} queries, there are {len(queries)}")
    names = np.asarray(ids, dtype=np.str_)
    by_id = np.argsort(names, kind="stable")
    directions, length = unit(np.asarray(pool)[by_id])
    index = np.full((len(queries), k), -1, dtype=np.int64)
    nearest = np.full((len(queries), k), np.nan)
    block = max(1, ROWS // max(len(names), 1))
    for start in range(0, len(queries), block):
        asked, asked_length = unit(queries[start : start + block])
        cosines = np.round(asked @ directions.T, 6)
        cosines[:, length == 0] = -np.inf
        cosines[asked_length == 0] = -np.inf
        for row, values in enumerate(cosines, start=start):
            if exclude is not None and exclude[row] is not None:
                values[names[by_id] == exclude[row]] = -np.inf
            best = _top(values, k)
            index[row, : len(best)], nearest[row, : len(best)] = by_id[best], values[best]
    return Neighbours(index, nearest)


def unit(vectors: NDArray[Any]) -> tuple[F64, F64]:
    """Return the rows scaled to length 1, and their lengths; a row of zeros stays zero."""
    rows = np.asarray(vectors, dtype=np.float64)
    length = np.sqrt((rows * rows).sum(axis=1))
    return rows / np.where(length > 0, length, 1)[:, None], length


def _top(values: F64, k: int) -> I64:
    """Return positions of the k largest finite values, largest first, ties to the smaller position."""
    if len(values) > k > 0:
        found = np.flatnonzero(values >= np.partition(values, len(values) - k)[len(values) - k])
    else:
        found = np.arange(len(values))
    found = found[np.isfinite(values[found])]
    return np.asarray(found[np.lexsort((found, -values[found]))][: max(k, 0)], dtype=np.int64)
