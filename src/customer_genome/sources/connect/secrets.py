"""Secrets: looked up in the environment and the keyring, and kept out of every message."""

from __future__ import annotations

import os
from urllib.parse import quote, quote_plus, unquote, urlsplit

from customer_genome.core.errors import SourceError

SERVICE = "customer-genome"
"""The name under which the keyring keeps the secrets."""


def find_secret(name: str, *, needed_by: str) -> str:
    """Return the secret `name` from the environment, else from the keyring; raises SourceError naming both places."""
    found = os.environ.get(name) or None
    keyring = "not asked"
    if found is None:
        found, keyring = _from_keyring(name)
    if found is None:
        raise SourceError(
            f"{needed_by}: the secret {name} is missing",
            found=f"environment variable {name}: not set; keyring entry {name} of {SERVICE}: {keyring}",
            fix=f"set the environment variable, or run: keyring set {SERVICE} {name}",
        )
    return found


def _from_keyring(name: str) -> tuple[str | None, str]:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return None, "the package keyring is not installed"
    try:
        found = keyring.get_password(SERVICE, name)
    except KeyringError as error:
        return None, f"no keyring can be used here ({type(error).__name__})"
    return found or None, "no such entry"


def hide(text: str, *secrets: str) -> str:
    """Return `text` with every secret, and what a URL among them holds, replaced by [secret]."""
    for part in sorted(_parts(secrets), key=len, reverse=True):
        text = text.replace(part, "[secret]")
    return text


def _parts(secrets: tuple[str, ...]) -> set[str]:
    plain = {secret for secret in secrets if secret}
    for secret in tuple(plain):
        try:
            password = urlsplit(secret).password if "://" in secret else None
        except ValueError:
            password = None
        if password:
            plain |= {password, unquote(password)}
    return {
        form for part in plain for form in (part, quote(part, safe=""), quote_plus(part), repr(part)[1:-1])
    }
