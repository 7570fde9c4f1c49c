"""A customer's expression of a gene: how many times the expected support, how sure, and on what evidence.

With the gene's prior Gamma(a, b) and k = E / V, the posterior of the true ratio is Gamma(a + k O, b + k E):

    strength = (a + k O) / (b + k E)        low, high = its 5 % and 95 % quantiles

so "2.3 times (1.6 to 3.1)" compares with what the categories that the customer shops would lead one to
expect. A gene is *expressed* where low > 1.1 (low > 1 gave 23 % false discoveries on real repeat structure,
1.1 gave 2 %), and
*avoided* where high < 1 / 1.1.

Two figures of evidence stand beside it: `evidence`, the distinct items that carry the gene ("from 14
products"), and `effective` = k O, the Poisson count that gives the same certainty: the interval narrows
with its square root.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike
from scipy.special import ndtri

from customer_genome.core.compiled import compiled
from customer_genome.genome._gamma import gamma_quantile, quantile_curve
from customer_genome.genome.evidence import Floats
from customer_genome.genome.prior import Prior

LOW, HIGH = 0.05, 0.95
EXPRESSED = 1.1
STATUS = ("avoided", "neither", "expressed")


def expression(support: pa.Table, *, prior: Prior) -> pa.Table:
    """Return the expression of every row of (customer, gene, observed, expected, variance, items).

    Rows keep their order; those without E and V, or whose gene has no prior, are left out: nothing is known
    of them. Columns: customer, gene (int32), strength, low, high (float64), evidence (int32), effective
    (float64), status (dictionary of avoided, neither, expressed).
    """
    gene = support["gene"].to_numpy()
    observed, expected, variance = (
        support[name].to_numpy().astype(np.float64) for name in ("observed", "expected", "variance")
    )
    known = (expected > 0) & (variance > 0) & ~np.isnan(prior.a[gene])
    rows = support if known.all() else support.filter(pa.array(known))
    factor = expected[known] / variance[known]
    count, exposure = np.maximum(observed[known], 0) * factor, expected[known] * factor
    shape, rate = prior.a[gene[known]] + count, prior.b[gene[known]] + exposure
    low, high = interval(shape, rate=rate)
    status = np.where(low > EXPRESSED, 2, np.where(high < 1 / EXPRESSED, 0, 1)).astype(np.int8)
    return pa.table(
        {
            "customer": rows["customer"],
            "gene": rows["gene"],
            "strength": shape / rate,
            "low": low,
            "high": high,
            "evidence": rows["items"],
            "effective": count,
            "status": pa.DictionaryArray.from_arrays(pa.array(status), pa.array(STATUS)),
        }
    )


def interval(shape: ArrayLike, *, rate: ArrayLike) -> tuple[Floats, Floats]:
    """Return the 5 % and 95 % quantiles of Gamma(shape, rate), to a relative error of 1e-6."""
    shapes = np.ascontiguousarray(shape, dtype=np.float64)
    low, high = (_quantiles(shapes, quantile_curve(p), float(ndtri(p))) for p in (LOW, HIGH))
    return low / np.asarray(rate), high / np.asarray(rate)


@compiled
def _quantiles(shapes: Floats, curve: Floats, z: float) -> Floats:
    result = np.empty_like(shapes)
    for i in range(len(shapes)):
        result[i] = gamma_quantile(shapes[i], curve, z)
    return result
