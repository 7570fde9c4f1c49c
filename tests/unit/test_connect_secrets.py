"""Secrets come from the environment, then the keyring, and leave through no message."""

from __future__ import annotations

from collections.abc import Iterator

import keyring
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keyring.backend import KeyringBackend
from keyring.errors import NoKeyringError

from customer_genome.core.errors import SourceError
from customer_genome.sources.connect.secrets import find_secret, hide


class Ring(KeyringBackend):
    """A keyring with one entry."""

    priority = 1

    def __init__(self, *, works: bool = True) -> None:
        super().__init__()
        self.works = works

    def get_password(self, service: str, username: str) -> str | None:
        if not self.works:
            raise NoKeyringError
        return {("customer-genome", "IN_RING"): "of the ring"}.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NotImplementedError

    def delete_password(self, service: str, username: str) -> None:
        raise NotImplementedError


@pytest.fixture(autouse=True)
def ring() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(Ring())
    yield
    keyring.set_keyring(before)


def test_the_environment_comes_before_the_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_secret("IN_RING", needed_by="source x") == "of the ring"
    monkeypatch.setenv("IN_RING", "of the environment")
    assert find_secret("IN_RING", needed_by="source x") == "of the environment"


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IN_RING", "")
    assert find_secret("IN_RING", needed_by="source x") == "of the ring"


def test_a_missing_secret_says_where_it_was_looked_for() -> None:
    with pytest.raises(SourceError, match="source x: the secret NOWHERE is missing") as error:
        find_secret("NOWHERE", needed_by="source x")
    assert error.value.found == (
        "environment variable NOWHERE: not set; keyring entry NOWHERE of customer-genome: no such entry"
    )


def test_a_machine_without_a_keyring_says_so() -> None:
    keyring.set_keyring(Ring(works=False))
    with pytest.raises(SourceError, match="no keyring can be used here"):
        find_secret("NOWHERE", needed_by="source x")


@pytest.mark.parametrize("text", ["p@ss/w:rd", "p%40ss%2Fw%3Ard", "postgresql://me:p%40ss%2Fw%3Ard@db/crm"])
def test_a_url_is_hidden_with_its_password_in_every_spelling(text: str) -> None:
    assert hide(f"no: {text}!", "postgresql://me:p%40ss%2Fw%3Ard@db/crm") == "no: [secret]!"


@given(st.text(), st.text(min_size=1), st.text())
def test_a_secret_is_never_in_what_is_said(before: str, secret: str, after: str) -> None:
    said = hide(f"{before}{secret}{after}", secret)
    assert secret not in said.replace("[secret]", "")
