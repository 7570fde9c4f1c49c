"""One line of JSON as a row of text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NoReturn

KEY_LIMIT = 1_000


class _Number(str):
    """A number exactly as it was written."""

    __slots__ = ()


def json_row(line: str, *, field_limit: int) -> dict[str, str | None]:
    """The keys and values of a JSON object as text, numbers exactly as written.

    Raises ValueError with a reason for people if the line is no object or a value cannot be kept.
    """
    try:
        found = _DECODER.decode(line)
        if not isinstance(found, dict):
            raise ValueError(f"not a JSON object: {_kind(found)}")  # noqa: TRY004 -- one error for every reason
        row = {key: _text(value) for key, value in found.items()}
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} at character {error.pos + 1}") from error
    except RecursionError as error:
        raise ValueError("not usable JSON: nested too deeply") from error
    if len(line) > field_limit or "\\u" in line:  # only an escape can bring in a NUL or half a character
        for key, value in row.items():
            _check_value("a key", key, field_limit)
            _check_value(key, value or "", field_limit)
    return row


def check_keys(keys: Sequence[str]) -> None:
    """Raise ValueError if the keys of a row cannot be columns."""
    if not keys:
        raise ValueError("an object without any key")
    if "" in keys:
        raise ValueError("an empty key")
    if len({key.lower() for key in keys}) < len(keys):
        raise ValueError("two keys that differ in case only")
    if max(map(len, keys)) > KEY_LIMIT:
        raise ValueError(f"key longer than {KEY_LIMIT:,} characters")


def _check_value(key: str, value: str, limit: int) -> None:
    if len(value) > limit:
        raise ValueError(f"field longer than {limit:,} characters: {key[:100]}")
    if "\0" in value:
        raise ValueError(f"NUL byte in a field: {key[:100]}")
    try:
        value.isascii() or value.encode()
    except UnicodeEncodeError as error:
        raise ValueError(f"half of a surrogate pair in {key[:100]!a}") from error


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"key {twice[:100]!r} stands twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"not JSON: {name} is no number")


def _text(value: Any) -> str | None:
    if value is None:
        return None
    return str(value) if isinstance(value, str) else _json(value)


def _json(value: Any) -> str:
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{_json(key)}:{_json(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_json, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _kind(value: Any) -> str:
    if isinstance(value, _Number):
        return "a number"
    if isinstance(value, str):
        return "a text"
    return {list: "a list", bool: "true or false"}.get(type(value), "null")


_DECODER = json.JSONDecoder(
    parse_int=_Number, parse_float=_Number, parse_constant=_no_constant, object_pairs_hook=_pairs
)
