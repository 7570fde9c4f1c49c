"""Items: what a pair of customer and item owes to the groups that the item is in, its price and its likeness."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from customer_genome.predictions.baskets import Baskets
from customer_genome.predictions.history import F64, I64
from customer_genome.predictions.pairs.block import Block, Pairs, beside, block
from customer_genome.predictions.pairs.collaborative import OWN_SHARE, learned
from customer_genome.predictions.pairs.groupings import groupings
from customer_genome.predictions.pairs.own import own
from customer_genome.predictions.pairs.parents import PARENT, affinity, parents
from customer_genome.predictions.pairs.population import popularity
from customer_genome.predictions.panel import Panel

HALF_LIFE = 120
"""Days in which the weight of a choice halves."""
PARENT_FEATURES = (
    "count", "days_since", "trips_since", "due", "gap_mean", "decayed_share_30d", "decayed_share_120d",
    "root_share_30d", "root_share_120d", "size_share_120d", "opening_root_share_10000d", "in_28d",
)  # fmt: skip
"""What of a customer's own past with the item's category is told (see `own`)."""


def items(panel: Panel, moment: float, pairs: Pairs, *, level: str) -> Block:
    """Return the features of pairs that come from what the target is: its category (if any), groups and price."""
    rest = block(_of_groups(panel, moment, pairs, level) | _price(panel, moment, pairs, level))
    if level == PARENT or PARENT not in panel.history.catalogue.levels:
        return rest
    return beside([_of_parent(panel, moment, pairs, level), rest])


def _of_parent(panel: Panel, moment: float, pairs: Pairs, level: str) -> Block:
    """The customer's own past with the target's category, and the same × the target's share of the category."""
    parent = parents(panel, level=level)[pairs.target]
    width = parent.max(initial=0) + 1
    asked, place = np.unique(pairs.customer * width + np.maximum(parent, 0), return_inverse=True)
    above = Pairs(asked // width, asked % width)
    past = own(panel, moment, above, level=PARENT)
    like = learned(panel, moment, level=PARENT).scores(above.customer, above.target)
    columns = {
        name: np.asarray(past.values[:, past.names.index(name)], np.float64) for name in PARENT_FEATURES
    }
    columns |= {f"like_{name}": like[name] for name in ("near", "likes", "svd")}
    columns["affinity"] = affinity(panel, moment)[above.customer, above.target]
    columns["popular"] = popularity(panel, moment, level=PARENT)[above.target]
    tifu = OWN_SHARE * like["own"] + (1 - OWN_SHARE) * like["near"]
    found = {
        f"parent_{name}": np.where(parent >= 0, column[place], np.nan) for name, column in columns.items()
    }
    share = _share(panel, moment, level)[PARENT][pairs.target]
    found |= {
        "share_of_parent": share,
        "parent_share": share * columns["affinity"][place],
        "parent_tifu": share * tifu[place],
    }
    return block(found)


@dataclass(frozen=True)
class _Chosen:
    """Customers' choices by group: `key` is customer × groups + group, sorted; `weight` decayed, `last` in days."""

    key: I64
    weight: F64
    last: F64
    groups: int

    def at(self, customer: I64, group: I64) -> tuple[F64, F64]:
        """Return weight (0 where nothing) and last day (nan where nothing) of customers and groups."""
        asked = customer * self.groups + group
        place = np.minimum(np.searchsorted(self.key, asked), max(len(self.key) - 1, 0))
        if not len(self.key):
            return np.zeros(len(asked)), np.full(len(asked), np.nan)
        there = (self.key[place] == asked) & (group >= 0)
        return np.where(there, self.weight[place], 0), np.where(there, self.last[place], np.nan)


def _of_groups(panel: Panel, moment: float, pairs: Pairs, level: str) -> dict[str, F64]:
    """Of each grouping: how much the customer chooses from the target's group, since when not, and how loyally."""
    groups = groupings(panel, level=level)
    n = len(panel.history.catalogue.levels[level].names)
    one = _chosen(panel, moment, level, name="itself", code=np.arange(n)).at(pairs.customer, pairs.target)[0]
    baskets = panel.baskets(moment, level=level)
    weight = np.exp2((baskets.day - moment) / HALF_LIFE)
    whole = np.bincount(baskets.customer, weight, minlength=baskets.customers)[pairs.customer]
    found: dict[str, F64] = {}
    for name, code in groups.items():
        mine, last = _chosen(panel, moment, level, name=name, code=code).at(
            pairs.customer, code[pairs.target]
        )
        share = np.where(code[pairs.target] >= 0, mine / np.maximum(whole, 1e-9), np.nan)
        found[f"{name}_share"], found[f"{name}_since"] = share, moment - last
        found[f"{name}_popular"] = share * _share(panel, moment, level)[name][pairs.target]
        found[f"{name}_loyal"] = np.where(mine > 0, one / np.maximum(mine, 1e-9), np.nan)
    return found


def _chosen(panel: Panel, moment: float, level: str, *, name: str, code: I64) -> _Chosen:
    """Sum a customer's choices by group, each session and target at 2^(−age / HALF_LIFE).

    Only those at the panel's end are kept: earlier moments are looked at once.
    """

    def make() -> _Chosen:
        baskets, groups = panel.baskets(moment, level=level), int(code.max(initial=0)) + 1
        group = code[baskets.target]
        inside = np.flatnonzero(group >= 0)
        key, place = np.unique(baskets.customer[inside] * groups + group[inside], return_inverse=True)
        faded = np.exp2((baskets.day[inside] - moment) / HALF_LIFE)
        weight = np.asarray(np.bincount(place, faded, minlength=len(key)), np.float64)
        last = np.full(len(key), -np.inf)
        np.maximum.at(last, place, baskets.day[inside])
        return _Chosen(key.astype(np.int64), weight, last, groups)

    return make() if moment < panel.as_of else panel.keep(("chosen", level, name), make)


def _share(panel: Panel, moment: float, level: str) -> dict[str, F64]:
    """Return each target's share of its group's popularity, for each grouping."""

    def make() -> dict[str, F64]:
        common = popularity(panel, moment, level=level)
        found = {}
        for name, code in groupings(panel, level=level).items():
            whole = np.bincount(code[code >= 0], common[code >= 0], minlength=1)
            found[name] = np.where(code >= 0, common / np.maximum(whole[code], 1e-12), np.nan)
        return found

    return panel.keep(("share", level), make, moment=moment)


def _price(panel: Panel, moment: float, pairs: Pairs, level: str) -> dict[str, F64]:
    """The target's price against its category's, and against what the customer pays there or elsewhere (logs)."""
    tier, paid = panel.keep(("price", level), lambda: _tiers(panel, moment, level), moment=moment)
    relative = tier[pairs.target]
    return {"price_relative": relative, "price_apart": relative - paid[pairs.customer]}


def _tiers(panel: Panel, moment: float, level: str) -> tuple[F64, F64]:
    """Return log unit price over the category's mean, and the mean of it over each customer's choices."""
    baskets, parent = panel.baskets(moment, level=level), parents(panel, level=level)
    unit = _mean(baskets.target, _unit(baskets), len(baskets.targets))
    known = np.isfinite(unit) & (parent >= 0)
    middle = _mean(parent[known], unit[known], int(parent.max(initial=0)) + 1)
    tier = np.where(known, unit - middle[parent], np.nan)
    return tier, _mean(baskets.customer, tier[baskets.target], baskets.customers)


def _unit(baskets: Baskets) -> F64:
    some = (baskets.value > 0) & (baskets.quantity > 0)
    return np.log(np.where(some, baskets.value, np.nan) / np.where(some, baskets.quantity, 1))


def _mean(group: I64, values: F64, groups: int) -> F64:
    """Return the mean of known values in each group, nan where there is none."""
    known = np.isfinite(values)
    n = np.bincount(group[known], minlength=groups)
    return np.bincount(group[known], values[known], minlength=groups) / np.where(n > 0, n, np.nan)
