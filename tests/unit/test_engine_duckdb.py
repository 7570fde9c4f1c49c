"""The embedded engine: what is bound is seen, what fails fails as one kind of error, the sandbox holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from customer_genome.core.errors import QueryError
from customer_genome.engine import DuckDBEngine

ROWS = pa.table({"a": [1, 2, 3], "b": ["x", "y", None]})


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[DuckDBEngine]:
    made = DuckDBEngine(threads=2, memory="500MB", spill=str(tmp_path / "spill"))
    yield made
    made.close()


def test_binding_a_name_again_replaces_it(engine: DuckDBEngine, tmp_path: Path) -> None:
    pq.write_table(ROWS, tmp_path / "it's.parquet")
    engine.bind_table("t", ROWS)
    engine.bind_view("t", "SELECT 1 AS one")
    assert engine.table("SELECT * FROM t").to_pylist() == [{"one": 1}]
    engine.bind_files("t", [str(tmp_path / "it's.parquet")], schema=ROWS.schema)
    assert engine.table("SELECT * FROM t") == ROWS
    engine.materialise("t", "SELECT 2 AS two")
    engine.materialise("t", "SELECT 3", add=True)
    assert engine.table("SELECT SUM(two) AS s FROM t").to_pylist() == [{"s": 5}]
    engine.bind_table("t", ROWS)
    assert engine.table("SELECT COUNT(*) AS n FROM t").to_pylist() == [{"n": 3}]


def test_no_files_are_a_table_without_rows(engine: DuckDBEngine) -> None:
    engine.bind_files("t", [], schema=ROWS.schema)
    assert engine.table("SELECT * FROM t").num_rows == 0
    assert engine.table("SELECT * FROM t").schema == ROWS.schema


def test_values_are_bound_and_never_read_as_sql(engine: DuckDBEngine) -> None:
    sly = "'; DROP TABLE t; --"
    assert engine.table("SELECT $v AS v", params={"v": sly, "unused": 1}).to_pylist() == [{"v": sly}]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT",
        "SELECT nope FROM t",
        "SELECT CAST(b AS INTEGER) FROM t",
        "SELECT * FROM nowhere",
        "SELECT error('no')",
    ],
)
def test_whatever_is_wrong_with_a_query_is_a_query_error(engine: DuckDBEngine, text: str) -> None:
    engine.bind_table("t", ROWS)
    with pytest.raises(QueryError) as error:
        engine.table(text)
    assert error.value.found
    with pytest.raises(QueryError):
        engine.materialise("kept", text)


def test_a_failure_after_thousands_of_good_rows_is_a_query_error_too(engine: DuckDBEngine) -> None:
    with pytest.raises(QueryError, match="Conversion"):
        engine.table(
            "SELECT CAST(CASE WHEN i = 299999 THEN 'x' ELSE '1' END AS INTEGER) AS v FROM RANGE(300000) AS r(i)"
        )


def test_the_sandbox_reads_its_tables_and_no_file(
    engine: DuckDBEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".tmp").mkdir()
    pq.write_table(ROWS, tmp_path / ".tmp" / "near.parquet")
    engine.bind_table("outside", ROWS)
    inner = engine.sandbox({"t": ROWS})
    assert inner.table("SELECT * FROM t") == ROWS
    for text in (
        "SELECT * FROM outside", "SELECT * FROM '.tmp/near.parquet'", f"SELECT * FROM '{tmp_path}/.tmp/near.parquet'",
        "COPY t TO '.tmp/out.csv'", "ATTACH '.tmp/x.db'", "SET enable_external_access = true", "SET threads = 1",
        "SELECT * FROM ROWS", "SELECT * FROM inner",
    ):  # fmt: skip
        with pytest.raises(QueryError):
            inner.table(text)
    assert [path.name for path in (tmp_path / ".tmp").iterdir()] == ["near.parquet"]
    inner.close()
