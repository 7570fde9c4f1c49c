"""Samples: pairs at earlier moments with what happened after them, which is what the model learns from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from customer_genome.predictions.history import F64, I64, History, Mask
from customer_genome.predictions.pairs.block import Pairs


@dataclass(frozen=True)
class Truth:
    """What customers chose after a moment: pairs in order of customer and target, and who could be observed.

    `size` is, per pair, how many targets its customer chose; `seen` marks customers of whom the outcome is known.
    """

    pairs: Pairs
    size: I64
    seen: Mask

    def holds(self, pairs: Pairs, /) -> tuple[Mask, I64]:
        """Return whether each pair came true, and the size of its customer's truth (0 where nothing did)."""
        width = 1 + max(self.pairs.target.max(initial=0), pairs.target.max(initial=0))
        key = self.pairs.customer * width + self.pairs.target
        true = np.isin(pairs.customer * width + pairs.target, key)
        sizes = np.bincount(self.pairs.customer, minlength=len(self.seen))
        return true, sizes[pairs.customer]


def next_session(history: History, moment: float, *, horizon: float, level: str, place: int = 0) -> Truth:
    """Return what each customer's first session in [moment, moment + horizon) held at `level`.

    `history` ends where the panel ends: a customer whose first session lies after that end has none here, and so
    is not learned from. Sessions without any target of the level are not `seen` either. With `place` 1 it is the
    second session, and so on.
    """
    lines = history.lines
    inside = (lines.day >= moment) & (lines.day < moment + horizon)
    sessions = lines.session[inside]
    customer = lines.customer[inside]
    wanted = np.full(len(history.customers), -1, dtype=np.int64)
    start = np.flatnonzero(np.diff(customer, prepend=-1))
    wanted[customer[start]] = sessions[start] + place
    keep = inside & (lines.session == wanted[lines.customer])
    return _truth(history, keep, level)


def within(history: History, moment: float, *, horizon: float, level: str) -> Truth:
    """Return what each customer chose in [moment, moment + horizon); everybody is `seen`."""
    lines = history.lines
    truth = _truth(history, (lines.day >= moment) & (lines.day < moment + horizon), level)
    return Truth(truth.pairs, truth.size, np.ones(len(history.customers), dtype=bool))


def among(truth: Truth, allowed: Mask, /) -> Truth:
    """Return the truth among the targets that `allowed` marks; who chose none of them is not `seen`."""
    some = truth.pairs.where(allowed[truth.pairs.target])
    sizes = np.bincount(some.customer, minlength=len(truth.seen))
    return Truth(some, sizes[some.customer], sizes > 0)


def without(truth: Truth, owned: Pairs, /) -> Truth:
    """Return the truth without pairs that are not new to the customer; who chose nothing new is not `seen`."""
    width = 1 + max(truth.pairs.target.max(initial=0), owned.target.max(initial=0))
    key = truth.pairs.customer * width + truth.pairs.target
    new = truth.pairs.where(~np.isin(key, owned.customer * width + owned.target))
    sizes = np.bincount(new.customer, minlength=len(truth.seen))
    return Truth(new, sizes[new.customer], sizes > 0)


def label_of_size(size: I64, /) -> F64:
    """Return ½ (1/n + 1/IDCG(min(n, 10))): what one hit adds to recall and to NDCG of a session of n targets."""
    ideal: F64 = np.cumsum(1 / np.log2(np.arange(2, 12)))
    n = np.maximum(size, 1)
    return np.asarray(0.5 * (1 / n + 1 / ideal[np.minimum(n, 10) - 1]))


def thinned(true: Mask, *, one_in: int, seed: int) -> tuple[I64, F64]:
    """Return positions of all positives and of one in so many of the rest, drawn at random, and their weights."""
    drawn = np.random.default_rng(seed).random(len(true)) < 1 / one_in
    chosen = np.flatnonzero(true | drawn)
    return chosen, np.where(true[chosen], 1.0, float(one_in))


def _truth(history: History, keep: Mask, level: str) -> Truth:
    lines, at = history.lines, history.catalogue.levels[level]
    target = at.code[lines.item[keep]]
    known = target >= 0
    width = max(1, len(at.names))
    key = np.unique(lines.customer[keep][known] * width + target[known])
    sizes = np.bincount(key // width, minlength=len(history.customers))
    return Truth(Pairs(key // width, key % width), sizes[key // width], sizes > 0)
