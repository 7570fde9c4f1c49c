"""The SELECTs that read `_rows` as interactions, claims, items or DNA, each row with its fault or none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from customer_genome.core.item_mappings import DnaMapping, ItemMapping
from customer_genome.core.mappings import ClaimMapping, InteractionMapping, Source
from customer_genome.core.project import Project
from customer_genome.core.user_sql import columns_of
from customer_genome.sources.columns import (
    Typed,
    as_struct,
    excerpt,
    first_fault,
    identifier,
    literal,
    moment,
    number,
    quoted,
    safe_json,
    screened,
    text,
)

Types = Mapping[str, pa.DataType]
SET_ASIDE = "_set_aside"
"""The column of `_rows` that says why the whole delivery is set aside, null where it is not."""


@dataclass(frozen=True)
class Staging:
    """A SELECT over `_rows` with columns `file`, `line`, `reason`, `row` and those of the source's kind."""

    text: str
    columns: tuple[str, ...]


def expressions(source: Source) -> dict[str, str]:
    """Return every expression of a source's mapping by the name of the column that it fills."""
    mapping = source.mapping
    named: dict[str, str | None]
    if isinstance(mapping, InteractionMapping):
        named = {f"id_{kind}": value for kind, value in mapping.identifiers.items()}
        named |= {"verb": mapping.verb_from or literal(str(mapping.verb)), "item": mapping.item}
        named |= {name: getattr(mapping, name) for name in ("occurred_at", "known_at", "quantity", "value")}
        named |= {name: getattr(mapping, name) for name in ("channel", "session", "currency")}
    elif isinstance(mapping, ClaimMapping):
        named = {f"id_{kind}": value for kind, value in mapping.identifiers.items()}
        named |= {"observed_at": mapping.observed_at}
        named |= {f"is_{name}": attribute.value for name, attribute in mapping.attributes.items()}
    elif isinstance(mapping, ItemMapping):
        named = {name: getattr(mapping, name) for name in ("item", "title", "category", "group")}
        for place, rule in enumerate(mapping.dna):
            named |= {f"dna_{place}": rule.value, f"within_{place}": rule.within}
    else:
        named = {name: getattr(mapping, name) for name in ("item", "gene", "strength")}
    return {name: expression for name, expression in named.items() if expression is not None}


def direct_columns(source: Source, project: Project) -> frozenset[str]:
    """Return the source columns (in lower case) that hold direct identifiers: no row is kept with them in the open."""
    mapping = source.interactions or source.claims
    given = mapping.identifiers.items() if mapping is not None else ()
    named = [columns_of(expression) for kind, expression in given if project.identifiers[kind].direct]
    return frozenset(column.lower() for columns in named for column in columns)


def columns_needed(source: Source) -> set[str]:
    """Return the source columns that its mapping mentions."""
    named = {column for expression in expressions(source).values() for column in columns_of(expression)}
    mapping = source.mapping
    if isinstance(mapping, InteractionMapping):
        named |= {*mapping.key, *mapping.properties}
    if isinstance(mapping, ItemMapping):
        named |= set(mapping.properties)
    return named


