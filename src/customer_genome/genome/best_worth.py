"""Best worth: what each gene in a history goes with in later rank, beside what behaviour says already."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Csr = sparse.csr_matrix


class Worth(NamedTuple):
    """A ridge regression per fold: coefficients (folds × columns) over standardised behaviour, then genes."""

    centre: F64
    coefficients: F64

    def scores(self, genes: Csr) -> F64:
        """Return the gene part of each fold's prediction (rows × folds): what behaviour alone does not say."""
        return np.asarray(log_counts(genes) @ self.coefficients[:, len(self.centre) :].T)


def log_counts(genes: Csr) -> Csr:
    """Return log(1 + how often) of sparse counts."""
    return Csr(genes, dtype=np.float64).log1p()


def worth(behaviour: F64, genes: Csr, *, rank: F64, weight: F64, fold: I64, alpha: float) -> Worth:
    """Fit rank (0 to 1) on behaviour and genes without the rows of each fold in turn.

    Ridge in closed form; the Gram matrix without a fold is the whole one less that fold's (Hoerl, Kennard 1970).
    """
    centre, scale = behaviour.mean(axis=0), np.maximum(behaviour.std(axis=0), 1e-9)
    columns = Csr(sparse.hstack([Csr((behaviour - centre) / scale), log_counts(genes)]))
    folds = int(fold.max(initial=0)) + 1
    size = columns.shape[1] + 1
    grams, sides = np.zeros((folds, size, size)), np.zeros((folds, size))
    for one in range(folds):
        mine = np.flatnonzero(fold == one)
        part = Csr(sparse.hstack([Csr(np.ones((len(mine), 1))), columns[mine]]))
        weighed = Csr(sparse.diags(weight[mine]) @ part)
        grams[one], sides[one] = np.asarray((part.T @ weighed).todense()), weighed.T @ rank[mine]
    penalty = np.diag(np.r_[1e-6, np.full(size - 1, alpha)])
    found = [
        linalg.solve(grams.sum(axis=0) - grams[one] + penalty, sides.sum(axis=0) - sides[one], assume_a="pos")
        for one in range(folds)
    ]
    return Worth(centre, np.stack(found)[:, 1:])
