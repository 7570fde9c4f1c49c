"""The stage `best`: who the best customers are, what sets them apart, who resembles them, and who will join them."""

from __future__ import annotations

from functools import partial

import numpy as np
import pyarrow as pa

from customer_genome.core.frames import dense, matrix
from customer_genome.core.project import Project
from customer_genome.core.settings import BuildSettings
from customer_genome.core.step import KernelStep, Sql, StepRun, Tables
from customer_genome.genome.best import best_genome, best_mask, likeness
from customer_genome.genome.best_standing import Standing, standings
from customer_genome.genome.stages.best_inputs import small_tables, value_sql
from customer_genome.genome.stages.chance import chance_steps
from customer_genome.genome.stages.moves import moves_step
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
"""Without the genes that are what value is made of: how often and how much somebody buys."""


def best(bench: Workbench, settings: BuildSettings) -> tuple[StepRun, ...]:
    """Rank all customers by value, likeness and chance, which move when anybody buys; what sets apart is held.

    The separating genes, the model of the chance and the moves describe the population, so they are estimated
    with the reference.
    """
    del settings
    tables = small_tables(bench.project)
    found = {"values": bench.query(value_sql(bench), purpose=PURPOSE, tables=tables)}
    looked = chance_steps(bench, found["values"])
    ranking = partial(rank, project=bench.project, said=looked.said)
    runs = [*looked.runs, bench.run(KernelStep("best", {}, ranking, "best", PURPOSE, tables=found))]
    if bench.refit:
        separating = partial(separate, share=bench.project.best.share)
        inputs = {"strengths": STRENGTHS}
        runs.append(
            bench.run(KernelStep("best genes", inputs, separating, "best_genes", PURPOSE, tables=found))
        )
        customers = found["values"]["customer_id"].combine_chunks()
        runs.append(moves_step(bench, looked.found, customers=customers, as_of=looked.as_of))
    return tuple(runs)


def rank(tables: Tables, *, project: Project, said: Standing) -> pa.Table:
    """Mark the best, give everyone their likeness to them, a twin among them, their chance and where they stand."""
    rows, setting = tables["values"], project.best
    ids, value = rows["customer_id"].to_pylist(), rows["value"].to_numpy()
    chosen = best_mask(value, ids=ids, share=setting.share)
    found = likeness(matrix(rows), best=chosen, ids=ids)
    twins = [ids[twin] if twin >= 0 else None for twin in found.twin.tolist()]
    stands = standings(said, best=chosen, ids=ids, share=setting.share)
    return pa.table(
        {
            "customer_id": rows["customer_id"],
            "value": rows["value"],
            "is_best": pa.array(chosen),
            "standing": pa.array(stands.standing, pa.string()),
            "chance": pa.array(said.chance, pa.float64(), from_pandas=True),
            "chance_rank": pa.array(stands.rank, pa.int64()),
            "chance_reason": pa.array(said.reasons, pa.string()),
            "horizon_days": pa.array([said.horizon] * len(ids), pa.float64()),
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
        made, genes=genes.to_pylist(), value=rows["value"].to_numpy(), ids=customers.to_pylist(), share=share,
        evidence=np.asarray(rows["sessions"].to_numpy(), dtype=np.float64),
    )  # fmt: skip
    listed = [gene for gene in found.genes or () if gene.effect is not None]
    return pa.Table.from_pylist(
        [
            {
                "gene": gene.gene, "effect": gene.ratio, "low": gene.low, "high": gene.high, "q_value": gene.q,
                "stability": gene.stability, "equal_effect": gene.equal_ratio, "equal_low": gene.equal_low,
                "equal_high": gene.equal_high, "restates": gene.restates,
            }
            for gene in listed
        ],
        contract("best_genes").schema,
    )  # fmt: skip
