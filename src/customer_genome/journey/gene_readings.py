"""Genes that phases look at: their strengths as the builds measured them."""

from __future__ import annotations

import pyarrow as pa

from customer_genome.core.step import KernelStep, Sql
from customer_genome.privacy import STORED, Workbench
from customer_genome.tables import contract

_MEASURED = f"""
SELECT customer_id, gene, strength, $read_at AS read_at
FROM (
    SELECT customer_id, gene, strength, generation FROM {STORED}imprints WHERE LIST_CONTAINS($genes, gene)
    UNION ALL
    SELECT customer_id, gene, strength, 0 AS generation FROM {STORED}behaviour WHERE LIST_CONTAINS($genes, gene)
)
WHERE strength IS NOT NULL AND generation < $generation
QUALIFY ROW_NUMBER() OVER (PARTITION BY customer_id, gene ORDER BY generation DESC) = 1"""
_KEPT = f"SELECT customer_id, gene, strength, read_at FROM {STORED}gene_readings WHERE LIST_CONTAINS($genes, gene)"
_CHANGED = """
SELECT customer_id, gene, strength, read_at FROM (
    SELECT *, LAG(strength) OVER (PARTITION BY customer_id, gene ORDER BY read_at) AS earlier FROM readings)
WHERE earlier IS NULL OR earlier <> strength ORDER BY customer_id, gene, read_at"""


def read_genes(bench: Workbench, genes: tuple[str, ...]) -> None:
    """Keep the strengths that the snapshot before measured, beside those of all builds before it.

    A phase cannot look at the genes of its own build, which follow from it; so they count from the build after.
    """
    rows = bench.stored(Sql(_KEPT, reads=("gene_readings",), params={"genes": list(genes)}))
    if bench.base is not None:
        params = {"genes": list(genes), "generation": bench.generation, "read_at": bench.base.as_of}
        new = bench.stored(Sql(_MEASURED, reads=("imprints", "behaviour"), params=params))
        schema = contract("gene_readings").schema
        rows = bench.derive(_CHANGED, {"readings": pa.concat_tables([rows.cast(schema), new.cast(schema)])})
    step = KernelStep(
        "gene readings", {}, lambda found: found["rows"], "gene_readings", "service", tables={"rows": rows}
    )
    bench.run(step)
