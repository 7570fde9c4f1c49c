"""What customers bought in stretches of time, as the blocks of the vector count it."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from customer_genome.core.frames import counts
from customer_genome.core.step import Sql, Tables, sql_file
from customer_genome.core.verbs import money_table
from customer_genome.genome.block import Inputs, Measured
from customer_genome.genome.stages.rules import rules
from customer_genome.privacy import Access

PERIODS = 12
"""Parts of the history that the metric is learned across."""
LEARNED_FROM = 5_000
"""Customers that the transform is learned from at most, drawn with a fixed seed: bounds memory and time."""
COUNTED = ("identity", "channel", "lifestyle")
CROSSED = ("one_hot", "terms", "words", "declared")
"""How a rule reads an item, where its value is a label that can stand beside the item's category."""
SPAN = Sql(
    "SELECT MIN(i.occurred_at) AS began_at, MAX(i.occurred_at) AS ended_at FROM touched_interactions AS i "
    "JOIN money_verbs AS m ON i.verb = m.verb",
    reads=("touched_interactions", "money_verbs"),
)


def item_crosses(access: Access, *, purpose: str) -> pa.Table:
    """Return item_id, key: category × value of each ordinary gene family that is read off single items."""
    named = [
        {"rule": rule.name, "family": rule.family}
        for rule in rules(access.project)
        if rule.how in CROSSED and rule.unit == "item" and rule.sensitivity == "ordinary"
    ]
    schema = pa.schema([("rule", pa.string()), ("family", pa.string())])
    tables = {"cross_rules": pa.Table.from_pylist(named, schema)}
    return access.query(sql_file(__package__, "item_crosses"), purpose=purpose, tables=tables)


def span(access: Access, *, touched: pa.Table, purpose: str) -> tuple[datetime, datetime] | None:
    """Return when the first purchase of `touched` was, and a moment after the last; None without any."""
    tables = {"touched": touched, "money_verbs": money_table(access.project)}
    row = access.query(SPAN, purpose=purpose, tables=tables).to_pylist()[0]
    return None if row["began_at"] is None else (row["began_at"], row["ended_at"] + timedelta(microseconds=1))


def periods(began: datetime, ended: datetime, *, number: int) -> pa.Table:
    """Cut [began, ended) in `number` equal parts: period, began_at, ended_at."""
    cuts = [began + (ended - began) * place / number for place in range(number)] + [ended]
    time = pa.timestamp("us", "UTC")
    return pa.table(
        {
            "period": pa.array(range(number), pa.int64()),
            "began_at": pa.array(cuts[:-1], time),
            "ended_at": pa.array(cuts[1:], time),
        }
    )


def contents(access: Access, *, tables: Tables, purpose: str) -> pa.Table:
    """Return block, customer_id, period, key, sessions of the customers `chosen` in `periods`.

    `tables` hold touched, chosen, periods and item_crosses; touched_interactions too, where they were read before.
    """
    given = {"money_verbs": money_table(access.project), **tables}
    return access.query(sql_file(__package__, "contents"), purpose=purpose, tables=given)


def counted(rows: pa.Table, *, customers: pa.Array) -> Inputs:
    """Return the counted blocks of `customers`, all periods together."""
    return {
        block: Measured(*counts(_of(rows, "block", block), customers=customers, key="key", value="sessions"))
        for block in COUNTED
    }


def identities(rows: pa.Table, *, customers: pa.Array, number: int) -> list[Measured]:
    """Return the block `identity` of `customers` in each of the `number` periods."""
    mine = _of(rows, "block", "identity")
    parts = (_of(mine, "period", place) for place in range(number))
    return [Measured(*counts(part, customers=customers, key="key", value="sessions")) for part in parts]


def drawn(touched: pa.Table) -> pa.Table:
    """Return the customers to learn from: all, or LEARNED_FROM of them drawn with a fixed seed, by id."""
    names = touched["customer_id"].combine_chunks().sort()
    if len(names) > LEARNED_FROM:
        picked = np.random.default_rng(0).choice(len(names), LEARNED_FROM, replace=False)
        names = names.take(pa.array(np.sort(picked)))
    return pa.table({"customer_id": names})


def _of(rows: pa.Table, column: str, value: str | int) -> pa.Table:
    return rows.filter(pc.equal(rows[column], pa.scalar(value)))
