"""Part: some customers of a history, whose rows lie together, which bounds how much is worked on at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from customer_genome.predictions.history import F64, I64, Acts, History, Lines, Visits


@dataclass(frozen=True)
class Part:
    """Customers `first` to `end` of a history as it was before `moment`: views of its rows, nothing is copied.

    Rows `line_starts[c]` to `line_starts[c + 1]` of `lines` are those of the part's customer c; so for `visits` and
    `acts`. Ages are days before the moment. Their `customer` and `session` still count from the history's first.
    """

    history: History
    moment: float
    first: int
    end: int
    lines: Lines
    visits: Visits
    acts: Acts
    line_starts: I64
    visit_starts: I64
    act_starts: I64

    @property
    def size(self) -> int:
        """Return the number of customers."""
        return self.end - self.first

    @property
    def visit_age(self) -> F64:
        """Return how many days before the moment each session was."""
        return self.moment - self.visits.day


def parts(history: History, *, moment: float, size: int) -> Iterator[Part]:
    """Yield a history's customers, `size` at a time; its rows must all lie before `moment`."""
    visits, count = history.visits, len(history.customers)
    edges = np.arange(count + 1)
    starts = [np.searchsorted(rows.customer, edges) for rows in (history.lines, visits, history.acts)]
    for first in range(0, max(count, 1), size):
        end = min(first + size, count)
        own = [start[first : end + 1] for start in starts]
        cut = [slice(start[0], start[-1]) for start in own]
        yield Part(
            history, moment, first, end,
            _view(history.lines, cut[0]), _view(visits, cut[1]), _view(history.acts, cut[2]),
            *(start - start[0] for start in own),
        )  # fmt: skip


def _view(rows: Any, cut: slice) -> Any:
    return type(rows)(**{field.name: getattr(rows, field.name)[cut] for field in fields(rows)})
