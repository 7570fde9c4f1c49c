"""Targets as a project declares them, and what of a history they are asked of."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from pydantic import ValidationError

from customer_genome.core.journey_settings import JOURNEY_COLUMNS
from customer_genome.core.project import Project
from customer_genome.core.targets import Target
from customer_genome.engine import DuckDBEngine
from customer_genome.predictions.actions import ActionModel, first_act
from customer_genome.predictions.conditions import Conditions, journey_rows
from customer_genome.predictions.panel import MOMENTS, Panel
from customer_genome.predictions.phases import Phases
from honest_company import bought_before, company
from pair_histories import history_of

BASE = {
    "version": 1, "name": "Shop", "time_zone": "UTC", "currency": "EUR", "departments": ["sales"],
    "purposes": {"service": {"basis": "contract"}, "personalisation": {"basis": "contract"}},
    "identifiers": {"customer": {"direct": False}}, "verbs": {"buy": {"money": True}, "open": {}},
    "phases": [{"name": "new", "when": "purchases < 2"}, {"name": "known", "when": "true"}],
    "sources": {"sales": {"department": "sales", "path": "sales.csv", "interactions": {
        "identifiers": {"customer": "id"}, "verb": "buy", "item": "sku", "occurred_at": "t"}}},
}  # fmt: skip


def project(**targets: dict[str, object]) -> Project:
    return Project.model_validate(BASE | {"targets": targets})


@pytest.fixture
def derive(tmp_path):
    engine = DuckDBEngine(threads=1, memory="500MB", spill=str(tmp_path))

    def run(text: str, tables: dict[str, pa.Table]) -> pa.Table:
        for name, rows in tables.items():
            engine.bind_table(name, rows)
        return engine.table(text)

    yield run
    engine.close()


def test_a_target_is_one_line() -> None:
    made = project(lapse={"predict": "absence"}).targets["lapse"]
    assert (made.horizon, made.population, made.purpose, made.of_items) == (
        28,
        "purchases >= 3",
        "personalisation",
        False,
    )


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ({"predict": "absence", "verbs": ["fly"]}, "verb `fly`"),
        ({"predict": "absence", "level": "category"}, "`level` where `absence` is predicted"),
        ({"predict": "sum", "below": 0.5}, "`below` where `sum` is predicted"),
        ({"predict": "phase"}, "no phase"),
        ({"predict": "phase", "phase": "gone"}, "phase `gone`"),
        ({"predict": "event", "purpose": "spying"}, "purpose `spying`"),
        ({"predict": "event", "population": "height > 2"}, "column `height`"),
        ({"predict": "guess"}, "guess"),
    ],
)
def test_what_does_not_fit_is_said(target: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        project(asked=target)


def test_conditions_see_the_journey_by_hand(derive) -> None:
    history = history_of(
        [("ann", 0.0, ["tea"]), ("ann", 4.0, ["tea"]), ("ann", 10.0, ["jam"]), ("bob", 9.0, ["tea"])]
    )
    rows = journey_rows(history, 12.0, columns=JOURNEY_COLUMNS).to_pylist()
    ann, bob = rows
    assert (ann["purchases"], ann["days_since_first"], ann["days_since_last"]) == (3, 12.0, 2.0)
    assert ann["typical_gap_days"] == 5.0  # the gaps are 4 and 6
    assert (bob["purchases"], bob["typical_gap_days"]) == (1, None)
    asked = Conditions(derive, phases=stood())
    assert asked.hold(history, 12.0, condition="days_since_last <= 2").tolist() == [True, False]
    gaps = asked.hold(history, 12.0, condition="typical_gap_days > 1")
    assert gaps.tolist() == [True, False]  # unknown is no


def stood() -> Phases:
    """Return where two customers stood: Ann was new, then known; that Bob was known from day 5 was corrected on day 8."""
    never = np.inf
    rows = [  # customer, phase, entered, left, known, left known, corrected
        (0, 0, 0.0, 4.0, 0.0, 6.0, never),
        (0, 1, 4.0, never, 6.0, never, never),
        (1, 0, 1.0, 5.0, 1.0, 5.0, 8.0),
        (1, 1, 5.0, never, 5.0, never, 8.0),
        (1, 0, 1.0, never, 8.0, never, never),
    ]
    columns = [np.asarray(column) for column in zip(*rows, strict=True)]
    return Phases(np.array(["ann", "bob"]), ("new", "known"), *columns)


def test_a_population_stands_where_it_was_believed_to_stand(derive) -> None:
    history = history_of([("ann", 0.0, ["tea"]), ("bob", 1.0, ["tea"]), ("cid", 2.0, ["tea"])])
    asked = Conditions(derive, phases=stood())
    for moment, expected in (
        (5.5, [False, True, False]),
        (7.0, [True, True, False]),
        (9.0, [True, False, False]),
    ):
        assert asked.hold(history, moment, condition="phase = 'known'").tolist() == expected
    assert asked.hold(history, 9.0, condition="days_in_phase > 7").tolist() == [False, True, False]
    known = Target(predict="phase", phase="known", horizon=5)
    assert asked.entered(history, 3.0, target=known).tolist() == [True, False, False]  # as it is known now
    assert not asked.entered(history, 5.0, target=known).any()  # to be in it already is not to enter it


def test_a_panel_ends_where_it_says_and_forgets_old_moments() -> None:
    history = company(customers=20, days=100)
    panel = Panel(history, as_of=80.0)
    assert panel.history.lines.day.max() < 80
    with pytest.raises(ValueError, match="after"):
        panel.cut(81.0)
    made: list[float] = []
    for moment in (10.0, 20.0, 30.0, 10.0):
        panel.keep("x", lambda moment=moment: made.append(moment), moment=moment)
    assert made == [10.0, 20.0, 30.0, 10.0]
    assert MOMENTS == 2  # 10 was let go when 30 came
    panel.keep("x", lambda: made.append(80.0), moment=80.0)
    for moment in (40.0, 50.0, 60.0):
        panel.cut(moment)
    panel.keep("x", lambda: made.append(80.0), moment=80.0)
    assert made[4:] == [80.0]  # what is of the panel's end stays


def test_moments_have_a_horizon_that_is_over_and_a_history() -> None:
    panel = Panel(company(customers=20, days=100), as_of=100.0)
    assert panel.moments(horizon=14, step=14, count=9) == (86.0, 72.0, 58.0)


def test_of_acts_at_one_time_the_verb_named_first_counts() -> None:
    history = company(customers=30)
    target = Target(predict="action", verbs=("open", "buy"), horizon=14)
    day, verb = first_act(history, 100.0, target=target)
    acts = history.acts
    for customer in range(30):
        mine = (acts.customer == customer) & (acts.day >= 100) & (acts.day < 114)
        if not mine.any():
            assert (day[customer], verb[customer]) == (np.inf, -1)
            continue
        assert day[customer] == acts.day[mine].min()
        assert history.verbs[acts.verb[mine][acts.day[mine].argmin()]] == target.verbs[verb[customer]]


def test_when_is_a_distribution_and_comes_true_as_often_as_it_says() -> None:
    history, target = company(customers=400, days=200, seed=3), Target(predict="action", horizon=14)
    panel = Panel(history, as_of=180.0)
    model = ActionModel(target, population=bought_before).fit(panel)
    found = model.when(panel)
    assert (np.diff(found.chance, axis=2) >= -1e-12).all()
    assert (found.chance.sum(axis=1) <= 1 + 1e-9).all()
    day, verb = first_act(history, 180.0, target=target)
    happened = (day[found.customer] < 180 + 7) & (verb[found.customer] == 0)
    assert found.chance[:, 0, found.days.tolist().index(7.0)].mean() == pytest.approx(
        happened.mean(), abs=0.07
    )
    scores = model.predict(panel)
    assert scores.score == pytest.approx(found.chance[:, :, -1].ravel())
    again = ActionModel.from_arrays(*model.to_arrays(), population=bought_before)
    assert np.array_equal(again.predict(panel).score, scores.score)
