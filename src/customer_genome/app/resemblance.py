"""Two customers side by side, and who is like whom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from customer_genome.app.genome import Genome, genome
from customer_genome.app.readers import customer_named
from customer_genome.core.errors import NotFound
from customer_genome.core.frames import matrix
from customer_genome.core.step import Sql
from customer_genome.genome.compare import Comparison, Genes, compare
from customer_genome.genome.neighbours import neighbours
from customer_genome.genome.similar import similar
from customer_genome.privacy import Access

VECTORS = Sql("SELECT customer_id, vector FROM vectors ORDER BY customer_id", reads=("vectors",))


@dataclass(frozen=True)
class Resemblance:
    """Two genomes, how their genes compare, and the cosine of their vectors (None where one is unknown)."""

    left: Genome
    right: Genome
    genes: Comparison
    cosine: float | None


def resemblance(access: Access, left: str, right: str, *, purpose: str) -> Resemblance:
    """Compare two customers by the genes that have an interval, channels aside."""
    one, other = (genome(access, name, purpose=purpose) for name in (left, right))
    rows = access.query(VECTORS, purpose=purpose)
    ids, vectors = rows["customer_id"].to_pylist(), matrix(rows)
    place = {name: row for row, name in enumerate(ids)}
    near = similar(
        vectors[place[one.customer_id]],
        pool=vectors[[place[other.customer_id]]],
        ids=[other.customer_id],
        k=1,
    )
    cosine = float(near.similarity[0, 0]) if near.index[0, 0] >= 0 else None
    return Resemblance(one, other, compare(_genes(one), right=_genes(other)), cosine)


def alike(access: Access, customer: str, *, k: int, purpose: str) -> pa.Table:
    """Return the k nearest other customers by cosine, best first."""
    one = customer_named(access, customer, purpose=purpose)
    rows = access.query(VECTORS, purpose=purpose)
    ids, vectors = rows["customer_id"].to_pylist(), matrix(rows)
    if one not in ids:
        raise NotFound(f"{customer} has no vector yet")
    found, _ = neighbours(vectors[ids.index(one)], pool=vectors, ids=ids, k=k, exclude=[one])
    picked = found.index[0] >= 0
    return pa.table(
        {
            "customer_id": pa.array([ids[i] for i in found.index[0][picked]], pa.string()),
            "similarity": pa.array(found.similarity[0][picked]),
        }
    )


def _genes(one: Genome) -> Genes:
    rows = [
        row for row in one.expressions.to_pylist() if row["low"] is not None and row["family"] != "channel"
    ]
    numbers = np.array([[row["strength"], row["low"], row["high"]] for row in rows], float).reshape(-1, 3)
    return Genes([row["gene"] for row in rows], numbers[:, 0], numbers[:, 1], numbers[:, 2])
