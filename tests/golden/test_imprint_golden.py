"""The imprint of a case small enough to be worked out by hand, with decay, strata, shares and posterior.

Two categories, 0 = tea and 1 = milk, in one group; a third item of no category. Two genes: 0 = organic, 1 = strong.

| item | category | organic | strong |
|------|----------|---------|--------|
| 0    | tea      | 1       | 0.5    |
| 1    | tea      | 0       | 0      |
| 2    | milk     | 1       | 0      |
| 3    | milk     | 0       | 0      |
| 4    | none     | 1       | 0      |

Verbs: buy weighs 1 with a half-life of 10 days, view 0.5 with 5 days. The reference time is day 20.
Customer 0: buys 0 on day 20, views it on day 20; buys 1 on day 10; views 2 on day 15; buys 4 on day 20
Customer 1: buys 0 on day 0; buys 3 on day 20
"""

import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import gamma

from customer_genome.genome.changes import changes, summed
from customer_genome.genome.evidence import item_dna, weights
from customer_genome.genome.expression import expression, interval
from customer_genome.genome.prior import Prior
from customer_genome.genome.shares import SESSION_RULE, Rule, Shares, levels, shares, totals
from customer_genome.genome.support import Imprinter, support

TEA, MILK, NONE = 0, 1, -1
ORGANIC, STRONG = 0, 1
ALL = Rule(low=0.0, high=1.0, group_low=0.0, minimum_units=0, minimum_categories=1)

CUSTOMERS = np.array([0, 0, 0, 0, 0, 1, 1], dtype=np.int32)
ITEMS = np.array([0, 0, 1, 2, 4, 0, 3], dtype=np.int32)
VERBS = np.array([0, 1, 0, 1, 0, 0, 0])
DAYS = np.array([20, 20, 10, 15, 20, 0, 20])

# 2^0 = 1; half of 2^0; 2^(-10/10); half of 2^(-5/5); 2^0; 2^(-20/10); 2^0
WEIGHTS = [1.0, 0.5, 0.5, 0.25, 1.0, 0.25, 1.0]


@pytest.fixture
def dna():
    return item_dna(
        [0, 0, 2, 4],
        genes=[ORGANIC, STRONG, ORGANIC, ORGANIC],
        strengths=[1.0, 0.5, 1.0, 1.0],
        categories=[TEA, TEA, MILK, MILK, NONE],
        groups=[0, 0, 0, 0, NONE],
        n_genes=2,
    )


@pytest.fixture
def evidence():
    w = weights(VERBS, occurred_at=DAYS, weight=[1.0, 0.5], half_life=[10, 5], reference_at=20)
    return pa.table({"customer": CUSTOMERS, "item": ITEMS, "weight": w})


@pytest.fixture
def kept(dna):
    # Distinct pairs with the strongest weight: item 0 has 1 + 0.25, item 1 0.5, item 2 0.25, item 3 1, item 4 1.
    weight, unit = totals([0, 1, 2, 4, 0, 3], weights=[1.0, 0.5, 0.25, 1.0, 0.25, 1.0], n_items=5)
    return shares(dna, weights=weight, units=unit, rule=ALL)


def imprinted(evidence, dna, kept, **limits):
    how = Imprinter(dna, kept, 2, **limits)
    return pa.Table.from_batches(support(evidence, how=how), schema=how.schema)


def test_weights_decay_by_the_half_life_of_their_verb(evidence):
    assert evidence["weight"].to_pylist() == WEIGHTS


def test_shares_are_those_of_the_population_inside_the_category(kept):
    # Tea weighs 1.25 + 0.5 = 1.75: organic p = m = 1.25 / 1.75 = 5/7; strong p = 0.625 / 1.75, m = 0.3125 / 1.75.
    # Milk weighs 0.25 + 1 = 1.25: organic p = m = 0.25 / 1.25 = 1/5; strong does not occur.
    assert kept.strata.tolist() == [TEA, TEA, MILK]
    assert kept.genes.tolist() == [ORGANIC, STRONG, ORGANIC]
    assert kept.share == pytest.approx([5 / 7, 5 / 14, 1 / 5], rel=1e-12)
    assert kept.second == pytest.approx([5 / 7, 5 / 28, 1 / 5], rel=1e-12)
    assert kept.units.tolist() == [3, 3, 2]


