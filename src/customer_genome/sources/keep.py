"""Staged rows go where they belong: the lake, the quarantine, or nowhere because they are there already."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from customer_genome.core.errors import BuildError
from customer_genome.core.mappings import Source
from customer_genome.core.project import Project
from customer_genome.core.step import Sql
from customer_genome.privacy import STORED, Workbench
from customer_genome.sources.again import files_again, own_loads
from customer_genome.sources.arrive import Arrival
from customer_genome.sources.columns import excerpt, literal, quoted, screened
from customer_genome.sources.outcomes import (
    interaction_outcomes,
    item_outcomes,
    judged,
    met_rows,
    repeated_rows,
)
from customer_genome.sources.readers import whole_words
from customer_genome.sources.staging import direct_columns
from customer_genome.sources.tokenise import token_columns
from customer_genome.tables import contract

CONFLICT = "duplicate key: another row with this key says something else"


def keep(bench: Workbench, *, name: str, source: Source, fresh: list[Arrival], profiles: pa.Table) -> int:
    """Store the rows of `_staged`, and the account and profile of each arrival; returns the rows stored."""
    load_id = _next_load(bench)
    numbered = pa.array([load_id] * profiles.num_rows, pa.int64())
    _append_some(bench, "profiles", profiles.set_column(0, profiles.schema.field(0), numbered))
    bench.bind_stored((), tables={"_again": files_again(bench, name, fresh=fresh)})
    kinds: tuple[str, ...] = ()
    if source.interactions is not None or source.claims is not None:
        mapping = source.interactions or source.claims
        assert mapping is not None
        kinds = _persons_first(mapping.identifiers, bench.project)
        columns, joins = token_columns(bench, staged="_staged", kinds=kinds)
        bench.engine.bind_view("_judged", judged(kinds, token_columns=columns, joins=joins))
    _decide(bench, name, source, own_loads(bench, name, fresh=fresh))
    if source.interactions is not None:
        _keep_interactions(bench, name, source, load_id)
    elif source.claims is not None:
        _keep_claims(bench, name, source, load_id)
    elif source.items is not None:
        _keep_items(bench, name, source, load_id)
    else:
        _keep_dna(bench, name, source, load_id)
    if kinds:
        known = "COALESCE(known_at, occurred_at)" if source.interactions is not None else "observed_at"
        _keep_identifiers(bench, name, kinds, load_id, when=known)
    stored = _account(bench, name, source, fresh=fresh, load_id=load_id)
    for relation in ("_outcomes", "_met", "_repeated", "_judged", "_staged", "_again"):
        bench.engine.unbind(relation)
    return stored


def _decide(bench: Workbench, name: str, source: Source, own: pa.Table) -> None:
    if source.interactions is not None:
        bench.bind_stored(("interactions",), tables={"_own_loads": own})
        merges = source.connect is not None and bool(source.connect.key)
        bench.engine.materialise("_repeated", repeated_rows())
        bench.engine.materialise("_met", met_rows(), params={"source": name, "merges": merges})
        bench.engine.bind_view("_outcomes", interaction_outcomes())
    elif source.claims is not None:
        text = """SELECT *, CASE WHEN reason IS NOT NULL THEN 'quarantined' WHEN suppressed THEN 'suppressed'
            ELSE 'stored' END AS outcome FROM _judged"""
        bench.engine.bind_view("_outcomes", text)
    else:
        key = ("item_id",) if source.items is not None else ("item_id", "gene")
        compared = (
            ("title", "category", "item_group", "properties") if source.items is not None else ("strength",)
        )
        bench.engine.materialise("_outcomes", item_outcomes(key, compared=compared))


def _keep_interactions(bench: Workbench, name: str, source: Source, load_id: int) -> None:
    text = f"""SELECT interaction_id, {literal(name)} AS source, {literal(source.department)} AS department, token,
        verb, item_id, occurred_at, COALESCE(known_at, occurred_at) AS known_at, quantity, value, currency, channel,
        session_id, properties, {_account_token(source, bench.project)} AS account, CAST({load_id} AS BIGINT) AS load_id
        FROM _outcomes WHERE outcome IN ('stored', 'replaced')"""
    _drop_replaced(bench, name)
    bench.append("interactions", bench.engine.stream(text))


def _account_token(source: Source, project: Project) -> str:
    """Return the expression of the token of the account that a row names."""
    assert source.interactions is not None
    kinds = [kind for kind in source.interactions.identifiers if kind in project.account_identifiers]
    listed = ", ".join(quoted(f"token_{kind}") for kind in kinds)
    return f"COALESCE({listed})" if kinds else "CAST(NULL AS VARCHAR)"


def _persons_first(named: Iterable[str], project: Project) -> tuple[str, ...]:
    """Return identifier types in the order in which they give a row its token: an account's is the last resort."""
    return tuple(sorted(named, key=lambda kind: kind in project.account_identifiers))


