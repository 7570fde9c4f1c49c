"""From the one door to a history: what the purpose may see of everybody's interactions, once, as arrays."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from customer_genome.core.discounts import PLACEHOLDER, discount_expression
from customer_genome.core.frames import codes
from customer_genome.core.step import Sql, sql_file
from customer_genome.core.verbs import verb_table
from customer_genome.predictions.history import (
    F64,
    I64,
    Acts,
    Catalogue,
    Csr,
    History,
    Level,
    Lines,
    Strings,
    arrange,
)
from customer_genome.predictions.level import level_expression
from customer_genome.privacy import Access

_DAY = 86_400


def load_history(
    access: Access, *, purpose: str, levels: Collection[str] = (), verbs: Collection[str] = ()
) -> History:
    """Return the history of every customer whom `purpose` may see, as of the snapshot that is open.

    `levels` beside item and category are put into the catalogue, if any item has them; lines are the interactions of
    `verbs`, without which they are purchases.
    """
    project = access.project
    file = sql_file(__package__, "history", zone=project.time_zone)
    sql = replace(file, text=file.text.replace(PLACEHOLDER, discount_expression(project)))
    rows = access.query(sql, purpose=purpose, tables={"verbs": verb_table(project)})
    everyone = Sql("SELECT customer_id FROM customers ORDER BY customer_id", reads=("customers",))
    customers = access.query(everyone, purpose=purpose)["customer_id"].combine_chunks()
    catalogue, items = _catalogue(access, rows, purpose=purpose, levels=levels)
    rows = rows.filter(pc.is_in(rows["customer_id"], value_set=customers))
    names = tuple(project.verbs)
    verb = codes(rows["verb"], pa.array(names))
    wanted = np.isin(verb, [names.index(name) for name in verbs or project.money_verbs])
    customer, item = codes(rows["customer_id"], customers), codes(rows["item_id"], items)
    return History(
        customers=_names(customers),
        catalogue=catalogue,
        verbs=names,
        money=project.money_verbs,
        lines=_lines(rows, wanted, customer, item=item),
        acts=_acts(rows, customer, item=item, verb=verb),
    )


def days_of(moment: datetime, *, zone: ZoneInfo) -> float:
    """Return a moment as local days since 1970, the unit of a history."""
    local = moment.astimezone(zone).replace(tzinfo=UTC)
    return local.timestamp() / _DAY


def _lines(rows: pa.Table, wanted: np.ndarray, customer: I64, *, item: I64) -> Lines:
    keep = wanted & (item >= 0)
    bought = rows.filter(pa.array(keep))
    session = bought["session"].combine_chunks().dictionary_encode().indices.to_numpy().astype(np.int64)
    channel = codes(bought["channel"], pc.unique(bought["channel"]).drop_null().sort())
    day = _numbers(bought, "day")
    return arrange(
        Lines(
            customer=customer[keep], session=session, item=item[keep], day=day, known=_numbers(bought, "known"),
            session_day=day, quantity=_numbers(bought, "quantity"), value=_numbers(bought, "value"),
            discount=_numbers(bought, "discount"), channel=channel,
        )
    )  # fmt: skip


def _acts(rows: pa.Table, customer: I64, *, item: I64, verb: I64) -> Acts:
    day, known = _numbers(rows, "day"), _numbers(rows, "known")
    order = np.lexsort((item, verb, day, customer))
    return Acts(customer[order], verb[order], item[order], day[order], known[order])


def _catalogue(
    access: Access, rows: pa.Table, *, purpose: str, levels: Collection[str]
) -> tuple[Catalogue, pa.Array]:
    """Return the catalogue of all items that there are or that an interaction names, and their ids."""
    wanted = {
        name: level_expression(access.project, name) for name in sorted({*levels, "category"} - {"item"})
    }
    listed = ", ".join(f'{expression} AS "{name}"' for name, expression in wanted.items())
    known = access.query(
        Sql(f"SELECT c.item_id, {listed} FROM items AS c", reads=("items",)), purpose=purpose
    )
    named = pc.unique(pa.chunked_array([*known["item_id"].chunks, *rows["item_id"].chunks], pa.string()))
    items = pc.drop_null(named).sort()
    made = {"item": Level(np.arange(len(items)), _names(items))}
    place = codes(known["item_id"], items)
    for name in wanted:
        found = known[name].cast(pa.string())
        names = pc.drop_null(pc.unique(found)).sort()
        code = np.full(len(items), -1, np.int64)
        code[place] = codes(found, names)
        if len(names):
            made[name] = Level(code, _names(names))
    dna, genes = _dna(access, items, purpose=purpose)
    return Catalogue(_names(items), made, dna, genes), items


def _dna(access: Access, items: pa.Array, *, purpose: str) -> tuple[Csr, Strings]:
    text = "SELECT item_id, gene, strength FROM item_dna ORDER BY item_id, gene"
    rows = access.query(Sql(text, reads=("item_dna",)), purpose=purpose)
    genes = pc.unique(rows["gene"]).sort() if rows.num_rows else pa.array([], pa.string())
    item, gene = codes(rows["item_id"], items), codes(rows["gene"], genes)
    inside = item >= 0
    values = rows["strength"].to_numpy()[inside]
    return Csr((values, (item[inside], gene[inside])), shape=(len(items), len(genes))), _names(genes)


def _numbers(rows: pa.Table, name: str) -> F64:
    return np.asarray(rows[name].cast(pa.float64()).to_numpy(), np.float64)


def _names(values: pa.Array) -> Strings:
    return np.asarray(values.to_pylist(), np.str_)
