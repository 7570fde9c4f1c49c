"""Neighbours are exact below a size; above it the recall that is said is the recall there is."""

import numpy as np
import pytest

from customer_genome.genome import neighbours as module
from customer_genome.genome.neighbours import IndexSettings, NeighbourIndex, neighbours
from customer_genome.genome.similar import similar


def _pool(size: int = 3000, width: int = 16) -> tuple[np.ndarray, list[str]]:
    random = np.random.default_rng(0)
    pool = random.normal(size=(40, width))[random.integers(0, 40, size)] + 0.5 * random.normal(
        size=(size, width)
    )
    return pool.astype(np.float32), [f"c{row:05}" for row in random.permutation(size)]


def test_a_small_pool_is_searched_exactly() -> None:
    pool, ids = _pool(200)
    index = NeighbourIndex().fit(pool, ids=ids)
    expected = similar(pool[:5], pool=pool, ids=ids, k=4, exclude=ids[:5])
    found = index.search(pool[:5], k=4, exclude=ids[:5])
    assert index.recall_ == 1.0
    assert np.array_equal(found.index, expected.index)


def test_a_large_pool_is_searched_nearly_exactly() -> None:
    pool, ids = _pool()
    index = NeighbourIndex(exact_below=100).fit(pool, ids=ids)
    expected = similar(pool[:300], pool=pool, ids=ids, k=10, exclude=ids[:300])
    found = index.search(pool[:300], k=10, exclude=ids[:300])
    hits = [len(set(a) & set(b)) / 10 for a, b in zip(found.index, expected.index, strict=True)]
    assert index.recall_ >= 0.95
    assert np.mean(hits) == pytest.approx(index.recall_, abs=0.03)
    same = found.index == expected.index
    assert same.mean() > 0.9
    assert np.allclose(found.similarity[same], expected.similarity[same], atol=2e-6)
    assert not (found.index == np.arange(300)[:, None]).any()


def test_many_questions_to_a_large_pool_go_to_an_index(monkeypatch: pytest.MonkeyPatch) -> None:
    pool, ids = _pool(800)
    assert neighbours(pool[:3], pool=pool, ids=ids)[1] == 1.0
    monkeypatch.setattr(module, "EXACT_BELOW", 100)
    exact, recall = neighbours(pool[0], pool=pool, ids=ids, k=3, exclude=[ids[0]])
    assert recall == 1.0
    monkeypatch.setattr(module, "EXACT_PAIRS", 10)
    found, said = neighbours(pool[0], pool=pool, ids=ids, k=3, exclude=[ids[0]])
    assert 0.95 <= said <= 1.0
    assert found.index.shape == exact.index.shape


def test_the_graph_answers_the_same_each_time() -> None:
    pool, ids = _pool(1500)
    answers = [
        NeighbourIndex(exact_below=10).fit(pool, ids=ids).search(pool[:50], k=5).index for _ in range(2)
    ]
    assert np.array_equal(*answers)


def test_ties_go_to_the_smaller_id() -> None:
    pool = np.repeat(np.eye(4, dtype=np.float32), 5, axis=0)
    ids = [f"c{row:02}" for row in range(19, -1, -1)]
    found = NeighbourIndex(exact_below=1).fit(pool, ids=ids).search(pool[0], k=5)
    assert found.index.tolist() == [[4, 3, 2, 1, 0]]


def test_unknown_vectors_are_not_found_and_find_nobody() -> None:
    pool, ids = _pool(400)
    pool[7] = 0
    index = NeighbourIndex(exact_below=10).fit(pool, ids=ids)
    found = index.search(pool[:20], k=400)
    assert not (found.index == 7).any()
    assert (found.index[7] == -1).all()
    assert np.isnan(found.similarity[7]).all()
    assert (found.index[0] >= 0).sum() >= 390  # more asked for than there are: the rest is -1


def test_a_poor_graph_is_searched_wider_or_says_so() -> None:
    pool, ids = _pool(2000, width=32)
    poor = IndexSettings(links=4, build=12, search=12, wanted=0.0)
    narrow = NeighbourIndex(exact_below=10, settings=poor).fit(pool, ids=ids)
    wide = NeighbourIndex(exact_below=10, settings=IndexSettings(links=4, build=12, search=12)).fit(
        pool, ids=ids
    )
    assert narrow.recall_ < wide.recall_


def test_shapes_must_agree() -> None:
    pool, ids = _pool(100)
    with pytest.raises(ValueError, match="3 ids for 100"):
        NeighbourIndex().fit(pool, ids=ids[:3])
    index = NeighbourIndex(exact_below=10).fit(pool, ids=ids)
    with pytest.raises(ValueError, match="shapes disagree"):
        index.search(np.ones(3))
    with pytest.raises(ValueError, match="exclude names"):
        index.search(pool[:2], exclude=["a"])
