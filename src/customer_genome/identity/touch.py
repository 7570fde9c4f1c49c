"""Which customers a build derives anew: those with news, and those whose tokens changed hands; accounts are none."""

from __future__ import annotations

import pyarrow as pa

from customer_genome.core.step import Sql
from customer_genome.privacy import STORED, Workbench

EVERYONE = Sql(
    f"SELECT DISTINCT customer_id FROM {STORED}membership WHERE customer_id NOT LIKE 'a%' ORDER BY customer_id",
    reads=("membership",),
)
NEWS = f"""
WITH fresh AS (
    SELECT token FROM {STORED}interactions WHERE load_id > $load_id OR (known_at >= $before AND known_at < $as_of)
    UNION SELECT token FROM {STORED}claims WHERE load_id > $load_id OR (known_at >= $before AND known_at < $as_of)
    UNION SELECT token FROM {STORED}tokens WHERE load_id > $load_id
    UNION SELECT token FROM {STORED}membership WHERE customer_id IN (
        SELECT COALESCE(n.customer_id, p.customer_id) FROM {STORED}membership AS n
        FULL JOIN _previous AS p ON n.token = p.token WHERE n.customer_id IS DISTINCT FROM p.customer_id
        UNION SELECT p.customer_id FROM _previous AS p LEFT JOIN {STORED}membership AS n ON n.token = p.token
        WHERE n.customer_id IS DISTINCT FROM p.customer_id)
)
SELECT DISTINCT m.customer_id FROM {STORED}membership AS m JOIN fresh AS f ON m.token = f.token
WHERE m.customer_id NOT LIKE 'a%' ORDER BY m.customer_id
"""


def touch(bench: Workbench, *, previous: pa.Table) -> None:
    """Name the customers of this build; `previous` is the membership (token, customer_id) of the base snapshot."""
    if bench.base is None or bench.everyone:
        bench.touch(bench.stored(EVERYONE), everyone=True)
        return
    params = {"load_id": bench.since_load, "before": bench.base.as_of, "as_of": bench.state.as_of}
    news = Sql(NEWS, reads=("interactions", "claims", "tokens", "membership"), params=params)
    bench.touch(bench.stored(news, tables={"_previous": previous}), everyone=False)
