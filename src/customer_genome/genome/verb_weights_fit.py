"""How many purchases a customer's next choices are worth: the regression behind the weights of verbs.

The mean of the first-time purchases y that carry gene g is what the imprint would foretell (see `support`), with the
weights of the verbs free:

    mu = e a_g N / D,   N = b_g + sum over verbs of w_v O_v,   D = b_g + sum over verbs of w_v E_v

The unit verb (a purchase) has w = 1, so w_v says how many purchases one interaction is worth as evidence. a_g (drift)
and b_g (how alike customers are) belong to the gene; log b_g is drawn to its mean over genes with variance 1. Fitted
by Fisher scoring on the Poisson quasi-likelihood (McCullagh and Nelder 1989, chapter 9), the genes' own parameters
swept out of the shared ones. Intervals are sandwich ones with customers as clusters (Liang and Zeger 1986), so they
hold although y is overdispersed and one purchase carries several genes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]
STEPS = 40
CLOSE = 1e-5
LEAST = 0.05
"""N and D are at least this share of b, whatever a negative weight takes from them."""
WIDEST_B = (-3.0, 7.0)
"""Bounds of log b."""
LONGEST_STEP = 0.7


@dataclass(frozen=True, eq=False)
class Rows:
    """Outcome y and expectation e (n), the owners' indexes (n; ordered by gene), evidence O and E (n x verbs)."""

    y: Floats
    e: Floats
    customer: Longs
    gene: Longs
    observed: Floats
    expected: Floats


@dataclass(frozen=True, eq=False)
class Fit:
    """Weights of the verbs after the first (whose weight is 1), their variances, and how well they do.

    `quality` is the quasi-log-likelihood over its dispersion; `lift` the mean of d log mu / d one more item with the
    gene, for the unit.
    """

    w: Floats
    variance: Floats
    log_a: Floats
    log_b: Floats
    likelihood: float
    dispersion: float
    lift: float


def fit(rows: Rows, *, start: Fit | None = None) -> Fit:
    """Fit the weights; raises nothing: a weight that cannot be told has a variance of infinity."""
    n_genes = int(rows.gene.max()) + 1
    edges = np.searchsorted(rows.gene, np.arange(n_genes))
    if start is None:
        totals = [np.maximum(np.add.reduceat(v, edges), 1e-9) for v in (rows.y, rows.e)]
        w, log_a, log_b = (
            np.full(rows.observed.shape[1] - 1, 0.3),
            np.log(totals[0] / totals[1]),
            np.full(n_genes, 2.0),
        )
    else:
        w, log_a, log_b = start.w, start.log_a, start.log_b
    best = _penalised(rows, w, log_a, log_b)
    for _ in range(STEPS):
        state = _state(rows, w, log_a, log_b)
        move = _move(rows, state, edges=edges, log_b=log_b)
        scale, gained = 1.0, 0.0
        while scale > 1e-3:
            new = [
                p + scale * np.clip(m, -LONGEST_STEP, LONGEST_STEP)
                for p, m in zip((w, log_a, log_b), move, strict=True)
            ]
            new[2] = np.clip(new[2], *WIDEST_B)
            value = _penalised(rows, *new)
            if value >= best:
                (w, log_a, log_b), gained, best = new, value - best, value
                break
            scale /= 2
        if gained < CLOSE * max(1.0, abs(best)) * 1e-3:
            break
    return _finished(rows, (w, log_a, log_b), edges=edges)


@dataclass(frozen=True, eq=False)
class _State:
    """mu, and d log mu / d parameter: n x (weights, log a, log b)."""

    mu: Floats
    slope: Floats
    n: Floats


def _state(rows: Rows, w: Floats, log_a: Floats, log_b: Floats) -> _State:
    b = np.exp(log_b)[rows.gene]
    all_w = np.concatenate([[1.0], w])
    upper, lower = b + rows.observed @ all_w, b + rows.expected @ all_w
    free = (upper > LEAST * b) & (lower > LEAST * b)
    n, d = np.maximum(upper, LEAST * b), np.maximum(lower, LEAST * b)
    mu = rows.e * np.exp(log_a)[rows.gene] * n / d
    weights = (rows.observed[:, 1:] / n[:, None] - rows.expected[:, 1:] / d[:, None]) * free[:, None]
    return _State(mu, np.column_stack([weights, np.ones(len(mu)), b * (1 / n - 1 / d) * free]), n)


