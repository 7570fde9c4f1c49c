"""What one thread works with: its sums of the customer in hand, and the batch that it fills."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from customer_genome.genome.evidence import Floats, Ints

_ROWS = 131_072  # of a batch of results: 4 MB


class Scratch(NamedTuple):
    """One thread's sums for the customer in hand, all zero between customers.

    sums[g] = O, E, V and number of items of gene g; marks[g] = 1 where touched, listed in `genes`;
    strata[s] = sum of w and of w^2, the strata with any listed in `touched`; words = one bit per gene that
    gets a row.
    """

    sums: Floats
    marks: NDArray[np.uint8]
    genes: NDArray[np.uint32]
    strata: Floats
    touched: Ints
    words: NDArray[np.uint64]


class Out(NamedTuple):
    """The columns of one batch of results; the rows that are filled are the caller's to remember."""

    customer: Ints
    gene: Ints
    observed: NDArray[np.floating]
    expected: NDArray[np.floating]
    variance: NDArray[np.floating]
    items: Ints


def scratch(*, n_genes: int, n_strata: int) -> Scratch:
    """Return sums of nothing."""
    return Scratch(
        sums=np.zeros((n_genes, 4)),
        marks=np.zeros(n_genes, np.uint8),
        genes=np.zeros(n_genes + 1, np.uint32),
        strata=np.zeros((n_strata, 2)),
        touched=np.zeros(n_strata, np.int32),
        words=np.zeros(-(-n_genes // 64), np.uint64),
    )


def empty(*, n_genes: int, single: bool) -> Out:
    """Return a batch to fill, in memory that Arrow uses again: fresh pages would take a quarter of the time."""
    capacity = max(_ROWS, n_genes + 1)
    number = np.float32 if single else np.float64
    return Out(
        customer=_column(capacity, np.int32),
        gene=_column(capacity, np.int32),
        observed=_column(capacity, number),
        expected=_column(capacity, number),
        variance=_column(capacity, number),
        items=_column(capacity, np.int32),
    )


def _column(n: int, kind: type[np.number[Any]]) -> NDArray[Any]:
    return np.frombuffer(pa.allocate_buffer(n * np.dtype(kind).itemsize), dtype=kind)


def filled(out: Out, *, rows: int, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Yield the first rows, if there are any."""
    if rows:
        yield pa.RecordBatch.from_arrays([pa.array(column[:rows]) for column in out], schema=schema)
