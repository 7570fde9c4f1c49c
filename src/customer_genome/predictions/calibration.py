"""Calibration: from a score to the share of cases that came true, never falling as the score rises."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

F64 = NDArray[np.float64]

LEAST, BINS_PER_E, BINS = 1e-9, 25, 600
"""Cases are counted in fine bins of equal ratio (4 % wide) from `LEAST` up, before they are pooled."""


class Calibration:
    """Isotonic regression over counted bins (pool adjacent violators), straight lines between their means.

    `minimum_hits` positives are needed to fit at all, and in each pooled bin at least a twentieth of it, so
    that no probability rests on a handful of cases.
    """

    def __init__(self, *, minimum_hits: int = 200) -> None:
        self.minimum_hits = minimum_hits

    def fit(self, cases: F64, *, hits: F64) -> Self:
        """Learn from `cases` and `hits`, counts per bin as `count` gives them; with too few, `reason_` says so."""
        self.score_, self.share_ = np.zeros(0), np.zeros(0)
        self.reason_: str | None = None
        if hits.sum() < self.minimum_hits:
            self.reason_ = (
                f"too few to calibrate: {int(hits.sum())} cases came true, {self.minimum_hits} are needed"
            )
            return self
        middle = LEAST * np.exp((np.arange(BINS) + 0.5) / BINS_PER_E)
        score, total, true = _merge(middle, cases, hits, least=max(5, self.minimum_hits // 20))
        self.score_ = score
        self.share_ = np.asarray(isotonic_regression(true / total, weights=total).x)
        return self

    def apply(self, score: F64) -> F64:
        """Return the probability of each score; nan (unknown) for all where the fit had too few cases."""
        if self.reason_ is not None:
            return np.full(np.shape(score), np.nan)
        return np.interp(score, self.score_, self.share_)

    def to_arrays(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return the learned state as plain arrays and a JSON-able dict."""
        meta = {"minimum_hits": self.minimum_hits, "reason": self.reason_}
        return {"score": self.score_, "share": self.share_}, meta

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any]) -> Self:
        """Rebuild a fitted calibration from what `to_arrays` gave."""
        made = cls(minimum_hits=meta["minimum_hits"])
        made.score_, made.share_, made.reason_ = arrays["score"], arrays["share"], meta["reason"]
        return made


def count(score: F64, *, true: NDArray[np.bool_]) -> tuple[F64, F64]:
    """Return cases and hits per bin; scores (above 0) beyond the last bin count in it."""
    place = np.clip(np.log(np.maximum(score, LEAST) / LEAST) * BINS_PER_E, 0, BINS - 1).astype(np.int64)
    cases, hits = np.bincount(place, minlength=BINS), np.bincount(place[true], minlength=BINS)
    return cases.astype(float), hits.astype(float)


def _merge(middle: F64, cases: F64, hits: F64, *, least: int) -> tuple[F64, F64, F64]:
    """Join neighbouring bins, from the highest score down, until each holds `least` hits.

    Returns mean score, cases and hits per joined bin, scores rising; what is left at the bottom is one bin.
    """
    from_top = np.cumsum(hits[::-1])
    group = (np.concatenate([[0.0], from_top[:-1]]) // least).astype(np.int64)[::-1]
    _, group = np.unique(-group, return_inverse=True)
    total = np.bincount(group, cases)
    some = total > 0
    mean = np.bincount(group, cases * middle)[some] / total[some]
    return mean.astype(float), total[some].astype(float), np.bincount(group, hits)[some].astype(float)
