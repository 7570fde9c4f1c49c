"""What verbs are worth is found again where it was planted, said with its interval, and not said without evidence."""

from __future__ import annotations

import math

import numpy as np
import pyarrow as pa
import pytest

from customer_genome.core.project import Project, Verb
from customer_genome.core.verbs import verb_table
from customer_genome.genome.stages.verbs import settled, used
from customer_genome.genome.verb_weights import Figure, VerbWeights
from customer_genome.genome.verb_weights_fit import Rows, fit
from customer_genome.genome.verb_weights_panel import panel
from urn_company import CUTS, WINDOW, Plan, urn_company


def learned(
    plan: Plan, *, seed: int, verbs: tuple[str, ...] = ("buy", "view"), **stated: float
) -> VerbWeights:
    tables = urn_company(plan, seed=seed)
    return VerbWeights(half_lives=stated).fit(panel(tables, cuts=CUTS, horizon=WINDOW), verbs=verbs)


def chosen(weights: VerbWeights, verb: str) -> Figure:
    return next(one for one in weights.figures_ if one.verb == verb and one.chosen)


def drawn(seed: int, *, weight: float, customers: int = 400) -> Rows:
    """Rows of the model itself: 12 genes, a unit verb and one more."""
    chance = np.random.default_rng(seed)
    gene, who = np.repeat(np.arange(12), customers), np.tile(np.arange(customers), 12)
    p = chance.uniform(0.1, 0.5, 12)[gene]
    lots = [np.maximum(1, chance.gamma(1, size, customers)).astype(int)[who] for size in (8, 15)]
    observed = np.stack(
        [chance.binomial(n, p) * decay for n, decay in zip(lots, (0.6, 0.4), strict=True)], axis=1
    )
    expected = np.stack([n * p * decay for n, decay in zip(lots, (0.6, 0.4), strict=True)], axis=1)
    b = np.exp(chance.normal(1.5, 0.4, 12))[gene]
    w, e = np.array([1.0, weight]), chance.gamma(2, 2, customers)[who] * p
    y = chance.poisson(e * np.maximum(b + observed @ w, 0.05 * b) / np.maximum(b + expected @ w, 0.05 * b))
    return Rows(y.astype(float), e, who, gene, observed, expected)


@pytest.mark.parametrize("weight", [0.0, 0.3, 1.5])
def test_the_interval_of_a_weight_covers_the_truth_as_often_as_it_says(weight: float) -> None:
    found = [fit(drawn(seed, weight=weight)) for seed in range(40)]
    inside = [abs(one.w[0] - weight) <= 1.96 * math.sqrt(one.variance[0]) for one in found]
    assert sum(inside) >= 34  # of 40 at 95 %: fewer has a chance of 1 in 100
    spread = np.std([one.w[0] for one in found])
    assert np.mean([math.sqrt(one.variance[0]) for one in found]) == pytest.approx(spread, rel=0.35)
    assert np.mean([one.w[0] for one in found]) == pytest.approx(weight, abs=3.5 * spread / math.sqrt(40))


def test_the_fit_is_where_no_small_step_does_better() -> None:
    rows = drawn(1, weight=0.3)
    best = fit(rows)
    again = fit(rows, start=best)
    assert again.w == pytest.approx(best.w, abs=1e-3)
    assert again.likelihood == pytest.approx(best.likelihood, rel=1e-7)


def test_views_that_were_planted_as_three_tenths_of_a_purchase_are_found_with_their_half_life() -> None:
    weights = learned(Plan(), seed=0, verbs=("buy", "view", "wish"))
    view = chosen(weights, "view")
    assert (view.half_life, chosen(weights, "buy").half_life) == (60, 120)
    assert view.low is not None
    assert view.high is not None
    assert view.low < 0.3 < view.high
    assert view.high - view.low < 0.2
    assert chosen(weights, "wish").weight is None
    assert "never" in chosen(weights, "wish").why


def test_a_verb_that_says_nothing_is_worth_nothing_and_a_stated_half_life_is_measured() -> None:
    plan = Plan(verbs={"buy": (1.0, 120.0), "view": (0.0, 60.0)})
    view = chosen(learned(plan, seed=3, view=90.0), "view")
    assert view.half_life == 90
    assert view.low is not None
    assert view.high is not None
    assert view.low < 0 < view.high < 0.2


def test_a_return_takes_back_what_the_purchase_said() -> None:
    plan = Plan(
        verbs={"buy": (1.0, 120.0), "return": (-1.0, 120.0)}, lots={"buy": 30}, returns=0.4, customers=2_500
    )
    weights = learned(plan, seed=5, verbs=("buy", "return"))
    gone = chosen(weights, "return")
    assert gone.low is not None
    assert gone.high is not None
    assert gone.low < -1 < gone.high < 0
    assert "adds to the purchase" in gone.why


def test_the_same_tables_give_the_same_figures_and_survive_storage() -> None:
    weights = learned(Plan(customers=300), seed=1)
    assert weights.figures_ == learned(Plan(customers=300), seed=1).figures_
    assert VerbWeights.from_arrays(*weights.to_arrays()).figures_ == weights.figures_
    assert VerbWeights.from_arrays({}, {}).figures_ == ()


