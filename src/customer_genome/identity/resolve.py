"""The stage `resolve`: identifier tokens become customers, by deterministic edges with guards."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from customer_genome.core.normalise import normalise
from customer_genome.core.settings import BuildSettings
from customer_genome.core.step import KernelStep, Sql, StepRun, Tables
from customer_genome.identity.clusters import Token, components, stable_ids
from customer_genome.identity.touch import touch
from customer_genome.privacy import STORED, Workbench
from customer_genome.tables import contract

RAW_TOKENS = f"""SELECT token, type, CAST(first_at AS VARCHAR) AS first_at FROM (
    SELECT token, MIN(type) AS type, CASE WHEN COUNT(*) = COUNT(first_at) THEN MIN(first_at) END AS first_at
    FROM {STORED}tokens GROUP BY token)
WHERE first_at IS NULL OR $as_of IS NULL OR first_at < $as_of ORDER BY token"""
RAW_LINKS = f"""SELECT left_token, right_token, source AS rule, SUM(rows) AS evidence FROM {STORED}links
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
    graph = {
        "tokens": bench.stored(Sql(RAW_TOKENS, reads=("tokens",), params=params)),
        "links": bench.stored(Sql(RAW_LINKS, reads=("links",), params=params)),
        "blocked": _blocked(bench),
        "previous": previous,
    }
    runs = []
    for name, function in (("edges", judge_edges), ("membership", assign), ("identifiers", stand)):
        runs.append(
            bench.run(KernelStep(f"identity {name}", {}, function, name, "service", tables=dict(graph)))
        )
        graph[name] = bench.stored(Sql(f"SELECT * FROM {STORED}{name}", reads=(name,)))
    events = _events(graph["previous"], graph["membership"], bench)
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


def judge_edges(tables: Tables) -> pa.Table:
    """Give every link its standing: active, or why it does not join (blocked, shared, guard).

    An identifier that touches more others than its type's limit is shared (a family phone, info@); a cluster larger
    than the guard is held apart until someone looks.
    """
    links, tokens = tables["links"], tables["tokens"]
    barred = _barred(tables)
    left, right = links["left_token"].to_pylist(), links["right_token"].to_pylist()
    status = [barred.get(a) or barred.get(b) or "active" for a, b in zip(left, right, strict=True)]
    rank = {token: place for place, token in enumerate(tokens["token"].to_pylist())}
    active = [i for i, state in enumerate(status) if state == "active"]
    ends = np.array([[rank[left[i]], rank[right[i]]] for i in active], np.int64).reshape(-1, 2)
    labels = components(len(rank), left=ends[:, 0], right=ends[:, 1])
    sizes = np.bincount(labels, minlength=1)
    guard = int(tables["blocked"].schema.metadata[b"max_cluster"])
    for place, i in enumerate(active):
        if sizes[labels[ends[place, 0]]] > guard:
            status[i] = "guard"
    return links.append_column("confidence", pa.array([1.0] * links.num_rows, pa.float64())).append_column(
        "status", pa.array(status, pa.string())
    )


def assign(tables: Tables) -> pa.Table:
    """Give each token that may join the id of its cluster; ids of the build before live on by overlap."""
    barred = _barred(tables)
    rows = zip(tables["tokens"]["token"].to_pylist(), tables["tokens"]["first_at"].to_pylist(), strict=True)
    tokens = [Token(token, first_at or "") for token, first_at in rows if token not in barred]
    rank = {token.token: place for place, token in enumerate(tokens)}
    edges = tables["edges"].filter(pc.equal(tables["edges"]["status"], "active"))
    left = np.array([rank[token] for token in edges["left_token"].to_pylist()], np.int64)
    right = np.array([rank[token] for token in edges["right_token"].to_pylist()], np.int64)
    labels = components(len(tokens), left=left, right=right) if tokens else np.zeros(0, np.int64)
    previous = dict(
        zip(
            tables["previous"]["token"].to_pylist(),
            tables["previous"]["customer_id"].to_pylist(),
            strict=True,
        )
    )
    ids = stable_ids(tokens, labels=labels, previous=previous)
    return pa.table(
        {"token": pa.array([t.token for t in tokens], pa.string()), "customer_id": pa.array(ids, pa.string())}
    )


