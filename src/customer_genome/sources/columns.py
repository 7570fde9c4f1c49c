"""Typed columns out of users' expressions: each value is read as what it should be, or named as what is wrong."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

MAX_ID = 1_000
"""Longest identifier, item id, verb or session id, in characters."""
PLACEHOLDERS = ("", "null", "none", "nan", "n/a", "na", "unknown", "undefined", "-", "(not set)")
"""Texts that mean that no identifier is known, compared in lower case."""

_SMALLEST_CARD = 10**12
_EMAIL = r"(\\[bfnrt])?[\p{L}\p{N}._%+'-]+@[\p{L}\p{N}.-]+\.\p{L}{2,}"  # of JSON: with a line break before it
_PHONE = r"(\+|\b00)[1-9][0-9 ()./-]{7,17}[0-9]|\([0-9]{2,5}\)[ -]?[0-9][0-9 -]{4,12}[0-9]"
_CARD = r"\b[3-6][0-9]{3}([ -]?[0-9]{4}){2}[ -]?[0-9]{1,7}\b"


@dataclass(frozen=True)
class Typed:
    """A typed column: SQL of its value, and SQL conditions with the reason that each one means."""

    value: str
    faults: tuple[tuple[str, str], ...] = ()


def literal(text: str) -> str:
    """Return `text` as a SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def quoted(name: str) -> str:
    """Return `name` as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def text(expression: str, *, name: str) -> Typed:
    """Read a short text: trimmed, null when empty, at most 1,000 characters."""
    value = f"NULLIF(TRIM(CAST({expression} AS VARCHAR)), '')"
    return Typed(
        value, ((f"LENGTH({value}) > {MAX_ID}", literal(f"{name} is longer than {MAX_ID:,} characters")),)
    )


def identifier(expression: str, *, kind: str, integer: bool) -> Typed:
    """Read an identifier's value: a placeholder is no value."""
    plain = f"TRIM(CAST({expression} AS VARCHAR))"
    held = ", ".join(literal(word) for word in PLACEHOLDERS)
    known = f"CASE WHEN LOWER({plain}) IN ({held}) THEN NULL ELSE {plain} END"
    faults = [(f"LENGTH({plain}) > {MAX_ID}", literal(f"{kind} is longer than {MAX_ID:,} characters"))]
    if integer:
        number = f"TRY_CAST({known} AS BIGINT)"
        faults.append((f"{known} IS NOT NULL AND {number} IS NULL", literal(f"{kind} is not a whole number")))
        known = f"CAST({number} AS VARCHAR)"
    return Typed(known, tuple(faults))


def number(expression: str, *, name: str, type_: pa.DataType, decimal: str = ".") -> Typed:
    """Read a finite number."""
    raw = f"({expression})"
    plain = f"TRIM({raw})" if pa.types.is_string(type_) else raw
    if pa.types.is_string(type_) and decimal == ",":
        plain = f"REPLACE(REPLACE({plain}, '.', ''), ',', '.')"
    value = f"TRY_CAST({plain} AS DOUBLE)"
    given = f"{raw} IS NOT NULL" + (f" AND TRIM({raw}) <> ''" if pa.types.is_string(type_) else "")
    return Typed(
        value,
        (
            (f"{given} AND {value} IS NULL", _shown(f"{name} is not a number", raw)),
            (f"ISNAN({value}) OR ISINF({value})", _shown(f"{name} is not finite", raw)),
        ),
    )


