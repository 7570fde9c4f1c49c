"""Who moved from which phase to which in a window, and how many stood where before and after."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from customer_genome.core.errors import GenomeError
from customer_genome.journey.analysis.spells import I64, Spells, standing


@dataclass(frozen=True)
class Flows:
    """Moves in a window: `moved[i, j]` from phase i to phase j; `came` first appeared in a phase, `gone` left for none.

    For every phase: after = before + came + moves in - moves out - gone.
    """

    phases: tuple[str, ...]
    start: float
    end: float
    before: I64
    after: I64
    moved: I64
    came: I64
    gone: I64


def flows(spells: Spells, start: float, end: float) -> Flows:
    """Return what moved after `start` and up to `end` (local days), and the counts at both moments.

    A move at `start` itself is in the count before; each move counts, also those of one customer there and back.
    """
    if not start <= end:
        raise GenomeError("a window ends after it starts", found=f"{start:g} to {end:g}")
    size, follows = len(spells.phases), spells.follows
    goes_on = (follows >= 0) & (spells.entered[follows] == spells.left)
    comes_from = np.zeros(len(follows), bool)
    comes_from[follows[goes_on]] = True
    inside = (spells.left > start) & (spells.left <= end)
    moving = np.flatnonzero(inside & goes_on)
    pairs = spells.phase[moving] * size + spells.phase[follows[moving]]
    appeared = ~comes_from & (spells.entered > start) & (spells.entered <= end)
    came, gone = (np.bincount(spells.phase[rows], minlength=size) for rows in (appeared, inside & ~goes_on))
    moved = np.bincount(pairs, minlength=size * size).reshape(size, size)
    before, after = standing(spells, start), standing(spells, end)
    return Flows(spells.phases, start, end, before, after, moved, came, gone)
