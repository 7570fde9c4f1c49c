"""Best standing: best, next, rest, or too new to say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Standing:
    """Per customer: what orders them (nan unknown), the calibrated chance (nan unknown), and why it is unknown."""

    score: F64
    chance: F64
    reasons: Sequence[str | None]
    new: Mask
    """Too few sessions to say."""
    horizon: float | None
    """Days ahead that the chance is about."""


class Placed(NamedTuple):
    """Each customer's standing, and the rank by chance among those who are not best (1 is the likeliest)."""

    standing: list[str]
    rank: list[int | None]


def standings(said: Standing, *, best: Mask, ids: Sequence[str], share: float) -> Placed:
    """Return best, test (too new to say), next (the top `share` of the others by chance) or rest; ties by id."""
    asked = np.flatnonzero(~best & ~said.new & np.isfinite(said.score))
    names = np.asarray(ids, dtype=np.str_)
    order = asked[np.lexsort((names[asked], -said.score[asked]))]
    made = np.where(best, "best", np.where(said.new, "test", "rest")).astype(object)
    made[order[: ceil(share * len(order) - 1e-9)]] = "next"
    rank: list[int | None] = [None] * len(ids)
    for place, row in enumerate(order.tolist(), start=1):
        rank[row] = place
    return Placed([str(one) for one in made], rank)
