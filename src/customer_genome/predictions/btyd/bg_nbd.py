"""BG/NBD: after every purchase a customer may leave (Fader, Hardie & Lee 2005, Marketing Science 24:275-284)."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from scipy.special import betainc, betaln, digamma, expit, gammaln, hyp2f1

from customer_genome.predictions.btyd.fitting import BOUND, Rows
from customer_genome.predictions.btyd.histories import F64, Histories
from customer_genome.predictions.btyd.purchase_model import Dying, PurchaseModel

NEAR_ONE = 1e-7
"""Equation 10 is 0/0 at a = 1 and has a pole at a + b + x = 1: parameters this close are moved this far off."""


MANY, SERIES = 30.0, 20_000
"""From which third argument of 2F1 on its series is summed, and the most terms that are."""


class BgNbd(PurchaseModel):
    """Purchases at a rate ~ Gamma(r, alpha); after each, a customer leaves with probability ~ Beta(a, b).

    `parameters_` are r, alpha (a time), a, b. Equation numbers are those of the paper. Who has not bought
    again is alive for certain under this model. r and a are held under e^4 = 55: there customers hardly differ any
    more, and beyond it equation 10 cannot be computed in double precision.
    """

    TITLE: ClassVar[str] = "BG/NBD"
    NAMES: ClassVar[tuple[str, ...]] = ("r", "alpha", "a", "b")
    UPPER: ClassVar[tuple[float, ...]] = (4.0, BOUND, 4.0, BOUND)

    def _starts(self, rate: float, unit: float) -> list[F64]:
        del unit
        tried = ((0.3, 0.8, 2.5), (1.0, 0.2, 5.0), (2.0, 1.5, 1.5))
        return [np.array([r, r / rate, a, b]) for r, a, b in tried]

    def _scale(self, unit: float) -> F64:
        return np.array([1.0, unit, 1.0, 1.0])

    def _likelihood(self, rows: Rows, parameters: F64) -> tuple[float, F64]:
        """Equation 6, as A1 A2 (A3 + A4) of Fader, Hardie & Lee's note on its implementation, and its gradient."""
        r, alpha, a, b = parameters
        known, x, weight = rows.histories, rows.levels, rows.level_weight
        total = weight.sum()
        by_level = gammaln(r + x) + gammaln(b + x) - gammaln(a + b + x)
        constant = r * np.log(alpha) - gammaln(r) + gammaln(a + b) - gammaln(b)
        gone = _log_odds_gone(parameters, known)
        stay_log, last_log = np.log(alpha + known.age), np.log(alpha + known.recency)
        log_term = -(r + known.frequency) * stay_log + np.logaddexp(0.0, gone)
        value = weight @ by_level + total * constant + rows.weight @ log_term
        dead = rows.weight * expit(gone)
        alive = rows.weight - dead
        per_time = (r + known.frequency) * (alive / (alpha + known.age) + dead / (alpha + known.recency))
        sums = digamma(a + b) * total - weight @ digamma(a + b + x)
        gradient = [
            weight @ digamma(r + x)
            + total * (np.log(alpha) - digamma(r))
            - alive @ stay_log
            - dead @ last_log,
            total * r / alpha - per_time.sum(),
            sums + dead.sum() / a,
            sums
            + weight @ digamma(b + x)
            - total * digamma(b)
            - (dead / (b + _at_least_one(known) - 1)).sum(),
        ]
        return float(value), np.array(gradient)

    def _alive(self, histories: Histories) -> F64:
        """P(alive at the cut-off): Fader, Hardie & Lee 2008, "Computing P(alive) using the BG/NBD model", eq. 1."""
        return expit(-_log_odds_gone(self.parameters_, histories))

    def _expected(self, histories: Histories, horizon: F64) -> F64:
        """Equation 10, by Euler's transformation 2F1(A, B; C; z) = (1 − z)^(C−A−B) 2F1(C−A, C−B; C; z).

        In this form the first two arguments do not grow with x, so 100,000 purchases are as safe as one.
        """
        r, alpha, a, b = (float(part) for part in self.parameters_)
        if abs(a - 1) < NEAR_ONE:
            a = 1 + NEAR_ONE
        top = a + b + histories.frequency - 1
        top = np.where(np.abs(top) > NEAR_ONE, top, NEAR_ONE)
        z = horizon / (alpha + histories.age + horizon)
        remaining = np.exp((a - 1) * np.log1p(-z)) * _gauss(a + b - 1 - r, a - 1, top, z)
        return self._alive(histories) * np.maximum(top / (a - 1) * (1 - remaining), 0.0)

    def _at_least(self, histories: Histories, horizon: F64, least: int) -> F64:
        """P(X >= n) = P(alive) P(n purchases of an NBD that never leaves) P(not left after the first n − 1).

        Exact; the sum of equation 8's terms from n on, given the history. The NBD's tail is an incomplete beta
        function; the last factor is B(a, b + x + n − 1) / B(a, b + x).
        """
        r, alpha, a, b = self.parameters_
        z = horizon / (alpha + histories.age + horizon)
        stays = b + histories.frequency
        patience = np.exp(betaln(a, stays + least - 1) - betaln(a, stays))
        return self._alive(histories) * betainc(least, r + histories.frequency, z) * patience

    def _dying(self, histories: Histories, alive: F64) -> Dying:
        r, alpha, a, b = self.parameters_
        x = histories.frequency
        return Dying(alive, r + x, alpha + histories.age, np.full(len(x), a), b + x, by_purchase=True)


def _gauss(first: float, second: float, third: F64, z: F64) -> F64:
    """Return 2F1(first, second; third; z), 0 <= z < 1, for a third argument up to any size.

    scipy's is exact to 1e-10 while that is small, and wrong where it is large and z near 1; there Gauss's
    series itself ends soon.
    """
    out = np.empty(len(third))
    large = third > MANY
    out[~large] = hyp2f1(first, second, third[~large], z[~large])
    c, z_large = third[large], z[large]
    term, total = np.ones(len(c)), np.ones(len(c))
    for n in range(SERIES):
        term = term * ((first + n) * (second + n) / ((c + n) * (1 + n))) * z_large
        total = total + term
        if (np.abs(term) <= 1e-16 * np.abs(total)).all():
            break
    out[large] = total
    return out


def _at_least_one(histories: Histories) -> F64:
    return np.maximum(histories.frequency, 1.0)


def _log_odds_gone(parameters: F64, histories: Histories) -> F64:
    """Return log of a / (b + x − 1) ((alpha + T) / (alpha + t_x))^(r + x); −inf without a repeat purchase."""
    r, alpha, a, b = parameters
    x = histories.frequency
    waited = np.log1p((histories.age - histories.recency) / (alpha + histories.recency))
    odds = np.log(a) - np.log(b + _at_least_one(histories) - 1) + (r + x) * waited
    return np.where(x > 0, odds, -np.inf)
