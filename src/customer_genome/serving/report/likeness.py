"""Genomes of many customers, ready to be compared gene by gene."""

from __future__ import annotations

import numpy as np

from customer_genome.genome.compare import Genes
from customer_genome.serving.report.reading import Reading


def known_genes(reading: Reading, customers: list[str]) -> dict[str, Genes]:
    """Return the genes with an interval of each customer, places aside: what `genome compare` looks at."""
    parts: dict[str, list[tuple[str, float, float, float]]] = {}
    for row in reading.rows(_KNOWN, "expressions", "genes", customers=customers):
        part = (row["gene"], row["strength"], row["low"], row["high"])
        parts.setdefault(row["customer_id"], []).append(part)
    known = {}
    for customer, rows in parts.items():
        numbers = np.array([row[1:] for row in rows], float)
        known[customer] = Genes([row[0] for row in rows], numbers[:, 0], numbers[:, 1], numbers[:, 2])
    return known


_KNOWN = """
SELECT e.customer_id, e.gene, e.strength, e.low, e.high FROM expressions AS e JOIN genes AS g ON e.gene = g.gene
WHERE e.low IS NOT NULL AND g.family <> 'channel' AND LIST_CONTAINS($customers, e.customer_id)
ORDER BY e.customer_id, e.gene"""
