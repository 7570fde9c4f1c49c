"""Blocks: what a pair is described by, by name, so that a model asks for the kinds it needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from customer_genome.predictions.pairs.block import Block, Pairs, beside
from customer_genome.predictions.pairs.collaborative import collaborative
from customer_genome.predictions.pairs.item_features import items
from customer_genome.predictions.pairs.own import own
from customer_genome.predictions.pairs.population import of_customers, of_targets
from customer_genome.predictions.panel import Panel


class Maker(Protocol):
    """Describes pairs from what was known before a moment, at one level."""

    def __call__(self, panel: Panel, moment: float, pairs: Pairs, *, level: str) -> Block:
        """Return a block with one row a pair."""


MAKERS: Mapping[str, Maker] = {"own": own, "targets": of_targets, "customers": of_customers, "items": items}
"""Kinds of features by name; there is "collaborative" too, which leaves rare targets out."""


def described(
    panel: Panel, moment: float, pairs: Pairs, *, level: str, names: Sequence[str], minimum: int = 1
) -> Block:
    """Return the blocks of `names` side by side; targets in fewer than `minimum` sessions count as rare."""
    return beside(
        [
            collaborative(panel, moment, pairs, level=level, minimum=minimum)
            if name == "collaborative"
            else MAKERS[name](panel, moment, pairs, level=level)
            for name in names
        ]
    )