def _drop_replaced(bench: Workbench, name: str) -> None:
    """Take out the old words of rows that their own file corrected; whoever had them is derived anew, with everyone."""
    corrected = "SELECT interaction_id FROM _outcomes WHERE outcome = 'replaced'"
    if bench.engine.table(f"{corrected} LIMIT 1").num_rows:
        others = f"source <> {literal(name)} OR interaction_id NOT IN ({corrected})"
        bench.replace(
            "interactions", bench.engine.stream(f"SELECT * FROM {STORED}interactions WHERE {others}")
        )
        bench.everyone = True


def _keep_claims(bench: Workbench, name: str, source: Source, load_id: int) -> None:
    assert source.claims is not None
    parts = [
        f"SELECT token, {literal(attribute)} AS attribute, {quoted(f'is_{attribute}')} AS value, observed_at "
        f"FROM _outcomes WHERE outcome = 'stored' AND {quoted(f'is_{attribute}')} IS NOT NULL"
        for attribute in source.claims.attributes
    ]
    identity = "CONCAT_WS(CHR(31), {0}, token, attribute, COALESCE(CAST(observed_at AS VARCHAR), ''), value)"
    text = f"""SELECT DISTINCT MD5({identity.format(literal(name))}) AS claim_id, token, attribute, value,
        {literal(name)} AS source, {literal(source.claims.method)} AS method, observed_at, observed_at AS known_at,
        CAST({load_id} AS BIGINT) AS load_id
        FROM ({" UNION ALL ".join(parts)}) AS c
        WHERE MD5({identity.format(literal(name))}) NOT IN (SELECT claim_id FROM {STORED}claims)
        ORDER BY token, attribute, observed_at, value"""
    bench.bind_stored(("claims",), tables={})
    bench.append("claims", bench.engine.stream(text))


def _keep_items(bench: Workbench, name: str, source: Source, load_id: int) -> None:
    assert source.items is not None
    items = f"""SELECT item_id, {literal(source.items.kind)} AS kind, title, category, properties, item_group,
        {literal(name)} AS source, CAST({load_id} AS BIGINT) AS load_id FROM _outcomes WHERE outcome = 'stored'"""
    _supersede(bench, "items", items, name)
    values = [
        f"SELECT item_id, {literal(f'{name}:{place}')} AS rule, "
        f"{quoted(f'dna_{place}') if rule.value is not None else 'NULL'} AS value, "
        f"{quoted(f'within_{place}') if rule.within is not None else 'NULL'} AS within FROM _outcomes "
        "WHERE outcome = 'stored'"
        for place, rule in enumerate(source.items.dna)
        if rule.value is not None or rule.within is not None
    ]
    if values:
        text = f"""SELECT item_id, rule, CAST(value AS VARCHAR) AS value, CAST(within AS VARCHAR) AS within,
            {literal(name)} AS source, CAST({load_id} AS BIGINT) AS load_id
            FROM ({" UNION ALL ".join(values)}) AS v WHERE value IS NOT NULL OR within IS NOT NULL"""
        _supersede(bench, "item_values", text, name)


