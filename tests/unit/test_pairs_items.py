"""Item features: groups from the catalogue and from DNA, by hand; and none where only ids are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import sparse
from tests.support.pair_histories import history_of, planted

from customer_genome.core.boosting import Trees
from customer_genome.core.targets import Target
from customer_genome.predictions.history import History, Mask
from customer_genome.predictions.pairs.block import Pairs
from customer_genome.predictions.pairs.groupings import groupings
from customer_genome.predictions.pairs.item_features import items
from customer_genome.predictions.pairs.model import PairModel
from customer_genome.predictions.pairs.parents import affinity, parents
from customer_genome.predictions.pairs.settings import Settings
from customer_genome.predictions.pairs.training import sampled
from customer_genome.predictions.panel import Panel

CATEGORIES = {"cider": "drinks", "milk": "drinks", "tea": "drinks", "bread": "bakery", "rolls": "bakery"}
SHOPPED = [
    ("ann", 40.0, ["milk", "bread"]), ("ann", 100.0, ["milk"]),
    ("ben", 40.0, ["milk", "tea"]), ("cat", 100.0, ["cider", "rolls"]),
]  # fmt: skip
GENES = ("maker:one", "maker:two", "rare:yes", "kind:bakery", "kind:drinks")
CARRIED = {"bread": (1, 0, 0, 1, 0), "cider": (1, 0, 0, 0, 1), "milk": (0.4, 0.6, 0, 0, 1), "rolls": (0, 1, 1, 1, 0), "tea": (1, 0, 0, 0, 1)}  # fmt: skip


def _history(*, dna: bool = True, categories: bool = True) -> History:
    history = history_of(SHOPPED, categories=CATEGORIES if categories else None)
    if not dna:
        return history
    carried = sparse.csr_matrix(np.array([CARRIED[name] for name in history.catalogue.items.tolist()], float))
    return replace(history, catalogue=replace(history.catalogue, dna=carried, genes=np.array(GENES)))


def _everybody(history: History, moment: float) -> Mask:
    return np.bincount(history.visits.customer, minlength=len(history.customers)) >= 1


def _of(history: History, customer: str, item: str, *, moment: float = 160.0) -> dict[str, float]:
    pair = Pairs(
        np.flatnonzero(history.customers == customer), np.flatnonzero(history.catalogue.items == item)
    )
    found = items(Panel(history, as_of=moment), moment, pair, level="item")
    return dict(zip(found.names, found.values[0].tolist(), strict=True))


def test_parents_and_affinity_by_hand() -> None:
    panel = Panel(_history(), as_of=160)
    assert parents(panel, level="item").tolist() == [0, 1, 1, 0, 1]  # bread cider milk rolls tea
    # ann: bakery ¼/√2, drinks ¼/√2 + ½ (half-life 60 days); ben drinks ¼; cat ½/√2 in each
    bakery, drinks = np.array([0.25, 0, 0.5]) / 2**0.5, np.array([0.25, 0, 0.5]) / 2**0.5 + [0.5, 0.25, 0]
    everyone = np.array([bakery.sum(), drinks.sum()]) / (bakery + drinks).sum()
    expected = (np.column_stack([bakery, drinks]) + 2 * everyone) / (bakery + drinks + 2)[:, None]
    assert affinity(panel, 160) == pytest.approx(expected)


def test_groups_from_levels_and_from_genes_that_tell_within_categories() -> None:
    found = groupings(Panel(_history(), as_of=160), level="item")
    assert sorted(found) == [
        "category",
        "in:maker",
    ]  # few carry `rare`; `kind` says no more than the category
    maker = found["in:maker"]
    assert len(set(maker.tolist())) == 4  # two makers in each of two categories
    assert maker[1] == maker[4] != maker[2]  # cider and tea are of one, milk above all of the other


def test_groups_by_hand() -> None:
    found = _of(_history(), "ann", "tea")
    milk, bread = (
        2 ** (-60 / 120) + 2 ** (-120 / 120),
        2 ** (-120 / 120),
    )  # decayed choices, half-life 120 days
    assert found["category_share"] == pytest.approx(milk / (milk + bread))
    assert found["category_since"] == pytest.approx(60)
    assert found["category_loyal"] == 0
    assert found["in:maker_share"] == 0  # tea's maker is cider's: ann chose neither
    assert np.isnan(found["in:maker_since"])
    assert _of(_history(), "ann", "milk")["category_loyal"] == pytest.approx(1)


def test_share_of_parent_by_hand() -> None:
    found = _of(_history(), "ann", "tea", moment=101.0)  # nothing is older than 56 days only from day 45 on
    # of the last 56 days: milk 1 (ann), cider 1/√2; tea was chosen too long ago
    assert found["share_of_parent"] == 0
    assert _of(_history(), "ann", "milk", moment=101.0)["share_of_parent"] == pytest.approx(
        1 / (1 + 0.5**0.5)
    )


def test_price_against_the_category() -> None:
    history = _history()
    dear = np.where(history.lines.item == 4, np.e, 1.0)  # tea costs e, all else 1
    history = replace(history, lines=replace(history.lines, value=dear))
    found = _of(history, "ann", "tea")
    assert found["price_relative"] == pytest.approx(1 - 1 / 3)  # drinks: logs 0, 0 and 1
    assert found["price_apart"] == pytest.approx(2 / 3 - (-1 / 3 - 1 / 3 + 0) / 3)  # milk twice, bread


def test_unknown_prices_are_unknown() -> None:
    found = _of(history_of(SHOPPED, categories=CATEGORIES, value=np.nan), "ann", "tea")
    assert np.isnan(found["price_relative"])


def test_ids_alone_have_no_groups() -> None:
    history = _history(dna=False, categories=False)
    assert groupings(Panel(history, as_of=160), level="item") == {}
    assert set(_of(history, "ann", "tea")) == {"price_relative", "price_apart"}


def test_the_same_for_any_order_of_pairs() -> None:
    panel, random = Panel(planted(), as_of=100), np.random.default_rng(1)
    pairs = Pairs(np.repeat(np.arange(60), 12), np.tile(np.arange(12), 60))
    order = random.permutation(720)
    one = items(panel, 100, pairs, level="item").values[order]
    np.testing.assert_array_equal(items(panel, 100, pairs.where(order), level="item").values, one)


def test_nothing_later_than_the_moment_is_known() -> None:
    history = _history()
    later = np.where(history.lines.day > 50, 4, history.lines.item)  # a leak: all that is bought later is tea
    other = replace(history, lines=replace(history.lines, item=later))
    pairs = Pairs(np.repeat(np.arange(3), 5), np.tile(np.arange(5), 3))
    one, two = (items(Panel(each, as_of=160), 50, pairs, level="item").values for each in (history, other))
    np.testing.assert_array_equal(one, two)


def test_a_model_of_new_items_learns_from_ids_alone() -> None:
    history = planted(items=40)
    settings = Settings(
        blocks=("own", "targets", "customers", "collaborative", "items"),
        trees=Trees(rounds=10, leaves=4, leaf_rows=20), moments=3, least_hits=20, minimum=5, sessions=3,
    )  # fmt: skip
    target = Target(predict="next", level="item", horizon=14, new=True)
    panel = Panel(history, as_of=133)
    scores = PairModel(target, population=_everybody, settings=settings).fit(panel).predict(panel)
    baskets = panel.baskets(133, level="item")
    bought = set(zip(baskets.customer.tolist(), baskets.target.tolist(), strict=True))
    assert len(scores.customer)
    assert not bought & set(zip(scores.customer.tolist(), scores.target.tolist(), strict=True))
    rare = np.bincount(baskets.target, minlength=40) < 5
    assert not rare[scores.target].any()
    assert np.isfinite(scores.score).all()


def test_later_sessions_count_half() -> None:
    shopped = [
        ("ann", 1.0, ["milk"]),
        ("ann", 60.0, ["tea"]),
        ("ann", 62.0, ["milk", "tea"]),
        ("ben", 61.0, ["rolls"]),
    ]
    panel = Panel(history_of(shopped), as_of=70)
    target = Target(predict="next", level="item", horizon=10)
    sample = sampled(
        panel,
        60,
        target,
        population=_everybody,
        settings=Settings(negatives=1, sessions=3, blocks=("own",)),
        seed=0,
    )
    assert sample is not None
    of_two = (1 / 2 + 1 / (1 + 1 / np.log2(3))) / 2  # what a hit in a session of two is worth
    label = dict(zip(sample.pairs.target.tolist(), sample.label.tolist(), strict=True))
    assert label[0] == pytest.approx(0.5 * of_two / 1.5)  # milk only in the second of two sessions


def test_no_pairs_no_rows() -> None:
    none = Pairs(np.zeros(0, np.int64), np.zeros(0, np.int64))
    assert items(Panel(_history(), as_of=160), 160, none, level="item").values.shape[0] == 0
