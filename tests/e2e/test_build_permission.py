"""Nothing is read without a purpose, and what a customer refused is not shown, from the next read on."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import customer_genome
from customer_genome import Workspace
from customer_genome.core.errors import AccessDenied, GenomeError, NotFound, QueryError
from customer_genome.ledger import audit
from customer_genome.privacy import public_tables
from small_project import small_project
from tiny_company import company


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small shop, built; copy it before recording consents."""
    folder = small_project(tmp_path_factory.mktemp("permission") / "shop")
    customer_genome.open(folder).build()
    return folder


@pytest.fixture
def workspace(shop: Path, tmp_path: Path) -> Workspace:
    return customer_genome.open(shutil.copytree(shop, tmp_path / "copy"))


def ids(workspace: Workspace, query: str, purpose: str) -> set[str]:
    rows = workspace.sql(query, purpose=purpose)
    return {value for name in rows.schema.names for value in rows[name].to_pylist()}


@pytest.mark.parametrize("purpose", ["", "curiosity", "Analytics", "analytics; service"])
def test_an_undeclared_purpose_opens_nothing(shop: Path, purpose: str, tmp_path: Path) -> None:
    workspace = customer_genome.open(shop)
    with pytest.raises(AccessDenied, match="declared purpose"):
        workspace.sql("SELECT * FROM customers", purpose=purpose)
    with pytest.raises(AccessDenied):
        workspace.show("card:1", purpose=purpose)
    with pytest.raises(AccessDenied):
        workspace.predict(purpose=purpose)
    with pytest.raises(AccessDenied):
        workspace.best(purpose=purpose)
    with pytest.raises(AccessDenied):
        workspace.export("customers", purpose=purpose, out=tmp_path / "out.parquet")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("table", ["quarantine", "identifiers", "edges", "identity_events"])
def test_a_table_that_serves_another_purpose_is_closed(shop: Path, table: str) -> None:
    with pytest.raises(AccessDenied, match="not for this purpose"):
        customer_genome.open(shop).sql(f"SELECT * FROM {table}", purpose="analytics")


def test_a_purpose_that_needs_consent_shows_nobody_until_someone_agrees(workspace: Workspace) -> None:
    assert ids(workspace, "SELECT customer_id FROM customers", "marketing") == set()
    with pytest.raises(NotFound):
        workspace.show("card:1", purpose="marketing")
    workspace.consents.record("card:1", purpose="marketing", state="granted")
    one = workspace.show("card:1", purpose="marketing").customer_id
    assert ids(workspace, "SELECT customer_id FROM customers", "marketing") == {one}
    workspace.consents.record(one, purpose="marketing", state="withdrawn")
    assert ids(workspace, "SELECT customer_id FROM customers", "marketing") == set()
    assert [receipt["state"] for receipt in workspace.consents.history("card:1")][-1] == "withdrawn"
    assert ids(workspace, "SELECT customer_id FROM customers", "analytics")


def test_an_objection_bites_at_the_next_read_whatever_way_one_reads(
    workspace: Workspace, tmp_path: Path
) -> None:
    best, _ = workspace.best(purpose="analytics")
    twin = next(twin for twin in best["twin_id"].to_pylist() if twin is not None)
    other = next(row["customer_id"] for row in best.to_pylist() if row["twin_id"] == twin)
    workspace.consents.record(twin, purpose="analytics", state="objected")
    for name in public_tables():
        try:
            rows = workspace.sql(f"SELECT * FROM {name}", purpose="analytics")
        except AccessDenied:
            continue
        for column in rows.schema.names:
            assert twin not in rows[column].to_pylist(), f"{name}.{column}"
    ranked, _ = workspace.best(purpose="analytics")
    assert twin not in ranked["customer_id"].to_pylist() + ranked["twin_id"].to_pylist()
    assert other in ranked["customer_id"].to_pylist()
    assert twin not in workspace.similar(other, k=100, purpose="analytics")["customer_id"].to_pylist()
    assert twin not in workspace.predict(purpose="analytics")["customer_id"].to_pylist()
    assert twin not in workspace.predict(level="department", purpose="analytics")["customer_id"].to_pylist()
    for call in (workspace.show, workspace.similar):
        with pytest.raises(NotFound, match="refused"):
            call(twin, purpose="analytics")
    with pytest.raises(NotFound):
        workspace.compare(other, twin, purpose="analytics")
    with pytest.raises(NotFound):
        workspace.evidence(twin, "brand:Own", purpose="analytics")
    out = tmp_path / "customers.csv"
    workspace.export("customers", purpose="analytics", out=out)
    assert twin not in out.read_text(encoding="utf-8")
    assert workspace.show(twin, purpose="service").customer_id == twin
    workspace.build()
    assert twin not in ids(workspace, "SELECT customer_id, twin_id FROM best", "analytics")