def _keep_dna(bench: Workbench, name: str, source: Source, load_id: int) -> None:
    assert source.dna is not None
    family = source.dna.family
    text = f"""SELECT item_id, {literal(family)} AS family, {literal(family + ":")} || gene AS gene, strength,
        {literal(name)} AS source, CAST({load_id} AS BIGINT) AS load_id FROM _outcomes WHERE outcome = 'stored'"""
    _supersede(bench, "declared_dna", text, name)


def _supersede(bench: Workbench, table: str, rows: str, source: str) -> None:
    """Replace what deliveries of these files brought before; other files' rows stay unless a new one has their key."""
    bench.bind_stored((table,), tables={})
    names = ", ".join(contract(table).names)
    bench.engine.materialise("_new", rows)
    keys = {"items": "o.item_id = n.item_id", "item_values": "o.item_id = n.item_id AND o.rule = n.rule"}
    key = keys.get(table, "o.item_id = n.item_id AND o.gene = n.gene AND o.source = n.source")
    again = (
        f"SELECT l.load_id FROM {STORED}loads AS l WHERE l.source = {literal(source)} "
        "AND l.file IN (SELECT file FROM _again)"
    )
    bench.bind_stored(("loads",), tables={})
    old = (
        f"SELECT {names} FROM {STORED}{table} AS o WHERE NOT (o.source = {literal(source)} AND o.load_id IN ({again})) "
        f"AND NOT EXISTS (SELECT 1 FROM _new AS n WHERE {key})"
    )
    bench.replace(table, bench.engine.stream(f"{old} UNION ALL SELECT {names} FROM _new"))
    bench.engine.unbind("_new")


def _keep_identifiers(
    bench: Workbench, name: str, kinds: tuple[str, ...], load_id: int, *, when: str
) -> None:
    bench.bind_stored(("tokens", "links"), tables={})
    accepted = "outcome IN ('stored', 'held')"
    each = " UNION ALL ".join(
        f"SELECT {quoted(f'token_{kind}')} AS token, {literal(kind)} AS type, {when} AS seen_at FROM _outcomes "
        f"WHERE {accepted}"
        for kind in kinds
    )
    first = "CASE WHEN COUNT(*) = COUNT({0}) THEN MIN({0}) END AS first_at"  # one without a time holds at every as-of
    tokens = f"""WITH met AS (
            SELECT token, MIN(type) AS type, {first.format("seen_at")} FROM ({each}) AS t WHERE token IS NOT NULL
            GROUP BY token
        ), known AS (SELECT token, {first.format("first_at")} FROM {STORED}tokens GROUP BY token)
        SELECT m.token, m.type, {literal(name)} AS source, m.first_at, CAST({load_id} AS BIGINT) AS load_id
        FROM met AS m LEFT JOIN known AS k ON m.token = k.token
        WHERE k.token IS NULL OR k.first_at > m.first_at OR (k.first_at IS NOT NULL AND m.first_at IS NULL)
        ORDER BY m.token"""
    _append_some(bench, "tokens", bench.engine.table(tokens))
    if len(kinds) > 1:
        pairs = " UNION ALL ".join(
            f"SELECT token AS left_token, {quoted(f'token_{kind}')} AS right_token, {when} AS seen_at, outcome "
            f"FROM _outcomes WHERE {accepted} AND {quoted(f'token_{kind}')} <> token"
            for kind in kinds
        )
        links = f"""SELECT left_token, right_token, {literal(name)} AS source, COUNT(*) AS rows,
            {first.format("seen_at")}, CAST({load_id} AS BIGINT) AS load_id FROM ({pairs}) AS p
            WHERE outcome IN ('stored', 'replaced')
                OR NOT EXISTS (SELECT 1 FROM {STORED}links AS l WHERE l.source = {literal(name)}
                AND l.left_token = p.left_token AND l.right_token = p.right_token)
            GROUP BY left_token, right_token ORDER BY 1, 2"""
        _append_some(bench, "links", bench.engine.table(links))


def _append_some(bench: Workbench, table: str, rows: pa.Table) -> None:
    if rows.num_rows:
        bench.append(table, rows)


