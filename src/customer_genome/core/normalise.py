"""One spelling for each identifier value, so that two sources that mean the same write the same token."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Literal

_PLAIN = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
_LONGEST_LOCAL, _LONGEST_PLAIN = 64, 200
"""Characters: what is longer is checked as a whole, since its limits (64, 254) are not the domain's alone."""

Normalise = Literal["none", "email", "phone", "lower"]


def normalise(value: str, *, how: Normalise) -> str | None:
    """Return the canonical spelling of `value`, or None where it is no identifier of that kind."""
    return _HOW[how](value)


def _email(value: str) -> str | None:
    """Check a whole address, or of a plain one its domain: most addresses share few domains."""
    local, _, domain = value.lower().rpartition("@")
    if not _PLAIN.fullmatch(local) or len(local) > _LONGEST_LOCAL or len(value) > _LONGEST_PLAIN:
        return _address(value)
    known = _domain(domain)
    return f"{local}@{known}" if known is not None else None


@lru_cache(maxsize=65_536)
def _domain(domain: str) -> str | None:
    found = _address(f"a@{domain}")
    return found.removeprefix("a@") if found is not None else None


def _address(value: str) -> str | None:
    from email_validator import EmailNotValidError, validate_email

    try:
        found = validate_email(value.lower(), check_deliverability=False, allow_smtputf8=True)
    except EmailNotValidError:
        return None
    return found.normalized


def _phone(value: str) -> str | None:
    import phonenumbers

    written = "+" + value[2:] if value.startswith("00") else value
    try:
        number = phonenumbers.parse(written, None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


_HOW: dict[Normalise, Callable[[str], str | None]] = {
    "none": lambda value: value,
    "lower": lambda value: value.lower(),
    "email": _email,
    "phone": _phone,
}
