"""Customers whose preferences are planted: are they found again, as surely as the intervals say, and no others?

The truth of a customer and gene is the ratio of what they were going to choose, category by category, to what the
population chooses: preferences tilt the odds of single items, so no formula of the imprint went into it. In the
setting with habit every item of a repertoire is bought again and again, a few of them very often.
"""

import numpy as np
import pyarrow as pa
import pytest

from customer_genome.genome.evidence import item_dna
from customer_genome.genome.expression import expression
from customer_genome.genome.prior import prior
from customer_genome.genome.shares import shares, totals
from customer_genome.genome.support import Imprinter, support

CUSTOMERS, CATEGORIES, WIDTH, GENES = 1_000, 15, 200, 12
HALF_LIFE = 120.0


def company(rng):
    """Return which items carry which genes, their popularity, and how much each customer likes each gene."""
    share = rng.uniform(0.04, 0.35, (CATEGORIES, GENES))
    carried = rng.random((CATEGORIES, WIDTH, GENES)) < share[:, None, :]
    popular = rng.lognormal(0, 0.7, (CATEGORIES, WIDTH))
    spread = np.linspace(0, 0.8, GENES)  # nobody has a liking for the first gene, everybody one for the last
    liking = np.exp(rng.normal(0, spread, (CUSTOMERS, GENES)))
    return carried, popular, liking


def catalogue(carried):
    """Return the item DNA, items numbered category by category."""
    item, gene = np.nonzero(carried.reshape(-1, GENES))
    categories = np.repeat(np.arange(CATEGORIES), WIDTH)
    return item_dna(item, genes=gene, strengths=np.ones(len(gene)), categories=categories, n_genes=GENES)


def lines(rng, *, habit):
    """Return evidence rows (customer, item, weight), the item DNA, and the true ratio of every customer and gene."""
    carried, popular, liking = company(rng)
    bought, truth_top, truth_base = [], np.zeros((CUSTOMERS, GENES)), np.zeros((CUSTOMERS, GENES))
    for category in range(CATEGORIES):
        taste = popular[category] * np.exp(np.log(liking) @ carried[category].T)
        taste /= taste.sum(axis=1, keepdims=True)
        wanted = np.minimum(rng.negative_binomial(1, 0.15, CUSTOMERS), 25)
        rank = np.argsort(-(np.log(taste) + rng.gumbel(size=taste.shape)), axis=1)
        items = [rank[customer, :n] for customer, n in enumerate(wanted)]
        customer = np.repeat(np.arange(CUSTOMERS), wanted)
        times = 1 + (rng.pareto(1.2, len(customer)) * 3).astype(int).clip(0, 60 if habit else 0)
        age = rng.exponential(120, len(customer)) / np.sqrt(times)  # of the last purchase: habits are fresher
        mine = taste @ carried[category]
        weight = np.bincount(customer, weights=2 ** (-age / HALF_LIFE), minlength=CUSTOMERS)
        truth_top += weight[:, None] * mine
        truth_base += weight[:, None] * np.average(mine, axis=0, weights=weight)
        bought.append((customer, np.concatenate(items) + category * WIDTH, age, times))
    customer, item, age, times = (np.concatenate(column) for column in zip(*bought, strict=True))
    row = np.repeat(np.arange(len(item)), times)
    later = np.where(np.diff(row, prepend=-1) != 0, 0, rng.exponential(60, len(row)))
    weight = 2 ** (-(age[row] + later) / HALF_LIFE)
    columns = {
        "customer": customer[row].astype(np.int32),
        "item": item[row].astype(np.int32),
        "weight": weight,
    }
    return pa.table(columns), catalogue(carried), truth_top / truth_base


def expressed(evidence, dna):
    """Imprint, fit the priors and express: with repeats in the evidence, as everywhere."""
    pairs = evidence.group_by(["customer", "item"]).aggregate([("weight", "max")])
    weight, unit = totals(pairs["item"], weights=pairs["weight_max"], n_items=dna.n_items)
    how = Imprinter(dna, shares(dna, weights=weight, units=unit), CUSTOMERS)
    found = pa.Table.from_batches(support(evidence, how=how))
    return expression(found, prior=prior(found, families=np.zeros(GENES, int)))


def judged(result, truth):
    """Return the coverage of the 90 % interval, the false discoveries among the expressed, and their number."""
    true = truth[result["customer"].to_numpy(), result["gene"].to_numpy()]
    inside = (result["low"].to_numpy() <= true) & (true <= result["high"].to_numpy())
    status = np.array(result["status"].to_pylist())
    return inside.mean(), (true[status == "expressed"] <= 1).mean(), (status == "expressed").sum()


@pytest.mark.parametrize("habit", [False, True])
@pytest.mark.parametrize("seed", [1, 2])
def test_planted_preferences_are_recovered_with_the_stated_certainty(habit, seed):
    evidence, dna, truth = lines(np.random.default_rng(seed), habit=habit)
    result = expressed(evidence, dna)
    coverage, false, discoveries = judged(result, truth)
    assert 0.87 <= coverage <= 0.93
    assert false <= 0.05
    assert discoveries > 500
    strength, true = (
        result["strength"].to_numpy(),
        truth[result["customer"].to_numpy(), result["gene"].to_numpy()],
    )
    slope = np.polyfit(np.log(strength), np.log(true), 1)[0]
    assert 0.9 <= slope <= 1.1


def test_what_nobody_prefers_is_hardly_ever_expressed():
    evidence, dna, _ = lines(np.random.default_rng(3), habit=True)
    result = expressed(evidence, dna)
    of_first = np.array(result["status"].to_pylist())[result["gene"].to_numpy() == 0]
    assert (of_first == "expressed").mean() < 0.01


def test_counting_repeats_as_new_choices_would_deceive():
    """The simulation can fail: with every line an item of its own, habit passes for preference."""
    evidence, dna, truth = lines(np.random.default_rng(4), habit=True)
    lone = np.arange(len(evidence), dtype=np.int32)
    of = evidence["item"].to_numpy()
    counts = np.diff(dna.starts)[of]
    entry = np.concatenate([np.arange(a, b) for a, b in zip(dna.starts[of], dna.starts[of + 1], strict=True)])
    naive = item_dna(
        np.repeat(lone, counts),
        genes=dna.genes[entry],
        strengths=np.ones(len(entry)),
        categories=dna.categories[of],
        n_genes=GENES,
    )
    coverage, _, _ = judged(expressed(evidence.set_column(1, "item", pa.array(lone)), naive), truth)
    assert coverage < 0.8
