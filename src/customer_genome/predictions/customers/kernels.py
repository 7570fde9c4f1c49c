"""The compiled loops over one customer after the other that features are made with; importing compiles nothing."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from customer_genome.core.compiled import compiled
from customer_genome.predictions.history import F64, I64

F32 = NDArray[np.float32]

GAPS = (
    "recency", "tenure", "shopping_days", "mean_gap", "sd_gap", "longest_gap", "last_gap", "recent_gap",
    "gaps_beyond_now", "gaps_beyond_horizon", "gaps_of_horizon",
)  # fmt: skip
"""The columns of `gaps`."""
_RECENT = 0.35  # weight of the newest gap in the mean of recent ones


class Rows(NamedTuple):
    """Rows of customers: `starts[c]` to `starts[c + 1]` are customer c's, oldest first, `age` days before a moment.

    `amounts[row, k]` is what is summed.
    """

    starts: I64
    age: F64
    amounts: F64


class Coded(NamedTuple):
    """Rows of customers, as in `Rows`, each with a code (−1: none)."""

    starts: I64
    codes: I64
    age: F64


@compiled
def window_sums(rows: Rows, windows: F64, out: F64) -> None:
    """Sum `amounts[row, k]` of rows at most `windows[w]` (rising) days old into `out[customer, w, k]`."""
    starts, age, amounts = rows
    for customer in range(len(starts) - 1):
        for row in range(starts[customer + 1] - 1, starts[customer] - 1, -1):
            if age[row] > windows[-1]:
                break
            for window in range(len(windows) - 1, -1, -1):
                if age[row] > windows[window]:
                    break
                for k in range(amounts.shape[1]):
                    out[customer, window, k] += amounts[row, k]


@compiled
def decayed_sums(rows: Rows, half_lives: F64, out: F64) -> None:
    """Sum `amounts[row, k] · 2^(−age / half-life)` into `out[customer, half-life, k]`."""
    starts, age, amounts = rows
    for customer in range(len(starts) - 1):
        for row in range(starts[customer], starts[customer + 1]):
            for h in range(len(half_lives)):
                weight = np.exp2(-age[row] / half_lives[h])
                for k in range(amounts.shape[1]):
                    out[customer, h, k] += weight * amounts[row, k]


@compiled
def block_sums(rows: Rows, width: float, out: F32) -> None:
    """Sum `amounts[row, k]` into `out[customer, b, k]`: block b holds ages above b and up to b + 1 widths."""
    starts, age, amounts = rows
    for customer in range(len(starts) - 1):
        for row in range(starts[customer + 1] - 1, starts[customer] - 1, -1):
            block = max(0, int(np.ceil(age[row] / width)) - 1)
            if block >= out.shape[1]:
                break
            for k in range(amounts.shape[1]):
                out[customer, block, k] += amounts[row, k]


@compiled
def gaps(starts: I64, days: F64, ahead: tuple[float, float], out: F64) -> None:
    """Describe the gaps between a customer's shopping days (several sessions a day are one), columns as in `GAPS`.

    `ahead` is the moment and the horizon. Customers without any row keep what `out` holds.
    """
    now, horizon = ahead
    for customer in range(len(starts) - 1):
        first, end = starts[customer], starts[customer + 1]
        if end == first:
            continue
        row = out[customer]
        row[:] = 0
        last = np.floor(days[first])
        row[0], row[1], row[2] = now - np.floor(days[end - 1]), now - last, 1
        squares = 0.0
        for at in range(first + 1, end):
            gap = np.floor(days[at]) - last
            if gap <= 0:
                continue
            last += gap
            row[2] += 1
            row[3] += gap
            squares += gap * gap
            row[5], row[6] = max(row[5], gap), gap
            row[7] = gap if row[7] == 0 else (1 - _RECENT) * row[7] + _RECENT * gap
            row[8] += gap > row[0]
            row[9] += gap > row[0] + horizon
            row[10] += gap > horizon
        count = row[2] - 1
        if count > 0:
            row[3] /= count
            row[4] = np.sqrt(max(0.0, squares / count - row[3] * row[3]))


@compiled
def clock(starts: I64, days: F64, out: F64) -> None:
    """Count rows by weekday (Monday first; the columns 0 to 6) and by quarter of the day (7 to 10)."""
    for customer in range(len(starts) - 1):
        for row in range(starts[customer], starts[customer + 1]):
            day = np.floor(days[row])
            out[customer, int(day + 3) % 7] += 1
            out[customer, 7 + int((days[row] - day) * 4)] += 1


@compiled
def breadth(rows: Coded, recent: float, last: I64, out: F64) -> None:
    """Count different codes, those first met in the last `recent` days, and rows of codes met before in those days.

    `last[code]` must hold −1 for each code at first; codes below 0 are skipped.
    """
    starts, codes, age = rows
    for customer in range(len(starts) - 1):
        for row in range(starts[customer], starts[customer + 1]):
            code = codes[row]
            if code < 0:
                continue
            if last[code] != customer:
                last[code] = customer
                out[customer, 0] += 1
                out[customer, 1] += age[row] <= recent
            elif age[row] <= recent:
                out[customer, 2] += 1


@compiled
def project(rows: Coded, basis: F64, scratch: tuple[F64, I64], out: F64) -> None:
    """Project a customer's counts of codes, `log(1 + n)` at length 1, on `basis` (codes × dimensions).

    `scratch` has two arrays as long as the basis: the first holds 0 and does so again at the end.
    """
    starts, codes, _ = rows
    counts, touched = scratch
    for customer in range(len(starts) - 1):
        met = 0
        for row in range(starts[customer], starts[customer + 1]):
            code = codes[row]
            if code < 0:
                continue
            if counts[code] == 0:
                touched[met] = code
                met += 1
            counts[code] += 1
        squares = 0.0
        for i in range(met):
            weight = np.log1p(counts[touched[i]])
            counts[touched[i]] = 0
            squares += weight * weight
            for k in range(basis.shape[1]):
                out[customer, k] += weight * basis[touched[i], k]
        if met:
            out[customer] /= np.sqrt(squares)


@compiled
def mean_rows(starts: I64, items: I64, traits: F32, out: F64) -> None:
    """Average `traits[item]` over a customer's rows."""
    for customer in range(len(starts) - 1):
        first, end = starts[customer], starts[customer + 1]
        for row in range(first, end):
            for k in range(traits.shape[1]):
                out[customer, k] += traits[items[row], k]
        if end > first:
            out[customer] /= end - first


@compiled
def verb_counts(rows: Coded, windows: F64, out: F64) -> None:
    """Count acts by verb: ever (column 0), in the last `windows` days each, and the age of the newest (last column)."""
    starts, verbs, age = rows
    for customer in range(len(starts) - 1):
        for row in range(starts[customer], starts[customer + 1]):
            verb = verbs[row]
            out[customer, verb, 0] += 1
            for window in range(len(windows)):
                out[customer, verb, 1 + window] += age[row] <= windows[window]
            out[customer, verb, len(windows) + 1] = age[row]
