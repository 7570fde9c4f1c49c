"""Tokens are keyed and stable; sealed values open for their own token and key alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_genome.core.errors import ProjectError
from customer_genome.privacy import Keys

MINE, OTHER = Keys(b"a" * 32), Keys(b"b" * 32)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=50)


@given(TEXT, TEXT)
def test_a_token_is_stable_and_says_nothing_of_the_value(kind: str, value: str) -> None:
    token = MINE.token(kind, value)
    assert token == MINE.token(kind, value)
    assert token != OTHER.token(kind, value)
    digest = token.removeprefix(f"{kind}:")
    assert len(digest) == 26
    assert digest.isalnum()


@given(TEXT, TEXT)
def test_different_values_and_kinds_have_different_tokens(one: str, other: str) -> None:
    assert (MINE.token("email", one) == MINE.token("email", other)) == (one == other)
    assert MINE.token("email", one) != MINE.token("phone", one)


@given(TEXT)
def test_a_sealed_value_opens_to_itself_and_never_looks_the_same_twice(value: str) -> None:
    sealed, wrapped = MINE.seal("email:x", value)
    assert MINE.open("email:x", sealed, wrapped) == value
    assert MINE.seal("email:x", value) != (sealed, wrapped)
    assert len(value) < 4 or value.encode() not in sealed


@pytest.mark.parametrize("part", ["sealed", "wrapped", "token", "key"])
def test_a_sealed_value_that_was_tampered_with_does_not_open(part: str) -> None:
    sealed, wrapped = MINE.seal("email:x", "ann@example.org")
    parts = {
        "sealed": sealed[:-1] + bytes([sealed[-1] ^ 1]) if part == "sealed" else sealed,
        "wrapped": wrapped[:-1] + bytes([wrapped[-1] ^ 1]) if part == "wrapped" else wrapped,
    }
    keys = OTHER if part == "key" else MINE
    with pytest.raises(ProjectError, match="does not open"):
        keys.open("email:y" if part == "token" else "email:x", parts["sealed"], parts["wrapped"])


@pytest.mark.parametrize("content", [b"", b"too short", b"!" * 44])
def test_a_key_file_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "master.key").write_bytes(content)
    with pytest.raises(ProjectError, match="key cannot be read"):
        Keys.load(tmp_path / "master.key", create=True)


def test_a_key_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "master.key"
    made = Keys.load(path, create=True)
    assert Keys.load(path, create=True).token("email", "a") == made.token("email", "a")
