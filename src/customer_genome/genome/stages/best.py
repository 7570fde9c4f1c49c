"""The stage `best`: who the best customers are, what sets them apart, and who resembles them."""

from __future__ import annotations

from functools import partial

import pyarrow as pa

from customer_genome.core.frames import dense, matrix
from customer_genome.core.settings import BuildSettings
from customer_genome.core.step import KernelStep, Sql, StepRun, Tables, sql_file
from customer_genome.core.verbs import money_table
from customer_genome.genome.best import best_genome, best_mask, likeness
from customer_genome.privacy import Workbench
from customer_genome.tables import contract

PURPOSE = "analytics"
STRENGTHS = Sql(
    """SELECT customer_id, gene, strength FROM expressions
    WHERE gene NOT LIKE 'channel:%' AND gene NOT IN (
        'behaviour:recency', 'behaviour:frequency', 'behaviour:gap', 'behaviour:spend', 'behaviour:basket')
    ORDER BY customer_id, gene""",
    reads=("expressions",),
)
"""Without the genes that say no more than the value itself: how often and how much somebody buys."""


def best(bench: Workbench, settings: BuildSettings) -> tuple[StepRun, ...]:
    """Rank all customers by value and likeness, which move when anybody buys; what sets the best apart is held.

    The separating genes describe the population, so they are estimated with the reference.
    """
    del settings
    setting = bench.project.best
    tables = {"money_verbs": money_table(bench.project)}
    value = sql_file(__package__, "best_value", as_of=bench.state.as_of, half_life=float(setting.half_life))
    found = {"values": bench.query(value, purpose=PURPOSE, tables=tables)}
    ranking = KernelStep("best", {}, partial(rank, share=setting.share), "best", PURPOSE, tables=found)
    ranked = bench.run(ranking)
    if not bench.refit:
        return (ranked,)
    separating = KernelStep(
        "best genes", {"strengths": STRENGTHS}, partial(separate, share=setting.share), "best_genes", PURPOSE,
        tables=found,
    )  # fmt: skip
    return ranked, bench.run(separating)


def rank(tables: Tables, *, share: float) -> pa.Table:
    """Mark the best, and give everyone their likeness to them and a twin among them."""
    rows = tables["values"]
    ids, value = rows["customer_id"].to_pylist(), rows["value"].to_numpy()
    vectors = matrix(rows)
    chosen = best_mask(value, ids=ids, share=share)
    found = likeness(vectors, best=chosen, ids=ids)
    twins = [ids[twin] if twin >= 0 else None for twin in found.twin.tolist()]
    return pa.table(
        {
            "customer_id": rows["customer_id"],
            "value": rows["value"],
            "is_best": pa.array(chosen),
            "similarity": pa.array(found.similarity, pa.float64(), from_pandas=True),
            "twin_id": pa.array(twins, pa.string()),
            "twin_similarity": pa.array(found.twin_similarity, pa.float64(), from_pandas=True),
        }
    )


def separate(tables: Tables, *, share: float) -> pa.Table:
    """Compare the best with the rest gene by gene; no row where there are too few to say."""
    rows, strengths = tables["values"], tables["strengths"]
    customers = rows["customer_id"].combine_chunks()
    genes = strengths["gene"].unique().sort()
    made = dense(strengths, customers=customers, columns=genes, key="gene", value="strength")
    found = best_genome(
        made, genes=genes.to_pylist(), value=rows["value"].to_numpy(), ids=customers.to_pylist(), share=share
    )
    listed = [gene for gene in found.genes or () if gene.effect is not None]
    return pa.Table.from_pylist(
        [
            {
                "gene": gene.gene, "effect": gene.ratio, "low": gene.low, "high": gene.high, "q_value": gene.q,
                "stability": gene.stability,
            }
            for gene in listed
        ],
        contract("best_genes").schema,
    )  # fmt: skip