def test_who_objects_to_service_leaves_identifiers_and_edges_too(workspace: Workspace) -> None:
    access = workspace.access()
    token = access.token_of("email", "card5@example.org")
    assert token in ids(workspace, "SELECT left_token, right_token FROM edges", "service")
    workspace.consents.record("card:5", purpose="service", state="objected")
    for query in ("SELECT left_token, right_token FROM edges", "SELECT token FROM identifiers"):
        assert not ids(workspace, query, "service") & {token, "card:5"}


def test_when_two_subjects_turn_out_to_be_one_the_stricter_answer_holds(tmp_path: Path) -> None:
    def sale(key: str, person: str, email: str) -> tuple[str, ...]:
        return (key, person, email, "buy", "tea", "2024-01-02T10:00:00", "1", "2.50", "")

    rows = [sale("1", "ann", ""), sale("2", "bob", "")]
    made = company(tmp_path, rows=rows)
    made.open().build()
    made.open().consents.record("person:ann", purpose="marketing", state="granted")
    made.open().consents.record("person:bob", purpose="marketing", state="objected")
    assert made.open().sql("SELECT * FROM customers", purpose="marketing").num_rows == 1
    made.write([*rows, sale("3", "ann", "x@example.org"), sale("4", "bob", "x@example.org")])
    made.open().build()
    assert made.open().status().customers == 1
    assert made.open().sql("SELECT * FROM customers", purpose="marketing").num_rows == 0
    made.open().consents.record("person:ann", purpose="marketing", state="granted")
    assert made.open().sql("SELECT * FROM customers", purpose="marketing").num_rows == 1


def test_claims_and_facts_of_a_source_stay_with_the_purposes_it_names(workspace: Workspace) -> None:
    for table in ("claims", "facts"):
        assert workspace.sql(f"SELECT * FROM {table}", purpose="analytics").num_rows == 40
        assert workspace.sql(f"SELECT * FROM {table}", purpose="personalisation").num_rows == 0


@pytest.mark.parametrize(
    ("customer", "purpose", "state"),
    [("card:1", "curiosity", "granted"), ("card:1", "marketing", "maybe"), ("nobody", "marketing", "granted"),
     ("car:1", "marketing", "granted"), ("email:none", "marketing", "granted")],
)  # fmt: skip
def test_a_receipt_that_makes_no_sense_is_refused(
    shop: Path, customer: str, purpose: str, state: str
) -> None:
    with pytest.raises(GenomeError):
        customer_genome.open(shop).consents.record(customer, purpose=purpose, state=state)
    assert customer_genome.open(shop).consents.history("card:1") == []


def test_consent_can_come_before_the_customer(workspace: Workspace) -> None:
    workspace.consents.record("card:4711", purpose="marketing", state="granted")
    assert workspace.consents.history("card:4711")[0]["state"] == "granted"


def test_the_audit_names_every_read_and_no_person(workspace: Workspace) -> None:
    shown = workspace.show("email:card7@example.org")
    workspace.sql(f"SELECT * FROM customers WHERE customer_id = '{shown.customer_id}'", purpose="analytics")
    workspace.consents.record("card:7", purpose="marketing", state="granted")
    assert audit.broken_at(workspace.folder.ledger) is None
    with workspace.folder.ledger.connect() as connection:
        rows = [str(tuple(row)) for row in connection.exec_driver_sql("SELECT * FROM audit ORDER BY id")]
    assert "'analytics', 'sql', 'customers', 1" in rows[-2]
    text = "\n".join(rows)
    assert not [word for word in ("card7", "card:7", shown.customer_id) if word in text]


