"""Profiles: what each customer's sessions contained, recent ones first, small ones loudest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Strings = NDArray[np.str_]
Csr = sparse.csr_matrix


@dataclass(frozen=True)
class Events:
    """One row per customer × session × target (duplicates are fine): only what is known as of the cut-off.

    `customer` and `item` are positions in `customers` and `items` (target ids: items, categories, any
    attribute); `session` is any number that is the same throughout one session of a customer; `day` is days
    since any epoch.
    """

    customer: I64
    session: I64
    day: F64
    item: I64
    customers: Sequence[str]
    items: Sequence[str]

    def where(self, keep: NDArray[np.bool_]) -> Events:
        """Return the rows that `keep` marks, under the same names."""
        return replace(
            self,
            customer=self.customer[keep],
            session=self.session[keep],
            day=self.day[keep],
            item=self.item[keep],
        )


@dataclass(frozen=True)
class Sessions:
    """The distinct sessions of some events, in order of customer and time, and what each contained (0/1)."""

    contents: Csr
    customer: I64
    day: F64
    back: I64
    """How many sessions of the same customer came later."""

    @property
    def size(self) -> F64:
        """Distinct targets of each session."""
        return cast("F64", np.diff(self.contents.indptr).astype(float))


@dataclass(frozen=True)
class Profiles:
    """Customers × targets: decayed preference, and in how many of the last sessions each target was."""

    preference: Csr
    recent: Csr
    recent_of: I64
    sessions: I64


def sessions(events: Events) -> Sessions:
    """Gather events into sessions; a session's time is its earliest event, ties go by session number."""
    order = np.lexsort((events.day, events.session, events.customer))
    customer, number = events.customer[order], events.session[order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = (np.diff(customer) != 0) | (np.diff(number) != 0)
    start = np.flatnonzero(new)
    owner, day = customer[start], events.day[order][start]
    in_time = np.lexsort((number[start], day, owner))
    place = np.empty(len(start), dtype=np.int64)
    place[in_time] = np.arange(len(start))
    rows = place[np.cumsum(new) - 1]
    shape = (len(start), len(events.items))
    contents = Csr((np.ones(len(rows)), (rows, events.item[order])), shape=shape)
    contents.sum_duplicates()
    contents.data[:] = 1
    owner, day = owner[in_time], day[in_time]
    last = np.searchsorted(owner, owner, side="right") - 1
    return Sessions(contents, owner, day, last - np.arange(len(owner)))


def profiles(
    gathered: Sessions,
    *,
    customers: int,
    half_life_days: float,
    half_life_sessions: float,
    size_power: float,
    recent: int,
) -> Profiles:
    """Weigh and add up each customer's sessions.

    A session that lies `back` sessions and `age` days before the customer's last weighs
    `w = 2^(−back/half_life_sessions) · 2^(−age/half_life_days)`; a target's preference is
    `Σ w / size^size_power ÷ Σ w`. Age counts from the customer's own last session, so that a profile
    changes only when the customer does something.
    """
    last = gathered.day[np.arange(len(gathered.day)) + gathered.back]
    weight = np.exp2(-gathered.back / half_life_sessions - (last - gathered.day) / half_life_days)
    total = np.bincount(gathered.customer, weight, minlength=customers)
    size = np.maximum(gathered.size, 1)
    count = np.bincount(gathered.customer, minlength=customers)
    near = gathered.back < recent
    return Profiles(
        preference=_add(gathered, weight / size**size_power / total[gathered.customer], customers),
        recent=_add(gathered, near.astype(float), customers),
        recent_of=np.minimum(count, recent).astype(np.int64),
        sessions=count.astype(np.int64),
    )


def _add(gathered: Sessions, weight: F64, customers: int) -> Csr:
    """Return the weighted sum of each customer's sessions (customers × targets), without stored zeros."""
    place = np.arange(len(weight))
    matrix = Csr((weight, (gathered.customer, place)), shape=(customers, len(weight))) @ gathered.contents
    matrix = Csr(matrix)
    matrix.eliminate_zeros()
    matrix.sort_indices()
    return matrix
