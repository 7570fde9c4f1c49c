"""Predictions as people ask for them: stored where the build made them, computed where it did not."""

from __future__ import annotations

import pyarrow as pa

from customer_genome.core.errors import NotFound
from customer_genome.core.step import Sql
from customer_genome.core.verbs import money_table
from customer_genome.predictions.level import canonical_level
from customer_genome.predictions.stage import KEPT, LEVELS, TARGET, baskets, fit, rank
from customer_genome.privacy import Access

COLUMNS = ("customer_id", "item", "score", "rank", "probability", "base_rate", "reason")


def predictions(access: Access, target: str, *, level: str, k: int, purpose: str) -> pa.Table:
    """Return the k likeliest targets of every customer that `purpose` may see, in order of customer and rank.

    A level that the build does not store, or more than it keeps, is learned from the snapshot's own history.
    """
    if target != TARGET:
        raise NotFound(f"no target {target!r}", expected=TARGET)
    if k < 1:
        raise NotFound(f"k = {k}", expected="at least 1")
    name = canonical_level(access.project, level)
    if name in LEVELS and k <= KEPT:
        text = (
            f"SELECT {', '.join(COLUMNS)} FROM predictions WHERE target = $target AND level = $level AND rank <= $k "
            "ORDER BY customer_id, rank"
        )
        params = {"target": target, "level": name, "k": k}
        return access.query(Sql(text, reads=("predictions",), params=params), purpose=purpose)
    everyone = access.query(
        Sql("SELECT customer_id FROM customers ORDER BY customer_id", reads=("customers",)), purpose=purpose
    )
    tables = {"touched": everyone, "money_verbs": money_table(access.project)}
    rows = access.query(baskets(access.project, level=name), purpose=purpose, tables=tables)
    assert access.state.as_of is not None
    ids = everyone["customer_id"].combine_chunks()
    model = fit(rows, customers=ids, as_of=access.state.as_of, level=name)
    return rank({"touched": everyone, name: rows}, learned={name: model}, k=k).select(list(COLUMNS))
