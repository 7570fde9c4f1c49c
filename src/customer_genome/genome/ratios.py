"""How far choices in a stretch of time lean to each gene: observed over expected, shrunk by one constant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from customer_genome.core.frames import codes
from customer_genome.genome.block import F64, Csr, Measured

SHRINK = 5.0
"""Added to both sides of the ratio; a stretch of time is too short for a prior a gene."""
EXPECTED = 1.0
"""Fewer items expected to carry the gene leave it unknown."""
CUSTOMERS = 30
"""A gene that fewer customers chose is left out."""


@dataclass(frozen=True)
class Catalogue:
    """Items by name, the code of each one's category (-1 = none), and items × genes with strengths 0 to 1."""

    items: Sequence[str]
    category: np.ndarray
    dna: Csr
    genes: Sequence[str]


@dataclass(frozen=True)
class Shares:
    """What the population chooses inside each category: categories × genes, for the genes at `kept`."""

    kept: np.ndarray
    share: F64


def catalogue(items: pa.Table, dna: pa.Table) -> Catalogue:
    """Read `items` (item_id, category) and `dna` (item_id, gene, strength) as matrices."""
    names = items["item_id"].combine_chunks()
    genes = pc.unique(dna["gene"]).sort()
    kinds = pc.unique(pc.drop_null(items["category"])).sort()
    row, column = codes(dna["item_id"], names), codes(dna["gene"], genes)
    inside = row >= 0
    strengths = dna["strength"].cast(pa.float64()).to_numpy()[inside]
    carried = Csr((strengths, (row[inside], column[inside])), shape=(len(names), len(genes)))
    category = codes(items["category"], kinds)
    category[~pc.is_valid(items["category"]).to_numpy(zero_copy_only=False)] = -1
    return Catalogue(names.to_pylist(), category, carried, genes.to_pylist())


def shares(held: Measured, *, known: Catalogue) -> Shares:
    """Learn each gene's share of the distinct customer × item pairs of each category."""
    chosen = _chosen(held, known)
    per_category = _by_category(known)
    pairs = np.asarray(chosen.sum(axis=0)).ravel()
    with_gene = (per_category.T @ sparse.diags(pairs) @ known.dna).toarray()
    total = np.asarray(per_category.T @ pairs).ravel()
    customers = np.asarray((chosen @ known.dna > 0).sum(axis=0)).ravel()
    share = with_gene / np.maximum(total, 1)[:, None]
    varies = ((share > 0.01) & (share < 0.99)).any(axis=0)
    kept = np.flatnonzero((customers >= CUSTOMERS) & varies)
    return Shares(kept, np.asarray(share[:, kept]))


def ratios(held: Measured, *, known: Catalogue, learned: Shares) -> Measured:
    """Return customers × genes of log2((O + c) / (E + c)) over distinct items; nan where E is below `EXPECTED`.

    E is what the same number of items of each category would carry had they been chosen as the population does.
    """
    chosen = _chosen(held, known)
    observed = (chosen @ known.dna)[:, learned.kept].toarray()
    expected = np.asarray((chosen @ _by_category(known)) @ learned.share)
    values = np.log2((observed + SHRINK) / (expected + SHRINK))
    return Measured(
        np.where(expected >= EXPECTED, values, np.nan), [known.genes[place] for place in learned.kept]
    )


def _chosen(held: Measured, known: Catalogue) -> Csr:
    """Return customers × the catalogue's items that have a category: 1 where chosen."""
    where = {name: place for place, name in enumerate(known.items) if known.category[place] >= 0}
    target = np.array([where.get(name, -1) for name in held.columns], dtype=np.int64)
    inside = np.flatnonzero(target >= 0)
    counts = Csr(held.matrix)[:, inside].tocoo()
    ones = np.ones(len(counts.data))
    return Csr((ones, (counts.row, target[inside][counts.col])), shape=(counts.shape[0], len(known.items)))


def _by_category(known: Catalogue) -> Csr:
    has = np.flatnonzero(known.category >= 0)
    width = int(known.category.max(initial=-1)) + 1
    return Csr((np.ones(len(has)), (has, known.category[has])), shape=(len(known.items), width))
