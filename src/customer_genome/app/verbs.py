"""What verbs weigh as evidence in the snapshot that is read."""

from __future__ import annotations

import pyarrow as pa

from customer_genome.core.step import Sql
from customer_genome.core.verbs import verb_table
from customer_genome.privacy import Access

_WEIGHTS = Sql("SELECT * FROM verb_weights ORDER BY verb, half_life", reads=("verb_weights",))


def verbs(access: Access, *, purpose: str) -> pa.Table:
    """Return the rows of `verb_weights`: every verb at every half-life that was tried."""
    return access.query(_WEIGHTS, purpose=purpose)


def verbs_used(access: Access, *, purpose: str) -> pa.Table:
    """Return the table of verbs with the weights and half-lives that the build used."""
    rows = [row for row in verbs(access, purpose=purpose).to_pylist() if row["used"]]
    return verb_table(access.project, used={row["verb"]: (row["weight"], row["half_life"]) for row in rows})
