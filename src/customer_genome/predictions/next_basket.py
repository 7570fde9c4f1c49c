"""Next basket: what a customer will probably take next, how probable it is, and why."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from customer_genome.predictions.blend import Blend, Chunk, Settings, top
from customer_genome.predictions.calibration import Calibration, count
from customer_genome.predictions.predicted import Predictions
from customer_genome.predictions.profile import F64, I64, Csr, Events, Strings, sessions

__all__ = ["Events", "NextBasket", "Predictions", "Settings"]


class NextBasket:
    """The reference of one level (items, categories, any attribute): a blend and its calibration.

    Scores change when the customer does something or the reference is learned anew, not with the calendar,
    so an increment predicts only the customers with news.
    """

    def __init__(self, *, settings: Settings | None = None, seed: int = 0) -> None:
        self.settings, self.seed = settings or Settings(), seed

    def fit(self, events: Events, *, as_of: float) -> Self:
        """Learn from events before `as_of` (in their days); the calibration from a cut-off one horizon earlier."""
        past = events.where(events.day < as_of)
        self.blend_ = Blend(settings=self.settings, seed=self.seed).fit(past, as_of=as_of)
        self.calibration_ = _calibrate(past, as_of=as_of, settings=self.settings, seed=self.seed)
        self.version_ = _version(self)
        return self

    @property
    def calibration_reason_(self) -> str | None:
        """Why no probability is given to anyone, or None."""
        return self.calibration_.reason_

    def predict(self, events: Events, *, k: int = 10) -> Predictions:
        """Return the k likeliest targets of every customer in `events.customers`.

        Those without events get what is popular; a target unknown to the reference counts if the customer
        had it.
        """
        local, items = self.blend_.rename(events)
        chunks = [_best(chunk, items=items, k=k) for chunk in self.blend_.score(local)]
        columns = [np.concatenate(parts) for parts in zip(*chunks, strict=True)]
        customer, item, rank, score, own, own_of, neighbours, known = columns
        base = np.append(self.blend_.base_rate_, np.full(len(items) - len(self.blend_.items_), np.nan))
        enough = known >= self.settings.minimum_sessions
        return Predictions(
            customer=customer,
            item=item,
            items=items,
            rank=rank,
            score=score,
            probability=np.where(enough, self.calibration_.apply(score), np.nan),
            base_rate=base[item],
            own=own,
            own_of=own_of,
            neighbours=neighbours,
            reasons=self._reasons(known),
        )

    def forget(self, ids: Collection[str]) -> Self:
        """Return the same reference without these customers' profiles: the pool is personal data."""
        made = type(self)(settings=self.settings, seed=self.seed)
        made.blend_, made.calibration_ = self.blend_.forget(ids), self.calibration_
        made.version_ = _version(made)
        return made

    def to_arrays(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return the learned state as plain arrays (no pickle) and a JSON-able dict."""
        arrays, meta = self.blend_.to_arrays()
        calibration, described = self.calibration_.to_arrays()
        arrays |= {f"calibration.{key}": value for key, value in calibration.items()}
        return arrays, {**meta, "calibration": described, "version": self.version_}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any]) -> Self:
        """Rebuild a fitted reference from what `to_arrays` gave."""
        made = cls(settings=Settings(**meta["settings"]), seed=meta["seed"])
        made.blend_ = Blend.from_arrays(arrays, meta)
        learned = {key.removeprefix("calibration."): value for key, value in arrays.items()}
        made.calibration_ = Calibration.from_arrays(learned, meta["calibration"])
        made.version_ = meta["version"]
        return made

    def _reasons(self, known: I64) -> tuple[str | None, ...]:
        if self.calibration_.reason_ is not None:
            return (self.calibration_.reason_,) * len(known)
        least = self.settings.minimum_sessions
        return tuple(
            None if n >= least else f"{n} sessions, at least {least} are needed" for n in known.tolist()
        )


def _best(chunk: Chunk, *, items: Strings, k: int) -> tuple[NDArray[Any], ...]:
    """Pick the k best of each customer (ties by name) and look up the numbers behind them."""
    by_name = np.argsort(items, kind="stable")
    best = [by_name[top(row[by_name], k)] for row in chunk.scores]
    lengths = np.asarray([len(row) for row in best], dtype=np.int64)
    rows = np.repeat(np.arange(len(best)), lengths)
    item = np.concatenate([*best, np.zeros(0, dtype=np.int64)])
    rank = np.arange(len(rows)) - np.repeat(np.cumsum(lengths) - lengths, lengths) + 1
    customer = chunk.customers[rows]
    alone = np.diff(chunk.near.indptr)[rows] == 0
    neighbours = np.where(alone, np.nan, _pick(Csr(chunk.near @ chunk.pool_recent), rows, item))
    own = _pick(chunk.profiles.recent, customer, item).astype(np.int64)
    of, known = chunk.profiles.recent_of[customer], chunk.profiles.sessions[customer]
    return customer, item, rank, chunk.scores[rows, item], own, of, neighbours, known


def _pick(matrix: Csr, rows: I64, columns: I64) -> F64:
    if not len(rows):  # indexed by nothing, a sparse matrix stays a matrix
        return np.zeros(0)
    return np.asarray(matrix[rows, columns], dtype=float).ravel()


def _calibrate(past: Events, *, as_of: float, settings: Settings, seed: int) -> Calibration:
    """Score at `as_of` − horizon, see what was in each customer's first session after it, and count.

    Customers with too few sessions before, or none after, say nothing and are left out.
    """
    cut = as_of - settings.horizon_days
    blend = Blend(settings=settings, seed=seed).fit(past.where(past.day < cut), as_of=cut)
    local, _ = blend.rename(past)
    truth = _first_sessions(local.where(local.day >= cut))
    returned = np.diff(truth.indptr) > 0
    cases, hits = count(np.zeros(0), true=np.zeros(0, dtype=bool))
    for chunk in blend.score(local.where(local.day < cut)):
        known = chunk.profiles.sessions[chunk.customers] >= settings.minimum_sessions
        use = np.flatnonzero(known & returned[chunk.customers])
        scores, happened = chunk.scores[use], truth[chunk.customers[use]].toarray() > 0
        more = count(scores[scores > 0], true=happened[scores > 0])
        cases, hits = cases + more[0], hits + more[1]
    return Calibration(minimum_hits=settings.minimum_hits).fit(cases, hits=hits)


def _first_sessions(events: Events) -> Csr:
    """Return customers × targets, 1 where the customer's first session had the target."""
    gathered = sessions(events)
    first = np.flatnonzero(np.diff(gathered.customer, prepend=-1) != 0)
    shape = (len(events.customers), len(gathered.customer))
    return Csr(Csr((np.ones(len(first)), (gathered.customer[first], first)), shape=shape) @ gathered.contents)


def _version(model: NextBasket) -> str:
    """Return a digest of settings and learned state: two references that predict alike carry the same name."""
    hasher = hashlib.blake2b(repr(model.settings).encode(), digest_size=8)
    arrays = model.blend_.to_arrays()[0] | model.calibration_.to_arrays()[0]
    for key in sorted(arrays):
        hasher.update(np.ascontiguousarray(arrays[key]).tobytes())
    return f"next-basket-{hasher.hexdigest()}"
