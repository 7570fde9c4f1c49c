"""No direct identifier lies anywhere in the open: tokens in the lake, sealed values in the vault, nothing else."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from customer_genome.core.errors import ProjectError
from customer_genome.ledger import vault
from customer_genome.privacy import Keys
from tiny_company import COLUMNS, HEAD, SALES, Company, company, stored_bytes

SOURCES = SALES.replace("{person: person, email: email}", "{person: person, email: email, phone: phone, member: member}") + """\
  frames:
    department: shop
    path: data/frame.parquet
    interactions: {identifiers: {person: person}, verb: view, item: item, occurred_at: at}
  asked:
    department: shop
    path: data/asked.csv
    claims: {identifiers: {member: member}, attributes: {age: age, contact: contact}}
  plain:
    department: shop
    path: data/plain.csv
    interactions: {identifiers: {person: person}, verb: view, item: item, occurred_at: at}
"""  # fmt: skip
COLUMNS_HERE = (*COLUMNS, "phone", "member")
SECRETS = (
    "jane.doe@example.org", "Jane.Doe", "+43 664 1234567", "+436641234567", "M-77-secret", "M-78-quarantined",
    "M-79-malformed", "M-80-conflict", "M-81-claimed", "hidden@example.net", "0043 1 5877555", "4111 1111 1111 1111",
    "4111111111111111", "josé.núñez@exämple.org", "wrong@at", "jane dot doe", "second@example.com", "broken@example.com",
    "cut.off@example.com", "newline@example.com", "+1 212 555 0100", "in.a.time@example.org", "in.a.verb@example.org",
)  # fmt: skip


def sale(
    key: str, *, note: str = "", email: str = "", phone: str = "", member: str = "", **changed: str
) -> tuple[str, ...]:
    cells = {
        "person": "",
        "verb": "buy",
        "item": "tea",
        "at": "2024-01-02T10:00:00",
        "quantity": "1",
        "paid": "2.5",
    }
    cells |= changed
    return (key, cells["person"], email, cells["verb"], cells["item"], cells["at"], cells["quantity"], cells["paid"],
            note, phone, member)  # fmt: skip


def bad_sales() -> list[tuple[str, ...]]:
    return [
        sale("1", email="Jane.Doe@Example.org", phone="+43 664 1234567", member="M-77-secret"),
        sale(
            "2",
            person="jane",
            email="jane.doe@example.org",
            note="call 0043 1 5877555 or hidden@example.net",
        ),
        sale("3", person="jane", note="paid with 4111 1111 1111 1111\nnewline@example.com"),
        sale("4", person="jane", note="also josé.núñez@exämple.org"),
        sale("5", member="M-78-quarantined", verb="bye"),
        sale("6", email="wrong@at", phone="12"),
        sale("7", email="jane dot doe"),
        sale("1", email="jane.doe@example.org", member="M-80-conflict", item="bread"),
        sale("8", person="jane", at="in.a.time@example.org", member="M-78-quarantined"),
        sale("9", person="jane", verb="in.a.verb@example.org"),
        (*sale("10", member="M-79-malformed"), "one", "too", "many"),
    ]


def bad_frame() -> pa.Table:
    return pa.table({
        "person": ["jane", "joe"], "item": ["tea", "tea"], "at": pa.array([0, 1], pa.timestamp("us", "UTC")),
        "card_as_number": [4111111111111111.0, None], "card_as_text": [None, "4111111111111111"],
        "card_as_whole": pa.array([None, 4111111111111111], pa.int64()),
        "nested": [{"mail": "second@example.com"}, {"mail": None}],
    })  # fmt: skip


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Company:
    """A company whose rows hold direct identifiers wherever rows can hold them."""
    folder = tmp_path_factory.mktemp("secrets") / "shop"
    made = company(folder, sources=SOURCES)
    made.write(bad_sales(), columns=COLUMNS_HERE)
    pq.write_table(bad_frame(), folder / "data" / "frame.parquet")
    made.write(
        [("M-81-claimed", "44", "+1 212 555 0100")], columns=("member", "age", "contact"), name="asked.csv"
    )
    (folder / "data" / "plain.csv").write_text(
        "person,item,at,note\njane,tea,2024-01-02,fine\njane,broken@example.com\n"
        "jane,tea,2024-01-03,x,y," + "w" * 478 + " cut.off@example.com\n",
        encoding="utf-8",
    )
    made.open().build()
    made.open().show("email:jane.doe@example.org")
    made.open().consents.record("phone:+43 664 1234567", purpose="marketing", state="granted")
    return made


@pytest.fixture(scope="module")
def stored(built: Company) -> bytes:
    return stored_bytes(built.folder)


@pytest.mark.parametrize("secret", SECRETS)
def test_no_file_of_the_lake_or_the_ledger_holds_a_direct_identifier(stored: bytes, secret: str) -> None:
    for spelled in {secret, secret.lower(), json.dumps(secret)[1:-1]}:
        assert spelled.encode() not in stored


def test_the_search_would_find_them(stored: bytes, built: Company) -> None:
    assert b"person:jane" in stored
    assert b"[e-mail removed]" in stored
    assert b"[card number removed]" in stored
    assert b"[direct identifier removed]" in stored
    assert "jane.doe@example.org" in (built.folder / "data" / "sales.csv").read_text(encoding="utf-8")


def test_every_row_is_accounted_for(built: Company) -> None:
    assert built.account() == (11, 4, 0, 7, 0)
    assert built.account("plain") == (3, 1, 0, 2, 0)
    assert len(built.quarantine()) == 9


def test_screened_properties_are_still_json(built: Company) -> None:
    texts = [each["properties"] for each in built.interactions() if each["source"] == "sales"]
    notes = [json.loads(text)["note"] for text in texts]
    assert "paid with [card number removed][e-mail removed]" in notes
    assert "call [phone number removed] or [e-mail removed]" in notes
    assert "also [e-mail removed]" in notes
    assert all(set(json.loads(text)) == {"note"} for text in texts)


def test_a_quarantined_row_keeps_what_is_not_personal(built: Company) -> None:
    row = next(each for each in built.quarantine() if each["reason"] == "unknown verb: bye")
    assert json.loads(row["row"])["verb"] == "bye"
    assert json.loads(row["row"])["member"] == "[direct identifier removed]"


def test_the_vault_gives_back_what_was_swapped_and_only_under_its_key(built: Company) -> None:
    workspace = built.open()
    token = workspace.access().token_of("email", "jane.doe@example.org")
    sealed, wrapped = vault.fetch(workspace.folder.ledger, [token])[token]
    assert workspace.folder.keys.open(token, sealed, wrapped) == "jane.doe@example.org"
    with pytest.raises(ProjectError, match="does not open"):
        Keys(b"x" * 32).open(token, sealed, wrapped)
    with pytest.raises(ProjectError, match="does not open"):
        workspace.folder.keys.open("email:other", sealed, wrapped)
    assert token.startswith("email:")
    assert token in vault.known(workspace.folder.ledger)


def test_tokens_of_two_projects_have_nothing_in_common(built: Company, tmp_path: Path) -> None:
    other = company(tmp_path).open()
    access = built.open().access()
    assert other.folder.keys.token("email", "a@example.org") != access.token_of("email", "a@example.org")
    assert access.token_of("email", "a@example.org") == built.open().access().token_of(
        "email", "a@example.org"
    )


def test_the_key_is_for_its_owner_alone_and_its_loss_is_said(built: Company, tmp_path: Path) -> None:
    assert (built.folder / "keys" / "master.key").stat().st_mode & 0o077 == 0
    made = company(tmp_path)
    made.open()
    (tmp_path / "keys" / "master.key").unlink()
    with pytest.raises(ProjectError, match="key cannot be read"):
        made.open()


def test_the_erased_do_not_come_back_not_even_into_the_vault(tmp_path: Path) -> None:
    made = company(tmp_path, head=HEAD)
    token = made.open().folder.keys.token("email", "ann@example.org")
    with sqlite3.connect(tmp_path / "ledger.db") as ledger:
        ledger.execute("INSERT INTO suppressions VALUES (?, '2024-01-01')", (token,))
    made.open().build()
    assert made.account() == (3, 1, 0, 0, 2)
    assert token not in vault.known(made.open().folder.ledger)
    assert token.encode() not in b"".join(
        path.read_bytes() for path in (tmp_path / "lake").rglob("*.parquet")
    )
