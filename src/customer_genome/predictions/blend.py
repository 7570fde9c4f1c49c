"""Blend: scores from a customer's own profile and their neighbours', over a reference that is learned once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self, cast

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from customer_genome.predictions.profile import (
    F64,
    I64,
    Csr,
    Events,
    Profiles,
    Sessions,
    Strings,
    profiles,
    sessions,
)

CELLS = 4_000_000
"""Scores held at once (customers × targets): bounds memory, changes no result."""


@dataclass(frozen=True)
class Settings:
    """How far back, how wide and how sure; the defaults suit a few hundred targets (categories).

    `own_share` is the weight of the customer's own profile against the mean of `neighbours` others; `pool`
    bounds how many customers neighbours are drawn from; half-lives, `size_power` and `recent` as in
    `profile.profiles`; popularity looks back `popular_days`; the calibration's cut-off lies `horizon_days`
    before the end.
    """

    half_life_days: float = 240
    half_life_sessions: float = 40
    size_power: float = 0.5
    neighbours: int = 100
    own_share: float = 0.7
    pool: int = 5_000
    minimum_sessions: int = 3
    recent: int = 20
    popular_days: float = 56
    horizon_days: float = 28
    minimum_hits: int = 200

    @classmethod
    def for_categories(cls) -> Settings:
        """Return the settings for a few hundred targets."""
        return cls()

    @classmethod
    def for_items(cls) -> Settings:
        """Return the settings for thousands of targets: a session's size matters less, the own past more."""
        return cls(size_power=0.3, own_share=0.8)


@dataclass(frozen=True)
class Chunk:
    """Some customers' scores over all targets, and what they were made from.

    `customers` are positions in the events' customers, `scores` and `near` have a row for each of them;
    `near` is customers × pool with 1 / (neighbours found); `pool_recent` is pool × targets, 0/1; `profiles`
    has all customers.
    """

    customers: I64
    scores: F64
    near: Csr
    pool_recent: Csr
    profiles: Profiles