def _penalised(rows: Rows, w: Floats, log_a: Floats, log_b: Floats) -> float:
    mu = _state(rows, w, log_a, log_b).mu
    return _likelihood(rows, mu) - 0.5 * float(np.sum((log_b - log_b.mean()) ** 2))


def _likelihood(rows: Rows, mu: Floats) -> float:
    return float(np.sum(rows.y * np.log(np.maximum(mu, 1e-300)) - mu))


def _blocks(rows: Rows, state: _State, *, edges: Longs) -> tuple[Floats, Floats]:
    """Return the score and the information of every gene: G x k and G x k x k."""
    k = state.slope.shape[1]
    residual = rows.y - state.mu
    score = np.stack([np.add.reduceat(residual * state.slope[:, i], edges) for i in range(k)], axis=1)
    info = np.empty((len(edges), k, k))
    for i in range(k):
        weighted = state.mu * state.slope[:, i]
        for j in range(i + 1):
            info[:, i, j] = info[:, j, i] = np.add.reduceat(weighted * state.slope[:, j], edges)
    return score, info


def _swept(info: Floats, *, p: int) -> tuple[Floats, Floats, Floats]:
    """Return the inverse of each gene's own block, what sweeps it out of the shared one, and the shared one left."""
    own = info[:, p:, p:] + np.eye(2) * 1e-9
    own[:, 1, 1] += 1.0  # the penalty on log b
    inverse = np.linalg.inv(own)
    sweep = info[:, :p, p:] @ inverse
    return np.asarray(inverse, np.float64), sweep, (info[:, :p, :p] - sweep @ info[:, p:, :p]).sum(axis=0)


def _move(rows: Rows, state: _State, *, edges: Longs, log_b: Floats) -> tuple[Floats, Floats, Floats]:
    p = state.slope.shape[1] - 2
    score, info = _blocks(rows, state, edges=edges)
    score[:, -1] -= log_b - log_b.mean()
    inverse, sweep, shared = _swept(info, p=p)
    own = score[:, p:]
    w = np.linalg.lstsq(
        shared + np.eye(p) * 1e-6, (score[:, :p] - (sweep @ own[..., None])[..., 0]).sum(axis=0), rcond=None
    )[0]
    rest = (inverse @ (own - info[:, p:, :p] @ w)[..., None])[..., 0]
    return np.asarray(w, np.float64), np.asarray(rest[:, 0]), np.asarray(rest[:, 1])


def _finished(rows: Rows, found: tuple[Floats, Floats, Floats], *, edges: Longs) -> Fit:
    w, log_a, log_b = found
    state = _state(rows, w, log_a, log_b)
    p = len(w)
    _, info = _blocks(rows, state, edges=edges)
    _, sweep, shared = _swept(info, p=p)
    residual = rows.y - state.mu
    swept = state.slope[:, :p] - np.einsum("npk,nk->np", sweep[rows.gene], state.slope[:, p:])
    n_customers = int(rows.customer.max()) + 1
    clusters = [np.bincount(rows.customer, weights=residual * one, minlength=n_customers) for one in swept.T]
    scores = np.array(clusters, np.float64).reshape(p, n_customers).T
    dispersion = float(
        np.sum(residual**2 / np.maximum(state.mu, 1e-9)) / max(len(residual) - p - 2 * len(edges), 1)
    )
    return Fit(
        w, _sandwich(shared, scores), log_a, log_b, _likelihood(rows, state.mu), max(dispersion, 1e-9),
        float(np.sum(state.mu / state.n) / np.sum(state.mu)),
    )  # fmt: skip


def _sandwich(shared: Floats, scores: Floats) -> Floats:
    """Return the variances: bread, meat, bread; infinite where the information has no inverse."""
    p, clusters = len(shared), int(np.any(scores != 0, axis=1).sum()) if len(shared) else 0
    scale = np.sqrt(np.maximum(np.diag(shared), 0))
    if not p or clusters < 2 or np.any(scale < 1e-6):
        return np.full(p, np.inf)
    bread = np.linalg.pinv(shared / np.outer(scale, scale)) / np.outer(scale, scale)
    return np.asarray(np.diag(bread @ (scores.T @ scores) @ bread) * clusters / (clusters - 1))
