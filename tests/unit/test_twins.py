"""Twins among the best, anywhere and at the same point of the journey."""

import numpy as np

from customer_genome.genome.twins import Point, Twin, twins

POOL = np.array([[1.0, 0], [0.6, 0.8], [0, 1], [0.6, 0.8]], dtype=np.float32)
IDS = ["d", "b", "c", "a"]


def test_the_nearest_come_first_and_ties_go_to_the_smaller_id() -> None:
    found = twins(np.array([0.6, 0.8], dtype=np.float32), pool=POOL, ids=IDS, k=3)
    assert [twin.customer_id for twin in found] == ["a", "b", "c"]
    assert [round(twin.similarity, 6) for twin in found] == [1.0, 1.0, 0.8]


def test_a_match_is_in_the_same_phase_for_about_as_long() -> None:
    me = Point("active", 99)
    others = [Point("active", 49), Point("lapsed", 99), Point("active", 199), Point("active", 20)]
    found = twins(np.array([0.6, 0.8], dtype=np.float32), pool=POOL, ids=IDS, k=4, points=(me, others))
    assert [twin.customer_id for twin in found] == ["c", "d"]
    assert Point("active", None).matches(Point("active", None))
    assert not Point("active", None).matches(Point("active", 3))
    assert not Point("active", 99).matches(Point("active", 200))


def test_nobody_to_be_like() -> None:
    me = np.array([1, 0], dtype=np.float32)
    assert twins(me, pool=POOL[:0], ids=[]) == ()
    assert twins(np.zeros(2, dtype=np.float32), pool=POOL, ids=IDS) == ()
    assert twins(me, pool=POOL, ids=IDS, points=(Point("new", 1), [Point("old", 1)] * 4)) == ()
    assert twins(me, pool=POOL[:1], ids=["d"], k=5) == (Twin("d", 1.0),)
