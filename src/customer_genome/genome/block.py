"""One block of the vector: its input, how that becomes comparable, and the directions it is projected on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse
from scipy.sparse.linalg import svds

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
Csr = sparse.csr_matrix
Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Block:
    """One part of the vector: its width, its weight in a cosine, and how its input becomes comparable.

    `counts` are log1p × idf, `shares` are standardised log shares of a customer's total, `values` are
    standardised.
    """

    name: str
    dimensions: int
    weight: float
    kind: Literal["counts", "shares", "values"]


@dataclass(frozen=True)
class Measured:
    """One block's input: customers × named columns; sparse = distinct sessions, dense = values (nan unknown)."""

    matrix: Any
    columns: Sequence[str]


Inputs = Mapping[str, Measured]


@dataclass(frozen=True)
class Fitted:
    """What was learned of one block: columns used, `centre` and `scale` of each, `basis` (columns × dimensions)."""

    block: Block
    columns: NDArray[np.str_]
    centre: F64
    scale: F64
    basis: F64

    @cached_property
    def where(self) -> dict[str, int]:
        """The place of each column."""
        return {name: place for place, name in enumerate(self.columns.tolist())}

    def encode(self, measured: Measured) -> F32:
        """Project onto the basis and scale each row to the block's weight; a row without data is zeros.

        The product is taken in sparse form because scipy adds it up row by row: BLAS may round a row
        differently in another batch, and a customer's vector must not depend on the company it was computed in.
        """
        projected = np.asarray(self.transform(measured) @ self.basis)
        norm = np.sqrt((projected * projected).sum(axis=1))
        return (projected * (self.block.weight * _inverse(norm))[:, None]).astype(np.float32)

    def transform(self, measured: Measured) -> Csr:
        """Bring the input to the learned columns and scale; unknown becomes the population's mean (0)."""
        if self.block.kind == "counts":
            aligned = self.align(measured)
            aligned.data = np.log1p(aligned.data) * self.scale[aligned.indices]
            return aligned
        values = _log_shares(self.align(measured)) if self.block.kind == "shares" else self._dense(measured)
        standard = np.clip((values - self.centre) * self.scale, -5, 5)
        return _rows(np.where(np.isfinite(standard), standard, 0))

    def align(self, measured: Measured) -> Csr:
        """Pick the learned columns by name from sparse counts; those that the input does not have count zero."""
        counts = measured.matrix
        if not isinstance(counts, Csr):
            counts = Csr(counts)
        target = self._positions(measured.columns)[counts.indices]
        known = target >= 0
        before = np.zeros(len(known) + 1, dtype=np.int32)
        np.cumsum(known, out=before[1:])
        shape = (counts.shape[0], len(self.columns))
        values = counts.data[known].astype(np.float64)
        aligned = Csr((values, target[known], before[counts.indptr]), shape=shape)
        aligned.sum_duplicates()
        return aligned

    def known(self, measured: Measured) -> tuple[float, float]:
        """Return how much of the input's total falls on learned columns, and the total."""
        total = np.asarray(measured.matrix.sum(axis=0)).ravel()
        return float(total[self._positions(measured.columns) >= 0].sum()), float(total.sum())

    def _dense(self, measured: Measured) -> F64:
        raw = _values(measured)
        target = self._positions(measured.columns)
        values = np.full((raw.shape[0], len(self.columns)), np.nan)
        values[:, target[target >= 0]] = raw[:, target >= 0]
        return values

    def _positions(self, names: Sequence[str]) -> NDArray[np.int32]:
        """Return, for each of `names`, its position among the learned columns or −1."""
        find = self.where.get
        return np.array([find(name, -1) for name in names], dtype=np.int32)


