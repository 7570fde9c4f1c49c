"""Identifiers of our own making: stable, derived from content, never random."""

from __future__ import annotations

import base64
import hashlib


def digest(*parts: str, size: int = 10) -> str:
    """Return a lower-case base32 digest of `parts` (unambiguous: lengths are hashed too), 8/5 × `size` characters."""
    hasher = hashlib.blake2b(digest_size=size)
    for part in parts:
        data = part.encode()
        hasher.update(len(data).to_bytes(8, "little"))
        hasher.update(data)
    return base64.b32encode(hasher.digest()).decode().rstrip("=").lower()


def token_of(kind: str, value: str) -> str:
    """Return the token of an identifier that is not direct: its type and its value in the open."""
    return f"{kind}:{value}"
