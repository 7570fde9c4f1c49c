"""A step: one named piece of work that reads tables and writes one, and can be run alone and shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

import pyarrow as pa

Tables = Mapping[str, pa.Table]


@dataclass(frozen=True)
class Sql:
    """A SQL text in DuckDB's dialect with the tables it reads; values are bound by name, never pasted."""

    text: str
    reads: tuple[str, ...]
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class SqlStep:
    """Work that the engine does: `sql` yields the rows of table `writes`."""

    name: str
    sql: Sql
    writes: str
    purpose: str
    tables: Tables = field(default_factory=dict)
    """Small tables made for this step (settings, the customers touched), visible to it under their names."""


@dataclass(frozen=True)
class KernelStep:
    """Work that numpy does: `function` turns the tables of `inputs` into the rows of table `writes`."""

    name: str
    inputs: Mapping[str, Sql]
    function: Callable[[Tables], pa.Table]
    writes: str
    purpose: str
    tables: Tables = field(default_factory=dict)


Step = SqlStep | KernelStep


@dataclass(frozen=True)
class StepRun:
    """What one run of a step did: rows written, seconds taken, and the text that `genome explain` shows."""

    name: str
    kind: str
    reads: tuple[str, ...]
    writes: str
    purpose: str
    rows: int
    seconds: float
    detail: str
    stage: str = ""


def sql_file(package: str, name: str, /, **params: Any) -> Sql:
    """Read `name`.sql beside the module `package`; its header's `reads:` line says which tables it needs."""
    text = resources.files(package).joinpath(f"{name}.sql").read_text(encoding="utf-8")
    return Sql(text=text, reads=header(text)["reads"], params=params)


def header(text: str) -> dict[str, tuple[str, ...]]:
    """Parse the leading `-- key: value, value` lines of a SQL file."""
    found: dict[str, tuple[str, ...]] = {}
    for line in text.splitlines():
        if not line.startswith("--"):
            break
        key, separator, value = line[2:].partition(":")
        if separator:
            found[key.strip()] = tuple(part.strip() for part in value.split(",") if part.strip())
    return found
