"""Every SQL step says what it is, is valid DuckDB and can be transpiled to Spark."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import pytest
import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "customer_genome"
FILES = sorted(PACKAGE.rglob("*.sql"))
KEYS = ("name", "reads", "writes", "grain")

each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())


def header(text: str) -> dict[str, str]:
    """Read the `-- key: value` lines at the top of a SQL file."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        if match := re.match(r"--\s*(\w+):\s*(.*?)\s*$", line):
            found[match[1]] = match[2]
    return found


def tables_read(statement: exp.Expression) -> set[str]:
    """List the tables that a statement reads, its own CTEs and table functions aside."""
    own = {cte.alias for cte in statement.find_all(exp.CTE)}
    return {table.name for table in statement.find_all(exp.Table) if table.name} - own


def test_there_is_sql_to_check() -> None:
    assert FILES


@each_file
def test_the_header_says_what_the_step_is(path: Path) -> None:
    found = header(path.read_text(encoding="utf-8"))
    assert [key for key in KEYS if key not in found] == []
    assert found["name"] == path.stem
    assert found["writes"]
    assert found["grain"]


@each_file
def test_it_reads_what_the_header_says(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    declared = {name.strip() for name in header(text)["reads"].split(",")} - {""}
    assert tables_read(sqlglot.parse_one(text, read="duckdb")) == declared


@each_file
def test_it_is_one_statement_that_duckdb_understands(path: Path) -> None:
    with duckdb.connect(":memory:") as connection:
        assert len(connection.extract_statements(path.read_text(encoding="utf-8"))) == 1


@each_file
def test_it_transpiles_to_spark(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    (spark,) = sqlglot.transpile(text, read="duckdb", write="spark", unsupported_level=ErrorLevel.RAISE)
    sqlglot.parse_one(spark, read="spark")  # what came out can be read again


def test_tables_read_leaves_ctes_aside() -> None:
    statement = sqlglot.parse_one(
        "WITH a AS (SELECT 1 FROM b) SELECT * FROM a JOIN c USING (x)", read="duckdb"
    )
    assert tables_read(statement) == {"b", "c"}
