"""When one customer will move: the phase's curve from today on, bent to meet the customer's own probability."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from customer_genome.journey.analysis.curves import Curve
from customer_genome.journey.analysis.spells import F64

OVER = 0.05
"""A phase that a smaller part is still in, on the last day that anybody was seen in it, is over: nobody moves later."""


@dataclass(frozen=True)
class Outlook:
    """Of each customer the probability of having moved within each of `days`, and how late they are.

    `chance` is (customers, days), nan where nobody was seen in the phase for so long. `done` is the part of all moves
    ever seen that others had made by the time that the customer has been in the phase: .9 is later than nine in ten.
    """

    days: F64
    chance: F64
    done: F64


def personal(
    chance: F64, *, horizon: float, in_phase: F64, days: F64, moves: Curve, staying: Curve
) -> Outlook:
    """Return when customers move who have been `in_phase` days in their phase and move within `horizon` with `chance`.

    `moves` is the cumulative incidence F of the move, `staying` the survival S in the phase. Of those still there after
    s days a part G(t) = (F(s + t) − F(s)) / S(s) moves within t more days. A customer's own curve is 1 − (1 − G)^r,
    proportional hazards of the move (Cox 1972), with r such that it is the customer's `chance` at the horizon.
    """
    over = bool(len(staying.value)) and float(staying.value[-1]) < OVER
    at_once = _at(moves, in_phase, over=False)
    still = _at(staying, in_phase, over=False)
    later = _at(moves, in_phase[:, None] + days[None, :], over=over)
    whole = _at(moves, in_phase + horizon, over=over)
    with np.errstate(divide="ignore", invalid="ignore"):
        usual = (later - at_once[:, None]) / still[:, None]
        at_horizon = (whole - at_once) / still
        bent = np.log1p(-np.minimum(usual, 1 - 1e-12)) / np.log1p(-np.minimum(at_horizon, 1 - 1e-12))[:, None]
        own = -np.expm1(bent * np.log1p(-np.minimum(chance, 1 - 1e-12))[:, None])
        done = at_once / moves.value[-1] if len(moves.value) else at_once
    own[~(at_horizon > 0)] = np.nan
    return Outlook(days, own, np.where(np.isfinite(done), done, np.nan))


def _at(curve: Curve, day: F64, *, over: bool) -> F64:
    """Return the curve at `day`; beyond what was seen nan, or its last value where the phase is `over` by then."""
    place = np.searchsorted(curve.day, day, side="right") - 1
    found = np.asarray(curve.value, np.float64)[np.clip(place, 0, None)]
    return np.where((day >= 0) & ((day <= curve.last) | over), found, np.nan)
