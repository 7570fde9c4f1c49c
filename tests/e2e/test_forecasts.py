"""Forecasts are tables of a snapshot: made once, behind the door, stale when permissions change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import customer_genome
from customer_genome.core.errors import NotFound, Refused
from small_project import small_project

pytestmark = pytest.mark.slow
TARGETS = """
targets:
  count: {predict: count, horizon: 14, population: purchases >= 1, purpose: marketing}
  basket: {predict: next, level: category, horizon: 14}
  far: {predict: absence, horizon: 700}
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Path:
    folder = small_project(tmp_path_factory.mktemp("foretold") / "shop", customers=150)
    file = folder / "genome.yaml"
    file.write_text(file.read_text(encoding="utf-8") + TARGETS, encoding="utf-8")
    customer_genome.open(folder).build()
    return folder


def test_it_is_learned_once_and_then_read(shop):
    targets = customer_genome.open(shop).targets
    [first] = targets.make("basket", again=True)
    [second] = targets.make("basket")
    assert (first.learned, second.learned) == (True, False)
    assert first.rows == second.rows
    [third] = targets.make("basket", again=True)
    assert third.learned
    assert third.verdict == first.verdict  # the same data, the same seed


def test_nobody_who_has_not_consented_is_predicted(shop):
    """Marketing rests on consent, and nobody has given it: the model may learn, but has nobody to speak of."""
    [made] = customer_genome.open(shop).targets.make("count")
    assert made.rows == 0


def test_what_cannot_be_learned_is_refused_with_its_reason(shop):
    with pytest.raises(Refused, match="horizon"):
        customer_genome.open(shop).targets.predict("far")
    with pytest.raises(NotFound, match="no model of far"):
        customer_genome.open(shop).targets.card("far")
    with pytest.raises(NotFound, match="no target"):
        customer_genome.open(shop).targets.make("weather")


def test_predictions_are_read_for_their_own_purpose_only(shop):
    workspace = customer_genome.open(shop)
    workspace.targets.make("basket")
    counted = "SELECT COUNT(*) AS n FROM forecasts WHERE target = 'basket'"
    cards = workspace.sql("SELECT published FROM model_cards WHERE target = 'basket'", purpose="service")
    own = workspace.sql(counted, purpose="personalisation")["n"][0].as_py()
    assert (own > 0) == cards["published"][0].as_py()
    assert workspace.sql(counted, purpose="analytics")["n"][0].as_py() == 0


def test_the_manifest_names_who_trained_it(shop):
    workspace = customer_genome.open(shop)
    workspace.targets.make("basket")
    rows = workspace.sql(
        "SELECT DISTINCT customer_id FROM model_subjects WHERE target = 'basket'", purpose="service"
    )
    card = workspace.targets.card("basket")
    assert rows.num_rows == card.subjects > 0
    assert card.basis == "legitimate_interest"


def test_a_refusal_makes_the_model_learn_anew_without_the_one_who_refused(shop, tmp_path):
    workspace = customer_genome.open(shop)
    workspace.targets.make("basket")
    one = workspace.sql("SELECT customer_id FROM model_subjects ORDER BY 1 LIMIT 1", purpose="service")[
        "customer_id"
    ][0]
    workspace.consents.record(one.as_py(), purpose="personalisation", state="objected")
    [made] = customer_genome.open(shop).targets.make("basket")
    assert made.learned
    told = customer_genome.open(shop).sql("SELECT customer_id FROM model_subjects", purpose="service")
    assert one not in told["customer_id"].combine_chunks()


def test_a_training_set_is_point_in_time_and_says_where_it_is_from(shop, tmp_path):
    from customer_genome.predictions.honesty.training_set import write_training_set

    made = customer_genome.open(shop).targets.training_set("basket", cuts=2)
    parquet, beside = write_training_set(made, tmp_path / "t.parquet")
    assert parquet.exists()
    told = json.loads(beside.read_text(encoding="utf-8"))
    assert len(told["manifest"]["customers"]) > 0
    assert set(made.lineage) <= set(made.table.column_names)
