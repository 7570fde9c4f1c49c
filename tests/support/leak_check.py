"""Leak check: whether a model's scores change when everything after the cut-off is exchanged for something else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from customer_genome.predictions.history import History
from customer_genome.predictions.panel import Panel


def forged(history: History, other: History, *, moment: float) -> History:
    """Return `history` with all that happened, or became known, from `moment` on taken from `other` instead.

    Both must have the same customers and catalogue.
    """
    before = history.before(moment)
    return replace(
        history,
        lines=_joined(before.lines, other.lines, moment),
        acts=_joined(before.acts, other.acts, moment),
    )


def leaks(make: Callable[[History], Any], history: History, other: History, *, moment: float) -> bool:
    """Return whether what `make` builds (it gets the whole history to misuse) says something else after forging."""
    said = []
    for one in (history, forged(history, other, moment=moment)):
        panel = Panel(one, as_of=moment)
        said.append(make(one).fit(panel).predict(panel))
    first, second = said
    return not all(
        np.array_equal(
            getattr(first, name), getattr(second, name), equal_nan=name in {"score", "low", "high"}
        )
        for name in ("customer", "target", "score", "low", "high")
    )


def _joined(before: Any, other: Any, moment: float) -> Any:
    after = other.day >= moment
    names = before.__dataclass_fields__
    columns = {name: np.append(getattr(before, name), getattr(other, name)[after]) for name in names}
    return type(before)(**columns)
