"""One spelling for each identifier value, so that two sources that mean the same write the same token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

Normalise = Literal["none", "email", "phone", "lower"]


def normalise(value: str, *, how: Normalise) -> str | None:
    """Return the canonical spelling of `value`, or None where it is no identifier of that kind."""
    return _HOW[how](value)


def _email(value: str) -> str | None:
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
