"""Keys: keyed tokens for direct identifiers, and sealing of their plain values, one key a subject."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from customer_genome.core.errors import ProjectError

_NONCE = 12


class Keys:
    """The project's secrets, all derived from one master key of 32 bytes.

    Losing the master key makes the vault unreadable and direct identifiers unrecognisable; deleting one subject's
    wrapped key makes that subject's values unreadable, in backups too.
    """

    def __init__(self, master: bytes) -> None:
        self._token_key = _derive(master, b"token")
        self._wrap = AESGCM(_derive(master, b"wrap"))

    @classmethod
    def load(cls, path: Path, *, create: bool = False) -> Keys:
        """Read the master key from `path`, or make it there (readable by its owner only) if `create`."""
        if create and not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished = path.with_suffix(".part")
            unfinished.unlink(missing_ok=True)
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(base64.b64encode(os.urandom(32)))
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        try:
            master = base64.b64decode(path.read_bytes(), validate=True)
        except (FileNotFoundError, ValueError):
            master = b""
        if len(master) != 32:
            raise ProjectError(
                "the project's key cannot be read",
                found=f"{path}: missing or not 32 bytes in base64",
                fix="restore the file from your backup; without it direct identifiers cannot be recognised again",
            )
        return cls(master)

    def token(self, kind: str, value: str) -> str:
        """Return the token of a direct identifier: its type and a keyed digest of 128 bits."""
        mac = hmac.new(self._token_key, f"{kind}\0{value}".encode(), hashlib.sha256).digest()[:16]
        return f"{kind}:{base64.b32encode(mac).decode().rstrip('=').lower()}"

    def seal(self, token: str, value: str) -> tuple[bytes, bytes]:
        """Encrypt `value` under a new key of its own; returns (sealed value, wrapped key), both bound to `token`."""
        key = AESGCM.generate_key(256)
        return _encrypt(AESGCM(key), value.encode(), token), _encrypt(self._wrap, key, token)

    def open(self, token: str, sealed: bytes, wrapped: bytes) -> str:
        """Decrypt a sealed value; raises ProjectError if it was not sealed for `token` under this master key."""
        try:
            key = self._wrap.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], token.encode())
            return AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], token.encode()).decode()
        except InvalidTag:
            raise ProjectError("a vault entry does not open", found=f"token {token}") from None


def _encrypt(cipher: AESGCM, data: bytes, token: str) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + cipher.encrypt(nonce, data, token.encode())


def _derive(master: bytes, purpose: bytes) -> bytes:
    return hmac.new(master, b"customer-genome/" + purpose, hashlib.sha256).digest()
