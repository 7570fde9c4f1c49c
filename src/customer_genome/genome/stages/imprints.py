"""From support to expressions, gene by gene with its prior."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from customer_genome.core.step import Tables
from customer_genome.genome.expression import expression
from customer_genome.genome.prior import Prior


def imprints(tables: Tables) -> pa.Table:
    """Shrink each customer's support of each gene to its posterior.

    `support` (customer_id, gene, observed, expected, variance, units) and `genes` (gene, prior_a, prior_b, standing);
    genes without a prior, and hidden ones, are not expressed.
    """
    genes = tables["genes"].filter(pc.not_equal(tables["genes"]["standing"], "hidden"))
    names = genes["gene"].combine_chunks()
    rows = tables["support"].filter(pc.is_in(tables["support"]["gene"], value_set=names))
    a, b = (genes[name].cast(pa.float64()).to_numpy(zero_copy_only=False) for name in ("prior_a", "prior_b"))
    prior = Prior(a, b, np.zeros(len(a), np.int8))
    indexed = pa.table(
        {
            "customer": pa.array(np.arange(rows.num_rows, dtype=np.int32)),
            "gene": pc.index_in(rows["gene"], value_set=names).cast(pa.int32()),
            "observed": rows["observed"],
            "expected": rows["expected"],
            "variance": rows["variance"],
            "items": rows["units"],
        }
    )
    found = expression(indexed, prior=prior)
    picked = rows.take(found["customer"])
    return pa.table(
        {
            "customer_id": picked["customer_id"],
            "gene": picked["gene"],
            "strength": found["strength"],
            "low": found["low"],
            "high": found["high"],
            "evidence": found["evidence"].cast(pa.float64()),
        }
    )