def moment(expression: str, *, name: str, type_: pa.DataType, zone: str) -> Typed:
    """Read a moment in UTC; one without an offset is local time of `zone`."""
    raw, place = f"({expression})", f"AT TIME ZONE {literal(zone)}"
    wrong = _shown(f"{name} is not a time", raw)
    if pa.types.is_timestamp(type_) and type_.tz is not None:
        value = _on_the_calendar(raw)
        return Typed(value, ((f"{raw} IS NOT NULL AND {value} IS NULL", wrong),))
    if pa.types.is_timestamp(type_) or pa.types.is_date(type_):
        value = f"({_on_the_calendar(f'CAST({raw} AS TIMESTAMP)')} {place})"
        return Typed(value, ((f"{raw} IS NOT NULL AND {value} IS NULL", wrong),))
    plain = f"TRIM(CAST({raw} AS VARCHAR))"
    offset = f"REGEXP_MATCHES({plain}, '(Z|[+-][0-9]{{2}}(:?[0-9]{{2}})?)$') AND LENGTH({plain}) > 10"
    value = (
        f"CASE WHEN {offset} THEN {_on_the_calendar(f'TRY_CAST({plain} AS TIMESTAMPTZ)')} "
        f"ELSE {_on_the_calendar(f'TRY_CAST({plain} AS TIMESTAMP)')} {place} END"
    )
    return Typed(value, ((f"{raw} IS NOT NULL AND {plain} <> '' AND ({value}) IS NULL", wrong),))


def _on_the_calendar(value: str) -> str:
    """Return SQL of a time that every zone and every reader can show, null for another (infinity is one)."""
    return f"(CASE WHEN {value} BETWEEN '0002-01-01' AND '9998-12-31' THEN {value} END)"


def excerpt(expression: str, *, length: int = 80) -> str:
    """Return SQL of the beginning of a text, screened as a whole first: half an address is not recognised as one."""
    return f"LEFT({screened(expression)}, {length})"


def screened(expression: str) -> str:
    """Return SQL of a text with whatever looks like an e-mail address, a phone or a card number taken out."""
    found = expression
    for pattern, word in ((_EMAIL, "e-mail"), (_CARD, "card number"), (_PHONE, "phone number")):
        found = f"REGEXP_REPLACE({found}, {literal(pattern)}, '[{word} removed]', 'g')"
    return found


def as_struct(
    columns: list[str], *, hidden: frozenset[str] = frozenset(), as_text: frozenset[str] = frozenset()
) -> str:
    """Return SQL of the named columns as one struct; `hidden` ones (in lower case) only say that they are full."""
    texts = {name: f"CAST({quoted(name)} AS VARCHAR)" for name in as_text}
    cells = (
        f"{literal(name)}: {_removed(name) if name.lower() in hidden else texts.get(name, quoted(name))}"
        for name in columns
    )
    return "{" + ", ".join(cells) + "}"


def _removed(column: str) -> str:
    return f"CASE WHEN {quoted(column)} IS NOT NULL THEN '[direct identifier removed]' END"


def safe_json(columns: list[str], schema: pa.Schema) -> str:
    """Return SQL of the named columns as one JSON text, screened where their types could hold an identifier."""
    types = {name: schema.field(name).type for name in columns}
    numbers = frozenset(name for name, type_ in types.items() if _wide(type_))
    whole, said = (_json(as_struct(columns, as_text=texts)) for texts in (frozenset[str](), numbers))
    large = " OR ".join(f"{quoted(name)} >= {_SMALLEST_CARD}" for name in sorted(numbers))
    plain = [
        name
        for name, type_ in types.items()
        if not (pa.types.is_primitive(type_) or pa.types.is_boolean(type_))
    ]
    usual = screened(whole) if plain else whole
    # a number that is taken out leaves words behind, so it must have stood in quotes
    return f"CASE WHEN {large} THEN {screened(said)} ELSE {usual} END" if large else usual


def _json(struct: str) -> str:
    return f"CAST(TO_JSON({struct}) AS VARCHAR)"


def _wide(type_: pa.DataType) -> bool:
    return type_ in (pa.int64(), pa.uint64(), pa.float64())  # a column of numbers with a gap comes as float64


def first_fault(faults: list[tuple[str, str]]) -> str:
    """Return SQL of the first reason that holds, null where none does."""
    if not faults:
        return "CAST(NULL AS VARCHAR)"
    return "CASE " + " ".join(f"WHEN {condition} THEN {reason}" for condition, reason in faults) + " END"


def _shown(what: str, raw: str) -> str:
    return f"{literal(what + ': ')} || {excerpt(f'CAST({raw} AS VARCHAR)')}"
