"""How well each verb foretells later purchases of items that carry the gene, for several half-lives.

The half-lives compete one verb at a time, the commonest verb first, twice round: the one with the greatest
quasi-likelihood wins, unless it is ahead of the usual one by less than `AHEAD` dispersions. The interval of a weight
holds for its half-life: that this was chosen, too, is not in it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from customer_genome.genome.verb_weights_fit import Fit, Rows, fit
from customer_genome.genome.verb_weights_panel import Floats, Longs, Panel

HALF_LIVES = (30, 60, 120, 240)
USUAL = 120
AHEAD = 2.0
FEWEST_CUSTOMERS = 50
"""Customers whose evidence a weight rests on at least."""
WIDEST = 0.5
"""A weight is not said where half its 95 % interval is wider than this (a purchase is 1)."""
NOTHING = "nothing is bought for the first time that carries a gene"
MOST_ROWS = 250_000
Z = 1.959964


@dataclass(frozen=True)
class Figure:
    """What was learned of one verb at one half-life (days); `weight` is None where that cannot be said.

    `low` and `high` are the 95 % interval; `gain` the quasi-log-likelihood, in dispersions, that this half-life has
    over the worst; `lift` how many per cent more first-time purchases of such items one more of them foretells.
    """

    verb: str
    half_life: float
    weight: float | None = None
    low: float | None = None
    high: float | None = None
    gain: float | None = None
    lift: float | None = None
    customers: int = 0
    chosen: bool = False
    why: str = ""


@dataclass
class VerbWeights:
    """Learns what the verbs are worth (`fit`); `figures_` has one entry for each verb and half-life."""

    half_lives: Mapping[str, float] = field(default_factory=dict)
    """Half-lives that the user stated, by verb: they are not up for choice, but measured."""

    def fit(self, panel: Panel | None, *, verbs: tuple[str, ...], lacking: str = NOTHING) -> Self:
        """Learn from a panel; without one (None) there is nothing to foretell, and verbs say what is `lacking`."""
        self.unit_, self.horizon_ = (panel.verbs[0], panel.horizon) if panel is not None else ("", 0.0)
        found = _Search(panel, self.half_lives).run() if panel is not None else {}
        why = lacking if panel is None else "never done"
        missing = [
            Figure(v, self.half_lives.get(v, USUAL), chosen=True, why=why) for v in verbs if v not in found
        ]
        self.figures_ = tuple([one for rows in found.values() for one in rows] + missing)
        return self

    def to_arrays(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return the learned state for the reference."""
        return {}, {
            "unit": self.unit_, "horizon": self.horizon_, "figures": [asdict(one) for one in self.figures_],
        }  # fmt: skip

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]], meta: dict[str, Any]) -> Self:
        """Read back what `to_arrays` wrote; of nothing, the state in which nothing was learned."""
        del arrays
        made = cls()
        made.unit_, made.horizon_ = meta.get("unit", ""), meta.get("horizon", 0.0)
        made.figures_ = tuple(Figure(**one) for one in meta.get("figures", ()))
        return made


