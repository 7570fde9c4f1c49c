"""Neighbours: the nearest vectors, exactly where the pool is small, by an index where it is large."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from customer_genome.genome.similar import Neighbours, similar, unit

EXACT_BELOW = 50_000
"""Pools up to this size are searched exactly: one query takes some milliseconds."""
EXACT_PAIRS = 1e9
"""So many queries × pool are compared exactly in less time than an index takes to build."""


@dataclass(frozen=True)
class IndexSettings:
    """Of the graph (HNSW, Malkov and Yashunin 2018): links a node, candidates while building and while searching.

    `checked` queries, drawn from the pool, are searched exactly too, to measure the recall at `k` = 10. Below
    `wanted` the search is widened, at most to 8 times `search`.
    """

    links: int = 16
    build: int = 128
    search: int = 64
    checked: int = 200
    wanted: float = 0.95


SETTINGS = IndexSettings()


def neighbours(
    query: NDArray[Any],
    *,
    pool: NDArray[Any],
    ids: Sequence[str],
    k: int = 10,
    exclude: Sequence[str | None] | None = None,
) -> tuple[Neighbours, float]:
    """Return what `similar` returns and the recall: 1 up to EXACT_PAIRS comparisons, measured beyond, by an index."""
    pairs = len(np.atleast_2d(query)) * len(ids)
    index = NeighbourIndex(exact_below=EXACT_BELOW if pairs > EXACT_PAIRS else len(ids)).fit(pool, ids=ids)
    return index.search(query, k=k, exclude=exclude), index.recall_


class NeighbourIndex:
    """Searches a pool of vectors by cosine; `recall_` is measured, and 1 where the search is exact.

    `threads` = 0 uses all processors; with one thread the graph, and so every answer, is the same each time.
    """

    def __init__(
        self,
        *,
        exact_below: int = EXACT_BELOW,
        settings: IndexSettings = SETTINGS,
        threads: int = 1,
        seed: int = 0,
    ) -> None:
        self.exact_below, self.settings, self.threads, self.seed = exact_below, settings, threads, seed

    def fit(self, pool: NDArray[Any], *, ids: Sequence[str]) -> Self:
        """Take in `pool` (n, d) under the names `ids`; a zero vector is unknown and never found."""
        if len(ids) != len(pool):
            raise ValueError(f"{len(ids)} ids for {len(pool)} vectors")
        self.pool_, self.ids_ = np.asarray(pool), list(ids)
        self.graph_: Any = None
        self.recall_ = 1.0
        if len(self.ids_) > self.exact_below:
            self._index()
        return self

    def search(
        self, query: NDArray[Any], *, k: int = 10, exclude: Sequence[str | None] | None = None
    ) -> Neighbours:
        """Return what `similar` returns, or most of it (`recall_`) where the pool is large."""
        if self.graph_ is None:
            return similar(query, pool=self.pool_, ids=self.ids_, k=k, exclude=exclude)
        queries = np.atleast_2d(np.asarray(query))
        if queries.shape[1] != self.pool_.shape[1]:
            raise ValueError(f"shapes disagree: query {queries.shape}, pool {self.pool_.shape}")
        if exclude is not None and len(exclude) != len(queries):
            raise ValueError(f"exclude names {len(exclude)} queries, there are {len(queries)}")
        return self._near(queries, k=k, exclude=exclude)

    def _near(
        self, queries: NDArray[Any], *, k: int, exclude: Sequence[str | None] | None = None
    ) -> Neighbours:
        """Ask the graph for a few more than k, and put them in `similar`'s order: cosine to 6 decimals, then id."""
        asked, length = unit(queries)
        wanted = min(k + (exclude is not None), len(self.rows_))
        keys, distances = self._ask(asked.astype(np.float32), wanted)
        cosine = np.round(1.0 - distances.astype(np.float64), 6)
        names = self.rank_[np.maximum(keys, 0)]
        order = np.lexsort((names, -cosine), axis=1)
        keys, cosine = np.take_along_axis(keys, order, 1), np.take_along_axis(cosine, order, 1)
        unwanted = (keys < 0) | (length == 0)[:, None]
        if exclude is not None:
            left_out = np.array([self.place_.get(name, -1) if name is not None else -1 for name in exclude])
            unwanted |= (keys == left_out[:, None]) & (left_out >= 0)[:, None]
        return _first(keys, cosine, unwanted, k)

    def _index(self) -> None:
        from usearch.index import Index

        directions, length = unit(self.pool_)
        self.rows_ = np.flatnonzero(length > 0)
        self.place_ = {name: row for row, name in enumerate(self.ids_)}
        self.rank_ = np.empty(len(self.ids_), dtype=np.int64)
        self.rank_[np.argsort(np.asarray(self.ids_, dtype=np.str_), kind="stable")] = np.arange(
            len(self.ids_)
        )
        s = self.settings
        self.graph_ = Index(
            ndim=self.pool_.shape[1], metric="ip", dtype="f32", connectivity=s.links, expansion_add=s.build,
            expansion_search=s.search,
        )  # fmt: skip
        self.graph_.add(self.rows_, directions[self.rows_].astype(np.float32), threads=self.threads)
        self.recall_ = self._recall()
        while self.recall_ < s.wanted and self.graph_.expansion_search < 8 * s.search:
            self.graph_.expansion_search *= 2
            self.recall_ = self._recall()

    def _recall(self) -> float:
        """Return the share of the exact 10 nearest (or a tie of theirs) that the graph finds, over a sample."""
        size = min(self.settings.checked, len(self.rows_))
        rows = np.random.default_rng(self.seed).choice(self.rows_, size, replace=False)
        names = [self.ids_[row] for row in rows]
        exact = similar(self.pool_[rows], pool=self.pool_, ids=self.ids_, k=10, exclude=names)
        found = self._near(self.pool_[rows], k=10, exclude=names)
        last = np.nanmin(np.where(exact.index >= 0, exact.similarity, np.nan), axis=1)
        hit = (found.index >= 0) & (found.similarity >= last[:, None] - 1e-6)
        return float(hit.sum() / max(1, (exact.index >= 0).sum()))

    def _ask(self, asked: NDArray[np.float32], wanted: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return keys (−1 = none) and distances, queries × wanted."""
        made = self.graph_.search(asked, wanted, threads=self.threads)
        keys = np.atleast_2d(made.keys).astype(np.int64)
        distances = np.atleast_2d(made.distances).astype(np.float32)
        counts = np.atleast_1d(getattr(made, "counts", np.full(len(asked), wanted)))
        absent = np.arange(keys.shape[1])[None, :] >= counts[:, None]
        return np.where(absent, -1, keys), np.where(absent, np.float32(2), distances)


def _first(
    keys: NDArray[np.int64], cosine: NDArray[np.float64], unwanted: NDArray[np.bool_], k: int
) -> Neighbours:
    """Return the first k of each row that are wanted."""
    order = np.argsort(unwanted, axis=1, kind="stable")[:, :k]
    index = np.full((len(keys), k), -1, dtype=np.int64)
    similarity = np.full((len(keys), k), np.nan)
    some = ~np.take_along_axis(unwanted, order, 1)
    width = order.shape[1]
    index[:, :width][some] = np.take_along_axis(keys, order, 1)[some]
    similarity[:, :width][some] = np.take_along_axis(cosine, order, 1)[some]
    return Neighbours(index, similarity)
