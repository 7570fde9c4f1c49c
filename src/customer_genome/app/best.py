"""The best beside one customer: their twins, the genes that still differ, and what has moved such genes in others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from customer_genome.app.readers import customer_named
from customer_genome.app.resemblance import resemblance
from customer_genome.core.errors import NotFound
from customer_genome.core.frames import matrix
from customer_genome.core.step import Sql
from customer_genome.genome.twins import Point, twins
from customer_genome.privacy import Access

NO_EXPERIMENT = "no experiment supports this"
LEAST_SHIFT = 0.3
"""A gene differs where log2 of the ratio is at least this and both intervals lie apart."""


@dataclass(frozen=True)
class Differing:
    """A gene in which a customer and the twin differ, and the actions that were followed by a change towards the twin.

    `sets_apart` says whether the gene is one of those that separate the best from the rest, beyond how much they buy;
    `moves` holds action, before, change, low, high, q_value, customers, matched; `reason` says why it is empty.
    """

    gene: str
    customer: float
    twin: float
    sets_apart: bool
    moves: tuple[dict[str, Any], ...]
    reason: str | None


@dataclass(frozen=True)
class Beside:
    """One customer beside the nearest of the best: twins nearest first, and the genes that still differ."""

    customer_id: str
    standing: str
    chance: float | None
    chance_reason: str | None
    twins: tuple[tuple[str, float], ...]
    matched: bool
    differing: tuple[Differing, ...]
    reason: str | None


def beside_the_best(
    access: Access, customer: str, *, k: int = 3, matched: bool = False, purpose: str = "analytics"
) -> Beside:
    """Return a customer's twins among the best and what differs; `matched` asks for the same phase and a like tenure.

    Raises NotFound where the customer is not ranked for this purpose.
    """
    one = customer_named(access, customer, purpose=purpose)
    rows = access.query(_RANKED, purpose=purpose)
    ids = rows["customer_id"].to_pylist()
    if one not in ids:
        raise NotFound(f"{customer} is not ranked yet", fix="run `genome build`")
    mine = rows.slice(ids.index(one), 1).to_pylist()[0]
    best = np.flatnonzero(
        np.array([flag and name != one for flag, name in zip(rows["is_best"].to_pylist(), ids, strict=True)])
    )
    pool = rows.take(best)
    points = (
        (_point(mine), [_point(row) for row in pool.select(["phase", "tenure"]).to_pylist()])
        if matched
        else None
    )
    near = twins(
        matrix(rows)[ids.index(one)],
        pool=matrix(pool),
        ids=pool["customer_id"].to_pylist(),
        k=k,
        points=points,
    )
    differing = _differing(access, one, near[0].customer_id, purpose=purpose) if near else ()
    reason = (
        None if near else "nobody among the best" + (" at the same point of the journey" if matched else "")
    )
    return Beside(
        one, mine["standing"], mine["chance"], mine["chance_reason"],
        tuple((twin.customer_id, twin.similarity) for twin in near), matched, differing, reason,
    )  # fmt: skip


def _differing(access: Access, one: str, twin: str, *, purpose: str) -> tuple[Differing, ...]:
    """Return the genes known of both whose intervals lie apart, places aside, with the moves on record for each.

    Those that set the best apart come first.
    """
    both = resemblance(access, one, twin, purpose=purpose)
    mine, theirs = (
        {row["gene"]: row for row in side.expressions.to_pylist()} for side in (both.left, both.right)
    )
    found = []
    for gene in sorted(mine.keys() & theirs.keys()):
        here, there = mine[gene], theirs[gene]
        if here["family"] == "channel":
            continue
        known = (
            here["low"] is not None
            and there["low"] is not None
            and min(here["strength"], there["strength"]) > 0
        )
        if known and (here["high"] < there["low"] or there["high"] < here["low"]):
            found.append((gene, float(here["strength"]), float(there["strength"])))
    found = [row for row in found if abs(np.log2(row[2] / row[1])) >= LEAST_SHIFT]
    apart = set(access.query(_APART, purpose=purpose)["gene"].to_pylist())
    found.sort(key=lambda row: (row[0] not in apart, -abs(np.log2(row[2] / row[1])), row[0]))
    moves = access.query(_MOVES, purpose=purpose).to_pylist()
    return tuple(Differing(*row, row[0] in apart, *_towards(row, moves)) for row in found)


def _towards(
    row: tuple[str, float, float], moves: list[dict[str, Any]]
) -> tuple[tuple[dict[str, Any], ...], str | None]:
    """Return the moves of a gene in the twin's direction that are hardly chance, or why there are none."""
    gene, here, there = row
    studied = [move for move in moves if move["gene"] == gene]
    if not studied:
        return (
            (),
            "too few to say: no action on record reached enough customers for whom this gene is followed",
        )
    sure = [
        {key: value for key, value in move.items() if key != "gene"}
        for move in studied
        if move["q_value"] <= 0.05 and (move["change"] > 0) == (there > here)
    ]
    return (
        tuple(sure),
        None
        if sure
        else f"none of {len(studied)} actions on record was surely followed by a change towards the twin",
    )


def _point(row: dict[str, Any]) -> Point:
    return Point(row["phase"], row["tenure"])


def what_genes_add(checks: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Say, population by population, what likeness to the best in genes added to what behaviour already says.

    `checks` are the rows of best_checks; empty where there were too few to say.
    """
    found = []
    for population in dict.fromkeys(row["population"] for row in checks):
        rows = {row["method"]: row for row in checks if row["population"] == population}
        added = next((row for row in rows.values() if row["against"] and "genes" in row["method"]), None)
        if added is None:
            continue
        surely = (
            "surely something"
            if added["gain_low"] > 0
            else "surely worse"
            if added["gain_high"] < 0
            else "nothing surely"
        )
        where = "Where spend is known" if "known" in population else "Among newcomers"
        others = ", ".join(f"{row['method']} {row['auroc']:.3f}" for row in rows.values())
        found.append(
            f"{where} ({added['customers']:,} customers, {added['became_best']:,} became best), genes add "
            f"{added['gain']:+.3f} ({added['gain_low']:+.3f} to {added['gain_high']:+.3f}) to the AUROC of "
            f"{added['against']}: {surely}. AUROC: {others}."
        )
    return tuple(found)


CHECKS = Sql("SELECT * FROM best_checks ORDER BY population DESC, auroc, method", reads=("best_checks",))
_RANKED = Sql(
    """SELECT b.customer_id, b.is_best, b.standing, b.chance, b.chance_reason, p.phase,
        (SELECT MAX(EPOCH(last_at)) FROM customers) / 86400.0 - EPOCH(c.first_purchase_at) / 86400.0 AS tenure, v.vector
    FROM best AS b JOIN vectors AS v ON b.customer_id = v.customer_id
    LEFT JOIN phases AS p ON b.customer_id = p.customer_id
    LEFT JOIN customers AS c ON b.customer_id = c.customer_id ORDER BY b.customer_id""",
    reads=("best", "vectors", "phases", "customers"),
)
_APART = Sql(
    "SELECT gene FROM best_genes WHERE q_value <= 0.05 AND stability >= 0.8 AND restates IS NOT TRUE",
    reads=("best_genes",),
)
_MOVES = Sql("SELECT * FROM moves ORDER BY ABS(change) DESC, action, gene", reads=("moves",))
