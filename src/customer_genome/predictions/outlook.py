"""Outlook: what the customers of today will bring, period by period, from how they bought and paid so far."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from customer_genome.core.errors import GenomeError
from customer_genome.predictions.btyd import BgNbd, GammaGamma, Histories, summarise
from customer_genome.predictions.history import F64, History
from customer_genome.predictions.net_revenue import Coming, NetRevenue, WhatIf, net_revenue

DAYS = 28.0
"""Length of a period in days."""
CHECKED = 3
"""Periods that the same forecast is checked over, made as of their beginning."""


@dataclass(frozen=True)
class Outlook:
    """Expected revenue of each period from the customers of today, and how the same forecast did before.

    `said` and `came` are the totals of the last `CHECKED` periods; None where the history is too short to tell.
    """

    curve: NetRevenue
    customers: int
    said: float | None
    came: float | None


def outlook(history: History, *, as_of: float, periods: int, what_if: WhatIf) -> Outlook:
    """Return what everybody who bought before `as_of` (local days since 1970) is expected to bring.

    Purchases (days with one) come from BG/NBD, what one is worth from Gamma-Gamma. Raises GenomeError, with the
    reason, where these cannot be fitted or the last period lies beyond twice the longest history.
    """
    coming = expected(history, as_of=as_of, periods=periods)
    earlier, said, came = as_of - CHECKED * DAYS, None, None
    try:
        said = net_revenue(expected(history.before(earlier), as_of=earlier, periods=CHECKED)).total
    except GenomeError:
        pass  # too little was known then: nothing is claimed of how such a forecast does
    else:
        visits, known = history.visits, history.before(earlier).visits.customer
        late = (visits.day >= earlier) & np.isin(visits.customer, known)
        came = float(visits.value[late].sum())
    return Outlook(net_revenue(coming, what_if=what_if), len(coming.worth), said, came)


def expected(history: History, *, as_of: float, periods: int) -> Coming:
    """Return the purchases that each period adds for each customer who bought, their worth, and who is still there.

    Who is there at the middle of a period is taken from how expected purchases fade: a customer buys at a steady
    rate while they stay.
    """
    visits = history.visits
    known = summarise(
        visits.customer,
        at=np.floor(visits.day),
        value=visits.value,
        until=as_of,
        customers=len(history.customers),
    )
    found = known.take(np.unique(visits.customer))
    buying, paying = BgNbd().fit(found), GammaGamma().fit(found)
    if reason := buying.reason_ or paying.reason_:
        raise GenomeError("what customers will bring cannot be said", found=reason)
    grown = [buying.expected_purchases(found, horizon=DAYS * place) for place in range(periods + 1)]
    each = np.diff(np.stack(grown, axis=1), axis=1)
    return Coming(each, paying.expected_value(found), _there(each, buying, found), days=DAYS)


def _there(each: F64, buying: BgNbd, found: Histories) -> F64:
    start = np.maximum(each[:, :1], 1e-12)
    faded = np.minimum.accumulate(np.clip(each / start, 0, 1), axis=1)
    return np.asarray(buying.probability_alive(found)[:, None] * faded, dtype=np.float64)
