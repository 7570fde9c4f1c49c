"""Distinct: the different numbers of an array, found by sorting."""

from __future__ import annotations

import numpy as np

from customer_genome.predictions.history import I64


def distinct(values: I64, /) -> I64:
    """Return the different values, rising.

    numpy's own `unique` hashes whole numbers since 2.3, which takes twenty times as long on a million pairs.
    """
    rising = np.sort(values)
    first = np.append(True, rising[1:] != rising[:-1])[: len(rising)]
    return np.asarray(rising[first])
