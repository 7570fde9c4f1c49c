"""Cases: what a model said beside what happened, row by row, in the form that every metric reads."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from customer_genome.predictions.distinct import distinct
from customer_genome.predictions.history import F64, I64, Mask
from customer_genome.predictions.honesty.truth import Truth
from customer_genome.predictions.scores import Scores

DEPTH = 10
"""How long the lists are that a ranking is judged by."""


@dataclass(frozen=True)
class Cases:
    """One row a case: position of the customer and target, what happened, what was said (nan: nothing).

    Of rankings there is one row for each target that happened or stands among the first `DEPTH`, `truth` says
    whether it happened, and `score` is minus its place in the list (−inf where it is not in it).
    """

    customer: I64
    target: I64
    truth: F64
    score: F64

    @classmethod
    def of(cls, truth: F64, score: F64) -> Cases:
        """Return cases of as many different customers as there are rows, in order."""
        rows = len(truth)
        values = np.asarray(truth, dtype=float), np.asarray(score, dtype=float)
        return cls(np.arange(rows), np.full(rows, -1), *values)

    def where(self, keep: Mask | I64, /) -> Cases:
        """Return the rows that `keep` marks, in its order."""
        return Cases(self.customer[keep], self.target[keep], self.truth[keep], self.score[keep])

    @cached_property
    def rising(self) -> tuple[I64, I64]:
        """The order of rising scores, and where in it each group of equal scores begins."""
        return tie_groups(self.score)

    @cached_property
    def by_target(self) -> tuple[Cases, ...]:
        """The cases of each target."""
        order = np.argsort(self.target, kind="stable")
        ends = np.flatnonzero(np.diff(self.target[order])) + 1
        return tuple(self.where(rows) for rows in np.split(order, ends) if len(rows))


def tie_groups(values: F64, /) -> tuple[I64, I64]:
    """Return the order of rising values, and where in it each group of equal ones begins."""
    order = np.argsort(values, kind="stable")
    new = np.diff(values[order], prepend=-np.inf) != 0
    new[:1] = True
    return order, np.flatnonzero(new)


def aligned(happened: Truth, said: Scores, /) -> tuple[Cases, F64, F64]:
    """Return one case for each row of the truth, with low and high; all are nan where nothing was said."""
    width = int(max(happened.target.max(initial=-1), said.target.max(initial=-1))) + 2
    wanted = happened.customer * width + happened.target + 1
    given = said.customer * width + said.target + 1
    order = np.argsort(given, kind="stable")
    given = given[order]
    place = np.searchsorted(given, wanted)
    found = np.append(given, -1)[place] == wanted
    columns = (np.append(column[order], np.nan)[place] for column in (said.score, said.low, said.high))
    score, low, high = (np.where(found, column, np.nan) for column in columns)
    return Cases(happened.customer, happened.target, happened.value, score), low, high


def ranked(happened: Truth, said: Scores, /) -> Cases:
    """Return the lists of the customers to whom something happened, beside what did; ties go by target."""
    of_them = np.isin(said.customer, happened.customer) & np.isfinite(said.score)
    customer, target = said.customer[of_them], said.target[of_them]
    order = np.lexsort((target, -said.score[of_them], customer))
    customer, target = customer[order], target[order]
    _, start, count = np.unique(customer, return_index=True, return_counts=True)
    place = np.arange(len(customer)) - np.repeat(start, count) + 1
    listed = place <= DEPTH
    width = int(max(happened.target.max(initial=-1), target.max(initial=-1))) + 1
    in_list, true = (customer * width + target)[listed], happened.customer * width + happened.target
    pair = distinct(np.append(in_list, true))
    score = np.full(len(pair), -np.inf)
    score[np.searchsorted(pair, in_list)] = -place[listed]
    width = max(width, 1)
    return Cases(pair // width, pair % width, np.isin(pair, true).astype(float), score)
