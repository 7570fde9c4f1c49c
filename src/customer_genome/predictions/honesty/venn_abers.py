"""Inductive Venn-Abers prediction: a probability with the two bounds between which it is calibrated."""

from __future__ import annotations

import numpy as np

from customer_genome.predictions.history import F64, Mask

Point = tuple[float, float]


def venn_abers(calibration_scores: F64, *, labels: Mask, scores: F64) -> tuple[F64, F64, F64]:
    """Return (low, high, probability) of each of `scores`, all in 0 to 1 and never falling as the score rises.

    Each score is put among the calibration cases once as a case that did not come true and once as one that
    did; `low` and `high` are what isotonic regression then says of it. One of the two is calibrated, whatever
    the model (if the cases are exchangeable). The probability is `high / (1 − low + high)`, the minimax choice
    for log loss. Calibration cases must not have trained the model. O(n log n). Without calibration cases
    nothing is known: 0, 1 and one half. Source: Vovk & Petej 2014, equation 5; Vovk, Petej & Fedorova 2015,
    algorithms 1 and 2.
    """
    known, place = np.unique(calibration_scores, return_inverse=True)
    cases = np.bincount(place, minlength=len(known)).astype(float)
    hits = np.bincount(place, labels, minlength=len(known)).astype(float)
    above = np.append(_upper(cases, hits), 1.0)
    below = np.append(0.0, 1.0 - _upper(cases[::-1], (cases - hits)[::-1])[::-1])
    high = above[np.searchsorted(known, scores, side="left")]
    low = below[np.searchsorted(known, scores, side="right")]
    return low, high, high / (1.0 - low + high)


def _upper(cases: F64, hits: F64) -> F64:
    """Return, for each group of tied cases, the isotonic fit of one more case that came true put into it.

    It is the slope of the greatest convex minorant of the cumulative sums with that case added, kept up to
    date from the first group to the last.
    """
    points = [
        (-1.0, -1.0),
        (0.0, 0.0),
        *zip(np.cumsum(cases).tolist(), np.cumsum(hits).tolist(), strict=True),
    ]
    corners: list[Point] = []
    for point in points:
        _push(corners, point, turn=1)
    corners.reverse()
    fitted = np.empty(len(cases))
    for group in range(len(cases)):
        (x, y), (next_x, next_y) = corners[-1], corners[-2]
        fitted[group] = (next_y - y) / (next_x - x)
        start, here, after = points[group], points[group + 1], points[group + 2]
        moved = (start[0] + after[0] - here[0], start[1] + after[1] - here[1])
        points[group + 1] = moved
        if _cross(corners[-1], corners[-2], moved) < 0:
            corners.pop()
            _push(corners, moved, turn=-1)
    return np.clip(fitted, 0.0, 1.0)


def _push(corners: list[Point], point: Point, *, turn: int) -> None:
    """Add a corner to a convex chain, dropping those that it leaves inside (`turn` 1 from the left, −1 back)."""
    while len(corners) > 1 and turn * _cross(corners[-2], corners[-1], point) <= 0:
        corners.pop()
    corners.append(point)


def _cross(first: Point, second: Point, third: Point) -> float:
    return (second[0] - first[0]) * (third[1] - first[1]) - (second[1] - first[1]) * (third[0] - first[0])
