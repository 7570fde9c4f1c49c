"""The vector: a customer's genome as 128 numbers, a block for each kind of evidence."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self, cast

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


BLOCKS = (
    Block("identity", 58, 1.0, "counts"),
    Block("channel", 24, 1.0, "counts"),
    Block("lifestyle", 24, 0.7, "shares"),
    Block("genes", 12, 0.4, "values"),
    Block("behaviour", 10, 0.3, "values"),
)


@dataclass(frozen=True)
class Measured:
    """One block's input: customers × named columns; sparse = distinct sessions, dense = values (nan unknown)."""

    matrix: Any
    columns: Sequence[str]


Inputs = Mapping[str, Measured]


class Vectoriser:
    """Learns the transform of each block from a population, then encodes any customer alone.

    `minimum_sessions` is how often a column of counts or shares must occur to be used. A sample of
    customers (50,000 are plenty) is enough to fit. The learned state is, per block: the columns, an idf or
    a mean and scale for each, and the leading right singular vectors, signed so that the largest loading is
    positive. `counts` work best when items stand beside attributes of theirs, such as category ×
    manufacturer: see `beside`.
    """

    def __init__(
        self, *, blocks: tuple[Block, ...] = BLOCKS, minimum_sessions: float = 5, seed: int = 0
    ) -> None:
        self.blocks, self.minimum_sessions, self.seed = blocks, minimum_sessions, seed

    @property
    def dimensions(self) -> int:
        """The vector's length."""
        return sum(block.dimensions for block in self.blocks)

    @property
    def slices(self) -> dict[str, slice]:
        """Where each block stands in the vector."""
        ends = np.cumsum([block.dimensions for block in self.blocks]).tolist()
        return {
            block.name: slice(end - block.dimensions, end)
            for block, end in zip(self.blocks, ends, strict=True)
        }

    def fit(self, inputs: Inputs) -> Self:
        """Learn from `inputs` (all blocks with the same rows); a block that is missing or constant encodes to zero."""
        self.arrays_: Arrays = {}
        for block in self.blocks:
            measured = inputs.get(block.name, Measured(Csr((_rows(inputs), 0)), ()))
            for key, value in _learn(block, measured, minimum=self.minimum_sessions, seed=self.seed).items():
                self.arrays_[f"{block.name}.{key}"] = value
        self.version_ = _version(self.arrays_, self.blocks)
        return self

    def encode(self, inputs: Inputs, *, without: Collection[str] = ()) -> F32:
        """Return (customers, dimensions); blocks named in `without`, and blocks with no data, are zeros.

        Each row is a function of that customer's input row and the learned state only.
        """
        vectors = np.zeros((_rows(inputs), self.dimensions), dtype=np.float32)
        where = self.slices
        for block in self.blocks:
            if block.name in inputs and block.name not in without:
                vectors[:, where[block.name]] = _encode(block, inputs[block.name], self._learned(block.name))
        return self.mask(vectors, without=without)

    def mask(self, vectors: F32, *, without: Collection[str]) -> F32:
        """Return `vectors` with the blocks named in `without` zeroed: what `encode(without=...)` gives.

        Raises ValueError if a name is no block, so that a misspelt purpose rule cannot leave a block in.
        """
        where = self.slices
        if unknown := set(without) - set(where):
            raise ValueError(f"no such block: {sorted(unknown)}; the vector has {list(where)}")
        masked = vectors.copy()
        for name in without:
            masked[..., where[name]] = 0
        return masked

    def to_arrays(self) -> tuple[Arrays, dict[str, Any]]:
        """Return the learned state as plain arrays (no pickle) and a JSON-able dict."""
        blocks = [[block.name, block.dimensions, block.weight, block.kind] for block in self.blocks]
        meta = {
            "blocks": blocks,
            "minimum_sessions": self.minimum_sessions,
            "seed": self.seed,
            "version": self.version_,
        }
        return dict(self.arrays_), meta

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any]) -> Self:
        """Rebuild a fitted vectoriser from what `to_arrays` gave."""
        blocks = tuple(Block(*block) for block in meta["blocks"])
        made = cls(blocks=blocks, minimum_sessions=meta["minimum_sessions"], seed=meta["seed"])
        made.arrays_, made.version_ = dict(arrays), meta["version"]
        return made

    def _learned(self, name: str) -> Arrays:
        start = f"{name}."
        return {key[len(start) :]: value for key, value in self.arrays_.items() if key.startswith(start)}


def beside(parts: Mapping[str, Measured]) -> Measured:
    """Put sparse inputs of the same customers side by side, columns named `part:column`."""
    names = [f"{part}:{column}" for part, measured in parts.items() for column in measured.columns]
    return Measured(Csr(sparse.hstack([measured.matrix for measured in parts.values()])), names)


def _rows(inputs: Inputs) -> int:
    """Return the number of customers that all blocks agree on."""
    found = {name: measured.matrix.shape[0] for name, measured in inputs.items()}
    if len(set(found.values())) > 1:
        raise ValueError(f"the blocks must have the same customers in the same order; rows found: {found}")
    return int(next(iter(found.values()), 0))


