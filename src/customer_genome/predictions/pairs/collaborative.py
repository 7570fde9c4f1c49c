"""Collaborative: what customers with a similar past chose, as scores of customers and targets."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import svds

from customer_genome.predictions.baskets import Baskets
from customer_genome.predictions.blend import evenly, nearest, times, unit
from customer_genome.predictions.history import F64, I64, Csr
from customer_genome.predictions.pairs.block import Block, Pairs, block
from customer_genome.predictions.panel import Panel
from customer_genome.predictions.profile import Sessions, profiles

CELLS = 1_000_000
"""Scores held at once for each kind (customers × targets): bounds memory, changes no result."""
NAMES = ("own", "near", "likes", "fresh", "svd", "ease")
"""The scores that there are."""
OWN_SHARE = 0.7
"""Weight of a customer's own profile in the blend with their neighbours'."""


@dataclass(frozen=True)
class Settings:
    """How far back and how wide; half-lives in days and sessions.

    Targets chosen in fewer than `minimum` sessions are left out. `likes` is how many neighbours vote by cosine
    of log counts, `tifu` how many by cosine of profiles (see `profile.profiles`), `pool` bounds the customers
    that neighbours are drawn from. A neighbour's choice fades with `fresh_days`. There is EASE up to `ease_targets`
    targets, with the ridge `ease_ridge`.
    """

    minimum: int = 1
    half_life_days: float = 240
    half_life_sessions: float = 40
    size_power: float = 0.5
    tifu: int = 100
    likes: int = 300
    pool: int = 5_000
    fresh_days: float = 28
    dimensions: int = 32
    ease_targets: int = 2_000
    ease_ridge: float = 300


def collaborative(panel: Panel, moment: float, pairs: Pairs, *, level: str, minimum: int = 1) -> Block:
    """Return the scores of pairs as features, and the blend of the customer's own profile with the neighbours'."""
    found = learned(panel, moment, level=level, minimum=minimum).scores(pairs.customer, pairs.target)
    return block(found | {"tifu": OWN_SHARE * found["own"] + (1 - OWN_SHARE) * found["near"]})


def learned(panel: Panel, moment: float, *, level: str, minimum: int = 1) -> Collaborative:
    """Return what was learned before a moment at a level, kept in the panel."""

    def make() -> Collaborative:
        settings = Settings(minimum=minimum)
        return Collaborative(settings).fit(panel.baskets(moment, level=level), as_of=moment)

    return panel.keep(("collaborative", level, minimum), make, moment=moment)


class Collaborative:
    """Scores by name, from all customers' baskets before a moment.

    `own` is the customer's profile and `near` the mean profile of the `tifu` nearest (TIFU-KNN, Hu et al. 2020,
    sessions weighed by size); `likes` is the vote of the `likes` nearest by cosine, weighted by it, and `fresh`
    the same for what they chose lately; `svd` is the customer × target matrix at `dimensions` dimensions; `ease`
    is EASE (Steck 2019), left out where there are too many targets.
    """

    def __init__(self, settings: Settings | None = None, *, seed: int = 0) -> None:
        self.settings, self.seed = settings or Settings(), seed

    def fit(self, baskets: Baskets, *, as_of: float) -> Self:
        """Learn from baskets, all of them before `as_of` (local days since 1970)."""
        sessions = np.bincount(baskets.target, minlength=len(baskets.targets))
        self.targets_ = np.flatnonzero(sessions >= max(self.settings.minimum, 1))
        self.column_ = np.full(len(baskets.targets), -1)
        self.column_[self.targets_] = np.arange(len(self.targets_))
        gathered, counts, last = _gather(baskets, self.column_, width=len(self.targets_))
        found = profiles(
            gathered,
            customers=baskets.customers,
            half_life_days=self.settings.half_life_days,
            half_life_sessions=self.settings.half_life_sessions,
            size_power=self.settings.size_power,
            recent=1,
        )
        self.profile_, self.bought_ = found.preference, _with(counts, np.ones(counts.nnz))
        self.fresh_ = _with(counts, np.exp2(-(as_of - last) / self.settings.fresh_days))
        self.taste_ = _taste(counts)
        self.pool_ = self._draw(found.sessions)
        self._reduce()
        self._ease()
        return self

    def batches(
        self, customers: I64, /, *, names: Collection[str] = NAMES
    ) -> Iterator[tuple[I64, dict[str, F64]]]:
        """Yield some of the customers at a time and their scores: customers × `targets_` for each of `names`."""
        rows = max(1, CELLS // max(len(self.targets_), len(self.pool_), 1))
        profile, taste = unit(self.profile_[self.pool_]), self.taste_[self.pool_]
        votes = {name: matrix[self.pool_].T.tocsr() for name, matrix in self._matrices().items()}
        for start in range(0, len(customers), rows):
            take = customers[start : start + rows]
            own, liked, oneself = self.profile_[take], self.taste_[take], self._places(take)
            made: dict[str, F64] = {}
            if "near" in names:
                near = evenly(nearest(own, pool=profile, k=self.settings.tifu, oneself=oneself))
                made["near"] = times(near, votes["near"])
            if "likes" in names or "fresh" in names:
                likes = _weighted(nearest(liked, pool=taste, k=self.settings.likes, oneself=oneself))
                made |= {name: times(likes, votes[name]) for name in ("likes", "fresh") if name in names}
            if "own" in names:
                made["own"] = own.toarray()
            if "svd" in names:
                made["svd"] = np.asarray(liked @ self.directions_.T) @ self.directions_
            if "ease" in names and self.ease_ is not None:
                made["ease"] = np.asarray(self.bought_[take] @ self.ease_)
            yield take, made

    def scores(self, customer: I64, target: I64) -> dict[str, F64]:
        """Return the scores of pairs (positions of customers and of all targets); 0 for targets left out."""
        order = np.argsort(customer, kind="stable")
        column, owner = self.column_[target[order]], customer[order]
        names = [name for name in NAMES if name != "ease" or self.ease_ is not None]
        made = {name: np.zeros(len(customer)) for name in names}
        for take, found in self.batches(np.unique(customer)):
            first, end = np.searchsorted(owner, [take[0], take[-1] + 1])
            known = first + np.flatnonzero(column[first:end] >= 0)
            row, at = np.searchsorted(take, owner[known]), column[known]
            for name, values in found.items():
                made[name][order[known]] = values[row, at]
        return made

    def _matrices(self) -> dict[str, Csr]:
        return {"near": self.profile_, "likes": self.bought_, "fresh": self.fresh_}

    def _draw(self, sessions: I64) -> I64:
        """Choose whom neighbours are drawn from, in order of customers: those with sessions."""
        there = np.flatnonzero(sessions > 0)
        if len(there) > self.settings.pool:
            chosen = np.random.default_rng(self.seed).choice(len(there), self.settings.pool, replace=False)
            there = there[np.sort(chosen)]
        return there

    def _places(self, customers: I64) -> I64:
        """Return where each customer stands in the pool, −1 where nowhere."""
        if not len(self.pool_):
            return np.full(len(customers), -1)
        place = np.minimum(np.searchsorted(self.pool_, customers), len(self.pool_) - 1)
        return np.where(self.pool_[place] == customers, place, -1)

    def _reduce(self) -> None:
        """Find the `dimensions` directions that hold most of what customers like."""
        taste = self.taste_[self.pool_]
        k = min(self.settings.dimensions, min(taste.shape) - 1)
        if k < 1:
            self.directions_ = np.zeros((0, len(self.targets_)))
            return
        start = np.random.default_rng(self.seed).normal(size=min(taste.shape))
        _, _, found = svds(taste.astype(float), k=k, v0=start)
        self.directions_ = np.ascontiguousarray(found)

    def _ease(self) -> None:
        """Solve for the targets × targets weights: B = −P / diag(P), P = (XᵀX + ridge)⁻¹, without the diagonal."""
        self.ease_: F64 | None = None
        if len(self.targets_) <= self.settings.ease_targets:
            bought = self.bought_[self.pool_]
            gram = (bought.T @ bought).toarray() + self.settings.ease_ridge * np.eye(len(self.targets_))
            precision = np.linalg.inv(gram)
            self.ease_ = -precision / np.diag(precision)
            np.fill_diagonal(self.ease_, 0)


def _gather(baskets: Baskets, column: I64, *, width: int) -> tuple[Sessions, Csr, F64]:
    """Return the sessions over `width` columns, each customer's counts, and beside these the last days."""
    keep = column[baskets.target] >= 0
    owner, day, at = baskets.customer[keep], baskets.day[keep], column[baskets.target[keep]]
    row = np.cumsum(np.diff(baskets.session[keep], prepend=-1) != 0) - 1
    start = np.flatnonzero(np.diff(row, prepend=-1))
    contents = Csr((np.ones(len(row)), (row, at)), shape=(len(start), width))
    whose = owner[start]
    back = np.searchsorted(whose, whose, side="right") - 1 - np.arange(len(whose))
    pair, place = np.unique(owner * max(width, 1) + at, return_inverse=True)
    last = np.full(len(pair), -np.inf)
    np.maximum.at(last, place, day)
    ends = np.searchsorted(pair, np.arange(baskets.customers + 1) * max(width, 1))
    count = np.bincount(place, minlength=len(pair)).astype(float)
    counts = Csr((count, pair % max(width, 1), ends), shape=(baskets.customers, width))
    return Sessions(contents, whose, day[start], back), counts, last


def _taste(counts: Csr) -> Csr:
    """Weigh counts as log(1 + count) · log(customers / customers who chose it), rows of length 1."""
    spread = np.bincount(counts.indices, minlength=counts.shape[1])
    rarity = np.log1p(counts.shape[0] / np.maximum(spread, 1))
    return unit(_with(counts, np.log1p(counts.data) * rarity[counts.indices]))


def _with(matrix: Csr, data: F64) -> Csr:
    return Csr((data, matrix.indices, matrix.indptr), shape=matrix.shape)


def _weighted(near: Csr) -> Csr:
    """Give neighbours weight by likeness, 1 in all."""
    total = np.asarray(near.sum(axis=1)).ravel()
    return Csr(sparse.diags(1 / np.where(total > 0, total, 1)) @ near)
