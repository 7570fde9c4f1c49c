"""Truth: what is asked, of whom, and what happened, by hand for each kind of target."""

from dataclasses import replace

import numpy as np
import pytest

from customer_genome.core.errors import GenomeError
from customer_genome.core.targets import Target
from customer_genome.predictions.honesty.question import Question, asked
from customer_genome.predictions.honesty.truth import truth
from honest_company import KINDS, company, question
from pair_histories import history_of

MOMENT = 30.0
SHOPPED = [
    ("ann", 2.0, ["milk", "tea"]),
    ("ann", 25.0, ["milk"]),
    ("ann", 31.0, ["bread", "milk"]),
    ("ann", 33.0, ["tea"]),
    ("bob", 3.0, ["tea"]),
    ("bob", 45.0, ["tea"]),
    ("eve", 20.0, ["bread", "milk", "tea"]),
    ("eve", 30.0, ["bread"]),
]


def everyone(history, moment):
    return np.bincount(history.visits.customer, minlength=len(history.customers)) > 0


def happened(**declared):
    history = history_of(SHOPPED, value=2.0)
    asked_for = Question(Target(horizon=10, level="item", **declared), everyone)
    found = truth(history, asked_for, before=history.before(MOMENT), moment=MOMENT)
    return list(zip(found.customer.tolist(), found.target.tolist(), found.value.tolist(), strict=True))


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ({"predict": "absence"}, [(0, -1, 0), (1, -1, 1), (2, -1, 0)]),
        ({"predict": "event"}, [(0, -1, 1), (1, -1, 0), (2, -1, 1)]),
        ({"predict": "count"}, [(0, -1, 2), (1, -1, 0), (2, -1, 1)]),
        ({"predict": "sum"}, [(0, -1, 6), (1, -1, 0), (2, -1, 2)]),
        # usual in 20 days: ann 2, so 1 in 10; eve 6, so 3, of which 2 is more than half; bob spent nothing
        ({"predict": "drop", "usual_days": 20}, [(0, -1, 0), (2, -1, 0)]),
        ({"predict": "drop", "usual_days": 20, "below": 0.7}, [(0, -1, 0), (2, -1, 1)]),
        # items are bread 0, milk 1, tea 2; only the first session counts
        ({"predict": "next"}, [(0, 0, 1), (0, 1, 1), (2, 0, 1)]),
        ({"predict": "next", "new": True}, [(0, 0, 1)]),
        ({"predict": "choice", "top": 1}, [(0, 2, 1), (1, 2, 0), (2, 2, 0)]),
        ({"predict": "choice", "top": 2, "new": True}, [(1, 1, 0)]),
        ({"predict": "choice", "top": 2, "new": True, "new_days": 15}, [(0, 2, 1), (1, 1, 0), (1, 2, 0)]),
        ({"predict": "action"}, [(0, 0, 1), (1, 0, 0), (2, 0, 1)]),
    ],
)
def test_truth_by_hand(declared, expected):
    assert happened(**declared) == expected


def test_rare_targets_can_be_left_out():
    history = history_of(SHOPPED)
    rare = Question(Target(predict="next", level="item", horizon=10), everyone, least=2)
    found = truth(history, rare, before=history.before(MOMENT), moment=MOMENT)
    assert found.target.tolist() == [1]  # only milk of ann: bread was in one session before


def test_a_phase_needs_to_be_told():
    history = history_of(SHOPPED)
    told = Question(
        Target(predict="phase", phase="gone"), everyone, outcome=lambda h, m: h.customers == "bob"
    )
    found = truth(history, told, before=history.before(MOMENT), moment=MOMENT)
    assert found.value.tolist() == [0, 1, 0]
    with pytest.raises(GenomeError, match="cannot be told"):
        truth(history, replace(told, outcome=None), before=history, moment=MOMENT)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.startswith("next")])
def test_what_is_asked_does_not_depend_on_what_comes(kind):
    history, moment = company(), 100.0
    before = history.before(moment)
    found = truth(history, question(kind), before=before, moment=moment)
    customer, wanted = asked(before, question(kind), moment=moment)
    np.testing.assert_array_equal(found.customer, customer)
    np.testing.assert_array_equal(found.target, wanted)
    later = truth(history.before(moment + 14), question(kind), before=before, moment=moment)
    np.testing.assert_array_equal(found.value, later.value)
