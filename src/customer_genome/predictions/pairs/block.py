"""Block: named features of customer × target pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from customer_genome.predictions.history import F64, I64

F32 = NDArray[np.float32]


class Pairs(NamedTuple):
    """Customers and targets by position, one pair a row."""

    customer: I64
    target: I64

    def where(self, keep: NDArray[Any], /) -> Pairs:
        """Return the pairs that a mask or positions choose."""
        return Pairs(self.customer[keep], self.target[keep])


@dataclass(frozen=True)
class Block:
    """`values` is pairs × names; nan where a feature is unknown for a pair."""

    names: tuple[str, ...]
    values: F32


def total(place: I64, weight: NDArray[Any] | None = None, *, n: int) -> F64:
    """Return the sum of weights (1 each without) at each of `n` positions."""
    return np.asarray(np.bincount(place, weight, minlength=n), dtype=np.float64)


def ratio(part: F64, whole: F64, /) -> F64:
    """Return part / whole; nan where the whole is not above 0."""
    return np.where(whole > 0, part, np.nan) / np.where(whole > 0, whole, 1.0)


def block(columns: Mapping[str, NDArray[Any]], /) -> Block:
    """Return columns side by side; what is not finite is unknown (nan)."""
    values = np.column_stack([np.asarray(column, dtype=np.float32) for column in columns.values()])
    values[~np.isfinite(values)] = np.nan
    return Block(tuple(columns), values)


def beside(blocks: Sequence[Block], /) -> Block:
    """Return blocks of the same pairs side by side."""
    names = tuple(name for part in blocks for name in part.names)
    return Block(names, np.concatenate([part.values for part in blocks], axis=1))


def below(blocks: Sequence[Block], /) -> Block:
    """Return blocks of the same features below each other."""
    return Block(blocks[0].names, np.concatenate([part.values for part in blocks]))
