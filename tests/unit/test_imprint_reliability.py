"""Reliability on customers whose likings are planted: lasting, crossing categories, or neither."""

import numpy as np
import pyarrow as pa
import pytest

from customer_genome.genome.evidence import item_dna
from customer_genome.genome.reliability import Trial, reliability

CUSTOMERS, CATEGORIES, WIDTH = 400, 12, 60
EVERYWHERE, WITHIN, FLEETING, RARE, NARROW = range(5)


@pytest.fixture(scope="module")
def dna():
    """Sixty items in each of twelve categories; every gene but two is carried by a third of the items."""
    item = np.arange(CATEGORIES * WIDTH)
    rng = np.random.default_rng(11)
    carries = [item[rng.random(len(item)) < 1 / 3] for _ in range(3)]
    carries += [item[:1], item[: WIDTH // 3]]
    return item_dna(
        np.concatenate(carries),
        genes=np.repeat(np.arange(5), [len(c) for c in carries]),
        strengths=np.ones(sum(map(len, carries))),
        categories=item // WIDTH,
        n_genes=5,
    )


def chosen(dna, liking, rng, per_category=8):
    """Let every customer choose distinct items in every category, by the product of their likings."""
    carried = np.zeros((dna.n_items, 5), bool)
    carried[np.repeat(np.arange(dna.n_items), np.diff(dna.starts)), dna.genes] = True
    pairs = []
    for category in range(CATEGORIES):
        items = np.nonzero(dna.categories == category)[0]
        taste = np.ones((CUSTOMERS, len(items)))
        for gene in range(5):
            taste *= np.where(carried[items, gene], liking[:, category, gene][:, None], 1.0)
        rank = np.argsort(-(np.log(taste) + rng.gumbel(size=taste.shape)), axis=1)[:, :per_category]
        pairs.append(np.stack([np.repeat(np.arange(CUSTOMERS), per_category), items[rank].ravel()]))
    customer, item = np.concatenate(pairs, axis=1).astype(np.int32)
    return pa.table({"customer": customer, "item": item, "weight": np.ones(len(item))})


@pytest.fixture(scope="module")
def figures(dna):
    rng = np.random.default_rng(12)

    def liking():
        likes = np.ones((CUSTOMERS, CATEGORIES, 5))
        likes[:, :, EVERYWHERE] = everywhere
        likes[:, :, WITHIN] = within
        likes[:, :, FLEETING] = rng.gamma(2, 1 / 2, (CUSTOMERS, 1))
        return likes

    everywhere = rng.gamma(2, 1 / 2, (CUSTOMERS, 1))
    within = rng.gamma(0.5, 2, (CUSTOMERS, CATEGORIES)) + 0.1
    before, after = chosen(dna, liking(), rng), chosen(dna, liking(), rng)
    trial = Trial(dna, np.zeros(5, int), CUSTOMERS)
    return reliability(before, after=after, trial=trial).to_pylist()


def test_a_liking_that_lasts_is_found_over_time_and_on_new_items(figures):
    for gene in (EVERYWHERE, WITHIN):
        assert figures[gene]["over_time"] > 0.5
        assert figures[gene]["on_new_items"] > 0.35
        assert 0.5 < figures[gene]["slope"] < 1.5


def test_only_a_liking_for_the_gene_itself_crosses_categories(figures):
    assert figures[EVERYWHERE]["across_categories"] > 0.5
    assert abs(figures[WITHIN]["across_categories"]) < 0.2


def test_a_fleeting_liking_has_no_reliability_over_time(figures):
    assert abs(figures[FLEETING]["over_time"]) < 0.2
    assert figures[FLEETING]["across_categories"] > 0.4


def test_what_cannot_be_estimated_is_null_with_its_reason(figures):
    for name in ("over_time", "on_new_items", "across_categories"):
        assert figures[RARE][name] is None
        assert figures[RARE][f"{name}_reason"]
        assert figures[EVERYWHERE][f"{name}_reason"] is None
    assert figures[RARE]["slope"] is None
    assert figures[NARROW]["over_time"] is not None
    assert figures[NARROW]["across_categories"] is None
    assert "too few categories" in figures[NARROW]["across_categories_reason"]


def test_a_sample_takes_every_nth_customer(dna):
    rng = np.random.default_rng(13)
    pairs = chosen(dna, np.ones((CUSTOMERS, CATEGORIES, 5)), rng)
    later = chosen(dna, np.ones((CUSTOMERS, CATEGORIES, 5)), rng)
    few = Trial(dna, np.zeros(5, int), CUSTOMERS, sample=40, customers=41)
    assert {row["over_time_reason"] for row in reliability(pairs, after=later, trial=few).to_pylist()} == {
        "too few customers with evidence in both parts"
    }