def _learn(block: Block, measured: Measured, *, minimum: float, seed: int) -> Arrays:
    """Choose the columns, learn `centre` and `scale` of each, and the `basis` (columns × dimensions)."""
    names = np.asarray(measured.columns, dtype=np.str_)
    if block.kind == "values":
        raw = _values(measured)
        known = np.isfinite(raw)
        keep = known.sum(axis=0) >= min(30, max(2, len(raw) // 2))
        centre, scale = _moments(np.where(known, raw, np.nan)[:, keep])
    else:
        counts = Csr(measured.matrix, dtype=float)
        keep = np.asarray(counts.sum(axis=0)).ravel() >= minimum
        kept = Csr(counts[:, np.flatnonzero(keep)])
        centre, scale = _idf(kept) if block.kind == "counts" else _moments(_log_shares(kept))
    keep[np.flatnonzero(keep)[scale == 0]] = False
    centre, scale = centre[scale > 0], scale[scale > 0]
    learned: Arrays = {"columns": names[keep], "centre": centre, "scale": scale}
    learned["basis"] = _basis(_transform(block, measured, learned), dimensions=block.dimensions, seed=seed)
    return learned


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
    dense = np.asarray(counts.todense())
    total = np.asarray(counts.sum(axis=1)).reshape(-1, 1)
    shares = np.log((dense + 1) / (total + max(1, dense.shape[1])))
    return cast("F64", np.where(total > 0, shares, np.nan))


def _transform(block: Block, measured: Measured, learned: Arrays) -> Csr:
    """Bring the input to the learned columns and scale; unknown becomes the population's mean (0)."""
    aligned = _align(measured, learned["columns"])
    if block.kind == "counts":
        return Csr(aligned.log1p() @ sparse.diags(learned["scale"]))
    values = _log_shares(aligned) if block.kind == "shares" else _dense(measured, learned["columns"])
    standard = np.clip((values - learned["centre"]) * learned["scale"], -5, 5)
    return Csr(np.where(np.isfinite(standard), standard, 0))


def _align(measured: Measured, columns: NDArray[np.str_]) -> Csr:
    """Pick `columns` by name from sparse counts; those that the input does not have count zero."""
    counts = Csr(measured.matrix, dtype=float).tocoo()
    target = _positions(measured.columns, columns)[counts.col]
    known = target >= 0
    shape = (counts.shape[0], len(columns))
    aligned = Csr((counts.data[known], (counts.row[known], target[known])), shape=shape)
    aligned.sum_duplicates()
    return aligned


def _dense(measured: Measured, columns: NDArray[np.str_]) -> F64:
    """Pick `columns` by name from dense values; those that the input does not have are nan."""
    raw = _values(measured)
    target = _positions(measured.columns, columns)
    values = np.full((raw.shape[0], len(columns)), np.nan)
    values[:, target[target >= 0]] = raw[:, target >= 0]
    return values


def _values(measured: Measured) -> F64:
    matrix = measured.matrix.toarray() if hasattr(measured.matrix, "toarray") else measured.matrix
    return np.asarray(matrix, dtype=np.float64)


def _positions(names: Sequence[str], columns: NDArray[np.str_]) -> NDArray[np.int64]:
    """Return, for each of `names`, its position among `columns` or −1."""
    where = {name: index for index, name in enumerate(columns.tolist())}
    return np.asarray([where.get(str(name), -1) for name in names], dtype=np.int64)


def _basis(matrix: Csr, *, dimensions: int, seed: int) -> F64:
    """Return columns × dimensions: the leading right singular vectors, each over √(its singular value).

    Where there are fewer vectors than dimensions the rest is 0. The division keeps a few directions that everyone
    shares from drowning the rest (benchmarks/vector.py).
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
        _, values, right = linalg.svd(np.asarray(matrix.todense()), full_matrices=False)
        right, values = right[:rank], values[:rank]
    some = values > 1e-6 * max(values[0], 1e-300)
    right, values = right[some], values[some]
    largest = right[np.arange(len(right)), np.abs(right).argmax(axis=1)]
    basis[:, : len(right)] = (right * (np.sign(largest) / np.sqrt(values))[:, None]).T
    return basis


def _encode(block: Block, measured: Measured, learned: Arrays) -> F32:
    """Project onto the basis and scale each row to the block's weight.

    The product is taken in sparse form because scipy adds it up row by row: BLAS may round a row
    differently in another batch, and a customer's vector must not depend on the company it was computed in.
    """
    projected = np.asarray(_transform(block, measured, learned) @ np.ascontiguousarray(learned["basis"]))
    norm = np.sqrt((projected * projected).sum(axis=1))
    return (projected * (block.weight * _inverse(norm))[:, None]).astype(np.float32)


def _norms(matrix: Csr) -> F64:
    return cast("F64", np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel()))


def _inverse(norm: F64) -> F64:
    """Return 1 / norm, and 0 for rows of no length."""
    some = norm > 1e-9
    return cast("F64", np.where(some, 1 / np.where(some, norm, 1), 0))


def _version(arrays: Arrays, blocks: tuple[Block, ...]) -> str:
    """Return a digest of the learned state: two references that encode alike carry the same name."""
    hasher = hashlib.blake2b(repr(blocks).encode(), digest_size=8)
    for key in sorted(arrays):
        hasher.update(key.encode())
        hasher.update(np.ascontiguousarray(arrays[key]).tobytes())
    return f"vector-{hasher.hexdigest()}"
