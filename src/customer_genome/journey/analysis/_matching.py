"""Matched sets for `precedes`: for each transition, others who could have made it then, and what each had done."""

from __future__ import annotations

import numpy as np

from customer_genome.core.compiled import compiled
from customer_genome.journey.analysis.spells import F64, I64

TERMS = 10
"""The columns of `exposed_sums`."""
_STEP = np.uint64(0x9E3779B97F4A7C15)
_MANY, _FEW = 32, 200
"""At most `_FEW` controls are drawn by trial from windows with `_MANY` times as many rows; others are gone through."""


@compiled
def together(moment: F64, entered: F64, caliper: F64) -> I64:
    """Return where each matched set begins among cases in order of moment and entered, and their number at the end.

    Cases of one moment that entered within half a caliper are one set: they have the same others beside them.
    """
    starts = [0] * 0
    for case in range(len(moment)):
        first = starts[-1] if starts else -1
        if first < 0 or moment[case] != moment[first] or entered[case] - entered[first] > caliper[first] / 2:
            starts.append(case)
    starts.append(len(moment))
    return np.array(starts)


@compiled
def draw_controls(stays: tuple[F64, F64], sets: tuple[I64, I64, F64], seed: int, out: I64) -> None:
    """Draw controls for each set into `out`, so many for each case; -1 where there are no more.

    `stays` are entered and left, in order of entered. `sets` are the cases (rows of stays, which leave at their
    `left`), where each set begins among them, and calipers × cases: a control entered at most so many days before the
    first or after the last case of its set, and is still there when they leave. A wider caliper is used where a
    narrower one finds nobody. Each that qualifies is as likely; a seed draws the same ones.
    """
    entered, left = stays
    cases, first, caliper = sets
    each = len(out) // max(len(cases), 1)
    for place in range(len(first) - 1):
        one, last = cases[first[place]], cases[first[place + 1] - 1]
        drawn = out[first[place] * each : first[place + 1] * each]
        wanted = len(drawn)
        for days in caliper[:, first[place]]:
            low = np.searchsorted(entered, entered[one] - days)
            high = np.searchsorted(entered, min(entered[last] + days, left[one]))
            state = _mixed(np.uint64(seed) * _STEP + np.uint64(place + 1))
            many = wanted <= _FEW and high - low > _MANY * wanted
            if not (many and _by_trial(left, left[one], (low, high, state), drawn)):
                _by_turn(left, left[one], (low, high, state), drawn)
            if drawn[0] >= 0:
                break


@compiled
def _by_turn(left: F64, moment: float, between: tuple[int, int, np.uint64], out: I64) -> None:
    """Fill `out` by going through all rows: each that qualifies is kept with the same chance (reservoir sampling)."""
    low, high, state = between
    found, wanted = 0, len(out)
    for row in range(low, high):
        if left[row] <= moment:
            continue
        found += 1
        if found <= wanted:
            out[found - 1] = row
            continue
        state += _STEP
        slot = np.int64(_mixed(state) % np.uint64(found))
        if slot < wanted:
            out[slot] = row


@compiled
def _by_trial(left: F64, moment: float, between: tuple[int, int, np.uint64], out: I64) -> bool:
    """Fill `out` by drawing rows at random and keeping those that qualify; whether that succeeded in few trials."""
    low, high, state = between
    found, wanted = 0, len(out)
    for _ in range(_MANY * wanted):
        state += _STEP
        row = low + np.int64(_mixed(state) % np.uint64(high - low))
        if left[row] <= moment or (out[:found] == row).any():
            continue
        out[found] = row
        found += 1
        if found == wanted:
            return True
    out[:] = -1
    return False


@compiled
def _mixed(state: np.uint64) -> np.uint64:
    """Return the splitmix64 scramble of a counter (Steele, Lea & Flood 2014)."""
    mixed = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


@compiled
def exposed_sums(
    sets: tuple[I64, I64, I64, F64], events: tuple[I64, I64, F64], window: tuple[float, float], out: F64
) -> None:
    """Add each matched set's terms of the Mantel-Haenszel sums into `out[candidate, term]`.

    `sets` are the customers of cases, those of controls (-1: none; so many for each case), where each set begins among
    the cases, and its moment; `events` are the start of each customer's rows (customers + 1), their candidate and
    day, in order of day. Exposed to a candidate is who has a row of it in the `window` (first, last) days before the
    moment, the moment itself not included. Terms: R, S, PR, PS + QR, QS (Robins, Breslow & Greenland 1986, Biometrics
    42:311), exposed cases, their expectation and variance (Mantel & Haenszel 1959), cases in sets that hold both
    exposed and unexposed, and exposed controls.
    """
    case, control, begins, moment = sets
    candidates, each = len(out), len(control) // max(len(case), 1)
    seen, listed = np.full(candidates, -1, np.int64), np.zeros(candidates, np.int64)
    cases, controls = np.zeros(candidates, np.int64), np.zeros(candidates, np.int64)
    member = 0
    for place in range(len(begins) - 1):
        first, last = begins[place], begins[place + 1]
        size, others, some = last - first, 0, 0
        for slot in range(first - last, each * (last - first)):
            who = case[last + slot] if slot < 0 else control[first * each + slot]
            if who < 0:
                continue
            others += slot >= 0
            member += 1
            for row in _rows(events, who, moment[place] - window[0], moment[place] - window[1]):
                one = events[1][row]
                if seen[one] == member:
                    continue
                if cases[one] + controls[one] == 0:
                    listed[some] = one
                    some += 1
                seen[one] = member
                cases[one] += slot < 0
                controls[one] += slot >= 0
        for position in range(some):
            one = listed[position]
            _add(out[one], (float(cases[one]), float(controls[one])), (float(size), float(others)))
            cases[one], controls[one] = 0, 0


@compiled
def _rows(events: tuple[I64, I64, F64], who: int, since: float, until: float) -> range:
    """Return the rows of a customer from one moment on and before another."""
    start, _, day = events
    own = day[start[who] : start[who + 1]]
    return range(start[who] + np.searchsorted(own, since), start[who] + np.searchsorted(own, until))


@compiled
def _add(out: F64, exposed: tuple[float, float], sizes: tuple[float, float]) -> None:
    """Add one set to a candidate's sums, from how many cases and controls are exposed of how many."""
    a, b = exposed
    cases, controls = sizes
    out[5] += a
    out[9] += b
    size, total = cases + controls, a + b
    out[6] += cases * total / size
    if controls == 0:
        return
    r, s = a * (controls - b) / size, (cases - a) * b / size
    p, q = (a + controls - b) / size, (cases - a + b) / size
    out[0] += r
    out[1] += s
    out[2] += p * r
    out[3] += p * s + q * r
    out[4] += q * s
    out[7] += cases * controls * total * (size - total) / (size * size * (size - 1))
    if 0 < total < size:
        out[8] += cases
