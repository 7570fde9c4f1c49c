"""The vector: a customer's genome as 128 numbers, a block for each kind of evidence."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from customer_genome.genome.block import F32, Arrays, Block, Csr, Fitted, Inputs, Measured, fit_block
from customer_genome.genome.metric import TRAINING, Training, learn_metric

BLOCKS = (
    Block("identity", 58, 1.0, "counts"),
    Block("channel", 24, 0.9, "counts"),
    Block("lifestyle", 24, 0.5, "shares"),
    Block("genes", 12, 0.3, "values"),
    Block("behaviour", 10, 0.4, "values"),
)
PARTS = ("columns", "centre", "scale", "basis")


class Vectoriser:
    """Learns the transform of each block from a population, then encodes any customer alone.

    `minimum_sessions` is how often a column of counts or shares must occur to be used, `most_columns` how many are
    used at most. A sample of customers (a few thousand) is enough to fit. The learned state is, per block: the
    columns, an idf or a mean and scale for each, and the leading right singular vectors, signed so that the largest
    loading is positive; the first block's are improved so that customers are found again (`metric`). `counts` work
    best when items stand beside attributes of theirs, such as category × manufacturer: see `beside`.
    """

    def __init__(
        self,
        *,
        blocks: tuple[Block, ...] = BLOCKS,
        minimum_sessions: float = 5,
        most_columns: int = 60_000,
        training: Training = TRAINING,
        seed: int = 0,
    ) -> None:
        self.blocks, self.minimum_sessions, self.most_columns = blocks, minimum_sessions, most_columns
        self.training, self.seed = training, seed

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

    def fit(self, inputs: Inputs, *, periods: Sequence[Measured] = ()) -> Self:
        """Learn from `inputs` (all blocks with the same rows); a block that is missing or constant encodes to zero.

        `periods` are the first block's counts of the same customers in equal parts of the history, oldest first.
        From them the metric is learned; `reason_` says why it was not, and is None where it was.
        """
        rows = _rows(inputs)
        self.fitted_: dict[str, Fitted] = {}
        for block in self.blocks:
            measured = inputs.get(block.name, Measured(Csr((rows, 0)), ()))
            self.fitted_[block.name] = fit_block(
                block,
                measured=measured,
                minimum=self.minimum_sessions,
                most=self.most_columns,
                seed=self.seed,
            )
        self._learn(periods, rows)
        self.version_ = _version(self.to_arrays()[0], self.blocks)
        return self

    def encode(self, inputs: Inputs, *, without: Collection[str] = ()) -> F32:
        """Return (customers, dimensions); blocks named in `without`, and blocks with no data, are zeros.

        Each row is a function of that customer's input row and the learned state only.
        """
        vectors = np.zeros((_rows(inputs), self.dimensions), dtype=np.float32)
        where = self.slices
        for name, fitted in self.fitted_.items():
            if name in inputs and name not in without:
                vectors[:, where[name]] = fitted.encode(inputs[name])
        return self.mask(vectors, without=without) if without else vectors

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
        arrays = {
            f"{name}.{part}": getattr(fitted, part) for name, fitted in self.fitted_.items() for part in PARTS
        }
        meta = {
            "blocks": [[block.name, block.dimensions, block.weight, block.kind] for block in self.blocks],
            "minimum_sessions": self.minimum_sessions,
            "most_columns": self.most_columns,
            "training": vars(self.training),
            "seed": self.seed,
            "reason": self.reason_,
            "version": getattr(self, "version_", None),
        }
        return arrays, meta

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any]) -> Self:
        """Rebuild a fitted vectoriser from what `to_arrays` gave."""
        made = cls(
            blocks=tuple(Block(*block) for block in meta["blocks"]),
            minimum_sessions=meta["minimum_sessions"],
            most_columns=meta["most_columns"],
            training=Training(**meta["training"]),
            seed=meta["seed"],
        )
        made.fitted_ = {
            block.name: Fitted(block, *(arrays[f"{block.name}.{part}"] for part in PARTS))
            for block in made.blocks
        }
        made.reason_, made.version_ = meta["reason"], meta["version"]
        return made

    def _learn(self, periods: Sequence[Measured], rows: int) -> None:
        """Improve the first block's basis where there is enough to learn from."""
        first = self.fitted_[self.blocks[0].name]
        if any(part.matrix.shape[0] != rows for part in periods):
            raise ValueError(
                f"periods and inputs must have the same customers in the same order; rows: {rows}"
            )
        aligned = [first.align(part) for part in periods]
        learned = learn_metric(
            first.basis, periods=aligned, scale=first.scale, training=self.training, seed=self.seed
        )
        self.reason_ = learned.reason
        self.fitted_[first.block.name] = replace(first, basis=learned.basis)


def _rows(inputs: Inputs) -> int:
    """Return the number of customers that all blocks agree on."""
    found = {name: measured.matrix.shape[0] for name, measured in inputs.items()}
    if len(set(found.values())) > 1:
        raise ValueError(f"the blocks must have the same customers in the same order; rows found: {found}")
    return int(next(iter(found.values()), 0))


def _version(arrays: Arrays, blocks: tuple[Block, ...]) -> str:
    """Return a digest of the learned state: two references that encode alike carry the same name."""
    hasher = hashlib.blake2b(repr(blocks).encode(), digest_size=8)
    for key in sorted(arrays):
        hasher.update(key.encode())
        hasher.update(np.ascontiguousarray(arrays[key]).tobytes())
    return f"vector-{hasher.hexdigest()}"
