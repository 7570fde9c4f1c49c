"""Baskets: a history at one level, such as category: which targets each session contained."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from customer_genome.core.errors import NotFound
from customer_genome.predictions.history import F64, I64, History, Strings


@dataclass(frozen=True)
class Baskets:
    """One row a session and target, in order of customer, session time and target.

    `targets` are the level's names; `session` numbers all sessions of the history (also those with no target of
    this level); `day` is the session's; `size` counts the targets of that session; `value` and `discount` are
    summed (unknown counts 0), `quantity` too.
    """

    customer: I64
    session: I64
    target: I64
    day: F64
    size: I64
    quantity: F64
    value: F64
    discount: F64
    targets: Strings
    customers: int


def baskets(history: History, *, level: str) -> Baskets:
    """Return the history at `level`; items without a target there are left out. Raises NotFound for a bare level."""
    if level not in history.catalogue.levels:
        expected = ", ".join(history.catalogue.levels)
        raise NotFound(f"no item has a {level}, so none can be predicted", expected=expected)
    lines, at = history.lines, history.catalogue.levels[level]
    target = at.code[lines.item]
    known = target >= 0
    width = max(1, len(at.names))
    pair, row = np.unique(lines.session[known] * width + target[known], return_inverse=True)
    session, n = pair // width, len(pair)
    sums = {
        name: np.bincount(row, np.nan_to_num(getattr(lines, name)[known]), minlength=n).astype(np.float64)
        for name in ("quantity", "value", "discount")
    }
    return Baskets(
        customer=history.visits.customer[session],
        session=session,
        target=pair % width,
        day=history.visits.day[session],
        size=np.bincount(session)[session] if n else session,
        targets=at.names,
        customers=len(history.customers),
        **sums,
    )
