"""Who belongs to which account, and since when."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from customer_genome.core.step import Tables
from customer_genome.identity.graph import Graph
from customer_genome.tables import contract

_ALWAYS = np.iinfo(np.int64).min


def members(tables: Tables, *, graph: Graph) -> pa.Table:
    """Return the members of each account: rows that name a person and an account make one.

    A membership begins when the first such row was known (null where one has no time), and ends when a later account
    of the same person begins. One row a pair of account and customer.
    """
    links, membership = tables["links"], tables["membership"]
    rows = np.flatnonzero(graph.member)
    accounts_left = graph.account[graph.left[rows]]
    ends = {
        "account_id": np.where(accounts_left, graph.left[rows], graph.right[rows]),
        "customer_id": np.where(accounts_left, graph.right[rows], graph.left[rows]),
    }
    place = pc.index_in(tables["tokens"]["token"], value_set=membership["token"])
    named = {name: membership["customer_id"].take(place.take(pa.array(end))) for name, end in ends.items()}
    since = links["first_at"].take(pa.array(rows)).cast(pa.timestamp("us", "UTC")).cast(pa.int64())
    pairs = pa.table({**named, "since": since.fill_null(_ALWAYS)})
    known = pairs.filter(pc.and_(pc.is_valid(pairs["account_id"]), pc.is_valid(pairs["customer_id"])))
    first = known.group_by(["customer_id", "account_id"]).aggregate([("since", "min")])
    order = [("customer_id", "ascending"), ("since_min", "ascending"), ("account_id", "ascending")]
    return _dated(first.sort_by(order))


def _dated(first: pa.Table) -> pa.Table:
    """Return the memberships, in order of customer and begin, each until the next of the same customer begins."""
    began = first["since_min"].to_numpy()
    customer = first["customer_id"].combine_chunks().dictionary_encode().indices.to_numpy()
    again, until = np.zeros(len(began), np.bool_), np.full(len(began), _ALWAYS)
    again[:-1], until[:-1] = customer[1:] == customer[:-1], began[1:]
    moments = {
        "since": pa.array(began, pa.int64(), mask=began == _ALWAYS),
        "until": pa.array(until, pa.int64(), mask=~again | (until == _ALWAYS)),
    }
    times = {name: values.cast(pa.timestamp("us", "UTC")) for name, values in moments.items()}
    columns = {"account_id": first["account_id"], "customer_id": first["customer_id"], **times}
    return pa.table(columns, schema=contract("account_members").schema)
