"""dlt pulls and does nothing else: no telemetry, no configuration of its own, no log, no folder, no import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PULL = """
import os, socket, sqlite3, sys
from datetime import UTC, datetime
from pathlib import Path

import customer_genome, customer_genome.app.build
assert not any(name == "dlt" or name.startswith("dlt.") for name in sys.modules), "importing loads dlt"
assert "keyring" not in sys.modules and "fsspec" not in sys.modules

def refused(*args, **kwargs):
    raise AssertionError(f"somebody talks: {args[1:]}")
socket.socket.connect = socket.socket.connect_ex = refused

from customer_genome.core.connect import Connect
from customer_genome.core.connections import Connection
from customer_genome.core.settings import BuildSettings
from customer_genome.sources.connect import pull
Path("data").mkdir()
with sqlite3.connect("data/a.sqlite") as base:
    base.execute("CREATE TABLE t (id INTEGER, j JSON)")
    base.execute("INSERT INTO t VALUES (1, '{}'), (2, NULL)")
settings = BuildSettings(root=Path.cwd(), now=datetime.now(UTC))
(found,) = pull("t", connect=Connect(sql="a", table="t", cursor="id"),
    connection=Connection(url="sqlite:///data/a.sqlite"), settings=settings, mapping="m", seen={})
import pyarrow.parquet as pq
print(pq.read_table(found.file.path).to_pylist())
"""


def test_a_pull_is_silent_and_looks_nowhere(tmp_path: Path) -> None:
    place, home = tmp_path / "place", tmp_path / "home"
    for folder in (place / ".dlt", home / ".dlt"):
        folder.mkdir(parents=True)
        for name in ("config.toml", "secrets.toml"):
            (folder / name).write_text("this is no TOML [[", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PULL], cwd=place, capture_output=True, text=True, check=False,
        env={"HOME": str(home), "PATH": "/usr/bin", "RUNTIME__LOG_LEVEL": "DEBUG", "INCREMENTAL__LAG": "1"},
    )  # fmt: skip
    assert done.stdout == "[{'id': 1, 'j': '{}'}, {'id': 2, 'j': None}]\n", done.stderr
    assert done.stderr == ""
    assert sorted(path.name for path in home.rglob("*")) == [".dlt", "config.toml", "secrets.toml"]
    assert sorted(path.name for path in place.iterdir()) == [".dlt", "data", "landing"]
