"""Pareto/NBD: a customer may leave at any time (Schmittlein, Morrison & Colombo 1987, Management Science 33:1-24).

Equation numbers are those of Fader & Hardie 2005, "A note on deriving the Pareto/NBD model and related
expressions". Its hypergeometric functions are integrals over the unseen time of leaving; here the integrals are
taken as they stand, by Gauss-Legendre quadrature in a logarithmic time: every term is positive, nothing
cancels, and the gradient is taken under the integral.
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple

import numpy as np
from scipy.special import betainc, digamma, exprel, gammaln

from customer_genome.predictions.btyd.fitting import Rows
from customer_genome.predictions.btyd.histories import F64, Histories
from customer_genome.predictions.btyd.purchase_model import Dying, PurchaseModel

NODES = 32
"""Points of the quadrature."""
FAR = 36.0
"""Where an integrand has fallen below exp(−FAR) = 2e-16 of its start, the rest is left out."""


class _Left(NamedTuple):
    """The two terms of equation 18 in units of (alpha + t_x)^−(r+x) (beta + t_x)^−s, and where the second comes from.

    `stayed` and `left` have shape (rows,); `density` (rows, NODES) sums to `left` over the nodes, which lie
    `after` t_x.
    """

    stayed: F64
    left: F64
    density: F64
    after: F64


class ParetoNbd(PurchaseModel):
    """Purchases at a rate ~ Gamma(r, alpha) during a lifetime that ends at a rate ~ Gamma(s, beta).

    `parameters_` are r, alpha (a time), s, beta (a time).
    """

    TITLE: ClassVar[str] = "Pareto/NBD"
    NAMES: ClassVar[tuple[str, ...]] = ("r", "alpha", "s", "beta")

    def _starts(self, rate: float, unit: float) -> list[F64]:
        tried = ((0.5, 0.5, 0.5), (1.0, 1.0, 4.0), (2.0, 0.3, 0.2))
        return [np.array([r, r / rate, s, beta * unit]) for r, s, beta in tried]

    def _scale(self, unit: float) -> F64:
        return np.array([1.0, unit, 1.0, unit])

    def _likelihood(self, rows: Rows, parameters: F64) -> tuple[float, F64]:
        """Equation 18 and its gradient, some rows at a time."""
        r, alpha, s, beta = parameters
        x, weight = rows.levels, rows.level_weight
        constant = r * np.log(alpha) + s * np.log(beta) - gammaln(r)
        value = float(weight @ gammaln(r + x) + weight.sum() * constant)
        gradient = np.array([np.log(alpha) - digamma(r), r / alpha, np.log(beta), s / beta]) * weight.sum()
        gradient[0] += weight @ digamma(r + x)
        for start in range(0, len(rows.weight), 2_000):
            part = slice(start, start + 2_000)
            more, slope = _history_terms(parameters, rows.histories.take(part), rows.weight[part])
            value, gradient = value + more, gradient + slope
        return value, gradient

    def _alive(self, histories: Histories) -> F64:
        """Equations 36 and 37."""
        terms = _left(self.parameters_, histories)
        return terms.stayed / (terms.stayed + terms.left)

    def _expected(self, histories: Histories, horizon: F64) -> F64:
        """Equation 41; (1 − e^(−(s−1) l)) / (s − 1) is taken as l exprel(−(s−1) l), which is also right at s = 1."""
        r, alpha, s, beta = self.parameters_
        life = np.log1p(horizon / (beta + histories.age))
        rate = (r + histories.frequency) / (alpha + histories.age)
        lived = (beta + histories.age) * life * exprel(-(s - 1) * life)
        return self._alive(histories) * rate * lived

    def _at_least(self, histories: Histories, horizon: F64, least: int) -> F64:
        if least == 1:
            return self._alive(histories) * self._any(histories, horizon)
        return self._alive(histories) * self._several(histories, horizon, least)

    def _any(self, histories: Histories, horizon: F64) -> F64:
        """P(X >= 1 | alive): the integral of P(still there at u) over the time u of the next purchase.

        u has survival ((alpha + T) / (alpha + T + u))^(r + x) = e^−v; the integral is over v.
        """
        r, alpha, s, beta = self.parameters_
        shape, start = r + histories.frequency, alpha + histories.age
        end = np.minimum(shape * np.log1p(horizon / start), FAR)
        node, weight = _nodes()
        v = end[:, None] * node
        u = start[:, None] * np.expm1(v / shape[:, None])
        there = np.exp(-s * np.log1p(u / (beta + histories.age)[:, None]))
        return end * ((np.exp(-v) * there) @ weight)

    def _several(self, histories: Histories, horizon: F64, least: int) -> F64:
        """P(X >= n | alive): the NBD's tail up to the time of leaving, averaged over that time, or the horizon.

        The time of leaving u has survival ((beta + T) / (beta + T + u))^s = e^(−s l); the integral is over l.
        """
        r, alpha, s, beta = self.parameters_
        shape, start, old = r + histories.frequency, alpha + histories.age, beta + histories.age
        end = np.log1p(horizon / old)
        node, weight = _nodes()
        length = end[:, None] * node
        u = old[:, None] * np.expm1(length)
        tail = betainc(least, shape[:, None], u / (start[:, None] + u))
        leaves = end * ((s * np.exp(-s * length) * tail) @ weight)
        return leaves + np.exp(-s * end) * betainc(least, shape, horizon / (start + horizon))

    def _dying(self, histories: Histories, alive: F64) -> Dying:
        r, alpha, s, beta = self.parameters_
        x, age = histories.frequency, histories.age
        return Dying(alive, r + x, alpha + age, np.full(len(x), s), beta + age, by_purchase=False)


def _nodes() -> tuple[F64, F64]:
    """Return nodes and weights of the quadrature on 0 to 1."""
    node, weight = np.polynomial.legendre.leggauss(NODES)
    return (node + 1) / 2, weight / 2


def _left(parameters: F64, histories: Histories) -> _Left:
    """Return the terms of equation 18: still there at T, or left at a time u between t_x and T.

    The second is s times the integral of (alpha + u)^−(r+x) (beta + u)^−(s+1) du (the note's A_0, there in closed
    form by equations 19 and 20), over y = log(m + u), m the smaller of alpha and beta: in y the logarithm of
    the integrand is concave and its slope at t_x bounds how far there is anything to add.
    """
    r, alpha, s, beta = parameters
    shape, last, gap = r + histories.frequency, histories.recency, histories.age - histories.recency
    least, alpha_x, beta_x = min(alpha, beta) + last, alpha + last, beta + last
    slope = shape * least / alpha_x + s * least / beta_x
    span = np.minimum(np.log1p(gap / least), FAR / slope)
    node, weight = _nodes()
    after = least[:, None] * np.expm1(span[:, None] * node)
    fallen = shape[:, None] * np.log1p(after / alpha_x[:, None]) + s * np.log1p(after / beta_x[:, None])
    jacobian = (least[:, None] + after) / (beta_x[:, None] + after)
    density = s * np.exp(-fallen) * jacobian * (span[:, None] * weight)
    stayed = np.exp(-shape * np.log1p(gap / alpha_x) - s * np.log1p(gap / beta_x))
    return _Left(stayed, density.sum(axis=1), density, after)


def _history_terms(parameters: F64, histories: Histories, weight: F64) -> tuple[float, F64]:
    """Return the logarithm of equation 18's braces, summed, and its gradient in r, alpha, s, beta."""
    r, alpha, s, beta = parameters
    terms = _left(parameters, histories)
    shape, last, age = r + histories.frequency, histories.recency, histories.age
    total = terms.stayed + terms.left
    base = -shape * np.log(alpha + last) - s * np.log(beta + last)
    stayed, left = weight * terms.stayed / total, (weight / total)[:, None] * terms.density
    alpha_u, beta_u = (alpha + last)[:, None] + terms.after, (beta + last)[:, None] + terms.after
    per_alpha = stayed / (alpha + age) + (left / alpha_u).sum(axis=1)
    gradient = [
        -(stayed @ np.log(alpha + age)) - (left * np.log(alpha_u)).sum(),
        -(shape @ per_alpha),
        left.sum() / s - stayed @ np.log(beta + age) - (left * np.log(beta_u)).sum(),
        -s * (stayed / (beta + age)).sum() - (s + 1) * (left / beta_u).sum(),
    ]
    return float(weight @ (base + np.log(total))), np.array(gradient)
