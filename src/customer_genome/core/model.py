"""The frozen pydantic model that every part of the configuration is, and the types of its values."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Annotated, Any, NamedTuple, Self
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from customer_genome.core.user_sql import UserSqlError, check_expression, check_select, shown

Place = tuple[str | int, ...]
"""Keys and positions that lead to a value."""


class Fault(NamedTuple):
    """Something wrong at `place` (from the model down), in the words of an error message."""

    place: Place
    found: str
    expected: str


class Model(BaseModel):
    """Frozen, knows no other keys, and reports its own faults together with those of its fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @classmethod
    def prepared(cls, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        """Spell out shorthands before the fields are read."""
        return raw

    @classmethod
    def faults(cls, raw: Mapping[str, Any]) -> Iterator[Fault]:
        """Yield what is wrong between the fields of `raw`, whose values may themselves be wrong."""
        del raw
        yield from ()

    @model_validator(mode="wrap")
    @classmethod
    def _all_at_once(cls, raw: Any, handler: Callable[[Any], Self]) -> Self:
        if not isinstance(raw, Mapping):
            return handler(raw)
        full = cls.prepared(raw)
        faults = [*cls.faults(plain(full)), *_unknown_keys(cls, full)]
        found = [InitErrorDetails(type=fault(f.found, f.expected), loc=f.place, input=None) for f in faults]
        try:
            model = handler({key: value for key, value in full.items() if key in cls.model_fields})
        except ValidationError as error:
            raise ValidationError.from_exception_data(cls.__name__, [*_again(error), *found]) from None
        if found:
            raise ValidationError.from_exception_data(cls.__name__, found)
        return model


def fault(found: str, expected: str) -> PydanticCustomError:
    """Return the error of one value, for validators to raise."""
    return PydanticCustomError(
        "fault", "found {found}; expected {expected}", {"found": found, "expected": expected}
    )


def choices(name: str, names: Collection[str]) -> str:
    """Say which of `names` was probably meant by `name`, or what there is to choose from."""
    near = difflib.get_close_matches(name.lower(), names, n=1)
    listed = ", ".join(f"`{one}`" for one in sorted(names))
    if near:
        return f"one of {listed}; did you mean `{near[0]}`?"
    return f"one of {listed}" if names else "one that is declared (there are none)"


def plain(value: Any) -> Any:
    """Return `value` with every model in it turned into dicts, and every sequence into a list."""
    if isinstance(value, BaseModel):
        return plain(value.model_dump(exclude_unset=True))
    if isinstance(value, Mapping):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return value


def _unknown_keys(cls: type[BaseModel], raw: Mapping[str, Any]) -> Iterator[Fault]:
    for key in raw:
        if key not in cls.model_fields:
            yield Fault((str(key),), f"unknown key `{key}`", choices(str(key), cls.model_fields))


def _again(error: ValidationError) -> Iterator[InitErrorDetails]:
    for one in error.errors(include_url=False):
        context = one.get("ctx", {})
        kind = fault(context["found"], context["expected"]) if one["type"] == "fault" else one["type"]
        yield InitErrorDetails(type=kind, loc=one["loc"], input=one["input"], ctx=context)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise fault(shown(name), "a time zone that the IANA data base knows, such as Europe/Vienna") from None
    return name


def _codec(name: str) -> str:
    try:
        "".encode(name)
    except (LookupError, ValueError):
        raise fault(shown(name), "a text encoding that Python knows, such as utf-8 or cp1252") from None
    return name


def _regex(pattern: str) -> str:
    try:
        pc.match_substring_regex(pa.array([""]), pattern)
    except pa.ArrowInvalid as error:
        raise fault(
            f"{shown(pattern)} ({str(error).splitlines()[0]})", "a regular expression in RE2's syntax"
        ) from None
    return pattern


def _as_text(value: Any) -> Any:
    """Read the bare `true`, `1` and `0.5` of YAML as the expressions they look like."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def _checked(check: Callable[[str], str]) -> Callable[[str], str]:
    def checked(text: str) -> str:
        try:
            return check(text)
        except UserSqlError as error:
            raise fault(error.found, error.expected) from None

    return checked


def _like(pattern: str, expected: str) -> AfterValidator:
    def matching(text: str) -> str:
        if re.fullmatch(pattern, text) is None:
            raise fault(shown(text), expected)
        return text

    return AfterValidator(matching)


def _printable(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise fault(repr(text[:80]), "text, not empty and without control characters")
    return text


Text = Annotated[str, Field(max_length=1_000), AfterValidator(_printable)]
Column = Text
Name = Annotated[
    str, _like(r"[a-z][a-z0-9_-]{0,62}", "lower-case letters, digits, _ and -, a letter first, at most 63")
]
Currency = Annotated[str, _like(r"[A-Z]{3}", "a currency's three letters, such as EUR")]
Memory = Annotated[str, _like(r"[1-9][0-9]{0,5}(\.[0-9]{1,3})? ?[MGT]i?B", "an amount such as 3GB or 800MB")]
Mark = Annotated[str, _like(r"[\t -~]", "one ASCII character")]
Count = Annotated[int, Field(gt=0, le=1_000_000_000, strict=True)]
Days = Annotated[int, Field(gt=0, le=36_500, strict=True)]
Number = Annotated[float, Field(allow_inf_nan=False, strict=True)]
Flag = Annotated[bool, Field(strict=True)]
Zone = Annotated[str, AfterValidator(_zone)]
Codec = Annotated[str, AfterValidator(_codec)]
Regex = Annotated[str, Field(min_length=1, max_length=10_000), AfterValidator(_regex)]
Expression = Annotated[
    str, Field(max_length=10_000), BeforeValidator(_as_text), AfterValidator(_checked(check_expression))
]
"""A scalar SQL expression (DuckDB's dialect) over the columns at hand, checked and in canonical spelling."""
Select = Annotated[str, Field(max_length=100_000), AfterValidator(_checked(check_select))]
"""One SELECT (DuckDB's dialect), checked and in canonical spelling."""
