"""The best, what sets them apart, and who resembles them."""

import numpy as np
import pytest

from customer_genome.genome.best import best_genome, best_mask, likeness


def _population(rows: int = 600, genes: int = 40, seed: int = 1) -> tuple[np.ndarray, np.ndarray, list[str]]:
    random = np.random.default_rng(seed)
    value = random.lognormal(size=rows)
    logs = random.normal(0, 0.5, (rows, genes))
    top = value >= np.quantile(value, 0.8)
    logs[top, 0] += 0.6
    logs[top, 1] -= 0.6
    logs[:, 2] = np.nan
    return np.exp2(logs), value, [f"c{n:04}" for n in range(rows)]


def test_the_best_are_the_top_share_with_ties_by_id() -> None:
    value = np.array([5.0, 9, 5, 0, 1])
    assert best_mask(value, ids=["b", "x", "a", "d", "e"], share=0.4).tolist() == [
        False,
        True,
        True,
        False,
        False,
    ]
    assert best_mask(value, ids=list("abcde"), share=1).tolist() == [True, True, True, False, True]


def test_planted_genes_are_found_with_sign_and_size() -> None:
    strengths, value, ids = _population()
    found = best_genome(strengths, genes=[f"g{n}" for n in range(40)], value=value, ids=ids, resamples=50)
    assert found.genes is not None
    assert (found.best, found.rest) == (120, 480)
    assert {gene.gene for gene in found.genes[:2]} == {"g0", "g1"}
    by_name = {gene.gene: gene for gene in found.genes}
    assert by_name["g0"].separates
    assert by_name["g0"].low < 2**0.6 < by_name["g0"].high
    assert by_name["g1"].ratio == pytest.approx(2**-0.6, rel=0.1)
    assert by_name["g0"].ratio == pytest.approx(by_name["g0"].best_mean / by_name["g0"].rest_mean)
    assert sum(gene.separates for gene in found.genes) <= 4
    assert by_name["g2"].effect is None
    assert "too few to say" in by_name["g2"].reason


def test_nothing_planted_is_nothing_found() -> None:
    listed = 0
    for seed in range(10):
        random = np.random.default_rng(seed)
        strengths = np.exp2(random.normal(size=(200, 50)))
        value, ids = random.random(200), [str(n) for n in range(200)]
        made = best_genome(strengths, genes=[str(n) for n in range(50)], value=value, ids=ids, resamples=30)
        listed += any(gene.separates for gene in made.genes or ())
    assert listed <= 1


def test_q_values_by_hand_and_repeatable() -> None:
    strengths, value, ids = _population(seed=5)
    names = [f"g{n}" for n in range(40)]
    first = best_genome(strengths, genes=names, value=value, ids=ids, resamples=20)
    assert first == best_genome(strengths, genes=names, value=value, ids=ids, resamples=20)
    tested = sorted((gene for gene in first.genes or () if gene.p is not None), key=lambda gene: gene.p)
    raw = [gene.p * len(tested) / (rank + 1) for rank, gene in enumerate(tested)]
    assert [gene.q for gene in tested] == pytest.approx([min(1, *raw[rank:], 1) for rank in range(len(raw))])


def test_too_few_customers_say_so() -> None:
    found = best_genome(
        np.ones((50, 2)), genes=["a", "b"], value=np.arange(50.0), ids=[str(n) for n in range(50)]
    )
    assert found.genes is None
    assert found.reason is not None
    assert "10 best and 40 other" in found.reason


def test_likeness_leaves_oneself_out() -> None:
    vectors = np.array([[1.0, 0], [0, 1], [1, 0.2], [0, 0], [0.1, 1]])
    best = np.array([True, True, False, False, False])
    found = likeness(vectors, best=best, ids=list("abcde"))
    assert found.twin.tolist() == [1, 0, 0, -1, 1]
    assert found.similarity[0] == pytest.approx(0)
    assert np.isnan(found.similarity[3])
    assert found.similarity[2] > 0.7
    nobody = likeness(vectors, best=np.zeros(5, dtype=bool), ids=list("abcde"))
    assert nobody.twin.tolist() == [-1] * 5
    assert np.isnan(nobody.similarity).all()


def test_a_gene_that_only_restates_how_much_is_bought_is_marked() -> None:
    random = np.random.default_rng(2)
    evidence = random.gamma(2, 10, 800) + 1
    value = evidence * random.lognormal(0, 0.3, 800)
    logs = random.normal(0, 0.3, (800, 2))
    logs[:, 0] += 0.5 * np.log(evidence)
    logs[value >= np.quantile(value, 0.8), 1] += 0.5
    ids = [f"c{n:04}" for n in range(800)]
    found = best_genome(
        np.exp2(logs), genes=["more", "own"], value=value, ids=ids, evidence=evidence, resamples=20
    )
    by_name = {gene.gene: gene for gene in found.genes or ()}
    assert by_name["more"].separates
    assert by_name["more"].restates is True
    assert by_name["own"].separates
    assert by_name["own"].restates is False
    assert best_genome(np.exp2(logs), genes=["more", "own"], value=value, ids=ids).genes[0].restates is None
    alone = best_genome(np.ones((1, 1)), genes=["g"], value=np.ones(1), ids=["x"])
    assert alone.genes is None
    zero = best_genome(np.exp2(logs), genes=["more", "own"], value=np.zeros(800), ids=ids)
    assert zero.best == 0
    assert zero.genes is None
