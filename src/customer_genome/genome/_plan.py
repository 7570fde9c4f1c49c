"""Item DNA and shares in the shape that the kernels walk."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from customer_genome.genome.evidence import Floats, Ints, ItemDna, Longs, check_range
from customer_genome.genome.shares import Shares

Genes = NDArray[np.uint32]  # unsigned: an index that cannot be negative is not tested for it


class Plan(NamedTuple):
    """Item DNA and shares as the kernel walks them; strata are numbered categories first, then groups.

    An item's genes are only those kept in one of its strata, so that O and E speak of the same choices.
    """

    starts: Longs
    genes: Genes
    strengths: Floats
    categories: Ints
    groups: Ints
    strata: Longs
    kept: Genes
    share: Floats
    variance: Floats


class Turned(NamedTuple):
    """The plan's shares by gene: gene g is kept in `strata[starts[g]:starts[g + 1]]`, with share and variance."""

    starts: Longs
    strata: Ints
    share: Floats
    variance: Floats


def plan_of(dna: ItemDna, *, kept: Shares) -> Plan:
    """Number the strata, and keep of every item the genes that are kept in one of its strata."""
    n_categories = max(int(dna.categories.max(initial=-1)), int(kept.strata.max(initial=-1))) + 1
    n_groups = max(int(dna.groups.max(initial=-1)), int((-kept.strata - 1).max(initial=-1))) + 1
    stratum = np.where(kept.strata >= 0, kept.strata, n_categories - kept.strata - 1).astype(np.int64)
    order = np.lexsort((kept.genes, stratum))
    stratum, gene = stratum[order], kept.genes[order]
    check_range(gene, below=dna.n_genes, what="gene of the shares")
    strata = np.zeros(n_categories + n_groups + 1, np.int64)
    np.cumsum(np.bincount(stratum, minlength=n_categories + n_groups), out=strata[1:])
    groups = np.where(dna.groups >= 0, dna.groups + n_categories, -1).astype(np.int32)
    starts, genes, strengths = _kept_dna(dna, stratum * dna.n_genes + gene, groups=groups)
    share = kept.share[order]
    variance = kept.second[order] - share**2
    return Plan(
        starts,
        genes.astype(np.uint32),
        strengths,
        dna.categories,
        groups,
        strata,
        gene.astype(np.uint32),
        share,
        variance,
    )


def turned(plan: Plan, *, n_genes: int) -> Turned:
    """Order the plan's shares by gene."""
    stratum = np.repeat(np.arange(len(plan.strata) - 1, dtype=np.int32), np.diff(plan.strata))
    order = np.argsort(plan.kept, kind="stable")
    starts = np.zeros(n_genes + 1, np.int64)
    np.cumsum(np.bincount(plan.kept, minlength=n_genes), out=starts[1:])
    return Turned(starts, stratum[order], plan.share[order], plan.variance[order])


def _kept_dna(dna: ItemDna, cells: Longs, *, groups: Ints) -> tuple[Longs, Ints, Floats]:
    """Return the item DNA without the genes that the shares keep in none of the item's strata."""
    item = np.repeat(np.arange(dna.n_items), np.diff(dna.starts))
    keep = np.zeros(len(item), dtype=bool)
    for strata in (dna.categories, groups):
        place = strata[item].astype(np.int64) * dna.n_genes + dna.genes
        keep |= (strata[item] >= 0) & np.isin(place, cells)
    starts = np.zeros(dna.n_items + 1, np.int64)
    np.cumsum(np.bincount(item[keep], minlength=dna.n_items), out=starts[1:])
    return starts, dna.genes[keep], dna.strengths[keep]
