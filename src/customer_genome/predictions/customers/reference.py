"""Reference: what features need to know of the population, learned once so that a customer's features stay the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import svds

from customer_genome.predictions.history import F64, Csr, History, Strings

DIMENSIONS, WIDEST_FAMILY, ROWS = 16, 12, 4_000_000


@dataclass(frozen=True)
class Reference:
    """The level whose counts are projected and its basis (names × dimensions), and which gene families are few.

    `level` is "" where there is nothing to project. `genes` are those of families of at most `WIDEST_FAMILY` genes
    that purchases carry. `start` is the first day of the history. The flags say whether sessions have a time of day,
    lines prices and discounts, and whether there are several channels.
    """

    start: float
    level: str
    names: Strings
    basis: F64
    genes: Strings
    timed: bool
    priced: bool
    discounted: bool
    channels: bool

    def to_arrays(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return plain arrays and a JSON-able dict."""
        flags = ("start", "level", "timed", "priced", "discounted", "channels")
        meta = {name: getattr(self, name) for name in flags}
        return {"names": self.names, "basis": self.basis, "genes": self.genes}, meta

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any]) -> Reference:
        """Rebuild what `to_arrays` gave."""
        return cls(names=arrays["names"], basis=arrays["basis"], genes=arrays["genes"], **meta)


def learn_reference(history: History, *, whole: History, start: float, level: str = "category") -> Reference:
    """Return the reference of a history, which should be older than all moments that are learned from.

    Only what the data have at all (prices, times of day) is read off the `whole` history.
    """
    lines = whole.lines
    level = level if level in history.catalogue.levels else ""
    names = history.catalogue.levels[level].names if level else np.zeros(0, np.str_)
    basis = _basis(history, level=level)
    return Reference(
        start=start,
        level=level if basis.shape[1] else "",
        names=names,
        basis=basis,
        genes=_genes(history),
        timed=bool(np.any(lines.day % 1 != 0)),
        priced=bool(np.any(np.nan_to_num(lines.value) != 0)),
        discounted=bool(np.any(np.nan_to_num(lines.discount) != 0)),
        channels=bool(len(np.unique(lines.channel[lines.channel >= 0])) > 1),
    )


def _basis(history: History, *, level: str) -> F64:
    """Return names × dimensions: the right singular vectors of customers' log counts at length 1."""
    if not level:
        return np.zeros((0, 0))
    at = history.catalogue.levels[level]
    code, customer = at.code[history.lines.item], history.lines.customer
    known = np.flatnonzero(code >= 0)
    if len(known) > ROWS:
        known = known[: np.searchsorted(customer[known], customer[known[ROWS]])]
    shape = (int(customer[known].max(initial=-1)) + 1, len(at.names))
    if min(shape) <= 2 * DIMENSIONS:
        return np.zeros((len(at.names), 0))
    counts = Csr((np.ones(len(known)), (customer[known], code[known])), shape=shape)
    counts.sum_duplicates()
    counts.data = np.log1p(counts.data)
    norm = np.sqrt(np.asarray(counts.multiply(counts).sum(axis=1)).ravel())
    rows = Csr(sparse.diags(1 / np.where(norm > 0, norm, 1)) @ counts)
    start = np.full(min(shape), 1 / np.sqrt(min(shape)))
    _, values, right = svds(rows, k=DIMENSIONS, v0=start)
    right = right[np.argsort(-values)]
    sign = np.sign(right[np.arange(DIMENSIONS), np.abs(right).argmax(axis=1)])
    return np.ascontiguousarray((right * sign[:, None]).T)


def _genes(history: History) -> Strings:
    """Return the genes that purchases carry, of families so small that each gene says something of all items."""
    catalogue = history.catalogue
    bought = np.bincount(history.lines.item, minlength=len(catalogue.items)).astype(float)
    carried = np.asarray(catalogue.dna.T @ bought).ravel() if len(catalogue.genes) else np.zeros(0)
    genes = catalogue.genes[carried > 0.001 * bought.sum()]
    family = np.array([gene.split(":")[0] for gene in genes], np.str_)
    names, count = np.unique(family, return_counts=True)
    return cast("Strings", genes[np.isin(family, names[count <= WIDEST_FAMILY])])
