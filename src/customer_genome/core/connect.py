"""What a source pulls, and how: the `connect` of `genome.yaml`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import Field

from customer_genome.core.connections import Location, Paginator, Params, kind_of
from customer_genome.core.model import Column, Fault, Model, Name, Place, Text, choices

ColumnType = Literal["any", "text", "integer", "number", "boolean", "json"]


class Each(Model):
    """Rows that a path is asked for one by one: `{path: /campaigns, data_selector: campaigns}`."""

    path: Text
    """Where those rows are; added to the service's base_url."""
    params: Params = Field(default_factory=dict)
    """Parameters of every request for them."""
    data_selector: Text | None = None
    """JSONPath of the list of rows in the answer; without it, it is found out."""
    paginator: Paginator | None = None
    """How pages follow, where it differs from the connection's."""
    field: Text = "id"
    """The column whose value stands for `{each}` in the source's `path`."""


class Since(Model):
    """How a service is asked for news only: `{param: updated_since, first: "2020-01-01T00:00:00Z"}`.

    Where the time stands inside another parameter (a query language, a filter), write `{since}` there instead of
    giving `param`.
    """

    param: Text | None = None
    """The parameter that sends the last value of the cursor."""
    first: Text | int
    """What is sent the first time; also of the kind that the cursor is."""
    convert: Literal["none", "epoch", "utc"] = "none"
    """`epoch` sends a time as seconds since 1970, `utc` as 2026-01-31T12:00:00Z."""


class Connect(Model):
    """Where a source pulls its rows from: `{sql: crm, table: contacts, cursor: updated_at}`.

    It has exactly one of `sql`, `rest` and `files`. The rows arrive typed; nested objects and lists are JSON text, into
    which json_extract_string reaches. A source's `query`, if it has one, reads them as the table `received`.
    """

    sql: Name | None = None
    """A table of this connection, which is a database."""
    table: Text | None = None
    """For sql: the table or view; `schema.table` where it is not in the default schema."""
    rest: Name | None = None
    """Rows of this connection, which is a service."""
    path: Text | None = None
    """For rest: added to the service's base_url; `{each}` in it stands for a row of `each`."""
    each: Each | None = None
    """For rest: other rows, for each of which the path is asked once."""
    params: Params = Field(default_factory=dict)
    """For rest: parameters of every request."""
    data_selector: Text | None = None
    """For rest: JSONPath of the list of rows in the answer; without it, it is found out."""
    paginator: Paginator | None = None
    """For rest: how pages follow, where it differs from the connection's."""
    since: Since | None = None
    """For rest: how news alone is asked for; needs `cursor`."""
    explode: Column | None = None
    """For rest: a list in each row; each of its entries becomes a row, beside the outer row's other columns."""
    files: Location | None = None
    """A folder or bucket of files, such as s3://bucket/prefix or data/exports; new and changed files are read."""
    glob: Text = "**/*"
    """For files: which of them, such as `**/*.parquet`."""
    store: Name | None = None
    """For files: the connection with the options of the store."""
    objects: tuple[Column, ...] = ()
    """For rest and files: columns that are lists of {key, value}; each becomes one JSON object, key to value."""
    cursor: Text | None = None
    """For sql and rest: the column (for rest a JSONPath) that never falls as rows are added or changed: only rows from
    its last value on are pulled. Without it everything is pulled each time."""
    key: tuple[Column, ...] = ()
    """For sql and rest: columns that name a row in the service; a row that comes back changed replaces what was stored
    of it. Without it, another content under the same key of the mapping is quarantined."""
    columns: dict[Column, ColumnType] = Field(default_factory=dict)
    """For sql and rest: the columns to pull, a list, or name to type; for rest one that no row has is then empty."""

    @classmethod
    def prepared(cls, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        """Read a list of columns as columns of any type."""
        given = raw.get("columns")
        if isinstance(given, list | tuple):
            return {**raw, "columns": {str(name): "any" for name in given}}
        return raw

    @property
    def label(self) -> str:
        """Return what is pulled, in a few words without a secret."""
        if self.sql is not None:
            return f"table {self.table} of {self.sql}"
        return f"{self.path} of {self.rest}" if self.rest is not None else f"{self.files} ({self.glob})"

    @property
    def connection(self) -> str | None:
        """Return the name of the connection that it needs."""
        return self.sql or self.rest or self.store

    @classmethod
    def faults(cls, raw: Mapping[str, Any]) -> Iterator[Fault]:
        """One place to pull from, with the keys that belong to its kind."""
        kinds = [key for key in ("sql", "rest", "files") if raw.get(key) is not None]
        if len(kinds) != 1:
            found = " and ".join(f"`{key}`" for key in kinds) or "none of them"
            yield Fault((), found, "exactly one of `sql`, `rest` and `files`")
            return
        for key, belongs in _BELONGS.items():
            if raw.get(key) and kinds[0] not in belongs:
                meant = " or ".join(f"`{kind}`" for kind in belongs)
                yield Fault((key,), f"`{key}` beside `{kinds[0]}`", f"it beside {meant} only")
        needed = {"sql": "table", "rest": "path"}.get(kinds[0])
        if needed and raw.get(needed) is None:
            yield Fault((needed,), "nothing", f"what to pull: `{kinds[0]}` needs it")
        if (raw.get("each") is not None) != ("{each}" in str(raw.get("path"))):
            yield Fault(("path",), "`{each}` in `path` and `each`, one without the other", "both or neither")
        if raw.get("since") is not None and raw.get("cursor") is None:
            yield Fault(("since",), "`since` without `cursor`", "`cursor`: where its value stands in a row")


_BELONGS = {
    "table": ("sql",),
    **dict.fromkeys(("path", "each", "params", "data_selector", "paginator", "since", "explode"), ("rest",)),
    **dict.fromkeys(("glob", "store"), ("files",)),
    **dict.fromkeys(("cursor", "key", "columns"), ("sql", "rest")),
    "objects": ("rest", "files"),
}


def connect_faults(connect: object, *, place: Place, connections: object) -> Iterator[Fault]:
    """Yield a fault if a source names a connection that is not declared, or one of another kind."""
    if not isinstance(connect, Mapping):
        return
    declared = connections if isinstance(connections, Mapping) else {}
    for key, kind in (("sql", "database"), ("rest", "service"), ("store", "store")):
        name = connect.get(key)
        if not isinstance(name, str):
            continue
        if name not in declared:
            yield Fault((*place, key), f"connection `{name}`", choices(name, [str(one) for one in declared]))
        elif isinstance(declared[name], Mapping) and kind_of(declared[name]) not in (kind, None):
            yield Fault(
                (*place, key), f"`{name}`, a {kind_of(declared[name])}", f"a connection that is a {kind}"
            )
