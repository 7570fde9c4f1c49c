"""Best history: what a customer's purchases had shown by a moment, as numbers that any length of history gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from customer_genome.core.compiled import compiled

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Csr = sparse.csr_matrix
HALF_LIVES = np.array([7.0, 14, 28, 56, 112])
"""Days after which a purchase counts half, in the decayed rates."""
_SESSION = ("value", "items", "categories")
FEATURES = (
    "sessions", "days since first", "days since last", "last gap", "gap before", "mean gap", "gap deviation",
    "silence in gaps",
    *(f"value a day, {days:g}" for days in HALF_LIVES), *(f"sessions a day, {days:g}" for days in HALF_LIVES),
    *(f"value a day since first, {days:g}" for days in HALF_LIVES),
    *(f"{of} {name}" for name in _SESSION for of in ("mean", "last", "least", "most", "deviation of")),
    "value an item", "hour", "weekend", "same channel",
)  # fmt: skip
"""Columns of `behaviour`; amounts, counts and days as logarithms."""
_LEAST = 0.05


@dataclass(frozen=True)
class Sessions:
    """One row a session with a purchase, in order of customer and time.

    `customer` is a position among the customers, `day` local days (the fraction is the hour), `value` money net of
    known costs (nan unknown), `items` and `categories` how many different ones, `channel` a code (-1 unknown).
    """

    customer: I64
    day: F64
    value: F64
    items: F64
    categories: F64
    channel: I64


class Windows(NamedTuple):
    """Stretches of history to learn from or to rank: sessions `start` up to (not with) `end`, seen at day `moment`."""

    start: I64
    end: I64
    moment: F64

    def pick(self, which: NDArray[np.bool_] | I64) -> Windows:
        """Return some of the windows."""
        return Windows(self.start[which], self.end[which], self.moment[which])


def until(sessions: Sessions, *, moment: float, least: int = 1) -> Windows:
    """Return one window for each customer with at least `least` sessions before `moment`: all of those."""
    known = sessions.day < moment
    size = int(sessions.customer.max(initial=-1)) + 1
    start = np.searchsorted(sessions.customer, np.arange(size))
    count = np.bincount(sessions.customer[known], minlength=size)
    some = np.flatnonzero(count >= max(1, least))
    return Windows(start[some], start[some] + count[some], np.full(len(some), float(moment)))


def openings(sessions: Sessions, *, length: int, moment: float, only_first: bool = False) -> Windows:
    """Return every run of `length` sessions before `moment` (or first runs only), seen at the time of its last."""
    last = np.arange(length - 1, len(sessions.day))
    start = last - length + 1
    whole = (sessions.customer[start] == sessions.customer[last]) & (sessions.day[last] < moment)
    if only_first:
        whole &= np.r_[True, sessions.customer[1:] != sessions.customer[:-1]][start]
    start, last = start[whole], last[whole]
    return Windows(start, last + 1, sessions.day[last])


def value_after(sessions: Sessions, windows: Windows, *, horizon: float | F64) -> F64:
    """Return the value of the sessions after each window (not in it) up to `horizon` days from its moment."""
    total = np.r_[0.0, np.cumsum(np.where(np.isfinite(sessions.value), sessions.value, 0))]
    owner = sessions.customer[windows.start]
    until_day = np.minimum(windows.moment + horizon, _FAR - 1)
    key = sessions.customer * _FAR + np.clip(sessions.day, 0, _FAR - 1)
    ends = np.searchsorted(key, owner * _FAR + until_day, side="left")
    begins = np.maximum(windows.end, np.searchsorted(key, owner * _FAR + windows.moment, side="left"))
    return np.asarray(total[np.maximum(ends, begins)] - total[begins])


_FAR = 1e6
"""More days than any history has."""


def behaviour(sessions: Sessions, windows: Windows) -> F64:
    """Return windows × FEATURES; every number is finite."""
    value = np.where(np.isfinite(sessions.value), sessions.value, 0.0)
    made = np.zeros((len(windows.start), len(FEATURES)))
    shape = np.stack([value, sessions.items, sessions.categories], axis=1)
    _times(sessions.day, value, windows.start, windows.end, windows.moment, HALF_LIVES, made)
    _shapes(
        shape, sessions.day, sessions.channel, windows.start, windows.end, made[:, 8 + 3 * len(HALF_LIVES) :]
    )
    return made


def carried(windows: Windows, genes: Csr) -> Csr:
    """Return windows × genes: in how many of its sessions each gene was, from sessions × genes."""
    size = windows.end - windows.start
    rows = np.repeat(np.arange(len(size)), size)
    begin = np.repeat(np.cumsum(size) - size, size)
    columns = np.arange(len(rows)) - begin + np.repeat(windows.start, size)
    within = sparse.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(size), genes.shape[0]))
    return Csr(within @ genes)


def together(parts: Sequence[Windows]) -> tuple[Windows, I64]:
    """Return all windows one after the other, and which part each is from."""
    whole = Windows(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    return whole, np.repeat(np.arange(len(parts)), [len(part.start) for part in parts])


@compiled
def _times(  # noqa: PLR0917 - a kernel
    day: F64, value: F64, start: I64, end: I64, moment: F64, half_lives: F64, made: F64
) -> None:
    for row in range(len(start)):
        first, last, now = start[row], end[row] - 1, moment[row]
        sessions, age = end[row] - first, max(now - day[first], 0.0)
        silence = max(now - day[last], 0.0)
        gap = day[last] - day[last - 1] if sessions > 1 else age
        before = day[last - 1] - day[last - 2] if sessions > 2 else gap
        mean = (day[last] - day[first]) / (sessions - 1) if sessions > 1 else age
        spread = 0.0
        for place in range(first + 1, last + 1):
            spread += (day[place] - day[place - 1] - mean) ** 2
        spread = np.sqrt(spread / (sessions - 1)) if sessions > 1 else 0.0
        made[row, 0], made[row, 1], made[row, 2] = np.log(sessions), np.log(age + 0.5), np.log(silence + 0.2)
        made[row, 3], made[row, 4] = np.log(gap + 0.05), np.log(before + 0.05)
        made[row, 5], made[row, 6] = np.log(mean + 0.05), np.log(spread + 0.05)
        made[row, 7] = np.log(silence + 0.2) - np.log(mean + 0.05)
        for h in range(len(half_lives)):
            rate, money, times = np.log(2.0) / half_lives[h], 0.0, 0.0
            for place in range(first, last + 1):
                weight = np.exp(-rate * max(now - day[place], 0.0))
                money += weight * value[place]
                times += weight
            seen = 1.0 - np.exp(-rate * max(age, 1.0))
            money, times = max(money, 0.0) * rate, times * rate
            made[row, 8 + h] = np.log(money + 0.05)
            made[row, 8 + len(half_lives) + h] = np.log(times + 0.005)
            made[row, 8 + 2 * len(half_lives) + h] = np.log(money / seen + 0.05)


@compiled
def _shapes(  # noqa: PLR0917 - a kernel
    shape: F64, day: F64, channel: I64, start: I64, end: I64, made: F64
) -> None:
    for row in range(len(start)):
        first, last = start[row], end[row] - 1
        count = end[row] - first
        total = np.zeros(3)
        for column in range(3):
            least, most, mean = np.inf, -np.inf, 0.0
            for place in range(first, last + 1):
                one = max(shape[place, column], 0.0)
                least, most, mean = min(least, one), max(most, one), mean + one
            total[column], mean = mean, mean / count
            spread = 0.0
            for place in range(first, last + 1):
                spread += (max(shape[place, column], 0.0) - mean) ** 2
            at = 5 * column
            made[row, at], made[row, at + 1] = np.log(mean + 1), np.log(max(shape[last, column], 0.0) + 1)
            made[row, at + 2], made[row, at + 3] = np.log(least + 1), np.log(most + 1)
            made[row, at + 4] = np.log(np.sqrt(spread / count) + 1)
        hour, weekend, same = 0.0, 0.0, 0.0
        for place in range(first, last + 1):
            hour += 24 * (day[place] - np.floor(day[place]))
            weekend += 1.0 if (np.floor(day[place]) + 3) % 7 >= 5 else 0.0
            same += 1.0 if channel[place] == channel[last] else 0.0
        made[row, 15] = np.log(total[0] / max(total[1], 1.0) + 0.05)
        made[row, 16], made[row, 17], made[row, 18] = hour / count, weekend / count, same / count