def stand(tables: Tables) -> pa.Table:
    """List every identifier with its standing and its customer (none while blocked or shared)."""
    barred, degree = _barred(tables), _degrees(tables["links"])
    tokens = tables["tokens"]["token"].to_pylist()
    customer = dict(
        zip(
            tables["membership"]["token"].to_pylist(),
            tables["membership"]["customer_id"].to_pylist(),
            strict=True,
        )
    )
    return pa.table(
        {
            "token": pa.array(tokens, pa.string()),
            "type": tables["tokens"]["type"],
            "status": pa.array([barred.get(token, "active") for token in tokens], pa.string()),
            "degree": pa.array([degree.get(token, 0) for token in tokens], pa.int64()),
            "customer_id": pa.array([customer.get(token) for token in tokens], pa.string()),
        }
    )


def _barred(tables: Tables) -> Mapping[str, str]:
    """Return the tokens that never join, with the reason."""
    found = dict.fromkeys(tables["blocked"]["token"].to_pylist(), "blocked")
    limits = {k: int(v) for k, v in tables["blocked"].schema.metadata.items() if k.startswith(b"limit:")}
    kind = dict(zip(tables["tokens"]["token"].to_pylist(), tables["tokens"]["type"].to_pylist(), strict=True))
    for token, degree in _degrees(tables["links"]).items():
        limit = limits.get(b"limit:" + kind.get(token, "").encode())
        if limit is not None and degree > limit and token not in found:
            found[token] = "shared"
    return found


def _degrees(links: pa.Table) -> dict[str, int]:
    pairs = set(zip(links["left_token"].to_pylist(), links["right_token"].to_pylist(), strict=True))
    others: dict[str, set[str]] = {}
    for left, right in pairs:
        others.setdefault(left, set()).add(right)
        others.setdefault(right, set()).add(left)
    return {token: len(found) for token, found in others.items()}


def _blocked(bench: Workbench) -> pa.Table:
    """Return blocked values as tokens, with the limits in the table's metadata."""
    tokens: list[str] = []
    metadata = {b"max_cluster": str(bench.project.identity.max_cluster).encode()}
    for kind, setting in bench.project.identifiers.items():
        spelled = (normalise(value.strip(), how=setting.normalise) for value in setting.blocked)
        tokens += [bench.token_of(kind, value) for value in spelled if value is not None]
        if setting.limit is not None:
            metadata[b"limit:" + kind.encode()] = str(setting.limit).encode()
    return pa.table({"token": pa.array(tokens, pa.string())}).replace_schema_metadata(metadata)


def _events(previous: pa.Table, now: pa.Table, bench: Workbench) -> pa.Table:
    before = dict(zip(previous["token"].to_pylist(), previous["customer_id"].to_pylist(), strict=True))
    after = dict(zip(now["token"].to_pylist(), now["customer_id"].to_pylist(), strict=True))
    alive, known = set(after.values()), set(before.values())
    moves = {(old, after[token]) for token, old in before.items() if token in after and after[token] != old}
    rows = []
    for old, new in sorted(moves):
        if old not in alive:
            rows.append(
                {"customer_id": old, "event": "merged_into", "other_id": new, "at": bench.state.as_of}
            )
        elif new not in known:
            rows.append({"customer_id": new, "event": "split_from", "other_id": old, "at": bench.state.as_of})
        else:
            rows.append(
                {"customer_id": new, "event": "gained_from", "other_id": old, "at": bench.state.as_of}
            )
    return pa.Table.from_pylist(rows, contract("identity_events").schema)
