"""The report's third part: how alike two of the customers are, beside how alike any two are."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from customer_genome.genome.compare import Comparison as Compared
from customer_genome.genome.compare import compare
from customer_genome.serving.report.build_genomes import band
from customer_genome.serving.report.likeness import known_genes
from customer_genome.serving.report.picture import Comparison, Contribution, GenomePicture
from customer_genome.serving.report.reading import PURPOSE, Reading

SAMPLE, SHOWN = 30, 8
"""Customers whose pairs say what is usual (435 pairs); genes shown on each side."""


def build_comparison(reading: Reading, *, pictures: tuple[GenomePicture, ...]) -> Comparison | None:
    """Compare the first two customers gene by gene; None where there are not two."""
    if len(pictures) < 2:
        return None
    left, right = pictures[:2]
    found = reading.workspace.compare(left.customer_id, right.customer_id, purpose=PURPOSE)
    genes = found.genes
    usual = np.array(_usual(reading)) if genes.similarity is not None else np.array([])
    return Comparison(
        left=left,
        right=right,
        similarity=genes.similarity,
        typical=float(np.median(usual)) if usual.size else None,
        percentile=float((usual < genes.similarity).mean()) if usual.size else None,
        contributions=_parts(reading, genes),
        meaning=(
            f"Over the {genes.shared:,} genes known of both: the more, the more surely both lean the same way. "
            "Genes named by a number alone are left out below. "
            f"What is usual comes from {len(usual):,} pairs of other customers."
        ),
        reason=genes.reason or "",
    )


def _parts(reading: Reading, genes: Compared) -> tuple[Contribution, ...]:
    telling = [part for part in genes.contributions if reading.names.tells(part.gene)]
    ranked = sorted(telling, key=lambda part: (-part.contribution, part.gene))
    ends = [part for part in ranked[:SHOWN] if part.contribution > 0]
    ends += [part for part in ranked[-SHOWN:] if part.contribution < 0]
    return tuple(
        Contribution(
            label=reading.names.label(part.gene),
            family=reading.names.title(reading.names.chromosome(part.gene.partition(":")[0])),
            contribution=part.contribution,
            left=band(reading, _only(part.left), gene=part.gene),
            right=band(reading, _only(part.right), gene=part.gene),
        )
        for part in ends
    )


def _only(strength: float) -> dict[str, object]:
    return {
        "strength": strength,
        "low": None,
        "high": None,
        "evidence": None,
        "reading": None,
        "unit": "item",
    }


def _usual(reading: Reading) -> list[float]:
    """Return the similarity of every pair among customers taken by their id, which says nothing about them."""
    rows = reading.rows(
        "SELECT customer_id FROM customers ORDER BY customer_id LIMIT $n", "customers", n=SAMPLE
    )
    known = known_genes(reading, [row["customer_id"] for row in rows]).values()
    found = (compare(one, right=other).similarity for one, other in combinations(known, 2))
    return [similarity for similarity in found if similarity is not None]