def test_support_is_the_sum_over_distinct_items_of_the_kept_strata(evidence, dna, kept):
    # Customer 0: w is 1 for item 0 (the purchase outweighs the view), 0.5 for 1, 0.25 for 2; item 4 has no stratum.
    #   organic O = 1 + 0.25, E = 1.5 * 5/7 + 0.25 * 1/5, V = (1 + 0.25) * 5/7 * 2/7 + 0.0625 * 1/5 * 4/5, items 0 and 2
    #   strong  O = 1 * 0.5,  E = 1.5 * 5/14,             V = (1 + 0.25) * (5/28 - 25/196),               item 0
    # Customer 1: w is 0.25 for item 0 and 1 for item 3.
    #   organic O = 0.25,     E = 0.25 * 5/7 + 1 * 1/5,   V = 0.0625 * 10/49 + 1 * 4/25,                  item 0
    #   strong  O = 0.125,    E = 0.25 * 5/14,            V = 0.0625 * (5/28 - 25/196),                   item 0
    result = imprinted(evidence, dna, kept)
    assert result["customer"].to_pylist() == [0, 0, 1, 1]
    assert result["gene"].to_pylist() == [ORGANIC, STRONG, ORGANIC, STRONG]
    assert result["observed"].to_pylist() == pytest.approx([1.25, 0.5, 0.25, 0.125], rel=1e-12)
    expected = [7.5 / 7 + 0.05, 7.5 / 14, 1.25 / 7 + 0.2, 1.25 / 14]
    assert result["expected"].to_pylist() == pytest.approx(expected, rel=1e-12)
    variance = [12.5 / 49 + 0.01, 1.25 * 10 / 196, 0.625 / 49 + 0.16, 0.0625 * 10 / 196]
    assert result["variance"].to_pylist() == pytest.approx(variance, rel=1e-12)
    assert result["items"].to_pylist() == [2, 1, 1, 1]


def test_posterior_is_gamma_poisson_on_the_scaled_support(evidence, dna, kept):
    # Customer 0, organic: E = 7.85/7, V = 12.99/49, k = E/V = 54.95/12.99, posterior Gamma(2 + kO, 2 + kE).
    k = 54.95 / 12.99
    shape, rate = 2 + k * 1.25, 2 + k * 7.85 / 7
    fitted = Prior(np.array([2.0, 3.0]), np.array([2.0, 3.5]), np.zeros(2, np.int8))
    first = expression(imprinted(evidence, dna, kept), prior=fitted).to_pylist()[0]
    assert (first["customer"], first["gene"], first["evidence"]) == (0, ORGANIC, 2)
    assert first["strength"] == pytest.approx(shape / rate, rel=1e-12)
    assert first["low"] == pytest.approx(gamma.ppf(0.05, shape, scale=1 / rate), rel=1e-6)
    assert first["high"] == pytest.approx(gamma.ppf(0.95, shape, scale=1 / rate), rel=1e-6)
    assert first["effective"] == pytest.approx(k * 1.25, rel=1e-12)
    assert first["status"] == "neither"


def test_a_gene_is_expressed_or_avoided_only_beyond_a_tenth():
    # k = 1: Gamma(1 + 1000 O', 1 + 1000): an interval of about 1.645 * sqrt(O' / 1000) either side.
    rows = pa.table(
        {
            "customer": np.arange(4, dtype=np.int32),
            "gene": np.zeros(4, np.int32),
            "observed": [1200.0, 1100.0, 850.0, 900.0],
            "expected": [1000.0] * 4,
            "variance": [1000.0] * 4,
            "items": np.full(4, 9, np.int32),
        }
    )
    result = expression(rows, prior=Prior(np.ones(1), np.ones(1), np.zeros(1, np.int8)))
    assert result["status"].to_pylist() == ["expressed", "neither", "avoided", "neither"]


