"""The models behind `attribution`, over sums that many draws of the customers can share."""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial

import numpy as np

from customer_genome.journey.analysis.spells import F64, I64, Mask

RULES = ("first", "last", "linear", "position", "time decay")
ENDS = 0.4
"""What the first and the last touch get each by position; those between share the rest."""


@dataclass(frozen=True)
class Touches:
    """What may have led to a conversion: one row a touch, in order of path and time, `age` days before its end.

    `channel` are positions in `channels`. A path is one customer; `converted` and `value` (the
    worth of the conversion) have one entry a path, also for paths without a touch.
    """

    path: I64
    channel: I64
    age: F64
    channels: tuple[str, ...]
    converted: Mask
    value: F64


@dataclass(frozen=True)
class Sums:
    """What the models need, summed over groups of customers.

    `credit` groups × rules × channels; `steps` groups × from (start, channels) × to (start, channels, converted, lost);
    `sets` groups × (paths, conversions) × channel sets, None where there are too many channels.
    """

    credit: F64
    steps: F64
    sets: F64 | None


def touches(
    customer: I64, channel: I64, day: F64, *, channels: tuple[str, ...], converted_at: F64, window: float,
    value: F64 | None = None,
) -> Touches:  # fmt: skip
    """Return the touches in the `window` days before each customer's conversion (`converted_at`; nan: none).

    The path of somebody who did not convert ends with their last touch. What came at the conversion or later is
    no touch of it. A conversion is worth `value`, without it 1.
    """
    last = np.full(len(converted_at), -np.inf)
    np.maximum.at(last, customer, day)
    converted = np.isfinite(converted_at)
    age = np.where(converted, converted_at, last)[customer] - day
    rows = np.flatnonzero((age <= window) & np.where(converted[customer], age > 0, age >= 0))
    rows = rows[np.lexsort((-age[rows], customer[rows]))]
    worth = np.ones(len(converted)) if value is None else value
    return Touches(customer[rows], channel[rows], age[rows], channels, converted, worth)


def rules(given: Touches, *, half_life: float) -> F64:
    """Return the weight of each touch within its path, rules × touches; the weights of a path sum to 1."""
    count = np.bincount(given.path, minlength=len(given.converted))
    starts = np.cumsum(count) - count
    size = count[given.path]
    place = np.arange(len(given.path)) - starts[given.path]
    first, last = place == 0, place == size - 1
    outer = np.where(size <= 2, 1 / np.maximum(size, 1), ENDS)
    inner = (1 - 2 * ENDS) / np.maximum(size - 2, 1)
    newest = (
        given.age[np.minimum(starts + count - 1, max(len(given.age) - 1, 0))] if len(given.age) else count
    )
    fresh = 2.0 ** (-(given.age - newest[given.path]) / half_life)
    total = np.bincount(given.path, weights=fresh, minlength=len(count))
    decayed = fresh / total[given.path]
    return np.stack([first, last, 1 / size, np.where(first | last, outer, inner), decayed]).astype(np.float64)


def summed(given: Touches, group: I64, *, half_life: float, with_sets: bool) -> Sums:
    """Sum what the models need over `group` (one a path, from 0)."""
    groups, channels = int(group.max()) + 1, len(given.channels)
    weights = rules(given, half_life=half_life) * (given.converted * given.value)[given.path]
    key = group[given.path] * channels + given.channel
    credit = np.stack([np.bincount(key, weights=one, minlength=groups * channels) for one in weights], axis=1)
    shaped = np.asarray(credit.reshape(groups, channels, len(RULES)).transpose(0, 2, 1), np.float64)
    return Sums(shaped, _steps(given, group), _sets(given, group) if with_sets else None)


def _steps(given: Touches, group: I64) -> F64:
    """Count the steps from start or channel to channel, conversion or loss."""
    groups, size = int(group.max()) + 1, len(given.channels) + 3
    path, state = given.path, given.channel + 1
    opens = np.append(True, path[1:] != path[:-1])[: len(path)]
    closes = np.append(path[1:] != path[:-1], True)[: len(path)]
    ending = np.where(given.converted, size - 2, size - 1)
    bare = np.bincount(path, minlength=len(ending)) == 0
    inner = np.flatnonzero(~closes)
    where = np.concatenate([group[path[opens]], group[path[inner]], group[path[closes]], group[bare]])
    start = np.concatenate([0 * state[opens], state[inner], state[closes], np.zeros(bare.sum(), np.int64)])
    to = np.concatenate([state[opens], state[inner + 1], ending[path[closes]], ending[bare]])
    flat = np.bincount((where * (size - 2) + start) * size + to, minlength=groups * (size - 2) * size)
    return flat.reshape(groups, size - 2, size).astype(np.float64)


