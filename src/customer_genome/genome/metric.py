"""The metric: columns placed so that a customer lies nearest to themselves in another part of their history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
Csr = sparse.csr_matrix


@dataclass(frozen=True)
class Training:
    """How the metric is learned; chosen on windows before 2017-06-19 of Complete Journey (benchmarks/vector.py).

    In each of `steps`, `batch` customers are seen in two disjoint draws of `view` of the periods. `rate` is Adam's
    first step, in units of the start's root mean square; it falls to 0 as half a cosine, and so the start is not left
    far behind. Fewer than `minimum_customers` who have both views teach more noise than metric.
    """

    temperature: float = 0.1
    rate: float = 0.06
    batch: int = 900
    steps: int = 250
    view: int = 2
    minimum_customers: int = 200


TRAINING = Training()


@dataclass(frozen=True)
class Learned:
    """The basis (columns × dimensions), and why it is the start itself (None where something was learned)."""

    basis: F64
    reason: str | None


def learn_metric(
    start: F64, *, periods: Sequence[Csr], scale: F64, training: Training = TRAINING, seed: int = 0
) -> Learned:
    """Improve `start` by InfoNCE over two views of the same customers; returns the basis learned.

    `periods` are customers × columns of counts, one for each equal part of the history, with the same rows; `scale`
    is the weight of each column (idf). A view is a row log1p(counts of its periods) × scale, brought to length 1.
    """
    if len(periods) < 2 * training.view:
        return Learned(
            start, f"the history is given in {len(periods)} periods; {2 * training.view} are needed"
        )
    active = np.flatnonzero(sum((np.diff(part.indptr) > 0).astype(int) for part in periods) >= 2)
    if len(active) < training.minimum_customers:
        least = f"{training.minimum_customers} are needed"
        return Learned(start, f"{len(active)} customers bought in two periods or more; {least}")
    size = float(np.sqrt(np.mean(start * start)))
    if not size > 0:
        return Learned(start, "the purchases do not vary")
    stack = Csr(sparse.vstack([part[active] for part in periods]), dtype=np.float32)
    views = _views(stack, customers=len(active), scale=scale.astype(np.float32), training=training, seed=seed)
    found = _descend((start / size).astype(np.float32), views, training)
    return Learned(found.astype(np.float64) * size, None)


def infonce(left: F32 | F64, right: F32 | F64, *, temperature: float) -> tuple[float, F64, F64]:
    """Return the symmetric InfoNCE loss of two views (rows × dimensions, row i with row i) and its gradients.

    S = cosines / temperature; loss = −½ mean_i (log softmax_row(S)_ii + log softmax_column(S)_ii), after van den Oord
    et al. 2018 (equation 4) and Radford et al. 2021. The gradients are those by `left` and by `right`.
    """
    p, left_length = _unit(left)
    q, right_length = _unit(right)
    n = len(p)
    cosines = p @ q.T
    weights = np.exp((cosines - 1) / temperature)
    rows, columns = weights.sum(axis=1), weights.sum(axis=0)
    own = (np.diagonal(cosines) - 1) / temperature
    loss = float(np.mean(0.5 * (np.log(rows) + np.log(columns)) - own))
    slope = weights * (0.5 / rows[:, None] + 0.5 / columns[None, :])
    slope[np.arange(n), np.arange(n)] -= 1
    slope /= n * temperature
    return loss, _tangent(slope @ q, p, left_length), _tangent(slope.T @ p, q, right_length)


def _unit(rows: NDArray[np.floating]) -> tuple[F64, F64]:
    length = np.maximum(np.sqrt((rows * rows).sum(axis=1, keepdims=True)), 1e-9)
    return np.asarray(rows / length), np.asarray(length)


def _tangent(gradient: F64, unit: F64, length: F64) -> F64:
    """Carry a gradient by the unit vectors back to the vectors: what points along them does not turn them."""
    return np.asarray((gradient - (gradient * unit).sum(axis=1, keepdims=True) * unit) / length)


def _views(
    stack: Csr, *, customers: int, scale: F32, training: Training, seed: int
) -> Iterator[tuple[Csr, Csr]]:
    """Yield, without end, two views of the same batch of customers; who bought in one of them only is left out."""
    random = np.random.default_rng(seed)
    periods = stack.shape[0] // customers
    while True:
        drawn = random.permutation(periods)[: 2 * training.view]
        rows = np.sort(random.choice(customers, min(training.batch, customers), replace=False))
        one, other = (
            Csr(sum(stack[period * customers + rows] for period in part))
            for part in (drawn[: training.view], drawn[training.view :])
        )
        both = np.flatnonzero((np.diff(one.indptr) > 0) & (np.diff(other.indptr) > 0))
        if len(both) > 1:
            yield _weighed(one[both], scale), _weighed(other[both], scale)
        else:
            yield _weighed(one[:0], scale), _weighed(other[:0], scale)


def _weighed(counts: Csr, scale: F32) -> Csr:
    """Return log1p(counts) × scale with rows of length 1."""
    counts.data = np.log1p(counts.data) * scale[counts.indices]
    length = np.sqrt(np.asarray(counts.multiply(counts).sum(axis=1)).ravel())
    counts.data /= np.repeat(np.maximum(length, 1e-9), np.diff(counts.indptr)).astype(np.float32)
    return counts


def _descend(start: F32, views: Iterator[tuple[Csr, Csr]], training: Training) -> F32:
    """Minimise the loss by Adam (Kingma and Ba 2015, algorithm 1)."""
    basis, mean, square = start.copy(), np.zeros_like(start), np.zeros_like(start)
    for step in range(1, training.steps + 1):
        one, other = next(views)
        if not one.shape[0]:
            continue
        _, left, right = infonce(one @ basis, other @ basis, temperature=training.temperature)
        gradient = one.T @ left.astype(np.float32) + other.T @ right.astype(np.float32)
        mean += 0.1 * (gradient - mean)
        square += 0.001 * (gradient * gradient - square)
        rate = training.rate * (0.5 + 0.5 * np.cos(np.pi * step / training.steps))
        rate *= np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
        basis -= np.float32(rate) * mean / (np.sqrt(square) + np.float32(1e-8))
    return basis