def test_too_few_customers_are_too_few_to_say() -> None:
    weights = learned(Plan(customers=40), seed=1)
    assert [(one.verb, one.weight) for one in weights.figures_] == [("buy", None), ("view", None)]
    assert "40 customers" in chosen(weights, "view").why


def test_an_interval_too_wide_is_not_said() -> None:
    few = Plan(verbs={"buy": (1.0, 120.0), "view": (0.3, 60.0)}, lots={"buy": 6, "view": 1}, customers=60)
    view = chosen(learned(few, seed=2, view=10.0), "view")
    assert view.weight is None
    assert view.customers > 0


def test_without_purchases_genes_or_new_items_there_is_nothing_to_foretell() -> None:
    tables = urn_company(Plan(customers=30), seed=1)
    views = tables["pairs"].filter(pa.compute.equal(tables["pairs"]["verb"], "view"))
    assert panel({**tables, "pairs": views}, cuts=CUTS, horizon=WINDOW) is None
    assert panel({**tables, "dna": tables["dna"].slice(0, 0)}, cuts=CUTS, horizon=WINDOW) is None
    assert panel({**tables, "pairs": tables["pairs"].slice(0, 0)}, cuts=CUTS, horizon=WINDOW) is None
    assert panel(tables, cuts=CUTS, horizon=0.0) is None
    nothing = VerbWeights().fit(None, verbs=("buy", "view"))
    assert [one.weight for one in nothing.figures_] == [None, None]


def project(**verbs: Verb) -> Project:
    source = {
        "department": "shop",
        "path": "a.csv",
        "interactions": {"identifiers": {"card": "card"}, "verb": "buy", "item": "sku", "occurred_at": "at"},
    }
    return Project.model_validate(
        {
            "version": 1, "name": "Shop", "time_zone": "UTC", "currency": "EUR", "departments": ["shop"],
            "purposes": {"service": {"basis": "contract"}}, "identifiers": {"card": {"direct": False}},
            "verbs": verbs, "sources": {"sales": source},
        }
    )  # fmt: skip


FIGURES = (
    Figure("buy", 120.0, weight=1.0, gain=5.0, lift=8.0, customers=900, chosen=True, why="the unit"),
    Figure("view", 60.0, 0.31, 0.2, 0.42, gain=9.0, lift=2.5, customers=800, chosen=True),
    Figure("view", 120.0, 0.2, 0.1, 0.3, gain=7.0, lift=1.6, customers=800),
    Figure("mail", 120.0, customers=12, chosen=True, why="12 customers did it"),
)


def state() -> VerbWeights:
    made = VerbWeights()
    made.unit_, made.horizon_, made.figures_ = "buy", 56.0, FIGURES
    return made


def test_by_hand_wins_then_what_was_learned_then_the_usual() -> None:
    made = project(buy=Verb(money=True), view=Verb(), mail=Verb(received=True))
    rows = settled(made, state())
    assert used(rows) == {"buy": (1.0, 120.0), "view": (0.31, 60.0), "mail": (0.1, 120.0)}
    origins = {
        row["verb"]: (row["origin"], row["half_life_origin"]) for row in rows.to_pylist() if row["used"]
    }
    assert origins == {
        "buy": ("the unit", "learned"),
        "view": ("learned", "learned"),
        "mail": ("too few to say", "too few to say"),
    }
    hand = settled(project(buy=Verb(money=True), view=Verb(weight=0.7), mail=Verb(weight=0)), state())
    view = next(row for row in hand.to_pylist() if row["verb"] == "view" and row["used"])
    assert (view["weight"], view["origin"], view["learned"]) == (0.7, "by hand", 0.31)
    assert used(hand)["mail"] == (0.0, 120.0)


def test_a_half_life_by_hand_takes_the_weight_that_was_learned_for_it() -> None:
    rows = settled(project(buy=Verb(money=True), view=Verb(half_life=120)), state())
    assert used(rows)["view"] == (0.2, 120.0)
    fresh = settled(project(buy=Verb(money=True), view=Verb(half_life=30)), state())
    row = next(row for row in fresh.to_pylist() if row["verb"] == "view" and row["used"])
    assert (row["weight"], row["half_life"], row["origin"]) == (0.3, 30.0, "too few to say")


def test_words_say_what_a_verb_foretells_or_why_not() -> None:
    rows = settled(project(buy=Verb(money=True), view=Verb(), mail=Verb()), state()).to_pylist()
    said = {row["verb"]: row["foretells"] for row in rows if row["used"]}
    assert said["view"] == "one more item with a gene: 2.5 % more first purchases with it in 56 days"
    assert said["mail"] == "too few to say: 12 customers did it"


def test_every_verb_stands_in_the_table_of_verbs() -> None:
    made = project(
        buy=Verb(money=True), view=Verb(), mail=Verb(received=True), like=Verb(weight=2, half_life=30)
    )
    rows = verb_table(made, used={"view": (-0.4, 60.0)}).to_pylist()
    assert {row["verb"]: (row["weight"], row["half_life"]) for row in rows} == {
        "buy": (1.0, 120.0), "view": (-0.4, 60.0), "mail": (0.1, 120.0), "like": (2.0, 30.0),
    }  # fmt: skip
