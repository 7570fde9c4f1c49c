"""The stage `predict`: what each customer will probably buy next."""

from __future__ import annotations

from datetime import datetime
from functools import partial

import numpy as np
import pyarrow as pa

from customer_genome.core.frames import codes
from customer_genome.core.project import Project
from customer_genome.core.settings import BuildSettings
from customer_genome.core.step import KernelStep, Sql, StepRun, Tables
from customer_genome.core.verbs import money_table
from customer_genome.predictions.level import level_expression
from customer_genome.predictions.next_basket import NextBasket, Settings
from customer_genome.predictions.profile import Events
from customer_genome.privacy import Workbench

PURPOSE = "personalisation"
TARGET = "next-basket"
LEVELS = ("category", "item")
KEPT = 50
"""Predictions stored for each customer and level."""
_DAY = 86_400.0
_SCHEMA = ("customer_id", "target", "level", "item", "rank", "score", "probability", "base_rate", "reason")


def predict(bench: Workbench, settings: BuildSettings) -> tuple[StepRun, ...]:
    """Predict the next basket of the customers touched, by category and by item."""
    del settings
    found: dict[str, pa.Table] = {"touched": bench.touched}
    learned = {}
    for level in LEVELS:
        tables = {"money_verbs": money_table(bench.project), "touched": bench.touched}
        found[level] = bench.query(baskets(bench.project, level=level), purpose=PURPOSE, tables=tables)
        learned[level] = _learned(bench, level, found[level])
    step = KernelStep("next basket", {}, partial(rank, learned=learned), "predictions", PURPOSE, tables=found)
    return (bench.run(step),)


def baskets(project: Project, *, level: str) -> Sql:
    """Return the SELECT of touched customers' sessions and the targets in them."""
    if level in ("item", "category"):
        target, joined = f"i.{'item_id' if level == 'item' else 'category'}", ""
    else:
        target, joined = level_expression(project, level), "JOIN items AS c ON i.item_id = c.item_id"
    text = f"""
SELECT i.customer_id, i.session, MIN(EPOCH(i.occurred_at)) / {_DAY} AS day, {target} AS target
FROM touched_interactions AS i
JOIN money_verbs AS m ON i.verb = m.verb
{joined}
WHERE {target} IS NOT NULL
GROUP BY 1, 2, 4
ORDER BY 1, 2, 4"""
    return Sql(text, reads=("touched_interactions", "money_verbs", *(("items",) if joined else ())))


def rank(tables: Tables, *, learned: dict[str, NextBasket], k: int = KEPT) -> pa.Table:
    """Return the k likeliest targets of each touched customer, at each level."""
    parts = []
    customers = tables["touched"]["customer_id"].combine_chunks()
    for level, model in learned.items():
        made = model.predict(events(tables[level], customers=customers), k=k).table(customers.to_pylist())
        columns = {
            "customer_id": made["customer"],
            "target": pa.array([TARGET] * made.num_rows, pa.string()),
            "level": pa.array([level] * made.num_rows, pa.string()),
            "item": made["item"],
            "rank": made["rank"].cast(pa.int64()),
            "score": made["score"],
            "probability": made["probability"],
            "base_rate": made["base_rate"],
            "reason": made["why"],
        }
        parts.append(pa.table(columns).select(list(_SCHEMA)))
    return pa.concat_tables(parts)


def events(rows: pa.Table, *, customers: pa.Array) -> Events:
    """Return basket rows under dense indexes."""
    targets = rows["target"].unique().sort() if rows.num_rows else pa.array([], pa.string())
    customer = codes(rows["customer_id"], customers)
    session = codes(rows["session"], rows["session"].unique().sort() if rows.num_rows else targets)
    return Events(
        customer=customer,
        session=session,
        day=np.asarray(rows["day"].to_numpy(), np.float64),
        item=codes(rows["target"], targets),
        customers=customers.to_pylist(),
        items=targets.to_pylist(),
    )


def fit(rows: pa.Table, *, customers: pa.Array, as_of: datetime, level: str) -> NextBasket:
    """Learn one level from the whole population's baskets before `as_of`."""
    settings = Settings.for_items() if level == "item" else Settings.for_categories()
    return NextBasket(settings=settings).fit(
        events(rows, customers=customers), as_of=as_of.timestamp() / _DAY
    )


def _learned(bench: Workbench, level: str, rows: pa.Table) -> NextBasket:
    component = f"next-basket {level}"
    if not bench.refit:
        return NextBasket.from_arrays(*bench.held(component))
    assert bench.state.as_of is not None
    customers = bench.touched["customer_id"].combine_chunks()
    model = fit(rows, customers=customers, as_of=bench.state.as_of, level=level)
    arrays, meta = model.to_arrays()
    bench.hold(component, arrays=arrays, meta=meta)
    return model
