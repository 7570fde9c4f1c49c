"""How the evidence of several verbs on one item comes together: the strongest counts, what is negative takes away."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from customer_genome.core.step import sql_file
from customer_genome.engine import DuckDBEngine

NOW = datetime(2025, 6, 1, tzinfo=UTC)
VERBS = {
    "buy": (1.0, 100.0),
    "view": (0.3, 100.0),
    "return": (-0.8, 100.0),
    "cancel": (0.0, 100.0),
    "rue": (-2.0, 50.0),
}


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[DuckDBEngine]:
    made = DuckDBEngine(threads=1, memory="500MB", spill=str(tmp_path / "spill"))
    yield made
    made.close()


@pytest.mark.parametrize(
    ("done", "weight"),
    [
        ({"buy": 0}, 1.0),
        ({"buy": 100}, 0.5),
        ({"view": 0}, 0.3),
        ({"buy": 100, "view": 0}, 0.5),
        ({"buy": 300, "view": 0}, 0.3),
        ({"buy": 0, "return": 0}, 0.2),
        ({"buy": 100, "view": 0, "return": 100}, 0.1),
        ({"buy": 0, "rue": 0}, 0.0),
        ({"return": 0}, None),
        ({"cancel": 0}, None),
    ],
)
def test_an_item_counts_as_its_strongest_interaction_less_what_was_taken_back(
    engine: DuckDBEngine, done: dict[str, int], weight: float | None
) -> None:
    rows = [
        {"customer_id": "c", "item_id": "i", "verb": verb, "first_at": _ago(days), "last_at": _ago(days)}
        for verb, days in done.items()
    ]
    engine.bind_table("evidence", pa.Table.from_pylist(rows))
    engine.bind_table("touched", pa.table({"customer_id": ["c"]}))
    verbs = [{"verb": verb, "weight": w, "half_life": h} for verb, (w, h) in VERBS.items()]
    engine.bind_table("verbs", pa.Table.from_pylist(verbs))
    sql = sql_file("customer_genome.genome.stages", "item_weights", reference_at=NOW)
    found = engine.table(sql.text, params=sql.params)["weight"].to_pylist()
    assert found == ([] if weight is None else [pytest.approx(weight)])


def _ago(days: int) -> datetime:
    return NOW - timedelta(days=days)