def interactions(name: str, *, source: Source, project: Project, schema: pa.Schema, types: Types) -> Staging:
    """Return the SELECT that reads rows as interactions."""
    mapping = source.interactions
    assert mapping is not None
    given = expressions(source)
    zone, decimal = mapping.time_zone or project.time_zone, source.csv.decimal
    ids = _identifiers(mapping.identifiers, project)
    cells: dict[str, Typed] = {f"id_{kind}": cell for kind, cell in ids.items()}
    for column, expression in (("verb", given["verb"]), ("item_id", given["item"])):
        cells[column] = text(expression, name=column)
    for column in ("occurred_at", "known_at"):
        expression = given.get(column, given["occurred_at"])
        type_ = types["occurred_at" if column not in given else column]
        cells[column] = moment(expression, name=column, type_=type_, zone=zone)
    for column in ("quantity", "value"):
        if column in given:
            cells[column] = number(given[column], name=column, type_=types[column], decimal=decimal)
        else:
            cells[column] = Typed("CAST(NULL AS DOUBLE)")
    for column, key in (("channel", "channel"), ("session_id", "session"), ("currency", "currency")):
        default = literal(project.currency) if column == "currency" else "CAST(NULL AS VARCHAR)"
        cells[column] = text(given[key], name=column) if key in given else Typed(default)
    kept = _unnamed(source, schema, mapping.properties, direct=direct_columns(source, project))
    cells["properties"] = Typed(safe_json(kept, schema) if kept else "CAST(NULL AS VARCHAR)")
    cells["interaction_id"] = Typed(_key(name, mapping.key, schema))
    faults = [fault for cell in cells.values() for fault in cell.faults]
    faults += [(f"{quoted(key)} IS NULL", literal(f"key column {key} is empty")) for key in mapping.key]
    return _select(
        cells, faults, after=_interaction_faults(tuple(ids)), schema=schema, keep=_spelled(mapping, project),
        hidden=direct_columns(source, project),
    )  # fmt: skip


def claims(*, source: Source, project: Project, schema: pa.Schema, types: Types) -> Staging:
    """Return the SELECT that reads rows as claims, one column an attribute."""
    mapping = source.claims
    assert mapping is not None
    given = expressions(source)
    ids = _identifiers(mapping.identifiers, project)
    cells: dict[str, Typed] = {f"id_{kind}": cell for kind, cell in ids.items()}
    if "observed_at" in given:
        zone = mapping.time_zone or project.time_zone
        cells["observed_at"] = moment(
            given["observed_at"], name="observed_at", type_=types["observed_at"], zone=zone
        )
    else:
        cells["observed_at"] = Typed("CAST(NULL AS TIMESTAMPTZ)")
    for attribute in mapping.attributes:
        said = text(given[f"is_{attribute}"], name=attribute)
        cells[f"is_{attribute}"] = Typed(screened(said.value), said.faults)
    faults = [fault for cell in cells.values() for fault in cell.faults]
    after = [_no_identifier(tuple(ids)), _future("observed_at")]
    spelled, hidden = _spelled(mapping, project), direct_columns(source, project)
    return _select(cells, faults, after=after, schema=schema, keep=spelled, hidden=hidden)


def items(*, source: Source, schema: pa.Schema) -> Staging:
    """Return the SELECT that reads rows as items, with the values that their DNA rules look at."""
    mapping = source.items
    assert mapping is not None
    given = expressions(source)
    cells = {"item_id": text(given["item"], name="item")}
    for column, key in (("title", "title"), ("category", "category"), ("item_group", "group")):
        cells[column] = text(given[key], name=key) if key in given else Typed("CAST(NULL AS VARCHAR)")
    for name in given:
        if name.startswith(("dna_", "within_")):
            cells[name] = text(given[name], name=f"the value of {name}")
    kept = _unnamed(source, schema, mapping.properties)
    cells["properties"] = Typed(safe_json(kept, schema) if kept else "CAST(NULL AS VARCHAR)")
    faults = [fault for cell in cells.values() for fault in cell.faults]
    return _select(cells, faults, after=[("item_id IS NULL", literal("no item"))], schema=schema)


def dna(*, source: Source, schema: pa.Schema, types: Types) -> Staging:
    """Return the SELECT that reads rows as declared item DNA."""
    mapping = source.dna
    assert isinstance(mapping, DnaMapping)
    cells = {
        "item_id": text(mapping.item, name="item"),
        "gene": text(mapping.gene, name="gene"),
        "strength": number(
            mapping.strength, name="strength", type_=types["strength"], decimal=source.csv.decimal
        ),
    }
    faults = [fault for cell in cells.values() for fault in cell.faults]
    after = [
        ("item_id IS NULL", literal("no item")),
        ("gene IS NULL", literal("no gene")),
        ("strength IS NULL", literal("no strength")),
        ("strength < 0 OR strength > 1", literal("strength lies outside 0 to 1")),
    ]
    return _select(cells, faults, after=after, schema=schema)


