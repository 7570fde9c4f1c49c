"""One spelling for each address: the quick way says what the validator says, about every address."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customer_genome.core.normalise import _address, normalise

LOCAL = st.one_of(
    st.text('ab.9_-+@ "é', max_size=6),
    st.sampled_from(["info", "a" * 64, "a" * 65, "Ann.Lee", ".a", "a.", "a..b"]),
)
DOMAIN = st.one_of(
    st.text("ab.-9é", max_size=8),
    st.sampled_from(
        ["example.com", "Example.COM", "gmail.com", "test", "localhost", "a.test", "bücher.de", "xn--bcher-kva.de",
         "[127.0.0.1]", "com", "a" * 63 + ".com", "a" * 64 + ".com", ".".join(["abcdefgh"] * 27) + ".com", "x.local"]
    ),
)  # fmt: skip


@settings(max_examples=600)
@given(LOCAL, DOMAIN, st.sampled_from(["@", "", " @", "@@"]))
def test_every_address_is_spelled_as_the_validator_spells_it(local: str, domain: str, at: str) -> None:
    value = f"{local}{at}{domain}"
    assert normalise(value, how="email") == _address(value)


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        ("Ann.Lee@Example.com", "ann.lee@example.com"),
        ("a@localhost", None),
        ("a@b", None),
        ("", None),
        ("@", None),
    ],
)
def test_plain_addresses(value: str, spelled: str | None) -> None:
    assert normalise(value, how="email") == spelled
