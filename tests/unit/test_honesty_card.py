"""Card, manifest and training set: what a release says of itself and of whom it learned from."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import feather
from sklearn.linear_model import LogisticRegression

from customer_genome.core.errors import GenomeError
from customer_genome.core.project import Purpose
from customer_genome.core.targets import Target
from customer_genome.predictions.honesty.backtest import backtest
from customer_genome.predictions.honesty.baselines import RfmLogistic
from customer_genome.predictions.honesty.card import Card, card
from customer_genome.predictions.honesty.card_page import card_page
from customer_genome.predictions.honesty.drift import Drift
from customer_genome.predictions.honesty.manifest import Manifest, manifest
from customer_genome.predictions.honesty.metrics import METRICS
from customer_genome.predictions.honesty.since import since
from customer_genome.predictions.honesty.training_set import (
    KEY,
    Feature,
    Lineage,
    training_set,
    write_training_set,
)
from customer_genome.predictions.honesty.verdict import verdict
from customer_genome.predictions.honesty.words import in_words, limits
from customer_genome.predictions.panel import Panel
from honest_company import KINDS, company, question

MOMENTS = (60.0, 90.0, 120.0)
CONSENT = Purpose(basis="consent")


@pytest.fixture(scope="module")
def panel():
    return Panel(company(), as_of=150.0)


def features(history, moment):
    visits, n = history.visits, len(history.customers)
    last = np.full(n, np.nan)
    last[visits.customer] = visits.day
    assert not len(visits.day) or visits.day.max() < moment
    return (
        Feature("days since", Lineage("rhythm"), moment - last),
        Feature(
            "sessions",
            Lineage("rhythm", ("interactions", "items")),
            np.bincount(visits.customer, minlength=n),
        ),
    )


def subjects(panel, kind="absence"):
    return manifest(panel, question(kind), moments=MOMENTS, purpose=CONSENT)


def made(panel, kind="absence"):
    return training_set(panel, question(kind), moments=MOMENTS, features=features, purpose=CONSENT)


def test_manifest_knows_its_subjects(panel):
    found = subjects(panel)
    least = np.bincount(panel.cut(120.0).visits.customer, minlength=120) >= 3
    assert set(found.customers) >= set(panel.history.customers[least].tolist())
    assert found.trained(found.customers[0])
    assert not found.trained("nobody")
    assert (found.basis, found.consent) == ("consent", "consent given, as of the reading")
    assert Manifest.from_dict(json.loads(json.dumps(found.to_dict()))) == found


def test_a_model_may_say_itself_who_trained_it(panel):
    found = manifest(
        panel, question("sum"), moments=MOMENTS, purpose=Purpose(basis="contract"), customers=["b", "a"]
    )
    assert found.customers == ("a", "b")
    assert found.consent == "not objected to, as of the reading"


def test_what_became_of_published_predictions(panel):
    asked, said = (
        question("absence"),
        RfmLogistic(KINDS["absence"], population=question("absence").population),
    )
    tested = backtest(panel.history, asked, models={}, cutoffs=(100.0, 120.0), replicates=50)
    judged = tested.models["RFM logistic"]
    scores = said.fit(Panel(panel.history, as_of=130.0)).predict(Panel(panel.history, as_of=130.0))
    told = since(panel, asked, said=scores, moment=130.0, tested=judged)
    assert [line.split(" is ")[0] for line in told] == [METRICS[name].title for name in judged.metrics]
    upside_down = replace(scores, score=1 - scores.score)
    assert (
        "AUROC is worse than tested" in since(panel, asked, said=upside_down, moment=130.0, tested=judged)[0]
    )
    assert since(panel, asked, said=scores, moment=140.0, tested=judged) == (
        "what happened is not known yet: the horizon ends in 4 days",
    )


def test_who_withdraws_makes_a_model_stale(panel):
    found = subjects(panel)
    gone = found.customers[3:5]
    assert found.stale([]) == found.stale(["nobody"]) == ()
    assert (
        f"2 of the {len(found.customers)} customers who trained it were since withdrawn"
        in found.stale(gone)[0]
    )
    left = found.without(gone)
    assert len(left.customers) == len(found.customers) - 2
    assert left.stale(gone) == ()
    assert left.digest != found.digest


def refused_card(panel):
    asked = question("absence")
    tested = backtest(
        panel.history, asked, models={"twin": RfmLogistic}, cutoffs=(100.0, 130.0), replicates=50
    )
    return card(
        "lapse",
        asked.target,
        subjects=subjects(panel),
        tested=tested,
        judged=verdict(tested),
        families={"rhythm": 2},
        drift=Drift().fit({"sessions": np.arange(900.0)}).compare({"sessions": np.arange(900.0) + 500}),
        refused=subjects(panel).customers[:1],
    )


SAID = (
    "**Refused: it is not published.**",
    "- twin does not beat RFM logistic in AUROC: difference 0 (0 to 0)",
    "- stale: 1 of the ",
    "| purpose | personalisation, legal basis consent (consent given, as of the reading) |",
    "| data as of | 1970-05-31 |",
    "| features | rhythm (2) |",
    "| **twin** |",
    "## Calibration",
    "- sessions: changed (stability index",
    "- It says what customers like this one did in the past, not what an action would cause.",
    "- It was tested at 2 cut-off(s): seasons were not seen.",
)


def test_the_card_of_a_refused_model(panel):
    found = refused_card(panel)
    page = card_page(found)
    assert [said for said in SAID if said not in page] == []
    assert "nan" not in page
    again = Card.from_dict(json.loads(json.dumps(found.to_dict(), allow_nan=False)))
    assert again == found
    assert again.version == found.version


def test_a_card_without_a_backtest_says_so(panel):
    nothing = backtest(panel.history, question("sum"), models={}, cutoffs=(100.0,), replicates=5)
    found = card(
        "spend",
        KINDS["sum"],
        subjects=subjects(panel, "sum"),
        tested=None,
        judged=verdict(nothing),
        families={},
    )
    page = card_page(found)
    assert "It has not been tested on the past." in page
    assert "there is no model" in page


@pytest.mark.parametrize("kind", KINDS)
def test_every_target_has_words(kind):
    said = in_words(KINDS[kind])
    assert said.endswith(".")
    assert "14 days" in said
    assert all(limit.endswith(".") for limit in limits(KINDS[kind], None))


def test_words_of_a_phase():
    assert in_words(Target(predict="phase", phase="paying", horizon=30)) == (
        "The probability that the phase paying is entered in the 30 days after the moment."
    )


def test_training_set_is_correct_at_each_moment(panel):
    found = made(panel)
    rows = found.table.to_pandas()
    assert rows["moment"].dt.day_of_year.sub(1).unique().tolist() == list(MOMENTS)
    x, y, groups = found.arrays()
    assert x.shape == (len(y), 2)
    assert len(groups) == len(y)
    assert LogisticRegression().fit(x, y).score(x, y) > 0.7
    at = np.flatnonzero((rows["moment"].dt.day_of_year == 91) & (rows["customer_id"] == groups[-1]))
    who = panel.history.customers.tolist().index(groups[-1])
    after = panel.history.visits.day[panel.history.visits.customer == who]
    assert x[at[0], 1] == (after < 90).sum()
    assert y[at[0]] == (not ((after >= 90) & (after < 104)).any())


@pytest.mark.parametrize("ending", ["parquet", "arrow", "feather"])
def test_written_with_lineage_and_manifest(panel, tmp_path: Path, ending):
    found = made(panel)
    path, beside = write_training_set(found, tmp_path / f"lapse.{ending}")
    table = pq.read_table(path) if ending == "parquet" else feather.read_table(path)
    assert table.equals(found.table)
    about = json.loads(table.schema.metadata[KEY])
    assert about["lineage"]["sessions"] == {"family": "rhythm", "tables": ["interactions", "items"]}
    assert about["manifest"]["digest"] == found.manifest.digest
    assert about["manifest"]["customers"] == len(found.manifest.customers)
    assert json.loads(beside.read_text())["manifest"]["customers"] == list(found.manifest.customers)
    with pytest.raises(GenomeError, match="not written in this format"):
        write_training_set(found, tmp_path / "lapse.xlsx")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_target_can_be_exported(panel, kind):
    table = made(panel, kind).table
    assert table.num_rows > 0
    lists = kind.startswith("next")
    assert pa.types.is_list(table["label"].type) == lists
    assert (table["target"].null_count == 0) == (kind.startswith("choice") or kind == "action")
    if lists:
        with pytest.raises(GenomeError, match="list of targets"):
            made(panel, kind).arrays()


@pytest.mark.parametrize("moments", [(), (60.0, 140.0)])
def test_moments_without_truth_are_refused(panel, moments):
    with pytest.raises(GenomeError):
        training_set(panel, question("sum"), moments=moments, features=features, purpose=CONSENT)


def test_unknown_values_are_null(panel):
    def half(history, moment):
        del moment
        return (
            Feature("half", Lineage("other"), np.where(np.arange(len(history.customers)) % 2, 1.0, np.nan)),
        )

    found = training_set(panel, question("sum"), moments=MOMENTS, features=half, purpose=CONSENT)
    assert found.table["half"].null_count > 0
    assert np.isnan(found.arrays()[0]).sum() == found.table["half"].null_count
