"""Compare: how alike two genomes are, and which genes make and break it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
Z90 = 1.6448536269514722
"""Normal quantile of a two-sided 90 % interval."""


@dataclass(frozen=True)
class Genes:
    """A genome, or a segment's: strengths as ratios (1 = as expected) with 90 % intervals; nan = unknown."""

    genes: Sequence[str]
    strength: F64
    low: F64
    high: F64


@dataclass(frozen=True)
class Contribution:
    """What one gene does to a similarity: `contribution` adds up to it, `difference` to 1 − it."""

    gene: str
    left: float
    right: float
    contribution: float
    difference: float


@dataclass(frozen=True)
class Comparison:
    """Similarity (−1 to 1, None with a reason where unknown) and its parts, largest |contribution| first.

    `shared` genes are known of both sides, `known` of at least one.
    """

    similarity: float | None
    reason: str | None
    shared: int
    known: int
    contributions: tuple[Contribution, ...]

    def making(self, n: int = 5) -> tuple[Contribution, ...]:
        """Return the n genes that do most for the similarity."""
        helping = [part for part in self.contributions if part.contribution > 0]
        return tuple(sorted(helping, key=lambda part: (-part.contribution, part.gene))[:n])

    def breaking(self, n: int = 5) -> tuple[Contribution, ...]:
        """Return the n genes that do most against it."""
        apart = [part for part in self.contributions if part.difference > 0]
        return tuple(sorted(apart, key=lambda part: (-part.difference, part.gene))[:n])


def compare(left: Genes, *, right: Genes, minimum: int = 5) -> Comparison:
    """Return the similarity of two genomes over the genes known of both, and each gene's part in it.

    Per side and gene, m = log2 strength and s = (log2 high − log2 low) / (2 · 1.645); the value that is
    compared is x = m · m² / (m² + s²): a preference far outside its own interval counts nearly whole, one
    inside it hardly. With a = x_left / |x_left| and b = x_right / |x_right| over the shared genes,

        similarity = Σ a·b  (a cosine; contribution of a gene = a·b, above 0 where both lean the same way)
        1 − similarity = Σ ½ (a − b)²  (difference of a gene)

    Fewer than `minimum` shared genes, or a side that leans nowhere, leave the similarity unknown.
    """
    genes, sides = _aligned(left, right)
    known = np.isfinite(sides[:, 0, :])
    both = known.all(axis=0)
    shared, either = int(both.sum()), int(known.any(axis=0).sum())
    if shared < minimum:
        return _unknown(f"too few to say: {shared} genes known of both, {minimum} are needed", shared, either)
    values = np.stack([_weighed(*side[:, both]) for side in sides])
    length = np.sqrt((values * values).sum(axis=1))
    if not (length > 0).all():
        return _unknown("one of the two differs from the expected in no gene", shared, either)
    a, b = values / length[:, None]
    product, gap = a * b, (a - b) ** 2 / 2
    parts = zip(
        genes[both].tolist(), *sides[:, 0, both].tolist(), product.tolist(), gap.tolist(), strict=True
    )
    found = (Contribution(*part) for part in parts)
    ordered = sorted(found, key=lambda part: (-abs(part.contribution), -part.difference, part.gene))
    return Comparison(float(product.sum()), None, shared, either, tuple(ordered))


def _aligned(left: Genes, right: Genes) -> tuple[NDArray[np.str_], F64]:
    """Return all genes by name, and sides × (strength, low, high) × genes with nan where unknown."""
    names = [np.asarray(side.genes, dtype=np.str_) for side in (left, right)]
    genes = np.unique(np.concatenate(names))
    values = np.full((2, 3, len(genes)), np.nan)
    for row, (side, own) in enumerate(zip((left, right), names, strict=True)):
        if len(np.unique(own)) != len(own):
            raise ValueError("a genome names the same gene twice")
        values[row][:, np.searchsorted(genes, own)] = np.stack([side.strength, side.low, side.high])
    unknown = ~((np.isfinite(values) & (values > 0)).all(axis=1))
    values[np.broadcast_to(unknown[:, None, :], values.shape)] = np.nan
    return genes, values


def _weighed(strength: F64, low: F64, high: F64) -> F64:
    """Return x = m · m² / (m² + s²), 0 where m is 0."""
    m = np.log2(strength)
    s = (np.log2(high) - np.log2(low)) / (2 * Z90)
    total = m * m + s * s
    return np.asarray(np.where(total > 0, m**3 / np.where(total > 0, total, 1), 0), dtype=np.float64)


def _unknown(reason: str, shared: int, known: int) -> Comparison:
    return Comparison(None, reason, shared, known, ())