def fit_block(block: Block, *, measured: Measured, minimum: float, most: int, seed: int) -> Fitted:
    """Choose the columns, learn `centre` and `scale` of each, and the leading directions as the basis.

    Columns of counts and shares need a total of `minimum`; of more than `most` the most frequent are used.
    """
    names = np.asarray(measured.columns, dtype=np.str_)
    if block.kind == "values":
        raw = _values(measured)
        known = np.isfinite(raw)
        keep = np.flatnonzero(known.sum(axis=0) >= min(30, max(2, len(raw) // 2)))
        centre, scale = _moments(raw[:, keep])
    else:
        counts = Csr(measured.matrix, dtype=float)
        totals = np.asarray(counts.sum(axis=0), dtype=np.float64).ravel()
        keep = _frequent(totals, names, minimum=minimum, most=most)
        kept = Csr(counts[:, keep])
        centre, scale = _idf(kept) if block.kind == "counts" else _moments(_log_shares(kept))
    varies = scale > 0
    empty = np.zeros((int(varies.sum()), block.dimensions))
    found = Fitted(block, names[keep][varies], centre[varies], scale[varies], empty)
    basis = _basis(found.transform(measured), dimensions=block.dimensions, seed=seed)
    return replace(found, basis=basis)


def beside(parts: Mapping[str, Measured]) -> Measured:
    """Put sparse inputs of the same customers side by side, columns named `part:column`."""
    names = [f"{part}:{column}" for part, measured in parts.items() for column in measured.columns]
    return Measured(Csr(sparse.hstack([measured.matrix for measured in parts.values()])), names)


def _frequent(totals: F64, names: NDArray[np.str_], *, minimum: float, most: int) -> NDArray[np.int64]:
    """Return the columns with at least `minimum`, in their order; the rarest beyond `most` fall, ties by name."""
    keep = np.flatnonzero(totals >= minimum)
    if len(keep) > most:
        keep = np.sort(keep[np.lexsort((names[keep], -totals[keep]))[:most]])
    return keep


def _idf(counts: Csr) -> tuple[F64, F64]:
    """Return zeros and log((1 + n) / (1 + customers that have the column)) + 1."""
    have = np.asarray((counts > 0).sum(axis=0)).ravel()
    return np.zeros(counts.shape[1]), np.log((1 + counts.shape[0]) / (1 + have)) + 1


def _moments(values: F64) -> tuple[F64, F64]:
    """Return each column's mean and 1 / standard deviation, nan left out; 0 where the column does not vary."""
    known = np.isfinite(values)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, values, 0).sum(axis=0) / count
    deviation = np.sqrt((np.where(known, values - mean, 0) ** 2).sum(axis=0) / count)
    varies = deviation > 1e-9
    return mean, np.where(varies, 1 / np.where(varies, deviation, 1), 0)


def _log_shares(counts: Csr) -> F64:
    """Return log((count + 1) / (total + columns)), row by row; a customer without any count is all nan."""
    dense = counts.toarray()
    total = np.asarray(counts.sum(axis=1)).reshape(-1, 1)
    shares = np.log((dense + 1) / (total + max(1, dense.shape[1])))
    return cast("F64", np.where(total > 0, shares, np.nan))


def _rows(values: F64) -> Csr:
    """Return a dense matrix in sparse form, zeros included."""
    rows, columns = values.shape
    indices = np.tile(np.arange(columns, dtype=np.int32), rows)
    return Csr((values.ravel(), indices, np.arange(rows + 1, dtype=np.int32) * columns), shape=values.shape)


def _values(measured: Measured) -> F64:
    """Return the input as a dense matrix; infinite counts as unknown."""
    matrix = measured.matrix.toarray() if hasattr(measured.matrix, "toarray") else measured.matrix
    values = np.asarray(matrix, dtype=np.float64)
    return np.where(np.isfinite(values), values, np.nan)


def _basis(matrix: Csr, *, dimensions: int, seed: int) -> F64:
    """Return columns × dimensions: the leading right singular vectors, each over √(its singular value).

    Where there are fewer vectors than dimensions the rest is 0; the largest loading of each is positive. The division
    keeps a few directions that everyone shares from drowning the rest (benchmarks/vector.py).
    """
    matrix = Csr(sparse.diags(_inverse(_norms(matrix))) @ matrix)
    basis = np.zeros((matrix.shape[1], dimensions))
    rank = min(dimensions, *matrix.shape)
    if rank == 0 or matrix.nnz == 0:
        return basis
    if rank < min(matrix.shape) // 2:
        start = np.random.default_rng(seed).standard_normal(min(matrix.shape))
        _, values, right = svds(matrix, k=rank, v0=start, solver="arpack")
        right, values = right[::-1], values[::-1]
    else:
        _, values, right = linalg.svd(matrix.toarray(), full_matrices=False)
        right, values = right[:rank], values[:rank]
    some = values > 1e-6 * max(values[0], 1e-300)
    right, values = right[some], values[some]
    largest = right[np.arange(len(right)), np.abs(right).argmax(axis=1)]
    basis[:, : len(right)] = (right * (np.sign(largest) / np.sqrt(values))[:, None]).T
    return basis


def _norms(matrix: Csr) -> F64:
    return cast("F64", np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel()))


def _inverse(norm: F64) -> F64:
    """Return 1 / norm, and 0 for rows of no length."""
    some = norm > 1e-9
    return cast("F64", np.where(some, 1 / np.where(some, norm, 1), 0))
