"""A similarity is the sum of its genes' contributions, and uncertain genes count little."""

import numpy as np
import pytest

from customer_genome.genome.compare import Genes, compare


def _genes(strength: list[float], *, spread: float = 1.2, names: str = "abcdef") -> Genes:
    values = np.asarray(strength)
    return Genes(list(names[: len(values)]), values, values / spread, values * spread)


def test_contributions_and_differences_add_up() -> None:
    left = _genes([2.0, 0.5, 1.3, 3.0, 1.1, 0.8])
    right = _genes([1.8, 1.6, 1.2, 0.9, 1.0, 0.7])
    found = compare(left, right=right)
    assert found.similarity is not None
    assert sum(part.contribution for part in found.contributions) == pytest.approx(
        found.similarity, abs=1e-12
    )
    assert sum(part.difference for part in found.contributions) == pytest.approx(
        1 - found.similarity, abs=1e-12
    )
    assert found.making()[0].gene == "a"
    assert found.breaking(1)[0].gene == "b"
    signs = {part.gene: part.contribution for part in found.contributions}
    assert signs["b"] < 0 < signs["a"]


def test_by_hand() -> None:
    exact = {"low": np.array([2.0, 4.0]), "high": np.array([2.0, 4.0])}
    left = Genes(["a", "b"], np.array([2.0, 4.0]), **exact)
    right = Genes(["b", "a"], np.array([2.0, 4.0]), **exact)
    # log2 strengths (1, 2) and (2, 1): the cosine is 4 / 5, half of it from either gene
    found = compare(left, right=right, minimum=2)
    assert found.similarity == pytest.approx(0.8)
    assert [part.contribution for part in found.contributions] == pytest.approx([0.4, 0.4])


def test_oneself_opposite_and_symmetry() -> None:
    left = _genes([2.0, 0.5, 1.3, 3.0, 1.1])
    mirror = _genes([0.5, 2.0, 1 / 1.3, 1 / 3.0, 1 / 1.1])
    other = _genes([1.0, 2.5, 1.7, 0.4, 1.1])
    assert compare(left, right=left).similarity == pytest.approx(1)
    assert compare(left, right=mirror).similarity == pytest.approx(-1)
    assert compare(left, right=other).similarity == pytest.approx(compare(other, right=left).similarity)


def test_a_gene_inside_its_own_interval_counts_little() -> None:
    sure = _genes([2.0, 2.0, 2.0, 2.0, 2.0])
    doubtful = Genes(sure.genes, sure.strength, sure.low, np.array([2.4, 2.4, 2.4, 2.4, 64.0]))
    parts = {part.gene: part.contribution for part in compare(sure, right=doubtful).contributions}
    assert parts["e"] < parts["a"] / 3


def test_unknown_genes_are_left_out_and_too_few_say_so() -> None:
    left = _genes([2.0, 0.5, np.nan, 3.0, 1.1, 1.5])
    right = _genes([2.0, 0.5, 4.0, 3.0], names="abcd")
    found = compare(left, right=right)
    assert found.similarity is None
    assert found.reason is not None
    assert "3 genes" in found.reason
    assert (found.shared, found.known) == (3, 6)
    assert compare(left, right=right, minimum=3).similarity == pytest.approx(1)
    flat = compare(_genes([1.0] * 5), right=_genes([2.0] * 5))
    assert flat.similarity is None
    with pytest.raises(ValueError, match="twice"):
        compare(_genes([1.0, 2.0], names="aa"), right=right)