class Blend:
    """A pool of profiles to find neighbours in, and what is popular.

    A score is `own_share · own preference + (1 − own_share) · mean preference of the neighbours` (cosine of
    profiles; after TIFU-KNN, Hu et al. 2020, with sessions weighed by their size), plus popularity, too
    small to reorder anything else. It depends on the customer's own events and this reference, and not on
    the day.
    """

    def __init__(self, *, settings: Settings, seed: int = 0) -> None:
        self.settings, self.seed = settings, seed

    def fit(self, events: Events, *, as_of: float) -> Self:
        """Learn targets (by name), popularity and pool from events, all of them before `as_of`."""
        self.items_ = np.unique(np.asarray(events.items, dtype=np.str_))
        local, _ = self.rename(events)
        gathered = sessions(local)
        recent = gathered.contents[np.flatnonzero(gathered.day >= as_of - self.settings.popular_days)]
        weight = 1 / np.sqrt(np.maximum(np.diff(recent.indptr), 1))
        self.popular_ = np.asarray(recent.T @ weight).ravel() / max(recent.shape[0], 1)
        times = np.asarray(recent.sum(axis=0)).ravel()
        self.base_rate_ = times / recent.shape[0] if recent.shape[0] else np.full(len(times), np.nan)
        self._fill_pool(gathered, names=np.asarray(events.customers, dtype=np.str_))
        return self

    def rename(self, events: Events) -> tuple[Events, Strings]:
        """Point the events at the reference's targets, followed by those that it does not know."""
        names = np.asarray(events.items, dtype=np.str_)
        items = np.concatenate([self.items_, np.setdiff1d(names, self.items_)])
        order = np.argsort(items, kind="stable")
        place = (
            order[np.searchsorted(items, names, sorter=order)] if len(names) else np.zeros(0, dtype=np.int64)
        )
        return replace(events, item=place[events.item], items=items.tolist()), items

    def score(self, events: Events) -> Iterator[Chunk]:
        """Yield the scores of all customers × targets of renamed events, as many rows at a time as `CELLS` allows."""
        customers, width = len(events.customers), len(events.items)
        found = self._profiles(sessions(events), customers=customers)
        pool, pool_recent = _widen(self.pool_, width), _widen(self.pool_recent_, width)
        directions, ids = unit(pool), np.asarray(events.customers, dtype=np.str_)
        fill = 1e-6 * np.append(self.popular_, np.zeros(width - len(self.popular_)))
        rows = max(1, CELLS // max(width, len(self.pool_ids_), 1))
        for start in range(0, max(customers, 1), rows):
            take = np.arange(start, min(start + rows, customers))
            own = found.preference[take]
            near = self._near(own, directions=directions, ids=ids[take])
            mixed = self.settings.own_share * own + (1 - self.settings.own_share) * (near @ pool)
            yield Chunk(take, mixed.toarray() + fill, near, pool_recent, found)

    def forget(self, ids: Collection[str]) -> Self:
        """Return the same reference without these customers' profiles: the pool is personal data."""
        keep = ~np.isin(self.pool_ids_, np.asarray(list(ids), dtype=np.str_))
        arrays, meta = self.to_arrays()
        made = self.from_arrays(arrays, meta)
        made.pool_ids_, made.pool_ = self.pool_ids_[keep], self.pool_[keep]
        made.pool_recent_ = self.pool_recent_[keep]
        return made

    def to_arrays(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return the learned state as plain arrays (no pickle) and a JSON-able dict."""
        arrays = {
            "items": self.items_,
            "popular": self.popular_,
            "base_rate": self.base_rate_,
            "pool_ids": self.pool_ids_,
            **_pack("pool", self.pool_),
            **_pack("recent", self.pool_recent_),
        }
        return arrays, {"settings": asdict(self.settings), "seed": self.seed}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any]) -> Self:
        """Rebuild a fitted reference from what `to_arrays` gave."""
        made = cls(settings=Settings(**meta["settings"]), seed=meta["seed"])
        made.items_, made.popular_, made.base_rate_ = (
            arrays[key] for key in ("items", "popular", "base_rate")
        )
        made.pool_ids_ = arrays["pool_ids"]
        shape = (len(made.pool_ids_), len(made.items_))
        made.pool_, made.pool_recent_ = _unpack(arrays, "pool", shape), _unpack(arrays, "recent", shape)
        return made

    def _fill_pool(self, gathered: Sessions, *, names: Strings) -> None:
        """Keep the profiles of up to `pool` customers with enough sessions, in order of their ids."""
        found = self._profiles(gathered, customers=len(names))
        enough = np.flatnonzero(found.sessions >= self.settings.minimum_sessions)
        enough = enough[np.argsort(names[enough], kind="stable")]
        if len(enough) > self.settings.pool:
            chosen = np.random.default_rng(self.seed).choice(len(enough), self.settings.pool, replace=False)
            enough = enough[np.sort(chosen)]
        self.pool_ids_ = names[enough]
        self.pool_ = found.preference[enough]
        self.pool_recent_ = Csr((found.recent[enough] > 0).astype(float))

    def _profiles(self, gathered: Sessions, *, customers: int) -> Profiles:
        return profiles(
            gathered,
            customers=customers,
            half_life_days=self.settings.half_life_days,
            half_life_sessions=self.settings.half_life_sessions,
            size_power=self.settings.size_power,
            recent=self.settings.recent,
        )

    def _near(self, own: Csr, *, directions: Csr, ids: Strings) -> Csr:
        """Return customers × pool with 1 / (neighbours found) at the nearest others."""
        place = np.full(len(ids), -1)
        if len(self.pool_ids_):
            found = np.minimum(np.searchsorted(self.pool_ids_, ids), len(self.pool_ids_) - 1)
            place = np.where(self.pool_ids_[found] == ids, found, -1)
        return evenly(nearest(own, pool=directions, k=self.settings.neighbours, oneself=place))


def nearest(own: Csr, *, pool: Csr, k: int, oneself: I64) -> Csr:
    """Return customers × pool with the cosine to the k nearest others, ties to the earlier.

    `pool` is pool × targets, rows of length 1; `oneself` is the customer's own place in the pool, −1 if none.
    """
    likeness = np.round(times(unit(own), pool), 12)
    inside = np.flatnonzero(oneself >= 0)
    likeness[inside, oneself[inside]] = 0
    chosen = [np.sort(top(row, k)) for row in likeness]
    ends = np.cumsum([0, *map(len, chosen)])
    index = np.concatenate([*chosen, np.zeros(0, dtype=np.int64)])
    rows = np.repeat(np.arange(len(chosen)), np.diff(ends))
    return Csr((likeness[rows, index], index, ends), shape=likeness.shape)


def evenly(near: Csr) -> Csr:
    """Give every neighbour of a customer the same weight, 1 in all."""
    share = np.repeat(1 / np.maximum(np.diff(near.indptr), 1), np.diff(near.indptr))
    return Csr((share, near.indices, near.indptr), shape=near.shape)


def times(few: Csr, transposed: Csr) -> F64:
    """Return some rows times the transposed of a matrix, the fast way where the result is dense."""
    return cast("F64", (transposed @ few.toarray().T).T)


def top(row: F64, k: int) -> I64:
    """Return positions of the k largest positive values, best first, ties to the smaller position."""
    if len(row) > k > 0:
        candidates = np.flatnonzero(row >= np.partition(row, len(row) - k)[len(row) - k])
    else:
        candidates = np.arange(len(row))
    candidates = candidates[row[candidates] > 0]
    return candidates[np.lexsort((candidates, -row[candidates]))][: max(k, 0)]


def unit(matrix: Csr) -> Csr:
    """Scale rows to length 1 (rows of zeros stay)."""
    norm = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return Csr(sparse.diags(1 / np.where(norm > 0, norm, 1)) @ matrix)


def _widen(matrix: Csr, width: int) -> Csr:
    return Csr((matrix.data, matrix.indices, matrix.indptr), shape=(matrix.shape[0], width))


def _pack(name: str, matrix: Csr) -> dict[str, NDArray[Any]]:
    return {f"{name}.{part}": getattr(matrix, part) for part in ("data", "indices", "indptr")}


def _unpack(arrays: Mapping[str, NDArray[Any]], name: str, shape: tuple[int, int]) -> Csr:
    return Csr(tuple(arrays[f"{name}.{part}"] for part in ("data", "indices", "indptr")), shape=shape)
