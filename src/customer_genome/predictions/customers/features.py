"""Features: what is known of customers at a moment, as one table of numbers with names in plain words."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from customer_genome.predictions.customers import blocks
from customer_genome.predictions.customers.kernels import F32
from customer_genome.predictions.customers.part import Part
from customer_genome.predictions.customers.reference import Reference


@dataclass(frozen=True)
class Features:
    """`values[customer, feature]`, always finite, and the features' names."""

    names: tuple[str, ...]
    values: F32


@dataclass(frozen=True, eq=False)
class Outlook:
    """What features look out for: a horizon (days), the part below which spend has fallen, and the population.

    `key` is equal for outlooks that give the same features.
    """

    reference: Reference
    horizon: float
    below: float

    @cached_property
    def key(self) -> tuple[object, ...]:
        """Return what tells this outlook's features from those of others."""
        arrays, meta = self.reference.to_arrays()
        content = hashlib.sha256(repr(sorted(meta.items())).encode())
        for name in sorted(arrays):
            content.update(np.ascontiguousarray(arrays[name]).tobytes())
        return self.horizon, self.below, content.hexdigest()


def features(part: Part, outlook: Outlook) -> Features:
    """Return the features of a part's customers at its moment.

    What the data have not (prices, times of day, attributes) makes no features.
    """
    reference = outlook.reference
    columns = {
        **blocks.rates(part, reference),
        **blocks.rhythm(part, horizon=outlook.horizon),
        **blocks.rolling(part, reference, horizon=outlook.horizon, below=outlook.below),
        **blocks.weeks(part, reference),
        **blocks.baskets(part, reference),
        **blocks.choices(part, reference),
        **blocks.verbs(part),
    }
    values = np.empty((part.size, len(columns)), np.float32)
    for k, column in enumerate(columns.values()):
        values[:, k] = column
    return Features(tuple(columns), np.nan_to_num(values, copy=False, posinf=3e38, neginf=-3e38))
