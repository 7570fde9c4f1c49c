"""Random numbers that belong to what they are about: each is a function of seed, stream and keys, not of an order.

A number is the keys mixed by the finaliser of SplitMix64 (Steele, Lea, Flood 2014), once per key: a generator
addressed by counters (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"). So blocks of any size
give the same people, and two worlds that differ in one cause share every other accident (common random numbers).
"""

from __future__ import annotations

import zlib
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

F64: TypeAlias = NDArray[np.float64]
I64: TypeAlias = NDArray[np.int64]
U64: TypeAlias = NDArray[np.uint64]
Bool: TypeAlias = NDArray[np.bool_]
Keys: TypeAlias = "NDArray[np.integer] | int"

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_UNIT = 2.0**-53


def mix(state: U64) -> U64:
    """Return the finaliser of SplitMix64 of each state."""
    z = state ^ (state >> np.uint64(30))
    z *= _FIRST
    z ^= z >> np.uint64(27)
    z *= _SECOND
    z ^= z >> np.uint64(31)
    return z


def root(seed: int, stream: str) -> int:
    """Return the state from which a named stream of a seed begins, in 0..2^63."""
    begin = np.array([(seed << 20) ^ zlib.crc32(stream.encode())], np.uint64)
    return int(mix(mix(begin + _GOLDEN) + _GOLDEN)[0] >> np.uint64(1))


class Draws:
    """The random numbers of rows of keys (such as person, day, place), all arrays of one length.

    Method after method draws another number of each row: `which` names it, so that the order of calls means nothing.
    """

    def __init__(self, seed: int, stream: str, *keys: Keys) -> None:
        self.seed, self.stream, self.keys = seed, stream, keys

    @property
    def state(self) -> U64:
        """Return one 64-bit state a row."""
        state = np.array([root(self.seed, self.stream)], np.uint64)
        for key in self.keys:
            state = mix(state + _GOLDEN * np.atleast_1d(key).astype(np.uint64) + _GOLDEN)
        return state

    def fixed(self) -> Fixed:
        """Mix the keys once, to draw many numbers of each row."""
        return Fixed(self.state)


class Fixed:
    """Rows whose keys are mixed: `state` holds 64 bits a row."""

    def __init__(self, state: U64) -> None:
        self.state = state

    def bits(self, which: int) -> U64:
        """Return 64 random bits a row."""
        step = 0x9E3779B97F4A7C15 * (which + 1) % (1 << 64)  # of Python's own, which does not overflow
        return mix(self.state + np.uint64(step))

    def ids(self) -> I64:
        """Return an identifier a row, in 0..2^62; two of n rows are equal with probability n^2 / 2^63."""
        return (self.bits(1000) >> np.uint64(2)).astype(np.int64)

    def u(self, which: int) -> F64:
        """Return uniform numbers in [0, 1)."""
        return (self.bits(which) >> np.uint64(11)).astype(np.float64) * _UNIT

    def coin(self, which: int, chance: F64 | float) -> Bool:
        """Return true with the given chance."""
        return np.asarray(self.u(which) < chance)

    def normal(self, which: int) -> F64:
        """Return standard normal numbers (Box and Muller 1958)."""
        radius = np.sqrt(-2 * np.log1p(-self.u(2 * which + 101)))
        return np.asarray(radius * np.cos(2 * np.pi * self.u(2 * which + 102)))

    def exponential(self, which: int, mean: F64 | float) -> F64:
        """Return exponential numbers."""
        return np.asarray(-np.log1p(-self.u(which)) * mean)

    def geometric(self, which: int, mean: F64 | float) -> I64:
        """Return geometric counts from 0 with the given mean."""
        ratio = np.log(np.asarray(mean) / (1 + np.asarray(mean)))
        return np.asarray(np.floor(np.log1p(-self.u(which)) / ratio), np.int64)

    def choice(self, which: int, shares: F64) -> I64:
        """Return a place in `shares`: one row of shares for all, or one row each (2-d)."""
        u = self.u(which)
        if shares.ndim == 1:
            bounds = np.cumsum(shares) / np.sum(shares)
            return np.minimum(np.searchsorted(bounds, u, side="right"), len(shares) - 1).astype(np.int64)
        return chosen(np.cumsum(shares, axis=1), np.arange(len(u)), u)


def chosen(bounds: F64, row: I64, u: F64) -> I64:
    """Return the place where `u` falls in row `row` of the cumulative shares `bounds`, for each draw."""
    out = np.empty(len(u), np.int64)
    last = bounds.shape[1] - 1
    for start in range(0, len(u), 1 << 16):
        part = slice(start, start + (1 << 16))
        mine = bounds[row[part]]
        out[part] = (mine[:, :-1] <= (u[part] * mine[:, last])[:, None]).sum(axis=1)
    return out
