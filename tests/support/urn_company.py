"""A simulated company whose verbs are worth what we say: each purchase is drawn by the evidence that was left before.

Items carry one gene each. A customer draws the gene of a purchase as from Polya's urn: with probability
`(B p_g + sum of w_v O_vg) / (B + sum of w_v T_v)`, O the decayed evidence of the gene and T of all genes. Views and
other verbs are at random.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

SHARES = np.array([0.30, 0.25, 0.20, 0.15, 0.10])
URN = 12.0
HISTORY, WINDOW, WINDOWS = 200.0, 50.0, 3
CUTS = tuple(HISTORY + WINDOW * k for k in reversed(range(WINDOWS)))
"""Days, the latest first, as a build has them."""


@dataclass(frozen=True)
class Plan:
    """Weight and half-life (days) of the verbs; `lots` interactions a customer in the history, and a tenth a window."""

    verbs: Mapping[str, tuple[float, float]] = field(
        default_factory=lambda: {"buy": (1.0, 120.0), "view": (0.3, 60.0)}
    )
    lots: Mapping[str, int] = field(default_factory=lambda: {"buy": 14, "view": 40})
    customers: int = 1_200
    items: int = 20_000
    returns: float = 0.0
    """The share of purchases that are returned (verb `return`) some days later."""


def urn_company(plan: Plan, *, seed: int) -> dict[str, pa.Table]:
    """Return the tables of a panel: pairs, items, dna, verbs."""
    chance = np.random.default_rng(seed)
    gene_of = chance.choice(len(SHARES), plan.items, p=SHARES)
    history = {verb: _at_random(chance, plan, verb, 0.0, HISTORY, n) for verb, n in plan.lots.items()}
    if plan.returns:
        history["return"] = _returned(chance, history["buy"], plan.returns)
    for cut in sorted(CUTS):
        drawn = _drawn(chance, plan, history, gene_of, cut)
        for verb in plan.lots:
            if verb == "buy":
                new = drawn
            else:
                new = _at_random(chance, plan, verb, cut, cut + WINDOW, max(1, plan.lots[verb] // 10))
            history[verb] = np.concatenate([history[verb], new])
    return _tables(history, gene_of, verbs=list(plan.verbs))


Rows = np.ndarray
"""customer, item, day"""


def _at_random(
    chance: np.random.Generator, plan: Plan, verb: str, start: float, end: float, mean: int
) -> Rows:
    del verb
    customer = np.repeat(np.arange(plan.customers), chance.poisson(mean, plan.customers))
    return np.stack(
        [customer, chance.integers(0, plan.items, len(customer)), chance.uniform(start, end, len(customer))],
        axis=1,
    )


def _returned(chance: np.random.Generator, bought: Rows, share: float) -> Rows:
    rows = bought[chance.random(len(bought)) < share].copy()
    rows[:, 2] = np.minimum(rows[:, 2] + chance.uniform(1, 20, len(rows)), HISTORY - 1)
    return rows


def _drawn(
    chance: np.random.Generator, plan: Plan, history: Mapping[str, Rows], gene_of: np.ndarray, cut: float
) -> Rows:
    urn = np.tile(URN * SHARES, (plan.customers, 1))
    for verb, (weight, half_life) in plan.verbs.items():
        rows = history[verb]
        who, gene = rows[:, 0].astype(int), gene_of[rows[:, 1].astype(int)]
        np.add.at(urn, (who, gene), weight * 2 ** (-(cut - rows[:, 2]) / half_life))
    urn = np.maximum(urn, 0.05)
    urn /= urn.sum(axis=1, keepdims=True)
    customer = np.repeat(np.arange(plan.customers), chance.poisson(6, plan.customers))
    gene = (
        (chance.random((len(customer), 1)) > np.cumsum(urn[customer], axis=1))
        .sum(axis=1)
        .clip(max=len(SHARES) - 1)
    )
    of_gene = [np.flatnonzero(gene_of == g) for g in range(len(SHARES))]
    item = np.array([chance.choice(of_gene[g]) for g in gene])
    return np.stack([customer, item, chance.uniform(cut, cut + WINDOW, len(customer))], axis=1)


def _tables(history: Mapping[str, Rows], gene_of: np.ndarray, *, verbs: list[str]) -> dict[str, pa.Table]:
    names = [f"i{n}" for n in range(len(gene_of))]
    pairs = pa.concat_tables([_pairs(rows, verb, n_items=len(gene_of)) for verb, rows in history.items()])
    items = pa.table({"item_id": names, "category": ["all"] * len(names), "item_group": ["all"] * len(names)})
    dna = pa.table({"item_id": names, "gene": [f"kind:{g}" for g in gene_of], "strength": [1.0] * len(names)})
    money = pa.table({"verb": verbs, "money": [verb == "buy" for verb in verbs]})
    return {"pairs": pairs, "items": items, "dna": dna, "verbs": money}


def _pairs(rows: Rows, verb: str, *, n_items: int) -> pa.Table:
    key, place = np.unique(rows[:, 0].astype(int) * n_items + rows[:, 1].astype(int), return_inverse=True)
    first = np.full(len(key), np.inf)
    np.minimum.at(first, place, rows[:, 2])
    columns = {"first_at": first}
    for k, cut in enumerate(CUTS):
        last = np.full(len(key), -np.inf)
        known = rows[:, 2] < cut
        np.maximum.at(last, place[known], rows[known, 2])
        columns[f"last_{k + 1}"] = np.where(np.isinf(last), np.nan, last)
    times = {name: _moments(days) for name, days in columns.items()}
    who = pa.array([f"c{k // n_items:05}" for k in key])
    return pa.table(
        {"customer_id": who, "item_id": [f"i{k % n_items}" for k in key], "verb": [verb] * len(key), **times}
    )


def _moments(days: np.ndarray) -> pa.Array:
    whole = np.where(np.isnan(days), 0, days * 86_400e6).astype(np.int64)
    return pa.array(whole, mask=np.isnan(days)).cast(pa.timestamp("us", tz="UTC"))
