"""Every table has a contract that says everything, and what is stored keeps it."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import DeltaTable

import customer_genome
from customer_genome.core.errors import BuildError, ContractError
from customer_genome.engine import Lake
from customer_genome.privacy import public_tables
from customer_genome.tables import TABLES, Table, contract
from small_project import small_project

STORED = [name for name, table in TABLES.items() if table.layer != "view"]
READABLE = {
    pa.string(),
    pa.float64(),
    pa.int64(),
    pa.bool_(),
    pa.binary(),
    pa.timestamp("us", "UTC"),
    pa.list_(pa.float32()),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_contract_says_everything(name: str) -> None:
    table = contract(name)
    assert table.name == name
    assert table.meaning
    assert table.retention
    assert table.grain
    assert set(table.grain) <= set(table.names)
    assert len(set(table.names)) == len(table.columns)
    for column in table.columns:
        assert column.meaning, f"{name}.{column.name}"
        assert column.type in READABLE, f"{name}.{column.name}"


@pytest.mark.parametrize("name", TABLES)
def test_a_contract_fits_its_subject(name: str) -> None:
    table = contract(name)
    if table.subject == "customer":
        assert "customer_id" in table.names
    if table.subject == "token":
        assert {"token", "left_token"} & set(table.names)
    if table.subject == "none":
        assert "customer_id" not in table.names
    if table.by_customer:
        assert table.names[0] == table.grain[0] == "customer_id"
    if table.classification == "open":
        assert table.subject == "none"
    assert table.layer != "base" or table.subject != "customer"


def test_public_tables_are_those_of_the_design_and_a_few_more() -> None:
    core = {"interactions", "claims", "items", "item_dna", "facts", "phases", "expressions", "genes"}
    assert core <= set(public_tables())
    assert not {"membership", "tokens", "links", "reference", "generations"} & set(public_tables())


def test_a_table_without_a_contract_does_not_exist() -> None:
    with pytest.raises(ContractError, match="no table 'secrets'"):
        contract("secrets")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small shop, built twice: with an increment."""
    folder = small_project(tmp_path_factory.mktemp("tables") / "shop")
    customer_genome.open(folder).build()
    with (folder / "data" / "purchases.csv").open("a", encoding="utf-8") as file:
        file.write("9999-1,1,tea-0,2024-06-28T12:00:00+00:00,1,2.50,shop 1\r\n")
    with (folder / "data" / "survey.csv").open("a", encoding="utf-8") as file:
        file.write("41,card2@example.org,18-34\r\n")
    customer_genome.open(folder).build()
    return folder


def stored(project: Path, name: str) -> pa.Table | None:
    """Return the rows of a table at the version that is published."""
    workspace = customer_genome.open(project)
    pin = workspace.snapshot.pins.get(name)
    if pin is None:
        return None
    table = DeltaTable(str(project / "lake" / pin[0] / name), version=pin[1])
    schema = contract(name).stored
    files = [pq.read_table(file, partitioning=None) for file in table.file_uris()]
    for file in files:
        assert file.schema.names == schema.names, name
    return pa.concat_tables([schema.empty_table(), *(file.cast(schema) for file in files)])


FORETOLD = ("forecasts", "model_cards", "model_subjects", "models")
"""Tables that `genome predict` fills and no build."""
OF_ACCOUNTS = ("account_members", "account_steps", "accounts", "account_phases", "gene_readings")
"""Tables of projects with accounts, or with phases that look at genes: tests/e2e/test_build_journey.py builds them."""


@pytest.mark.parametrize("name", STORED)
def test_stored_rows_keep_their_contract(project: Path, name: str) -> None:
    rows, table = stored(project, name), contract(name)
    if rows is None:
        assert name in {"quarantine", "declared_dna", "identity_events", *FORETOLD, *OF_ACCOUNTS}, (
            f"{name} was never written"
        )
        return
    grain = [*table.grain, "generation"] if table.by_customer else list(table.grain)
    distinct = rows.select(grain).group_by(grain).aggregate([])
    assert distinct.num_rows == rows.num_rows, (
        f"{name}: {rows.num_rows - distinct.num_rows} rows share their {grain}"
    )


def test_every_table_that_has_rows_to_hold_holds_some(project: Path) -> None:
    empty = {name for name in STORED if not (stored(project, name) or pa.table({})).num_rows}
    assert empty <= {
        "quarantine",
        "alarms",
        "declared_dna",
        "best_genes",
        "best_checks",
        "moves",
        "predictions",
        *FORETOLD,
        *OF_ACCOUNTS,
    }


@pytest.mark.parametrize("name", public_tables())
def test_what_readers_see_keeps_the_contract_too(project: Path, name: str) -> None:
    rows, table = (
        customer_genome.open(project).sql(f"SELECT * FROM {name}", purpose="service"),
        contract(name),
    )
    hidden = (
        {"token", "load_id", "claim_id"}
        if table.subject == "token" and "customer_id" not in table.names
        else set()
    )
    added = {"customer_id"} if hidden else set()
    assert set(rows.schema.names) == set(table.names) - hidden | added
    for field in rows.schema:
        if field.name in table.names:
            assert field.type == table.schema.field(field.name).type, f"{name}.{field.name}"
    if not hidden:
        distinct = rows.select(list(table.grain)).group_by(list(table.grain)).aggregate([])
        assert distinct.num_rows == rows.num_rows


def test_rows_that_break_a_contract_are_not_written(tmp_path: Path) -> None:
    lake, items = Lake(tmp_path), contract("phases")
    good = pa.table(
        {"customer_id": ["c1"], "phase": ["x"], "entered_at": pa.nulls(1), "left_at": pa.nulls(1)}
    )
    pin = lake.overwrite(items, good, branch="main")
    with pytest.raises(BuildError, match="phases lack columns"):
        lake.overwrite(items, good.drop_columns(["phase"]), branch="main")
    bad = good.set_column(2, "entered_at", pa.array(["yesterday"]))
    with pytest.raises(BuildError, match="phases cannot be written"):
        lake.overwrite(items, bad, branch="main")
    assert lake.latest("phases", branch="main") == pin.version
    assert sum(pq.read_metadata(file).num_rows for file in lake.files(pin)) == 1


def test_contracts_are_values() -> None:
    assert isinstance(hash(contract("items").grain), int)
    assert Table("x", "y", ("a",), ()) == Table("x", "y", ("a",), ())
