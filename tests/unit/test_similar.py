"""Similar finds the true nearest, in a stated order."""

import numpy as np
import pytest

from customer_genome.genome import similar as module
from customer_genome.genome.similar import similar


def test_agrees_with_brute_force() -> None:
    random = np.random.default_rng(0)
    pool, query = random.normal(size=(300, 8)), random.normal(size=(20, 8))
    ids = [f"c{n:03}" for n in range(300)]
    found = similar(query, pool=pool, ids=ids, k=7)
    cosine = (query @ pool.T) / np.linalg.norm(query, axis=1)[:, None] / np.linalg.norm(pool, axis=1)
    for row in range(20):
        assert found.index[row].tolist() == np.argsort(-cosine[row])[:7].tolist()
    assert np.allclose(found.similarity, -np.sort(-cosine, axis=1)[:, :7], atol=1e-6)


def test_ties_go_to_the_smaller_id_and_oneself_is_left_out() -> None:
    pool = np.array([[2.0, 0], [1, 0], [3, 0], [0, 1]])
    found = similar(pool[0], pool=pool, ids=["d", "b", "c", "a"], k=2, exclude=["d"])
    assert found.index.tolist() == [[1, 2]]
    assert found.similarity.tolist() == [[1.0, 1.0]]


def test_unknown_vectors_have_no_neighbours_and_are_none() -> None:
    pool = np.array([[1.0, 0], [0, 0]])
    found = similar(np.array([[1.0, 1], [0, 0]]), pool=pool, ids=["a", "b"], k=3)
    assert found.index.tolist() == [[0, -1, -1], [-1, -1, -1]]
    assert np.isfinite(found.similarity).tolist() == [[True, False, False], [False] * 3]


def test_blocks_of_queries_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(1)
    pool = random.normal(size=(50, 4))
    ids = [str(n) for n in range(50)]
    whole = similar(pool, pool=pool, ids=ids, k=5, exclude=ids)
    monkeypatch.setattr(module, "ROWS", 60)
    parts = similar(pool, pool=pool, ids=ids, k=5, exclude=ids)
    assert np.array_equal(whole.index, parts.index)
    assert not (whole.index == np.arange(50)[:, None]).any()


def test_shapes_must_agree() -> None:
    with pytest.raises(ValueError, match="shapes disagree"):
        similar(np.ones(3), pool=np.ones((2, 4)), ids=["a", "b"])
    with pytest.raises(ValueError, match="exclude names"):
        similar(np.ones(4), pool=np.ones((2, 4)), ids=["a", "b"], exclude=["a", "b"])
