"""The vector depends on the customer and the reference only, and a block can be left out."""

import json

import numpy as np
import pytest
from scipy import sparse

from customer_genome.genome.block import Block, Measured, beside
from customer_genome.genome.metric import Training
from customer_genome.genome.vector import BLOCKS, Vectoriser


def _inputs(rows: int = 120, seed: int = 3) -> dict[str, Measured]:
    random = np.random.default_rng(seed)
    taste = random.integers(0, 4, rows)
    items = sparse.csr_matrix(random.poisson(0.2 + 2 * (np.arange(200) % 4 == taste[:, None])))
    shops = sparse.csr_matrix(random.poisson(3 * random.random((rows, 30)) ** 6))
    genes = np.where(random.random((rows, 20)) < 0.2, np.nan, random.normal(size=(rows, 20)) + taste[:, None])
    return {
        "identity": Measured(items, [f"item{n}" for n in range(200)]),
        "channel": Measured(shops, [f"shop{n}" for n in range(30)]),
        "lifestyle": Measured(sparse.csr_matrix(items[:, :40]), [f"category{n}" for n in range(40)]),
        "genes": Measured(genes, [f"gene{n}" for n in range(20)]),
        "behaviour": Measured(random.lognormal(size=(rows, 14)), [f"b{n}" for n in range(14)]),
    }


def _row(inputs: dict[str, Measured], row: int) -> dict[str, Measured]:
    return {name: Measured(part.matrix[row : row + 1], part.columns) for name, part in inputs.items()}


def test_one_by_one_equals_batch_and_any_order() -> None:
    inputs = _inputs()
    fitted = Vectoriser().fit(inputs)
    batch = fitted.encode(inputs)
    alone = np.concatenate([fitted.encode(_row(inputs, row)) for row in range(len(batch))])
    assert batch.dtype == np.float32
    assert batch.shape == (120, 128)
    assert np.array_equal(alone, batch)
    order = np.random.default_rng(0).permutation(120)
    shuffled = {name: Measured(part.matrix[order], part.columns) for name, part in inputs.items()}
    assert np.array_equal(fitted.encode(shuffled), batch[order])


def test_fit_is_deterministic_and_survives_storage() -> None:
    inputs = _inputs()
    first, second = Vectoriser().fit(inputs), Vectoriser().fit(inputs)
    arrays, meta = first.to_arrays()
    assert first.version_ == second.version_
    assert all(array.dtype != object for array in arrays.values())
    again = Vectoriser.from_arrays(arrays, json.loads(json.dumps(meta)))
    assert np.array_equal(again.encode(inputs), second.encode(inputs))
    assert again.version_ == first.version_
    assert Vectoriser().fit(_inputs(seed=4)).version_ != first.version_


def test_each_block_has_its_weight_or_nothing() -> None:
    inputs = _inputs()
    fitted = Vectoriser().fit(inputs)
    vectors = fitted.encode(inputs)
    for block in BLOCKS:
        length = np.linalg.norm(vectors[:, fitted.slices[block.name]], axis=1)
        assert np.allclose(length[length > 0], block.weight, atol=1e-5), block.name
        assert (length > 0).mean() > 0.9, block.name


def test_a_block_left_out_is_zero_and_masking_is_the_same() -> None:
    inputs = _inputs()
    fitted = Vectoriser().fit(inputs)
    without = fitted.encode(inputs, without={"channel"})
    assert not without[:, fitted.slices["channel"]].any()
    assert np.array_equal(without, fitted.mask(fitted.encode(inputs), without=["channel"]))
    assert np.array_equal(
        without[:, fitted.slices["genes"]], fitted.encode(inputs)[:, fitted.slices["genes"]]
    )
    with pytest.raises(ValueError, match="no such block"):
        fitted.mask(without, without=["chanel"])


