"""Candidates: which targets each customer is compared on."""

from __future__ import annotations

import numpy as np

from customer_genome.predictions.baskets import Baskets
from customer_genome.predictions.blend import top
from customer_genome.predictions.history import I64, Mask
from customer_genome.predictions.pairs.block import Pairs
from customer_genome.predictions.pairs.collaborative import learned
from customer_genome.predictions.pairs.parents import affinity, parents
from customer_genome.predictions.pairs.population import popularity
from customer_genome.predictions.panel import Panel

POPULAR = 100
"""Targets that everybody is compared on: the commonest of the last 56 days, small sessions counting more."""
FEW = 200
"""The same for what is new in a narrow level, where a customer may know most of the popular ones."""
OWN = 150
"""Targets of a customer's own past that are compared at most: those chosen most often, lately above all."""
NEW = 120
"""New targets at most from the neighbours' past, and as many from the groups that the customer chooses from."""
WIDE = 2_000
"""Up to so many targets a level is narrow: the popular ones are all that is new."""
HALF_LIFE = 60
"""Days in which the weight of a choice halves."""


def candidates(
    panel: Panel,
    moment: float,
    *,
    level: str,
    new: bool,
    customers: I64,
    new_days: float | None = None,
    minimum: int = 1,
) -> Pairs:
    """Return pairs of `customers` (positions) with targets: their own and the popular, or if `new` not their own.

    Own means chosen before the moment, or with `new_days` in so many days before it. Where there are very many
    targets, new ones come from the neighbours and from the groups that the customer chooses from, too. Targets with
    fewer than `minimum` sessions are left out. Pairs are in order of customer and target.
    """
    baskets = panel.baskets(moment, level=level)
    width = max(1, len(baskets.targets))
    allowed = universe(panel, moment, level=level, minimum=minimum)
    weight = np.where(allowed, popularity(panel, moment, level=level), 0)
    narrow_new = new and np.count_nonzero(allowed) <= WIDE
    common = np.argsort(-weight, kind="stable")[: FEW if narrow_new else POPULAR]
    common = common[weight[common] > 0]
    found = [(customers[:, None] * width + common).ravel()]
    if not new:
        found.append(_own(baskets, moment, customers, allowed=allowed))
    elif not narrow_new:
        found.append(_unfamiliar(panel, moment, level=level, customers=customers, minimum=minimum))
    key = np.unique(np.concatenate(found))
    if new:
        recent = moment - baskets.day <= (np.inf if new_days is None else new_days)
        key = np.setdiff1d(key, baskets.customer[recent] * width + baskets.target[recent])
    return Pairs(key // width, key % width)


def universe(panel: Panel, moment: float, *, level: str, minimum: int) -> Mask:
    """Return which targets were in at least `minimum` sessions before `moment`; all, where that is 1 or less."""
    baskets = panel.baskets(moment, level=level)
    times = np.bincount(baskets.target, minlength=len(baskets.targets))
    return np.asarray(times >= (minimum if minimum > 1 else 0))


def _own(baskets: Baskets, moment: float, customers: I64, *, allowed: Mask) -> I64:
    """Return keys of the `OWN` targets that each customer chose most often, lately above all."""
    width = max(1, len(baskets.targets))
    chosen = np.zeros(baskets.customers, dtype=bool)
    chosen[customers] = True
    rows = chosen[baskets.customer] & allowed[baskets.target]
    key, place = np.unique(baskets.customer[rows] * width + baskets.target[rows], return_inverse=True)
    weight = np.bincount(place, np.exp2((baskets.day[rows] - moment) / HALF_LIFE), minlength=len(key))
    order = np.lexsort((key, -weight, key // width))
    owner = key[order] // width
    rank = np.arange(len(order)) - np.searchsorted(owner, owner)
    return np.asarray(key[order[rank < OWN]], np.int64)


def _unfamiliar(panel: Panel, moment: float, *, level: str, customers: I64, minimum: int) -> I64:
    """Return keys of targets that neighbours chose lately, and of the commonest where the customer chooses from.

    The latter are ordered by the customer's affinity to the target's parent × the target's share of the parent.
    """
    found = learned(panel, moment, level=level, minimum=minimum)
    parent, width = parents(panel, level=level)[found.targets_], len(found.column_)
    common = popularity(panel, moment, level=level)[found.targets_]
    whole = np.bincount(parent[parent >= 0], common[parent >= 0], minlength=1)
    share = np.where(parent >= 0, common / np.maximum(whole[parent], 1e-12), 0)
    liked, keys = affinity(panel, moment), []
    for take, scores in found.batches(np.sort(customers), names=("fresh",)):
        familiar = found.bought_[take].toarray() > 0
        for values in (scores["fresh"], liked[take][:, parent] * share):
            best = [top(row, NEW) for row in np.where(familiar, 0, values)]
            owner = np.repeat(take, [len(places) for places in best])
            keys.append(owner * width + found.targets_[np.concatenate(best)])
    return np.concatenate([*keys, np.zeros(0, np.int64)])


def choices(
    panel: Panel, moment: float, *, level: str, top: int | None, customers: I64, new_days: float | None = None
) -> Pairs:
    """Return pairs of `customers` with the `top` targets (see `commonest`), without those chosen in `new_days`."""
    baskets = panel.baskets(moment, level=level)
    width = max(1, len(baskets.targets))
    targets = commonest(panel, moment, level=level, top=top)
    key = (np.sort(customers)[:, None] * width + targets).ravel()
    if new_days is not None:
        recent = moment - baskets.day <= new_days
        key = np.setdiff1d(key, baskets.customer[recent] * width + baskets.target[recent])
    return Pairs(key // width, key % width)


def commonest(panel: Panel, moment: float, *, level: str, top: int | None, days: float = 84) -> I64:
    """Return the targets that most customers chose in the last `days`, in order of position; ties by position."""
    baskets = panel.baskets(moment, level=level)
    width = len(baskets.targets)
    recent = moment - baskets.day <= days
    key = np.unique(baskets.customer[recent] * max(1, width) + baskets.target[recent])
    customers = np.bincount(key % max(1, width), minlength=width)
    best = np.argsort(-customers, kind="stable")[:top]
    return np.sort(best[customers[best] > 0])
