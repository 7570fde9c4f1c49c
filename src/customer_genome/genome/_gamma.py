"""Compiled mathematics of the gamma distribution: fitting a gamma prior to scaled counts, and its quantiles.

digamma, trigamma and lgamma: upward recurrence to an argument of at least 9, then the asymptotic series
(Abramowitz and Stegun 6.1.41, 6.3.18, 6.4.12). Quantiles at a fixed probability are a smooth curve in the
shape: its logarithm is interpolated by a cubic spline over log(shape), through values of scipy's
`gammaincinv`.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.special import gammaincinv, gammaln

from customer_genome.core.compiled import compiled
from customer_genome.genome.evidence import Floats

SHAPE_LOW, SHAPE_HIGH = 0.05, 20.0
_KNOTS, _FIRST, _LAST = 4097, math.log(0.01), math.log(1e7)


@compiled
def _terms(z: float) -> tuple[float, float, float]:
    """Return lgamma, digamma and trigamma of z > 0."""
    product, first, second = 1.0, 0.0, 0.0
    while z < 9.0:
        product *= z
        first -= 1.0 / z
        second += 1.0 / (z * z)
        z += 1.0
    r = 1.0 / z
    s = r * r
    log = math.log(z)
    lgamma = (z - 0.5) * log - z + 0.9189385332046727 - math.log(product)
    lgamma += r * (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s * (1 / 1680 - s / 1188))))
    first += log - 0.5 * r - s * (1 / 12 - s * (1 / 120 - s * (1 / 252 - s * (1 / 240 - s / 132))))
    second += r + 0.5 * s + r * s * (1 / 6 - s * (1 / 30 - s * (1 / 42 - s * (1 / 30 - s * 5 / 66))))
    return lgamma, first, second


@compiled
def _likelihood(count: Floats, exposure: Floats, a: float, b: float) -> NDArray[np.float64]:
    """Return log L, its gradient and Hessian in (log a, log b): value, gu, gv, huu, huv, hvv."""
    value = ga = haa = gb = hbb = 0.0
    l0, d0, t0 = _terms(a)
    log_b = math.log(b)
    hab = 0.0
    for i in range(len(count)):
        x, e = count[i], exposure[i]
        log_sum, r = math.log(b + e), 1.0 / (b + e)
        value += a * log_b - (a + x) * log_sum
        ga += log_b - log_sum
        gb += a / b - (a + x) * r
        hab += 1.0 / b - r
        hbb += (a + x) * r * r - a / (b * b)
        if x > 0:
            l1, d1, t1 = _terms(a + x)
            value += l1 - l0
            ga += d1 - d0
            haa += t1 - t0
    return np.array([value, a * ga, b * gb, a * a * haa + a * ga, a * b * hab, b * b * hbb + b * gb])


@compiled
def _step(terms: NDArray[np.float64], bound: bool, damp: float) -> tuple[float, float]:  # noqa: FBT001
    """Return Newton's step in (log a, log b), or in log b alone where a stands at its bound."""
    gu, gv, huu, huv, hvv = terms[1], terms[2], terms[3], terms[4], terms[5]
    if bound:
        return 0.0, gv / (abs(hvv) * (1 + damp) + 1e-12)
    huu, hvv = -huu * (1 + damp), -hvv * (1 + damp)
    determinant = huu * hvv - huv * huv
    if huu <= 0 or determinant <= 1e-10 * abs(huu * hvv):
        return gu / (abs(huu) + abs(huv) + 1e-12), gv / (abs(hvv) + abs(huv) + 1e-12)
    return (hvv * gu + huv * gv) / determinant, (huv * gu + huu * gv) / determinant


@compiled
def fit_gamma(count: Floats, exposure: Floats) -> tuple[float, float]:
    """Return a and b that maximise the negative-binomial likelihood of `count` (k O) given `exposure` (k E)."""
    low, high = math.log(SHAPE_LOW), math.log(SHAPE_HIGH)
    u = math.log(2.0)
    v = u + math.log((exposure.sum() + 1e-9) / (count.sum() + 1e-9))
    now = _likelihood(count, exposure, math.exp(u), math.exp(v))
    damp = 0.0
    for _ in range(100):
        held = (u >= high and now[1] > 0) or (u <= low and now[1] < 0)
        du, dv = _step(now, held, damp)
        du, dv = min(max(du, -1.5), 1.5), min(max(dv, -1.5), 1.5)
        u_next = min(max(u + du, low), high)
        there = _likelihood(count, exposure, math.exp(u_next), math.exp(v + dv))
        if there[0] < now[0] - 1e-10 * abs(now[0]):
            damp = damp * 4 + 0.5
            continue
        moved = max(abs(u_next - u), abs(dv))
        u, v, now, damp = u_next, v + dv, there, damp / 4
        if moved < 1e-8:
            break
    return math.exp(u), math.exp(v)


@cache
def quantile_curve(probability: float) -> NDArray[np.float64]:
    """Return the spline of log quantile of Gamma(shape, 1) over log(shape): one row of four coefficients a knot."""
    x = np.linspace(_FIRST, _LAST, _KNOTS)
    shape = np.exp(x)
    with np.errstate(divide="ignore"):
        exact = np.log(gammaincinv(shape, probability))
    tiny = (math.log(probability) + gammaln(shape + 1)) / shape  # exact where the quantile is next to nothing
    curve: NDArray[np.float64] = np.ascontiguousarray(CubicSpline(x, np.where(tiny < -100, tiny, exact)).c.T)
    return curve


@compiled
def gamma_quantile(shape: float, curve: NDArray[np.float64], z: float) -> float:
    """Return the quantile of Gamma(shape, 1) from its curve; `z` is the normal quantile, for shapes above 1e7."""
    x = math.log(shape)
    if x >= _LAST:  # Wilson and Hilferty 1931: off by less than 1e-9 here
        return shape * (1 - 1 / (9 * shape) + z / (3 * math.sqrt(shape))) ** 3
    place = max((x - _FIRST) / (_LAST - _FIRST) * (len(curve)), 0.0)
    knot = int(place)
    step = x - (_FIRST + knot * ((_LAST - _FIRST) / len(curve)))
    row = curve[knot]
    return math.exp(((row[0] * step + row[1]) * step + row[2]) * step + row[3])
