"""The base's value over time, and what an assumed change is worth."""

import numpy as np
import pytest

from customer_genome.core.errors import GenomeError
from customer_genome.predictions.net_revenue import Coming, WhatIf, net_revenue

COMING = Coming(
    purchases=np.array([[1.0, 0.5], [2.0, 1.6]]),
    worth=np.array([10.0, 5.0]),
    alive=np.array([[0.8, 0.4], [1.0, 0.8]]),
)


def test_the_area_by_hand() -> None:
    found = net_revenue(COMING)
    assert found.expected.tolist() == [20.0, 13.0]
    assert found.total == 33.0
    assert found.gain == 0


def test_retention_raises_what_follows() -> None:
    found = net_revenue(COMING, what_if=WhatIf(retention=0.1))
    # retention .5 -> .6 and .8 -> .9: the second period grows by 6/5 and 9/8
    assert found.assumed == pytest.approx([20.0, 5 * 1.2 + 8 * 1.125])
    most = net_revenue(COMING, what_if=WhatIf(retention=5.0))
    assert most.assumed == pytest.approx([20.0, 5 * 2 + 8 * 1.25])
    assert net_revenue(COMING, what_if=WhatIf(retention=-1.0)).assumed == pytest.approx([20.0, 0.0])


def test_customers_yet_to_come_bring_and_cost() -> None:
    found = net_revenue(
        COMING, what_if=WhatIf(acquired=2, acquired_value=np.array([3.0, 1.0]), acquired_cost=2)
    )
    assert found.assumed - found.expected == pytest.approx([2 * (3 - 2), 2 * (3 + 1 - 2)])


def test_later_money_counts_less() -> None:
    found = net_revenue(
        Coming(*(part for part in (COMING.purchases, COMING.worth, COMING.alive)), days=365.25),
        yearly_discount=0.1,
    )
    assert found.expected == pytest.approx([20 * 1.1**-0.5, 13 * 1.1**-1.5])


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(GenomeError, match="shapes"):
        net_revenue(Coming(np.ones((2, 2)), np.ones(3), np.ones((2, 2))))
    with pytest.raises(GenomeError, match="unknown or impossible"):
        net_revenue(Coming(np.ones((1, 1)), np.array([np.nan]), np.ones((1, 1))))
    empty = net_revenue(Coming(np.zeros((0, 3)), np.zeros(0), np.zeros((0, 3))))
    assert empty.expected.tolist() == [0, 0, 0]