def _sets(given: Touches, group: I64) -> F64:
    """Count paths and conversions by the set of channels that touched them (a bit a channel)."""
    groups, size = int(group.max()) + 1, 2 ** len(given.channels)
    touched = np.zeros(len(given.converted), np.int64)
    np.bitwise_or.at(touched, given.path, np.left_shift(1, given.channel))
    key = group * size + touched
    paths = np.bincount(key, minlength=groups * size)
    conversions = np.bincount(key[given.converted], minlength=groups * size)
    made = np.stack([part.reshape(groups, size) for part in (paths, conversions)], axis=1)
    return np.asarray(made, np.float64)


def normalised(credit: F64) -> F64:
    """Return shares along the last axis; nan where the sum is not above 0."""
    total = credit.sum(axis=-1, keepdims=True)
    made = np.full(credit.shape, np.nan)
    np.divide(credit, total, out=made, where=total > 0)
    return made


def removal(steps: F64) -> F64:
    """Return each channel's removal effect of the first-order Markov chain, draws × channels.

    The effect is the share of conversions that is lost when whoever steps to the channel is lost (Anderl, Becker, von
    Wangenheim & Schumann 2016, Int J Res Market 33:457), exactly: with Q the steps between start and channels and r
    those to conversion, the chance to convert from each state solves (I - Q) p = r (Kemeny & Snell 1960, ch. 3).
    """
    total = steps.sum(axis=-1, keepdims=True)
    chance = np.divide(steps, total, out=np.zeros_like(steps), where=total > 0)
    states = steps.shape[1]
    inner, convert = chance[..., :states], chance[..., states]
    whole = _converting(inner, convert)
    found = np.empty((len(steps), states - 1))
    for channel in range(1, states):
        without, lost = inner.copy(), convert.copy()
        without[:, :, channel], lost[:, channel] = 0, 0
        without[:, channel] = 0
        found[:, channel - 1] = _converting(without, lost)
    ratio = np.divide(found, whole[:, None], out=np.full(found.shape, np.nan), where=whole[:, None] > 0)
    return np.asarray(1 - ratio, np.float64)


def _converting(inner: F64, convert: F64) -> F64:
    """Return the chance to convert from the start."""
    system = np.eye(inner.shape[1]) - inner
    return np.asarray(np.linalg.solve(system, convert[..., None])[:, 0, 0], np.float64)


def shapley(sets: F64) -> F64:
    """Return each channel's Shapley value (Shapley 1953), draws × channels.

    `sets` is draws × (paths, conversions) × channel sets. The worth of a set S is the share converted of those whom
    no channel outside S touched, those untouched included (0 where there is nobody): if touches are at random and
    effects add up, a channel's value is its reach times its effect. Exact: sums over subsets by the zeta transform,
    then over all 2^channels sets.
    """
    draws, channels = len(sets), int(sets.shape[-1]).bit_length() - 1
    within = sets.copy()
    for bit in range(channels):
        parts = within.reshape(draws, 2, -1, 2, 2**bit)
        parts[:, :, :, 1] += parts[:, :, :, 0]
    worth = np.divide(within[:, 1], within[:, 0], out=np.zeros_like(within[:, 0]), where=within[:, 0] > 0)
    others = np.array([one.bit_count() for one in range(sets.shape[-1])])
    weight = np.array(
        [factorial(n) * factorial(channels - n - 1) / factorial(channels) for n in range(channels)]
    )
    found = np.empty((draws, channels))
    for bit in range(channels):
        shaped = worth.reshape(draws, -1, 2, 2**bit)
        sizes = others.reshape(-1, 2, 2**bit)[:, 0]
        found[:, bit] = ((shaped[:, :, 1] - shaped[:, :, 0]) * weight[sizes]).sum(axis=(1, 2))
    return found
