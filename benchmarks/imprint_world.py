"""The synthetic company of the imprint benchmark: seeded, written in chunks, the same for the same options.

Customers come back in sessions of about five interactions, most of them in one category. Their activity is
lognormal (a few are very busy); each has eight favourite categories of a hundred, in a falling order of liking, and
in each a few habitual items, so that about a third of the rows repeat an item. Items are as unequally popular as
Zipf says. Genes cluster in categories: an item's eight genes come from the fifty that are typical of its category
(sets overlap: a gene is typical of two or three categories on average, of many when it is popular), and one item in
five has a stray gene from anywhere. So about half of the genes vary inside three categories or more, as brands and
price tiers do, and the rest is judged in departments of four categories each. Rows lie in order of time, as they
would arrive; the new rows are the sessions of the days after.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

DAYS = 730
VERBS = {"view": (0.2, 30.0), "wish": (0.5, 90.0), "buy": (1.0, 180.0)}  # weight, half-life in days
_CHUNK = 1_000_000


@dataclass(frozen=True)
class World:
    """How large the company is."""

    rows: int = 20_000_000
    customers: int = 500_000
    items: int = 20_000
    genes: int = 2_000
    categories: int = 100
    groups: int = 25
    typical: int = 50
    seed: int = 7

    @property
    def new_rows(self) -> int:
        """One per cent more."""
        return max(self.rows // 100, 1)


def write_world(folder: Path, *, world: World) -> None:
    """Write interactions.parquet, new.parquet, items.parquet and item_dna.parquet."""
    rng = np.random.default_rng(world.seed)
    category = rng.integers(0, world.categories, world.items).astype(np.int32)
    category[: world.categories] = np.arange(world.categories)
    group = (category % world.groups).astype(np.int32)
    pq.write_table(
        pa.table({"item": _upto(world.items), "category": category, "group": group}), folder / "items.parquet"
    )
    pq.write_table(_dna(world, category, rng), folder / "item_dna.parquet")
    people = _People(world, category, rng)
    _write(folder / "interactions.parquet", world.rows, (0.0, DAYS), people)
    _write(folder / "new.parquet", world.new_rows, (DAYS, DAYS * 1.01), people)


def _upto(n: int) -> np.ndarray:
    return np.arange(n, dtype=np.int32)


def _dna(world: World, category: np.ndarray, rng: np.random.Generator) -> pa.Table:
    """Draw eight genes for every item, most from those typical of its category."""
    popularity = 1 / (np.arange(world.genes) + world.genes / 4)
    popularity /= popularity.sum()
    typical = np.stack(
        [rng.choice(world.genes, world.typical, replace=False, p=popularity) for _ in range(world.categories)]
    )
    liking = 1 / (np.arange(world.typical) + 8.0)
    score = np.log(liking) + rng.gumbel(size=(world.items, world.typical))
    genes = np.take_along_axis(typical[category], np.argsort(-score, axis=1)[:, :8], axis=1)
    stray = rng.random(world.items) < 0.2
    genes[stray, 7] = rng.choice(world.genes, stray.sum(), p=popularity)
    pairs = np.unique(np.repeat(np.arange(world.items), 8) * world.genes + genes.ravel())
    item, gene = (pairs // world.genes).astype(np.int32), (pairs % world.genes).astype(np.int32)
    return pa.table({"item": item, "gene": gene, "strength": np.ones(len(item))})


class _People:
    """What customers like and how they draw their items."""

    def __init__(self, world: World, category: np.ndarray, rng: np.random.Generator) -> None:
        self.world, self.rng = world, rng
        activity = rng.lognormal(0, 0.9, world.customers)
        self.reach = np.cumsum(activity / activity.sum())
        popular = (1 / (np.arange(world.categories) + 10.0))[rng.permutation(world.categories)]
        self.favourites = np.searchsorted(
            np.cumsum(popular / popular.sum()), rng.random((world.customers, 8)), side="right"
        ).astype(np.int16)
        self.by_category = np.argsort(category, kind="stable").astype(np.int32)
        self.first = np.searchsorted(category[self.by_category], np.arange(world.categories + 1))

    def draw(self, n: int, days: tuple[float, float]) -> pa.Table:
        """Draw n interactions between two days, ordered by time."""
        rng, world = self.rng, self.world
        size = np.minimum(rng.geometric(0.2, n), 40)
        size = size[: np.searchsorted(np.cumsum(size), n) + 1]
        who = np.minimum(np.searchsorted(self.reach, rng.random(len(size))), world.customers - 1)
        when = np.sort(rng.uniform(*days, len(size)))
        customer, day = np.repeat(who, size)[:n], np.repeat(when, size)[:n]
        visit = np.repeat(np.arange(len(size)), size)[:n]
        dwells = rng.random(n) < 0.7  # most rows of a session stay in the category that it began with
        slot = np.minimum(
            np.where(dwells, rng.geometric(0.3, len(size))[visit], rng.geometric(0.3, n)) - 1, 7
        )
        strays = ~dwells & (rng.random(n) < 0.2)
        kind = np.where(strays, rng.integers(0, world.categories, n), self.favourites[customer, slot])
        item = self._item(customer, kind)
        verb = rng.choice(3, n, p=(0.55, 0.05, 0.4)).astype(np.int8)
        value = np.where(verb == 2, rng.lognormal(2, 0.8, n), 0).astype(np.float32)
        at = (day * 86_400_000).astype("datetime64[ms]")
        columns = {
            "customer": customer.astype(np.int32),
            "item": item,
            "verb": verb,
            "occurred_at": at,
            "value": value,
        }
        return pa.table(columns)

    def _item(self, customer: np.ndarray, kind: np.ndarray) -> np.ndarray:
        """Choose one of the customer's three habitual items of the category, or any by popularity."""
        n, width = len(customer), np.maximum(np.diff(self.first)[kind], 1)
        habit = (
            (customer * 2_654_435_761 + kind * 40_503 + self.rng.integers(0, 3, n) * 97)
            % 1_000_003
            / 1_000_003
        )
        draw = np.where(self.rng.random(n) < 0.4, habit, self.rng.random(n))
        rank = ((width + 1.0) ** draw - 1).astype(np.int64)  # Zipf, by inverting its continuous form
        return self.by_category[self.first[kind] + np.minimum(rank, width - 1)]


def _write(path: Path, rows: int, days: tuple[float, float], people: _People) -> None:
    """Write rows in chunks, each the next stretch of time."""
    chunks = -(-rows // _CHUNK)
    edges = np.linspace(*days, chunks + 1)
    writer: pq.ParquetWriter | None = None
    for chunk in range(chunks):
        table = people.draw(min(_CHUNK, rows - chunk * _CHUNK), (edges[chunk], edges[chunk + 1]))
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table, row_group_size=_CHUNK)
    if writer:
        writer.close()