class _Search:
    """The competition of half-lives over one panel."""

    def __init__(self, panel: Panel, stated: Mapping[str, float]) -> None:
        self.panel, self.stated = panel, stated
        self.rows = _some(panel)
        self.gene = np.unique(panel.gene[self.rows], return_inverse=True)[1]
        self.kept: dict[tuple[str, float], tuple[Floats, Floats]] = {}
        self.customers = {verb: self._customers(verb) for verb in panel.verbs}
        self.told = tuple(v for v in panel.verbs if self.customers[v] >= FEWEST_CUSTOMERS)

    def run(self) -> dict[str, list[Figure]]:
        """Return the figures of every verb of the panel."""
        unit = self.panel.verbs[0]
        if unit not in self.told:
            return {v: [self._untold(v)] for v in self.panel.verbs}
        best = {v: float(self.stated.get(v, USUAL)) for v in self.told}
        state, tried = self._fit(best, None), {}
        for last in (False, True):
            for verb in self.told if len(self.told) > 1 or last else ():
                tried[verb] = {h: self._fit({**best, verb: h}, state) for h in self._grid(verb)}
                best[verb] = self._winner(verb, tried[verb])
                state = tried[verb][best[verb]]
        return {
            v: self._figures(v, tried[v], best[v]) if v in tried else [self._untold(v)]
            for v in self.panel.verbs
        }

    def _grid(self, verb: str) -> list[float]:
        return sorted({*map(float, HALF_LIVES), float(self.stated.get(verb, USUAL))})

    def _winner(self, verb: str, tried: Mapping[float, Fit]) -> float:
        if verb in self.stated:
            return float(self.stated[verb])
        best = max(tried, key=lambda h: (tried[h].likelihood, h))
        ahead = (tried[best].likelihood - tried[USUAL].likelihood) / tried[best].dispersion
        return best if ahead >= AHEAD else float(USUAL)

    def _fit(self, half_lives: Mapping[str, float], start: Fit | None) -> Fit:
        sides = [self._evidence(v, half_lives[v]) for v in self.told]
        observed, expected = (np.stack(side, axis=1) for side in zip(*sides, strict=True))
        p, at = self.panel, self.rows
        return fit(Rows(p.y[at], p.e[at], p.customer[at], self.gene, observed, expected), start=start)

    def _evidence(self, verb: str, half_life: float) -> tuple[Floats, Floats]:
        if (verb, half_life) not in self.kept:
            observed, expected = self.panel.evidence(verb, half_life=half_life)
            self.kept[verb, half_life] = observed[self.rows], expected[self.rows]
        return self.kept[verb, half_life]

    def _customers(self, verb: str) -> int:
        _, expected = self._evidence(verb, float(USUAL))
        return len(np.unique(self.panel.customer[self.rows][expected > 0]))

    def _untold(self, verb: str) -> Figure:
        n = self.customers[verb]
        why = (
            f"{n} customers did it to items that share a gene with what is bought"
            if n
            else "its items share no gene with what is bought"
        )
        return Figure(verb, self.stated.get(verb, USUAL), customers=n, chosen=True, why=why)

    def _figures(self, verb: str, tried: Mapping[float, Fit], best: float) -> list[Figure]:
        place = self.told.index(verb) - 1
        worst = min(one.likelihood for one in tried.values())
        return [
            self._figure(
                verb, h, one, place, gain=(one.likelihood - worst) / one.dispersion, chosen=h == best
            )
            for h, one in tried.items()
        ]

    def _figure(self, verb: str, h: float, one: Fit, place: int, *, gain: float, chosen: bool) -> Figure:
        known: dict[str, Any] = {"gain": gain, "customers": self.customers[verb], "chosen": chosen}
        if place < 0:
            return Figure(verb, h, weight=1.0, lift=100 * one.lift, why="the unit", **known)
        w, half = float(one.w[place]), Z * math.sqrt(one.variance[place])
        if not half <= WIDEST:
            wide = (
                f"uncertain by {half:.1f} purchases"
                if math.isfinite(half)
                else "not to be told from other verbs"
            )
            return Figure(verb, h, why=f"{wide}", **known)
        follows = "what it adds to the purchase before it" if verb in self.panel.follow_ups else ""
        return Figure(verb, h, w, w - half, w + half, lift=100 * w * one.lift, why=follows, **known)


def _some(panel: Panel) -> Longs:
    """Return the rows that are looked at: those of every n-th customer, so that at most MOST_ROWS remain.

    Genes of which next to nothing was bought are left out: their drift could not be told.
    """
    step = 1 + len(panel.y) // MOST_ROWS
    mine = panel.customer % step == 0
    n_genes = int(panel.gene.max()) + 1
    enough = np.bincount(panel.gene[mine], weights=panel.y[mine], minlength=n_genes) >= 10
    return np.flatnonzero(mine & enough[panel.gene])