def test_quantiles_agree_with_scipy_over_all_shapes():
    shapes = np.array([0.05, 0.3, 1.0, 7.7, 20.0, 345.6, 1e5, 9e6, 3e8])
    low, high = interval(shapes, rate=2.0)
    assert low == pytest.approx(gamma.ppf(0.05, shapes, scale=0.5), rel=1e-6)
    assert high == pytest.approx(gamma.ppf(0.95, shapes, scale=0.5), rel=1e-6)


def test_one_new_purchase_adds_only_its_own_sums(evidence, dna, kept):
    # Customer 1 buys item 3 no more and item 2 instead, at weight 1: organic O + 1, one item more, E and V the same.
    earlier = imprinted(evidence, dna, kept)
    changed = pa.table(
        {
            "customer": np.array([1, 1], np.int32),
            "item": np.array([3, 2], np.int32),
            "before": [1.0, 0.0],
            "after": [0.0, 1.0],
        }
    )
    news = pa.Table.from_batches(changes(changed, how=Imprinter(dna, kept, 2)))
    assert news.to_pylist() == [
        {"customer": 1, "gene": ORGANIC, "observed": 1.0, "expected": 0.0, "variance": 0.0, "items": 1}
    ]
    after = summed(pa.concat_tables([earlier, news]))
    assert after["observed"].to_pylist() == pytest.approx([1.25, 0.5, 1.25, 0.125], rel=1e-12)
    assert after["expected"].to_pylist() == pytest.approx(earlier["expected"].to_pylist(), rel=1e-12)


def test_a_gene_of_few_categories_is_judged_in_the_group():
    # Gene 0 varies inside three categories, gene 1 inside two: by the rule it moves to the group, at half of all.
    categories = np.repeat([0, 1, 2], 2)
    carriers = {0: [0, 2, 4], 1: [0, 2, 5]}
    dna = item_dna(
        [*carriers[0], 0, 2],
        genes=[0, 0, 0, 1, 1],
        strengths=np.ones(5),
        categories=categories,
        groups=np.zeros(6, np.int32),
        n_genes=2,
    )
    kept = shares(dna, weights=np.full(6, 60.0), units=np.full(6, 60), rule=Rule())
    assert levels(kept, n_genes=2).tolist() == [0, 1]
    assert kept.strata.tolist() == [-1, 0, 1, 2]
    assert kept.share == pytest.approx([2 / 6, 1 / 2, 1 / 2, 1 / 2])


def test_session_genes_are_judged_among_all_sessions_of_their_kind():
    # Four baskets, three with category 0 and one with category 1: p = 3/4 and 1/4 for everybody. Customer 0 had
    # baskets 0 and 1 of weight 1 and 0.5: E = 1.5 p, V = 1.25 p (1 - p).
    baskets = item_dna(
        [0, 1, 2, 3], genes=[0, 0, 0, 1], strengths=np.ones(4), categories=np.zeros(4), n_genes=2
    )
    kept = shares(baskets, weights=np.ones(4), units=np.ones(4, int), rule=SESSION_RULE)
    rows = pa.table(
        {"customer": np.zeros(2, np.int32), "item": np.array([0, 1], np.int32), "weight": [1.0, 0.5]}
    )
    result = imprinted(rows, baskets, kept)
    assert result["observed"].to_pylist() == [1.5, 0.0]
    assert result["expected"].to_pylist() == pytest.approx([1.125, 0.375])
    assert result["variance"].to_pylist() == pytest.approx([1.25 * 3 / 16] * 2)


def test_shares_survive_a_table(kept):
    again = Shares.of(kept.table())
    assert again.table().equals(kept.table())
