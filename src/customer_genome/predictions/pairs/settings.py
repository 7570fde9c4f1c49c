"""Settings: how a model of pairs is trained, by default as experiments found best for each kind of target."""

from __future__ import annotations

from dataclasses import dataclass, field

from customer_genome.core.boosting import Trees
from customer_genome.core.targets import Target


@dataclass(frozen=True)
class Settings:
    """What is learned from, how, and how much is kept.

    There are up to `moments` training moments, `step` days apart; of pairs that did not come true one in
    `negatives` is drawn; each of the `folds` boosters leaves `held_out` of the customers to the
    calibration. `keep` targets
    of each customer are returned. `least_customers` with a known outcome are needed, and `least_hits` pairs that
    came true. Targets in fewer than `minimum` sessions are not compared.
    What is learned is the next session; with `sessions` more than 1 those after it too, each for half as much.
    """

    blocks: tuple[str, ...] = ("own", "targets", "customers", "collaborative")
    trees: Trees = field(default_factory=lambda: Trees(rounds=100, rate=0.07))
    moments: int = 12
    step: float = 14
    negatives: int = 8
    folds: int = 2
    held_out: float = 0.2
    keep: int = 50
    least_customers: int = 20
    least_hits: int = 200
    minimum: int = 1
    sessions: int = 1

    @classmethod
    def of(cls, target: Target, /) -> Settings:
        """Return the settings for a target."""
        if target.predict == "choice":
            return cls(
                trees=Trees(objective="binary", rounds=100, rate=0.06), moments=7, step=28, negatives=3
            )
        if target.level == "item":
            return cls._of_items(target)
        if target.new:
            return cls(trees=Trees(leaves=15, rounds=100, rate=0.06), negatives=6)
        return cls()

    @classmethod
    def _of_items(cls, target: Target) -> Settings:
        """Return the settings for thousands of targets: what they have in common matters for new ones."""
        if not target.new:
            return cls(trees=Trees(), moments=6, step=28, negatives=6, minimum=10)
        blocks = ("own", "targets", "customers", "collaborative", "items")
        trees = Trees(leaves=15, rounds=120)
        return cls(blocks=blocks, trees=trees, moments=6, step=28, negatives=6, minimum=10, sessions=3)
