"""The stage `resolve`: identifier tokens become customers, by deterministic edges with guards."""

from __future__ import annotations

from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from customer_genome.core.normalise import normalise
from customer_genome.core.settings import BuildSettings
from customer_genome.core.step import KernelStep, Sql, StepRun, Tables
from customer_genome.identity.clusters import stable_ids
from customer_genome.identity.graph import Graph, graph_of
from customer_genome.identity.members import members
from customer_genome.identity.touch import touch
from customer_genome.privacy import STORED, Workbench
from customer_genome.tables import contract

RAW_TOKENS = f"""SELECT token, type, first_at FROM (
    SELECT token, MIN(type) AS type, CASE WHEN COUNT(*) = COUNT(first_at) THEN MIN(first_at) END AS first_at
    FROM {STORED}tokens GROUP BY token)
WHERE first_at IS NULL OR $as_of IS NULL OR first_at < $as_of ORDER BY token"""
RAW_LINKS = f"""SELECT left_token, right_token, source AS rule, SUM(rows) AS evidence,
CASE WHEN COUNT(*) = COUNT(first_at) THEN MIN(first_at) END AS first_at FROM {STORED}links
WHERE first_at IS NULL OR $as_of IS NULL OR first_at < $as_of GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"""
REACHED = f"""SELECT first_at FROM {STORED}tokens WHERE first_at >= $before AND first_at < $as_of
UNION ALL SELECT first_at FROM {STORED}links WHERE first_at >= $before AND first_at < $as_of LIMIT 1"""


def resolve(bench: Workbench, settings: BuildSettings) -> tuple[StepRun, ...]:
    """Decide who is whom, then which customers this build touches."""
    del settings
    previous = bench.stored(Sql(f"SELECT token, customer_id FROM {STORED}membership", reads=("membership",)))
    if not _graph_differs(bench):
        touch(bench, previous=previous)
        return ()
    params = {"as_of": bench.state.as_of}
    tables = {
        "tokens": bench.stored(Sql(RAW_TOKENS, reads=("tokens",), params=params)),
        "links": bench.stored(Sql(RAW_LINKS, reads=("links",), params=params)),
        "previous": previous,
    }
    accounts = bench.project.account_identifiers
    graph = graph_of(tables["tokens"], links=tables["links"], blocked=_blocked(bench), accounts=accounts)
    kernels = [("edges", judge_edges), ("membership", assign), ("identifiers", stand)]
    runs = []
    for name, function in [*kernels, ("account_members", members)] if accounts else kernels:
        title, step = f"identity {name.replace('_', ' ')}", partial(function, graph=graph)
        runs.append(bench.run(KernelStep(title, {}, step, name, "service", tables=dict(tables))))
        if name == "membership":
            tables[name] = bench.stored(Sql(f"SELECT * FROM {STORED}{name}", reads=(name,)))
    events = _events(previous, tables["membership"], bench)
    if events.num_rows:
        kept = bench.stored(Sql(f"SELECT * FROM {STORED}identity_events", reads=("identity_events",)))
        bench.replace("identity_events", pa.concat_tables([kept.cast(events.schema), events]))
    touch(bench, previous=previous)
    return tuple(runs)


def _graph_differs(bench: Workbench) -> bool:
    """Whether identifiers or links came since the base snapshot, or its as-of has passed the time of some."""
    if bench.base is None or bench.everyone or bench.moved("tokens", "links"):
        return True
    params = {"before": bench.base.as_of, "as_of": bench.state.as_of}
    return bool(bench.stored(Sql(REACHED, reads=("tokens", "links"), params=params)).num_rows)


def judge_edges(tables: Tables, *, graph: Graph) -> pa.Table:
    """Give every link its standing: active, or why it does not join (blocked, shared, guard).

    An identifier that touches more others than its type's limit is shared (a family phone, info@); a cluster larger
    than the guard is held apart until someone looks.
    """
    links = tables["links"]
    return links.append_column("confidence", pa.array([1.0] * links.num_rows, pa.float64())).append_column(
        "status", graph.named(graph.standing)
    )


def assign(tables: Tables, *, graph: Graph) -> pa.Table:
    """Give each token that may join the id of its cluster; ids of the build before live on by overlap."""
    free, labels = graph.clusters()
    tokens = tables["tokens"].select(["token", "first_at"]).take(pa.array(free))
    accounts = graph.account[free]
    ids = stable_ids(tokens, labels=labels, previous=tables["previous"], accounts=accounts)
    return pa.table({"token": tokens["token"], "customer_id": ids})


def stand(tables: Tables, *, graph: Graph) -> pa.Table:
    """List every identifier with its standing and its customer (none while blocked or shared)."""
    tokens, membership = tables["tokens"], tables["membership"]
    place = pc.index_in(tokens["token"], value_set=membership["token"])
    return pa.table(
        {
            "token": tokens["token"],
            "type": tokens["type"],
            "status": graph.named(graph.barred),
            "degree": pa.array(graph.degree, pa.int64()),
            "customer_id": membership["customer_id"].take(place),
        }
    )


def _blocked(bench: Workbench) -> pa.Table:
    """Return blocked values as tokens, with the limits in the table's metadata, as `graph_of` reads them."""
    tokens: list[str] = []
    metadata = {b"max_cluster": str(bench.project.identity.max_cluster).encode()}
    for kind, setting in bench.project.identifiers.items():
        spelled = (normalise(value.strip(), how=setting.normalise) for value in setting.blocked)
        tokens += [bench.token_of(kind, value) for value in spelled if value is not None]
        if setting.limit is not None:
            metadata[b"limit:" + kind.encode()] = str(setting.limit).encode()
    return pa.table({"token": pa.array(tokens, pa.string())}).replace_schema_metadata(metadata)


def _events(previous: pa.Table, now: pa.Table, bench: Workbench) -> pa.Table:
    """Return what became of the customers of the snapshot before: tokens that are gone say nothing."""
    place = pc.index_in(previous["token"], value_set=now["token"])
    after = now["customer_id"].take(place)
    moved = pc.fill_null(pc.not_equal(previous["customer_id"], after), False)
    moves = pa.table({"old": previous["customer_id"], "new": after}).filter(moved).group_by(["old", "new"])
    pairs = moves.aggregate([]).sort_by([("old", "ascending"), ("new", "ascending")])
    alive = pc.is_in(pairs["old"], value_set=pc.unique(now["customer_id"]))
    known = pc.is_in(pairs["new"], value_set=pc.unique(previous["customer_id"]))
    gained = pc.if_else(known, "gained_from", "split_from")
    at = pa.array([bench.state.as_of] * pairs.num_rows, pa.timestamp("us", "UTC"))
    return pa.table(
        {
            "customer_id": pc.if_else(alive, pairs["new"], pairs["old"]),
            "event": pc.if_else(alive, gained, "merged_into"),
            "other_id": pc.if_else(alive, pairs["old"], pairs["new"]),
            "at": at,
        },
        schema=contract("identity_events").schema,
    )
