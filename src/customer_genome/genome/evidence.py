"""What the imprint is computed from: the genes of items, the strata they are chosen in, and the weight of evidence.

Everything here is counted in dense indexes (customers, items, genes, categories and groups are 0, 1, 2,
...); who calls maps names to indexes and back. For session genes an "item" is one session, and its category
is its kind.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from customer_genome.core.compiled import compiled
from customer_genome.core.errors import GenomeError

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ItemDna:
    """The genes of every item, compressed by row, and the strata in which each item is chosen.

    Item `i` carries `genes[starts[i]:starts[i + 1]]`, ascending and distinct, with `strengths` in 0..1.
    `categories[i]` and `groups[i]` (the wider stratum, such as a department) are -1 where the item has none.
    """

    starts: Longs
    genes: Ints
    strengths: Floats
    categories: Ints
    groups: Ints
    n_genes: int

    @property
    def n_items(self) -> int:
        """How many items there are, with or without genes."""
        return len(self.categories)


def item_dna(
    items: ArrayLike,
    *,
    genes: ArrayLike,
    strengths: ArrayLike,
    categories: ArrayLike,
    groups: ArrayLike | None = None,
    n_genes: int,
) -> ItemDna:
    """Compress rows of (item, gene, strength) in any order into an `ItemDna`; a repeated pair keeps its greatest.

    `categories` and `groups` hold one index per item, -1 for none; without `groups` all items are of one
    group. Raises GenomeError for an index out of range or a strength outside 0..1.
    """
    kinds = np.ascontiguousarray(categories, dtype=np.int32)
    wider = np.zeros_like(kinds) if groups is None else np.ascontiguousarray(groups, dtype=np.int32)
    item = np.asarray(items, dtype=np.int64)
    gene = np.asarray(genes, dtype=np.int64)
    strength = np.asarray(strengths, dtype=np.float64)
    if len(wider) != len(kinds) or not len(item) == len(gene) == len(strength):
        raise GenomeError(
            "the item DNA's columns differ in length", expected="one value per row and per item"
        )
    check_range(item, below=len(kinds), what="item of the item DNA")
    check_range(gene, below=n_genes, what="gene of the item DNA")
    if len(strength) and not (strength.min() >= 0 and strength.max() <= 1):
        raise GenomeError("an item DNA strength lies outside 0..1", expected="a number from 0 to 1")
    order = np.lexsort((-strength, gene, item))
    item, gene, strength = item[order], gene[order], strength[order]
    keep = np.ones(len(item), dtype=bool)
    keep[1:] = (item[1:] != item[:-1]) | (gene[1:] != gene[:-1])
    keep &= strength > 0
    starts = np.zeros(len(kinds) + 1, dtype=np.int64)
    np.cumsum(np.bincount(item[keep], minlength=len(kinds)), out=starts[1:])
    return ItemDna(starts, gene[keep].astype(np.int32), strength[keep], kinds, wider, n_genes)


def check_range(values: NDArray[np.integer], *, below: int, what: str) -> None:
    """Raise GenomeError unless every index lies in 0 .. below - 1: the kernels do not look again."""
    if len(values) and not (values.min() >= 0 and values.max() < below):
        raise GenomeError(
            f"an index of the {what} is out of range",
            found=f"{values.min()} to {values.max()}",
            expected=f"0 to {below - 1}",
        )


def weights(
    verbs: ArrayLike,
    *,
    occurred_at: ArrayLike,
    weight: ArrayLike,
    half_life: ArrayLike,
    reference_at: float,
) -> Floats:
    """Return `w = weight[verb] * 2^((occurred_at - reference_at) / half_life[verb])` of every interaction.

    Times and half-lives are in one unit (days, say), times from any common origin. What happened after the
    reference time weighs more than its verb: one common factor changes no expression, so the reference time
    can stay where it is.
    """
    verb = np.asarray(verbs)
    scale = np.asarray(weight, dtype=np.float64)
    rate = 1.0 / np.asarray(half_life, dtype=np.float64)
    check_range(verb, below=len(scale), what="verb")
    return _decayed(verb, np.asarray(occurred_at), (scale, rate), reference_at)


@compiled
def _decayed(
    verb: NDArray[np.integer],
    at: NDArray[np.number],
    verbs: tuple[Floats, Floats],
    reference_at: float,
) -> Floats:
    scale, rate = verbs
    result = np.empty(len(verb))
    for i in range(len(verb)):
        result[i] = scale[verb[i]] * np.exp2((at[i] - reference_at) * rate[verb[i]])
    return result
