"""History: everything that customers did before a moment, as arrays that all predictions are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Mask = NDArray[np.bool_]
Strings = NDArray[np.str_]
Csr = sparse.csr_matrix


@dataclass(frozen=True)
class Level:
    """What items are grouped into: `code[item]` is a position in `names` (sorted), −1 where the item has none."""

    code: I64
    names: Strings


@dataclass(frozen=True)
class Catalogue:
    """The items, their levels (item, category, group, other columns) and their DNA (items × genes, 0 to 1).

    `items` and `genes` are sorted; a gene is named `family:label`.
    """

    items: Strings
    levels: Mapping[str, Level]
    dna: Csr
    genes: Strings


@dataclass(frozen=True)
class Lines:
    """Purchase lines, in order of customer, session time, session and item; unknown amounts are nan.

    `customer` and `item` are positions in the history's customers and the catalogue's items; `session` numbers
    sessions from 0 in this order; `day` and `known` are local days since 1970 (when it happened, when it was
    known here), `session_day` the earliest `day` of the session; `channel` is a code, −1 where unknown.
    """

    customer: I64
    session: I64
    item: I64
    day: F64
    known: F64
    session_day: F64
    quantity: F64
    value: F64
    discount: F64
    channel: I64


@dataclass(frozen=True)
class Acts:
    """All interactions, purchases too, without amounts: in order of customer and day."""

    customer: I64
    verb: I64
    item: I64
    day: F64
    known: F64


@dataclass(frozen=True)
class Visits:
    """One row a session with purchases, in order of customer and time; `first` is its first line.

    `value` and `discount` are sums of what is known, `size` counts different items.
    """

    customer: I64
    day: F64
    value: F64
    discount: F64
    size: I64
    channel: I64
    first: I64


@dataclass(frozen=True)
class History:
    """What was known before a moment: `customers` are sorted ids, `verbs` names by code."""

    customers: Strings
    catalogue: Catalogue
    verbs: tuple[str, ...]
    money: tuple[str, ...]
    lines: Lines
    acts: Acts

    @cached_property
    def visits(self) -> Visits:
        """The sessions that the lines make."""
        lines, n = self.lines, int(self.lines.session[-1]) + 1 if len(self.lines.session) else 0
        first = np.searchsorted(lines.session, np.arange(n))
        other = (np.diff(lines.session, prepend=-1) != 0) | (np.diff(lines.item, prepend=-1) != 0)
        return Visits(
            customer=lines.customer[first],
            day=lines.session_day[first],
            value=_sums(lines.session, lines.value, n),
            discount=_sums(lines.session, lines.discount, n),
            size=np.bincount(lines.session[other], minlength=n),
            channel=lines.channel[first],
            first=first,
        )

    @property
    def first_day(self) -> float:
        """The first day of purchases, or of interactions where there are none; infinite without either."""
        days = self.lines.day if len(self.lines.day) else self.acts.day
        return float(days.min(initial=np.inf))

    def before(self, moment: float, /) -> History:
        """Return what was known before `moment` (local days since 1970): nothing later can be seen in it."""
        seen, acts = self.lines, self.acts
        lines = _take_lines(seen, (seen.known < moment) & (seen.day < moment))
        keep = (acts.known < moment) & (acts.day < moment)
        return replace(self, lines=lines, acts=_take(acts, keep))

    def of(self, chosen: Mask, /) -> History:
        """Return the history of the customers that `chosen` marks, who keep their order."""
        place = np.cumsum(chosen) - 1
        lines = _take_lines(self.lines, chosen[self.lines.customer])
        acts = _take(self.acts, chosen[self.acts.customer])
        return replace(
            self,
            customers=self.customers[chosen],
            lines=replace(lines, customer=place[lines.customer]),
            acts=replace(acts, customer=place[acts.customer]),
        )


Rows = TypeVar("Rows", Lines, Acts)


def arrange(lines: Lines) -> Lines:
    """Return lines in the order that `Lines` asks for; `session` may be any number that is the same in a session."""
    _, session = np.unique(
        lines.session * (lines.customer.max(initial=0) + 1) + lines.customer, return_inverse=True
    )
    start = np.full(session.max(initial=-1) + 1, np.inf)
    np.minimum.at(start, session, lines.day)
    order = np.lexsort((lines.item, session, start[session], lines.customer))
    return _number(_take(replace(lines, session=session, session_day=start[session]), order))


def _take_lines(lines: Lines, keep: Mask) -> Lines:
    """Keep lines, and let sessions begin with the first line that is left."""
    taken = _take(lines, keep)
    start = np.flatnonzero(np.diff(taken.session, prepend=-1))
    if not len(start):
        return taken
    count = np.diff(np.append(start, len(taken.session)))
    return _number(replace(taken, session_day=np.repeat(np.minimum.reduceat(taken.day, start), count)))


def _sums(place: I64, values: F64, n: int) -> F64:
    return np.bincount(place, np.nan_to_num(values), minlength=n).astype(np.float64)


def _number(lines: Lines) -> Lines:
    return replace(lines, session=np.cumsum(np.diff(lines.session, prepend=-1) != 0) - 1)


def _take(rows: Rows, place: Mask | I64) -> Rows:
    return type(rows)(**{name: getattr(rows, name)[place] for name in rows.__dataclass_fields__})