def _identifiers(named: Mapping[str, str], project: Project) -> dict[str, Typed]:
    return {
        kind: identifier(expression, kind=kind, integer=project.identifiers[kind].type == "integer")
        for kind, expression in named.items()
    }


def _spelled(mapping: InteractionMapping | ClaimMapping, project: Project) -> bool:
    """Whether an identifier may yet turn out to be unusable, so that the row must be kept for quarantine."""
    return any(project.identifiers[kind].normalise != "none" for kind in mapping.identifiers)


def _interaction_faults(kinds: tuple[str, ...]) -> list[tuple[str, str]]:
    negative = "(quantity < 0 OR value < 0) AND verb IN (SELECT verb FROM _verbs WHERE NOT returns)"
    return [
        _no_identifier(kinds),
        ("verb IS NULL", literal("no verb")),
        ("verb NOT IN (SELECT verb FROM _verbs)", f"{literal('unknown verb: ')} || {excerpt('verb')}"),
        ("item_id IS NULL", literal("no item")),
        ("occurred_at IS NULL", literal("no time")),
        _future("occurred_at"),
        _future("known_at"),
        (negative, literal("negative quantity or value, and the verb takes no returns")),
    ]


def _no_identifier(kinds: tuple[str, ...]) -> tuple[str, str]:
    unknown = " AND ".join(f"{quoted(f'id_{kind}')} IS NULL" for kind in kinds)
    return unknown, literal(f"no identifier ({', '.join(kinds)})")


def _future(column: str) -> tuple[str, str]:
    return (
        f"{column} > (SELECT latest FROM _clock)",
        f"{literal(f'{column} lies in the future: ')} || CAST({column} AS VARCHAR)",
    )


def _unnamed(
    source: Source, schema: pa.Schema, listed: tuple[str, ...], *, direct: frozenset[str] = frozenset()
) -> list[str]:
    mentioned = {c.lower() for e in expressions(source).values() for c in columns_of(e)}
    key = source.interactions.key if source.interactions is not None else ()
    mentioned |= {column.lower() for column in key}
    wanted = {column.lower() for column in listed} - direct
    return [name for name in schema.names if name.lower() in wanted or name.lower() not in mentioned]


def _key(name: str, key: tuple[str, ...], schema: pa.Schema) -> str:
    """A digest of the declared key, or of the whole row and its occurrence within the delivery."""
    columns = key or tuple(schema.names)
    parts = ", ".join(f"COALESCE(CAST({quoted(column)} AS VARCHAR), CHR(30))" for column in columns)
    content = f"CONCAT_WS(CHR(31), {literal(name)}, {parts})"
    if key:
        return f"MD5({content})"
    return f"MD5({content} || CHR(31) || CAST(ROW_NUMBER() OVER (PARTITION BY {content} ORDER BY _line) AS VARCHAR))"


def _select(
    cells: Mapping[str, Typed],
    faults: list[tuple[str, str]],
    *,
    after: list[tuple[str, str]],
    schema: pa.Schema,
    keep: bool = False,
    hidden: frozenset[str] = frozenset(),
) -> Staging:
    typed = ", ".join(f"{cell.value} AS {quoted(name)}" for name, cell in cells.items())
    numbered = "SELECT ROW_NUMBER() OVER () AS _line, * FROM _rows"
    shown = ", ".join(quoted(name) for name in cells)
    raw = as_struct(schema.names, hidden=hidden)
    fault = f"COALESCE({SET_ASIDE}, {first_fault(faults)}) AS _fault"
    cut = f"SELECT _line AS line, {typed}, {fault}, {raw} AS _raw FROM ({numbered})"
    judged = f"SELECT line, {shown}, COALESCE(_fault, {first_fault(after)}) AS reason, _raw FROM ({cut})"
    row = "CAST(TO_JSON(_raw) AS VARCHAR)"  # screened when it is quarantined: most rows never are
    kept = row if keep else f"CASE WHEN reason IS NOT NULL THEN {row} END"
    final = f"SELECT $file AS file, line, {shown}, reason, {kept} AS row_json FROM ({judged})"
    return Staging(final, tuple(cells))
