"""Small histories for models of pairs: from a list of sessions, or drawn from habits that are planted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import sparse

from customer_genome.predictions.history import Acts, Catalogue, History, Level, Lines, arrange

Session = tuple[str, float, Sequence[str]]
"""Customer, day, items."""


def history_of(
    shopped: Sequence[Session], *, categories: Mapping[str, str] | None = None, value: float = 1.0
) -> History:
    """Return a history of sessions, each item for `value`; with `categories` (of items) there is that level too."""
    rows = [(who, day, place, item) for place, (who, day, held) in enumerate(shopped) for item in held]
    customers, items = sorted({row[0] for row in rows}), sorted({row[3] for row in rows})
    who_at, item_at = ({name: place for place, name in enumerate(names)} for names in (customers, items))
    customer = np.asarray([who_at[row[0]] for row in rows], dtype=np.int64)
    day = np.asarray([row[1] for row in rows], dtype=float)
    item = np.asarray([item_at[row[3]] for row in rows], dtype=np.int64)
    zero = np.zeros(len(rows))
    lines = Lines(
        customer=customer,
        session=np.asarray([row[2] for row in rows], dtype=np.int64),
        item=item,
        day=day,
        known=day,
        session_day=day,
        quantity=zero + 1,
        value=zero + value,
        discount=np.where(np.isnan(value), np.nan, zero),
        channel=np.full(len(rows), -1, dtype=np.int64),
    )
    levels = {"item": Level(np.arange(len(items)), np.asarray(items))}
    if categories is not None:
        names = sorted(set(categories.values()))
        levels["category"] = Level(np.asarray([names.index(categories[i]) for i in items]), np.asarray(names))
    dna = sparse.csr_matrix((len(items), 0))
    catalogue = Catalogue(np.asarray(items), levels, dna, np.zeros(0, dtype=np.str_))
    acts = Acts(customer, np.zeros(len(rows), dtype=np.int64), item, day, day)
    return History(np.asarray(customers), catalogue, ("buy",), ("buy",), arrange(lines), acts)


def planted(
    *, customers: int = 60, days: int = 140, items: int = 12, value: float = 1.0, seed: int = 0
) -> History:
    """Return customers who come every few days for their own two items, now and then with any other one.

    Customer k's items are k and k + 1 modulo `items`; each session holds each of them with probability .8.
    """
    random = np.random.default_rng(seed)
    shopped: list[Session] = []
    for customer in range(customers):
        day = random.uniform(0, 4)
        while day < days:
            own = [place % items for place in (customer, customer + 1) if random.random() < 0.8]
            held = {*own, *([int(random.integers(items))] if random.random() < 0.4 else [])}
            if held:
                shopped.append((f"c{customer:03}", float(np.floor(day)), [f"i{i:02}" for i in sorted(held)]))
            day += random.uniform(2, 6)
    return history_of(shopped, value=value)
