"""What followed an action: a planted change is found, and none is found where there was none."""

import numpy as np
import pytest
from scipy import sparse

from customer_genome.genome.best_adjusted import adjusted
from customer_genome.genome.best_history import Sessions
from customer_genome.genome.moves import Events, Study, moves

STUDY = Study(window=42, minimum=30)
CUSTOMERS = 240


def _world(shift: float, seed: int = 0) -> tuple[Sessions, sparse.csr_matrix, Events]:
    """Weekly shoppers; half meet action 0 on day 90, after which gene 0 is in `shift` more of their sessions."""
    random = np.random.default_rng(seed)
    day = np.arange(1, 180, 5.0)
    customer = np.repeat(np.arange(CUSTOMERS), len(day))
    days = np.tile(day, CUSTOMERS)
    reached = customer < CUSTOMERS // 2
    chance = 0.3 + shift * (reached & (days > 90))
    genes = np.column_stack([random.random(len(days)) < chance, random.random((len(days), 4)) < 0.3])
    value = random.gamma(2, 10, len(days))
    ones = np.ones(len(days))
    sessions = Sessions(customer, days, value, ones, ones, np.zeros(len(days), dtype=int))
    half = np.arange(CUSTOMERS // 2)
    events = Events(half, np.full(len(half), 90.0), np.zeros(len(half), dtype=int))
    return sessions, sparse.csr_matrix(genes.astype(float)), events


def test_a_planted_change_is_found() -> None:
    sessions, genes, events = _world(0.25)
    found = moves(sessions, genes=genes, events=events, customers=CUSTOMERS, as_of=180, study=STUDY)
    first = next(one for one in found if one.gene == 0)
    assert first.low < 0.25 < first.high
    assert first.q < 1e-6
    assert (first.customers, first.matched) == (120, 120)
    assert first.before == pytest.approx(0.3, abs=0.04)
    assert all(one.q > 0.01 for one in found if one.gene)


def test_nothing_planted_is_hardly_ever_found() -> None:
    listed = 0
    for seed in range(6):
        sessions, genes, events = _world(0.0, seed=seed)
        found = moves(sessions, genes=genes, events=events, customers=CUSTOMERS, as_of=180, study=STUDY)
        listed += any(one.q <= 0.05 for one in found)
    assert listed <= 1


def test_too_few_reached_or_no_history_says_nothing() -> None:
    sessions, genes, events = _world(0.25)
    few = Events(*(part[:10] for part in events))
    assert moves(sessions, genes=genes, events=few, customers=CUSTOMERS, as_of=180, study=STUDY) == ()
    none = Events(*(part[:0] for part in events))
    assert moves(sessions, genes=genes, events=none, customers=CUSTOMERS, as_of=180, study=STUDY) == ()
    late = events._replace(day=np.full(len(events.day), 175.0))
    assert moves(sessions, genes=genes, events=late, customers=CUSTOMERS, as_of=180, study=STUDY) == ()
    everybody = Events(np.arange(CUSTOMERS), np.full(CUSTOMERS, 90.0), np.zeros(CUSTOMERS, dtype=int))
    assert moves(sessions, genes=genes, events=everybody, customers=CUSTOMERS, as_of=180, study=STUDY) == ()


def test_what_else_differs_is_held_equal() -> None:
    random = np.random.default_rng(4)
    beside = random.normal(size=(600, 1))
    group = beside[:, 0] + random.normal(size=600) > 0
    outcome = np.column_stack([2 * beside[:, 0] + random.normal(size=600), group + random.normal(size=600)])
    outcome[::7, 1] = np.nan
    made = adjusted(outcome, group=group, beside=beside)
    assert abs(made.effect[0]) < made.reach[0]
    assert made.effect[1] - made.reach[1] < 1 < made.effect[1] + made.reach[1]
    assert np.isnan(adjusted(outcome[:20], group=group[:20], beside=beside[:20]).effect).all()
    same = adjusted(np.ones((600, 1)), group=group, beside=beside)
    assert np.isnan(same.p).all()
    twice = adjusted(outcome, group=group, beside=group[:, None].astype(float))
    assert np.isnan(twice.effect).all()
