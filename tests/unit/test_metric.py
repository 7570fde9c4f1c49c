"""The metric's gradient is right, and what it learns finds planted customers again better than the start."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from customer_genome.genome.metric import Training, infonce, learn_metric

FAST = Training(steps=60, batch=200, minimum_customers=50)
LONG = Training(steps=60, batch=300, rate=0.3)


def _world(
    customers: int = 300, *, noise: int = 300, seed: int = 0
) -> tuple[list[sparse.csr_matrix], np.ndarray]:
    """Return ten periods: 100 telling items each bought by few again and again, and noise that everyone buys."""
    random = np.random.default_rng(seed)
    loved = np.stack([random.choice(100, 4, replace=False) for _ in range(customers)])
    periods = []
    for _ in range(10):
        counts = np.zeros((customers, 100 + noise))
        for row in range(customers):
            counts[row, random.choice(loved[row], 2, replace=False)] += 1
            np.add.at(counts[row], 100 + random.integers(0, noise, 8), 1)
        periods.append(sparse.csr_matrix(counts))
    return periods, np.ones(100 + noise)


def _found(basis: np.ndarray, one: sparse.csr_matrix, other: sparse.csr_matrix) -> float:
    left, right = one @ basis, other @ basis
    left /= np.linalg.norm(left, axis=1, keepdims=True)
    right /= np.linalg.norm(right, axis=1, keepdims=True)
    return float(((left @ right.T).argmax(axis=1) == np.arange(len(left))).mean())


@given(st.integers(2, 7), st.integers(2, 5), st.floats(0.05, 1.0), st.integers(0, 99))
def test_gradients_agree_with_finite_differences(rows, width, temperature, seed) -> None:
    random = np.random.default_rng(seed)
    views = [random.normal(size=(rows, width)) for _ in range(2)]
    _, *gradients = infonce(*views, temperature=temperature)
    step = 1e-6
    for side, gradient in enumerate(gradients):
        row, column = random.integers(rows), random.integers(width)
        losses = []
        for sign in (1, -1):
            moved = [view.copy() for view in views]
            moved[side][row, column] += sign * step
            losses.append(infonce(*moved, temperature=temperature)[0])
        assert gradient[row, column] == pytest.approx(
            (losses[0] - losses[1]) / (2 * step), rel=1e-3, abs=1e-5
        )


def test_the_loss_by_hand() -> None:
    """Two customers at right angles, temperature 1: each softmax is e / (e + 1)."""
    loss, left, right = infonce(np.eye(2), 3 * np.eye(2), temperature=1.0)
    assert loss == pytest.approx(np.log(1 + np.exp(-1)))
    assert np.allclose(left.diagonal(), 0)  # along the vector itself nothing turns
    assert np.allclose(left, 3 * right)  # a vector three times as long turns three times less


def test_planted_customers_are_found_again_better_and_unseen_ones_too() -> None:
    periods, scale = _world(400)
    start = np.linalg.svd(sum(periods[:6]).toarray()[:300], full_matrices=False)[2][:20].T
    learned = learn_metric(start, periods=[part[:300] for part in periods[:6]], scale=scale, training=LONG)
    assert learned.reason is None
    assert learned.basis.shape == start.shape
    for rows in (slice(0, 300), slice(300, 400)):
        later = [(one + other)[rows] for one, other in (periods[6:8], periods[8:])]
        assert _found(learned.basis, *later) > _found(start, *later) + 0.06


def test_learning_is_deterministic() -> None:
    periods, scale = _world(120)
    start = np.random.default_rng(0).normal(size=(400, 6))
    made = [learn_metric(start, periods=periods, scale=scale, training=FAST).basis for _ in range(2)]
    assert np.array_equal(*made)


@pytest.mark.parametrize(
    ("customers", "periods", "said"),
    [
        (30, 8, "30 customers bought in two periods"),
        (300, 3, "given in 3 periods"),
        (300, 0, "given in 0 periods"),
    ],
)
def test_too_little_leaves_the_start_and_says_why(customers, periods, said) -> None:
    start = np.ones((400, 3))
    world, scale = _world(customers)
    learned = learn_metric(start, periods=world[:periods], scale=scale, training=FAST)
    assert said in learned.reason
    assert np.array_equal(learned.basis, start)


def test_customers_of_one_period_teach_nothing() -> None:
    periods, scale = _world(300)
    empty = [sparse.csr_matrix(part.shape) for part in periods[1:]]
    learned = learn_metric(np.ones((400, 3)), periods=[periods[0], *empty], scale=scale, training=FAST)
    assert learned.reason.startswith("0 customers")


def test_a_start_of_nothing_stays_nothing() -> None:
    periods, scale = _world(300)
    learned = learn_metric(np.zeros((400, 3)), periods=periods, scale=scale, training=FAST)
    assert learned.reason == "the purchases do not vary"
    assert not learned.basis.any()
