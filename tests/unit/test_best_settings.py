"""What value is: margin and costs, checked and turned into SQL."""

import duckdb
import pytest
from pydantic import ValidationError

from customer_genome.core.best_settings import BestSettings, best_faults


def _value(settings: BestSettings) -> float:
    row = (
        """SELECT 10.0 AS value, 2.0 AS quantity, '{"goods": "3", "Match": 1.5, "bad": "x"}' AS properties"""
    )
    inner = f"SELECT i.value, i.quantity {settings.property_columns(['ask'])} FROM ({row}) AS i"
    return float(
        duckdb.sql(f"SELECT {settings.earned(['ask'])} AS v FROM ({inner})").limit(1).fetchall()[0][0]
    )


@pytest.mark.parametrize(
    ("raw", "value", "words"),
    [
        ({}, 10.0, "revenue, no further costs being known"),
        ({"margin": 0.3}, 3.0, "profit, no further costs being known"),
        ({"margin": "value - goods * quantity"}, 4.0, "profit, no further costs being known"),
        ({"costs": {"Match": 1, "ask": 4.5}}, 8.5, "revenue less Match (times 1), ask (each 4.5)"),
        ({"margin": "0.5", "costs": {"bad": 2}}, 5.0, "profit less bad (times 2)"),
    ],
)
def test_value_by_hand(raw: dict[str, object], value: float, words: str) -> None:
    settings = BestSettings.model_validate(raw)
    assert _value(settings) == value
    assert settings.words(["ask"]) == words


def test_what_is_not_declared_is_named() -> None:
    raw = {"margin": "value - goods", "costs": {"aks": 1, "match": 1}}
    found = [fault.found for fault in best_faults(raw, verbs=["ask"], properties=["match"])]
    assert found == ["cost `aks`", "column `goods`"]
    assert list(best_faults({"margin": "1; drop"}, verbs=[], properties=[])) == []
    assert list(best_faults(None, verbs=[], properties=[])) == []


@pytest.mark.parametrize(
    "raw", [{"margin": "sum(value)"}, {"costs": {"x": "much"}}, {"share": 1}, {"profit": 1}]
)
def test_what_makes_no_sense_is_refused(raw: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        BestSettings.model_validate(raw)