def test_columns_are_matched_by_name() -> None:
    inputs = _inputs()
    fitted = Vectoriser().fit(inputs)
    expected = fitted.encode(inputs)
    order = np.random.default_rng(1).permutation(200)
    names = np.asarray(inputs["identity"].columns)[order].tolist()
    new = sparse.hstack([inputs["identity"].matrix[:, order], np.full((120, 1), 9)]).tocsr()
    changed = inputs | {"identity": Measured(new, [*names, "never seen before"])}
    assert np.allclose(fitted.encode(changed), expected, atol=1e-6)
    genes = Measured(inputs["genes"].matrix[:, ::-1], inputs["genes"].columns[::-1])
    assert np.allclose(fitted.encode(inputs | {"genes": genes}), expected, atol=1e-6)


def test_few_columns_are_padded_and_no_data_is_zero() -> None:
    matrix = sparse.csr_matrix(np.array([[5, 0, 1], [0, 6, 1], [4, 3, 1], [0, 0, 0]]))
    inputs = {"identity": Measured(matrix, ["a", "b", "once"])}
    fitted = Vectoriser().fit(inputs)
    vectors = fitted.encode(inputs)
    assert vectors.shape == (4, 128)
    assert not vectors[:, 2:].any()
    assert not vectors[3].any()
    assert np.allclose(np.linalg.norm(vectors[:3], axis=1), 1)


def test_same_taste_is_nearer_than_other_taste() -> None:
    inputs = _inputs()
    taste = np.random.default_rng(3).integers(0, 4, 120)
    vectors = (
        Vectoriser(blocks=(Block("identity", 16, 1.0, "counts"),)).fit(inputs).encode(inputs).astype(float)
    )
    cosine = vectors @ vectors.T
    same = taste[:, None] == taste
    np.fill_diagonal(same, val=False)
    assert cosine[same].mean() > cosine[taste[:, None] != taste].mean() + 0.2


def test_periods_teach_the_first_block_and_encoding_stays_alone() -> None:
    random = np.random.default_rng(0)
    inputs = _inputs()
    whole = inputs["identity"].matrix.toarray()
    dealt = [random.binomial(whole, 0.25) for _ in range(4)]
    periods = [Measured(sparse.csr_matrix(part), inputs["identity"].columns) for part in dealt]
    training = Training(steps=5, batch=60, view=1, minimum_customers=50)
    plain = Vectoriser(training=training).fit(inputs)
    first, second = (Vectoriser(training=training).fit(inputs, periods=periods) for _ in range(2))
    assert plain.reason_ is not None
    assert first.reason_ is None
    assert first.version_ == second.version_ != plain.version_
    batch = first.encode(inputs)
    assert np.array_equal(first.encode(_row(inputs, 7)), batch[7:8])
    assert not np.allclose(batch[:, :58], plain.encode(inputs)[:, :58], atol=1e-3)
    assert np.array_equal(batch[:, 58:], plain.encode(inputs)[:, 58:])
    again = Vectoriser.from_arrays(*first.to_arrays())
    assert np.array_equal(again.encode(inputs), batch)
    with pytest.raises(ValueError, match="same customers"):
        Vectoriser().fit(inputs, periods=[Measured(sparse.csr_matrix((3, 2)), ["a", "b"])])


def test_of_many_columns_the_most_frequent_are_kept() -> None:
    counts = sparse.csr_matrix(np.array([[9, 0, 6, 7], [0, 9, 5, 3]]))
    fitted = Vectoriser(most_columns=3).fit({"identity": Measured(counts, ["d", "c", "b", "a"])})
    assert fitted.fitted_["identity"].columns.tolist() == ["c", "b", "a"]  # c before d: a tie


def test_rows_must_agree() -> None:
    inputs = _inputs()
    with pytest.raises(ValueError, match="same customers"):
        Vectoriser().fit(inputs | {"genes": Measured(np.zeros((3, 2)), ["a", "b"])})


def test_parts_stand_side_by_side() -> None:
    one = Measured(sparse.csr_matrix([[1, 2]]), ["a", "b"])
    two = Measured(sparse.csr_matrix([[3]]), ["a"])
    found = beside({"item": one, "maker": two})
    assert found.columns == ["item:a", "item:b", "maker:a"]
    assert found.matrix.toarray().tolist() == [[1, 2, 3]]
