"""Rows of a database's table, as Arrow tables, through dlt's sql_database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pyarrow as pa
import sqlalchemy as sa

from customer_genome.core.connect import Connect
from customer_genome.core.errors import SourceError
from customer_genome.core.model import choices

ROWS = 50_000
"""Rows that are fetched at once."""
_PATIENCE = 15
"""Seconds in which a server must have taken the call."""
_DRIVERS = {
    "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg",
    "mysql": "mysql+pymysql", "mariadb": "mysql+pymysql",
}  # fmt: skip


@contextmanager
def sql_rows(connect: Connect, *, url: str, root: Path) -> Iterator[Iterator[pa.Table]]:
    """Open the table and yield its new rows in batches; reads under `quiet_dlt`, which holds the cursor.

    SQLite keeps times as text, so they come as the text that is there: comparing them as anything else loses rows.
    """
    place = address(url, root=root)
    patience = (
        {"connect_timeout": _PATIENCE} if place.startswith(("postgresql+psycopg:", "mysql+pymysql:")) else {}
    )
    engine = sa.create_engine(place, connect_args=patience)
    try:
        yield iter(_resource(connect, engine))
    finally:
        engine.dispose()


def address(url: str, *, root: Path) -> str:
    """Return the URL with its driver; SQLite's is opened for reading only, looked up from the project's folder."""
    scheme, _, rest = url.partition("://")
    if not scheme.startswith("sqlite"):
        return f"{_DRIVERS.get(scheme, scheme)}://{rest}"
    path = Path(unquote(rest.removeprefix("/").partition("?")[0]))
    place = path if path.is_absolute() else (root / path).resolve()
    if not path.is_absolute() and not place.is_relative_to(root.resolve()):
        raise SourceError(
            f"the database {path} leads out of the project",
            expected=f"a path inside {root}",
            fix="move the file into the project, or write the absolute path if it is meant: sqlite:////path",
        )
    if not place.is_file():
        raise SourceError(
            f"the database {path} does not exist", expected=str(place), fix="correct the connection's url"
        )
    return f"sqlite:///file:{quote(str(place))}?mode=ro&uri=true"


def _resource(connect: Connect, engine: sa.Engine) -> Any:
    import dlt
    from dlt.sources.sql_database import sql_table

    schema, _, table = (connect.table or "").rpartition(".")
    _check(connect, engine, schema=schema or None, table=table)
    cursor: Any = None
    if connect.cursor is not None:
        cursor = dlt.sources.incremental(connect.cursor, on_cursor_value_missing="include")
    return sql_table(
        engine,
        table,
        schema=schema or None,
        incremental=cursor,
        chunk_size=ROWS,
        backend="pyarrow",
        included_columns=list(connect.columns) or None,
        primary_key=list(connect.key),
        table_adapter_callback=lambda table: _adapt(table, connect, stored=engine.dialect.name == "sqlite"),
    )


def _check(connect: Connect, engine: sa.Engine, *, schema: str | None, table: str) -> None:
    """Raise SourceError where the table or a column that is asked for is not there."""
    inspector = sa.inspect(engine)
    there = {*inspector.get_table_names(schema=schema), *inspector.get_view_names(schema=schema)}
    if table not in there:
        raise SourceError(
            f"there is no table {connect.table} in {connect.sql}", expected=choices(table, sorted(there))
        )
    columns = [column["name"] for column in inspector.get_columns(table, schema=schema)]
    wanted = [*connect.columns, *connect.key, *([connect.cursor] if connect.cursor else [])]
    missing = [name for name in dict.fromkeys(wanted) if name not in columns]
    if missing:
        raise SourceError(
            f"table {connect.table} of {connect.sql} lacks {len(missing)} column{'s' if len(missing) > 1 else ''}",
            found=", ".join(columns),
            expected=", ".join(missing),
            fix="correct `connect` in genome.yaml, or the table",
        )
    if connect.columns and not set(wanted) <= set(connect.columns):
        raise SourceError(
            f"the columns of {connect.table} leave out what the pull itself needs",
            expected=", ".join(name for name in wanted if name not in connect.columns),
            fix="add it to `columns`",
        )


class _AnyText(sa.TypeDecorator[str]):
    """Whatever is there, as text."""

    impl = sa.Text
    cache_ok = True

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> str | None:
        del dialect
        return None if value is None else str(value)


def _adapt(table: sa.Table, connect: Connect, *, stored: bool) -> None:
    """Give columns the types that `columns` names; with `stored`, let SQLite's come as they are stored.

    Those are text for times, and for decimals the binary numbers that SQLite has.
    """
    named: dict[str, Any] = {
        "text": _AnyText(),
        "number": sa.Float(),
        "integer": sa.BigInteger(),
        "boolean": sa.Boolean(),
    }
    for column in table.columns:
        declared = connect.columns.get(column.name, "any")
        if declared in named:
            column.type = named[declared]
        elif not stored:
            continue
        elif isinstance(column.type, sa.Date | sa.DateTime | sa.Time):
            column.type = sa.Text()
        elif isinstance(column.type, sa.Numeric) and not isinstance(column.type, sa.Float):
            column.type = sa.Float()
        elif isinstance(column.type, sa.JSON):
            column.type = sa.Text()
