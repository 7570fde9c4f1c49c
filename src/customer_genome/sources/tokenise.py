"""At the entrance identifiers are swapped for tokens; nothing behind it sees a direct one."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from customer_genome.core.normalise import normalise
from customer_genome.privacy import Workbench
from customer_genome.sources.columns import literal, quoted

SCHEMA = pa.schema([("value", pa.string()), ("token", pa.string())])


def token_columns(bench: Workbench, *, staged: str, kinds: tuple[str, ...]) -> tuple[str, str]:
    """Prepare the swap of `id_<kind>` columns of relation `staged`.

    Returns (select list of `token_<kind>` columns, joins) for a SELECT over `staged AS s`.
    """
    columns, joins = [], []
    for kind in kinds:
        setting = bench.project.identifiers[kind]
        if not setting.direct and setting.normalise == "none":
            columns.append(f"{literal(kind + ':')} || s.{quoted(f'id_{kind}')} AS {quoted(f'token_{kind}')}")
            continue
        table = f"_tokens_{kind.replace('-', '_')}"
        bench.engine.bind_table("_pairs", _mapping(bench, staged, kind))
        bench.engine.materialise(table, "SELECT * FROM _pairs")
        bench.engine.unbind("_pairs")
        columns.append(f"{table}.token AS {quoted(f'token_{kind}')}")
        joins.append(f"LEFT JOIN {table} ON s.{quoted(f'id_{kind}')} = {table}.value")
    return ", ".join(columns), " ".join(joins)


def _mapping(bench: Workbench, staged: str, kind: str) -> pa.Table:
    column = quoted(f"id_{kind}")
    values = bench.engine.table(
        f"SELECT DISTINCT {column} AS value FROM {staged} WHERE reason IS NULL AND {column} IS NOT NULL ORDER BY 1"
    )["value"]
    how = bench.project.identifiers[kind].normalise
    spelled = pa.array([normalise(value, how=how) for value in values.to_pylist()], pa.string())
    pairs = pa.table({"value": values, "spelled": spelled})
    known = pairs.filter(pc.is_valid(pairs["spelled"]))
    distinct = pc.unique(known["spelled"])
    tokens = pa.table({"spelled": distinct, "token": bench.tokens(kind, distinct)})
    return known.join(tokens, "spelled").select(["value", "token"]).cast(SCHEMA)
