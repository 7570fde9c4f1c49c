"""Evidence cut into runs of customers, in bounded memory; a thread holds one run at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from customer_genome.core.errors import GenomeError
from customer_genome.genome import _kernels
from customer_genome.genome.evidence import check_range

S = TypeVar("S")
T = TypeVar("T")
Batch: TypeAlias = pa.RecordBatch | Callable[[], pa.RecordBatch]


@dataclass(frozen=True)
class Cutting:
    """How customers are cut: part p holds the customers `p << shift` up to the next part's first."""

    n_customers: int
    n_items: int
    shift: int

    @classmethod
    def into(cls, parts: int, *, n_customers: int, n_items: int) -> Cutting:
        """Cut into at most `parts` parts of equal width, a power of two."""
        width = -(-max(n_customers, 1) // max(parts, 1))
        return cls(n_customers, n_items, (width - 1).bit_length())

    @property
    def n_parts(self) -> int:
        """How many parts there are."""
        return ((max(self.n_customers, 1) - 1) >> self.shift) + 1


@dataclass(frozen=True)
class Gathered:
    """The evidence of the parts first .. last - 1, in chunks ordered by part; the batches were read once for it."""

    chunks: list[_Chunk]
    cutting: Cutting
    first: int
    last: int

    def rows(self, part: int) -> _kernels.Rows:
        """Group a part by customer, one row per item: the heaviest, ordered by item."""
        cut = self.cutting
        pieces = [chunk.part(part - self.first) for chunk in self.chunks]
        customers, items, weights = (np.concatenate(column) for column in zip(*pieces, strict=True))
        begin = part << cut.shift
        n = min(1 << cut.shift, cut.n_customers - begin)
        starts, items, weights = _kernels.group(
            customers, items, weights, (begin - (self.first << cut.shift), n)
        )
        starts = _kernels.strongest(starts, items, weights, np.zeros(cut.n_items, weights.dtype))
        ids = np.arange(begin, begin + n, dtype=np.int32)
        return _kernels.Rows(ids, starts, items[: starts[-1]], weights[: starts[-1]])


@dataclass(frozen=True)
class _Chunk:
    """Rows ordered by part, counted from the pass's first; part p stands at starts[p] .. starts[p + 1]."""

    starts: NDArray[np.int64]
    columns: tuple[NDArray[Any], ...]

    def part(self, part: int) -> tuple[NDArray[Any], ...]:
        begin, end = self.starts[np.minimum([part, part + 1], len(self.starts) - 1)]
        return tuple(column[begin:end] for column in self.columns)

    def below(self, part: int) -> _Chunk:
        """Keep the parts below this one, in memory of their own."""
        if part + 1 >= len(self.starts):
            return self
        return _Chunk(self.starts[: part + 1], tuple(c[: self.starts[part]].copy() for c in self.columns))

    @property
    def size(self) -> int:
        return sum(column.nbytes for column in self.columns)


def gather(
    batches: Iterable[Batch], *, cutting: Cutting, first: int, memory: int, pool: ThreadPoolExecutor
) -> Gathered:
    """Collect the rows of the parts from `first` on, as many parts as `memory` bytes can hold (at least one).

    Raises GenomeError for an index out of range, a null, or a weight that is no finite number of at least 0.
    """
    chunks: list[_Chunk] = []
    last, size = cutting.n_parts, 0
    for whole in in_order(pool, lambda batch: _cut(batch, cutting=cutting, first=first), batches):
        chunk = whole if last == cutting.n_parts else whole.below(last - first)
        chunks.append(chunk)
        size += chunk.size
        while size > memory and last - first > 1:
            last = first + (last - first + 1) // 2
            chunks = [c.below(last - first) for c in chunks]
            size = sum(c.size for c in chunks)
    return Gathered(chunks, cutting, first, last)


def in_order(
    pool: ThreadPoolExecutor, work: Callable[[S], T], items: Iterable[S], *, ahead: int = 3
) -> Iterator[T]:
    """Yield work(item) of every item in order, with at most `ahead` under way or waiting to be taken."""
    waiting: deque[Future[T]] = deque()
    for item in items:
        waiting.append(pool.submit(work, item))
        if len(waiting) > ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _cut(source: Batch, *, cutting: Cutting, first: int) -> _Chunk:
    batch = source() if callable(source) else source
    customers, items, weights = (column_of(batch, name) for name in ("customer", "item", "weight"))
    check_rows(customers, items, weights, cutting=cutting)
    base = first << cutting.shift
    if base:
        later = customers >= base
        customers, items, weights = customers[later] - np.int32(base), items[later], weights[later]
    starts, *columns = _kernels.split(customers, items, weights, cutting.shift)
    return _Chunk(starts, tuple(columns))


def column_of(batch: pa.RecordBatch, name: str) -> NDArray[Any]:
    """Return a column as a contiguous array: indexes as int32, weights as float32 or float64."""
    column = batch.column(batch.schema.get_field_index(name))
    if column.null_count:
        raise GenomeError(
            f"the evidence has empty values in its column {name!r}", found=f"{column.null_count} nulls"
        )
    values = column.to_numpy(zero_copy_only=False)
    if name in {"customer", "item"}:
        return np.ascontiguousarray(values, dtype=np.int32)
    return np.ascontiguousarray(values, dtype=None if values.dtype == np.float32 else np.float64)


def check_rows(
    customers: NDArray[Any], items: NDArray[Any], weights: NDArray[Any], *, cutting: Cutting
) -> None:
    """Raise GenomeError for what the kernels could not bear."""
    check_range(customers, below=cutting.n_customers, what="customer of the evidence")
    check_range(items, below=cutting.n_items, what="item of the evidence")
    if len(weights) and not (weights.min() >= 0 and weights.max() < np.inf):
        raise GenomeError("a weight of the evidence is unusable", expected="a finite number of at least 0")