def _account(bench: Workbench, name: str, source: Source, *, fresh: list[Arrival], load_id: int) -> int:
    """Write the quarantine and the accounts of these arrivals; what an older load of the same file said gives way."""
    bench.bind_stored(("quarantine", "loads"), tables={})
    said = excerpt("row_json", length=2000)
    broken = f"""SELECT {literal(name)} AS source, file, line, COALESCE(reason, {literal(CONFLICT)}) AS reason,
        COALESCE({said}, TO_JSON(o)) AS row, CAST({load_id} AS BIGINT) AS load_id FROM _outcomes AS o
        WHERE outcome IN ('quarantined', 'conflict') ORDER BY file, line"""
    unread = _malformed(bench, name, source, fresh=fresh, load_id=load_id)
    old = f"""SELECT * FROM {STORED}quarantine WHERE NOT (source = {literal(name)}
        AND file IN (SELECT file FROM _again))"""
    rows = bench.engine.table(broken).select(unread.schema.names).cast(unread.schema)
    bench.replace("quarantine", pa.concat_tables([bench.engine.table(old).cast(unread.schema), rows, unread]))
    counts = bench.engine.table(
        "SELECT file, outcome, COUNT(*) AS rows FROM _outcomes GROUP BY file, outcome"
    )
    new = pa.Table.from_pylist(
        [_line(name, source, each, counts=counts, load_id=load_id) for each in fresh],
        contract("loads").schema,
    )
    marked = f"""SELECT * EXCLUDE (superseded), superseded OR (source = {literal(name)}
        AND file IN (SELECT file FROM _again)) AS superseded FROM {STORED}loads"""
    bench.replace("loads", pa.concat_tables([bench.engine.table(marked).cast(new.schema), new]))
    return int(pc.sum(new["stored"]).as_py())


def _line(
    name: str, source: Source, arrival: Arrival, *, counts: pa.Table, load_id: int
) -> dict[str, object]:
    mine = counts.filter(pc.equal(counts["file"], arrival.name))
    found = dict(zip(mine["outcome"].to_pylist(), mine["rows"].to_pylist(), strict=True))
    line = {
        "stored": found.get("stored", 0) + found.get("held", 0) + found.get("replaced", 0),
        "duplicates": found.get("duplicate", 0),
        "quarantined": found.get("quarantined", 0) + found.get("conflict", 0) + len(arrival.malformed),
        "suppressed": found.get("suppressed", 0),
    }
    received = sum(found.values()) + len(arrival.malformed)
    met = sum(reader.received for reader in arrival.readers)
    if arrival.readers and source.query is None and met != received:
        raise BuildError(
            f"the account of {arrival.name} does not close", found=f"{received:,} of {met:,} rows"
        )
    return {
        "load_id": load_id, "source": name, "file": arrival.name, "fingerprint": arrival.fingerprint,
        "received": received, **line, "superseded": False,
    }  # fmt: skip


def _malformed(
    bench: Workbench, name: str, source: Source, *, fresh: list[Arrival], load_id: int
) -> pa.Table:
    """Return rows that could not be read, screened; not a word of them where a direct identifier may be anywhere."""
    schema = contract("quarantine").schema
    withheld = bool(direct_columns(source, bench.project))
    rows = [
        {
            "source": name, "file": arrival.name, "line": one.line,
            "reason": one.reason if one.file == arrival.name else f"{one.file}: {one.reason}",
            "row": "[not kept: rows of this source hold direct identifiers]" if withheld else whole_words(one),
            "load_id": load_id,
        }
        for arrival in fresh
        for one in arrival.malformed
    ]  # fmt: skip
    bench.engine.bind_table("_unread", pa.Table.from_pylist(rows, schema))
    text = f"""SELECT source, file, line, {screened("reason")} AS reason, {screened('"row"')} AS "row", load_id
        FROM _unread"""
    found = bench.engine.table(text).cast(schema)
    bench.engine.unbind("_unread")
    return found


def _next_load(bench: Workbench) -> int:
    found = bench.stored(
        Sql(f"SELECT COALESCE(MAX(load_id), 0) + 1 AS load_id FROM {STORED}loads", reads=("loads",))
    )
    return int(found["load_id"][0].as_py())