REACHING_OUT = (
    "SELECT * FROM read_text('/etc/passwd')", "SELECT * FROM '/etc/passwd'", 'SELECT * FROM "/etc/passwd"',
    "SELECT * FROM read_csv(['/etc/passwd'])", "SELECT * FROM read_blob('{folder}/keys/master.key')",
    "SELECT * FROM '{folder}/lake/base/interactions/*.parquet'", "SELECT * FROM glob('{folder}/**')",
    "SELECT * FROM sqlite_scan('{folder}/ledger.db', 'vault')", "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_secrets()", "SELECT * FROM parquet_metadata('{folder}/lake/base/items/x.parquet')",
    "SELECT * FROM query('SELECT * FROM membership')", "SELECT * FROM query_table('membership')",
    "SELECT * FROM membership", 'SELECT * FROM "membership"', "SELECT * FROM MEMBERSHIP", "SELECT * FROM main.membership",
    "SELECT * FROM tokens", "SELECT * FROM links", "SELECT * FROM reference", "SELECT * FROM _stored_interactions",
    "SELECT * FROM _refused", "SELECT * FROM vault", "SELECT * FROM memory.main.customers.x", "SELECT * FROM held",
    "SELECT * FROM customers, (SELECT * FROM membership) AS m", "SELECT (SELECT MAX(token) FROM membership)",
    "WITH membership AS (SELECT * FROM tokens) SELECT * FROM membership", "SELECT * FROM quarantine",
    "SELECT 1; SELECT 2", "COPY (SELECT 1) TO '{folder}/out.csv'", "ATTACH '{folder}/ledger.db'", "PRAGMA database_list",
    "SET enable_external_access = true", "RESET lock_configuration", "INSTALL httpfs", "LOAD httpfs", "CALL pragma_version()",
    "CREATE TABLE x AS SELECT 1", "INSERT INTO customers SELECT * FROM customers", "DELETE FROM customers", "DESCRIBE customers",
    "EXPORT DATABASE '{folder}/out'", "EXPLAIN SELECT 1", "VACUUM", "CHECKPOINT", "SELECT * FROM touched_interactions",
    "SELECT", "", ";", "-- nothing", "SELECT 'abc", "SELECT " + "(" * 4000, "SELECT CAST(customer_id AS INTEGER) FROM customers",
    "SELECT nope FROM customers", "SELECT * FROM nothing", "SELECT getenv('HOME')", "SELECT error('x')", "\0", "SELECT \0",
)  # fmt: skip


def files_of(folder: Path) -> list[str]:
    """List a project's files, but for those that SQLite keeps beside the ledger while it is open."""
    return sorted(
        path.name for path in folder.iterdir() if path.name not in ("ledger.db-wal", "ledger.db-shm")
    )


@pytest.mark.parametrize("query", REACHING_OUT)
def test_sql_reaches_nothing_beyond_what_the_purpose_may_see(shop: Path, query: str) -> None:
    before = files_of(shop)
    with pytest.raises((QueryError, AccessDenied)) as error:
        customer_genome.open(shop).sql(query.replace("{folder}", str(shop)), purpose="analytics")
    assert "Traceback" not in str(error.value)
    assert files_of(shop) == before


SEEN = (
    "SELECT customer_id FROM CUSTOMERS", 'SELECT customer_id FROM "customers"', "FROM customers SELECT customer_id",
    "SELECT customer_id FROM main.customers", "WITH c AS (SELECT * FROM customers) SELECT customer_id FROM c",
    "WITH customers AS (SELECT * FROM customers) SELECT customer_id FROM customers",
    "SELECT a.customer_id FROM customers AS a JOIN Phases USING (customer_id)", ("SELECT customer_id FROM customers UNION SELECT "
    "customer_id FROM expressions"), "SELECT DISTINCT customer_id FROM interactions",
    "SELECT customer_id FROM (SELECT * FROM customers)", "SELECT MIN(customer_id) FROM customers GROUP BY customer_id",
    "SELECT customer_id FROM customers WHERE EXISTS (SELECT 1 FROM claims)", "(SELECT customer_id FROM customers)",
    "SELECT customer_id FROM customers -- ; SELECT * FROM membership", "SELECT customer_id FROM customers;",
)  # fmt: skip


def test_however_a_query_is_written_it_sees_the_same_customers(workspace: Workspace) -> None:
    everyone = ids(workspace, "SELECT customer_id FROM customers", "analytics")
    gone = workspace.show("card:3").customer_id
    workspace.consents.record(gone, purpose="analytics", state="objected")
    for query in SEEN:
        found = ids(workspace, query, "analytics")
        assert found == everyone - {gone}, query


@pytest.mark.parametrize("query", ["SELECT * FROM information_schema.tables", "SELECT * FROM sqlite_master",
                                   "SELECT * FROM pg_catalog.pg_tables", "SELECT * FROM duckdb_settings"])  # fmt: skip
def test_the_catalogue_of_the_session_knows_neither_tables_nor_paths(shop: Path, query: str) -> None:
    try:
        rows = customer_genome.open(shop).sql(query, purpose="analytics")
    except QueryError:
        return
    text = str(rows.to_pylist())
    assert not [word for word in ("membership", "_stored_", str(shop), ".tmp") if word in text]
