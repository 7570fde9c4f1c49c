"""The formulas against other ways to compute them: closed forms, integrals, differences, draws."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import betainc, gammaln, hyp2f1
from scipy.stats import beta as beta_law

from btyd_world import draw
from customer_genome.predictions.btyd import BgNbd, CustomerValue, GammaGamma, Histories, ParetoNbd
from customer_genome.predictions.btyd.fitting import collapse
from customer_genome.predictions.btyd.gamma_gamma import _likelihood

SEEN = Histories.of([0, 1, 3, 26], recency=[0, 5, 12, 30.86], age=[30, 30, 38.9, 31])
BG = (0.243, 4.414, 0.793, 2.426)
PARETO = [(0.553, 10.578, 0.606, 11.669), (0.553, 2.0, 1.7, 11.669), (3.0, 10.0, 0.9, 0.5)]


def known(model, parameters):
    model.parameters_, model.reason_, model.longest_ = np.array(parameters), None, 1e9
    return model


def test_bg_nbd_expectation_is_equation_10_as_printed() -> None:
    r, alpha, a, b = BG
    model, t = known(BgNbd(), BG), 39.0
    x, age = SEEN.frequency, SEEN.age
    z = t / (alpha + age + t)
    rest = ((alpha + age) / (alpha + age + t)) ** (r + x) * hyp2f1(r + x, b + x, a + b + x - 1, z)
    printed = (a + b + x - 1) / (a - 1) * (1 - rest) * model.probability_alive(SEEN)
    assert model.expected_purchases(SEEN, horizon=t) == pytest.approx(printed, rel=1e-9)


@pytest.mark.parametrize("a", [0.3, 0.9999999, 1.0, 1.0000001, 2.5])
@pytest.mark.parametrize(
    ("x", "age", "t"), [(3, 38.9, 20.0), (99, 5.0, 300.0)]
)  # scipy's 2F1 fails on the second
def test_bg_nbd_expectation_is_the_integral_over_the_share_that_leaves(a, x, age, t) -> None:
    r, alpha, b = 1.0, 1.0, 1.0
    model, one = known(BgNbd(), (r, alpha, a, b)), Histories.of([x], recency=[age], age=[age])

    def purchases(p: float) -> float:
        bought = (1 - ((alpha + age) / (alpha + age + p * t)) ** (r + x)) / p
        return bought * beta_law.pdf(p, a, b + x)

    near = quad(purchases, 0, 0.02, epsabs=1e-10, limit=200)[0]
    exact = (near + quad(purchases, 0.02, 1, epsabs=1e-10, limit=200)[0]) * model.probability_alive(one)[0]
    assert model.expected_purchases(one, horizon=t)[0] == pytest.approx(exact, rel=2e-6)


@pytest.mark.parametrize("parameters", PARETO)
def test_pareto_nbd_is_equations_18_to_20_and_41_as_printed(parameters) -> None:
    r, alpha, s, beta = parameters
    model, t = known(ParetoNbd(), parameters), 39.0
    x, last, age = SEEN.frequency, SEEN.recency, SEEN.age
    big, gap, third = (beta, beta - alpha, r + x) if beta > alpha else (alpha, alpha - beta, s + 1)
    total = r + s + x
    part = [hyp2f1(total, third, total + 1, gap / (big + u)) / (big + u) ** total for u in (last, age)]
    stayed = (alpha + age) ** -(r + x) * (beta + age) ** -s
    braces = stayed + s / total * (part[0] - part[1])
    assert model.probability_alive(SEEN) == pytest.approx(stayed / braces, rel=1e-8)
    ahead = (beta + age) / (s - 1) * (1 - ((beta + age) / (beta + age + t)) ** (s - 1))
    printed = stayed / braces * (r + x) / (alpha + age) * ahead
    assert model.expected_purchases(SEEN, horizon=t) == pytest.approx(printed, rel=1e-8)
    constant = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + s * np.log(beta)
    value, _ = model._likelihood(collapse(SEEN), model.parameters_)
    assert value == pytest.approx((constant + np.log(braces)).sum(), rel=1e-9)


@pytest.mark.parametrize("parameters", PARETO)
@pytest.mark.parametrize("least", [1, 2, 7])
def test_pareto_nbd_probability_is_the_integral_over_the_time_of_leaving(parameters, least) -> None:
    r, alpha, s, beta = parameters
    model, t = known(ParetoNbd(), parameters), 39.0
    found = model.probability_of_purchases(SEEN, horizon=t, at_least=least)
    for row, alive in enumerate(model.probability_alive(SEEN)):
        x, age = SEEN.frequency[row], SEEN.age[row]

        def tail(u: float, shape: float = r + x, start: float = alpha + age) -> float:
            return float(betainc(least, shape, u / (start + u)))

        def left(u: float, old: float = beta + age) -> float:
            return s / old * (old / (old + u)) ** (s + 1)

        stays = ((beta + age) / (beta + age + t)) ** s
        exact = quad(lambda u: tail(u) * left(u), 0, t, epsabs=1e-12)[0] + stays * tail(t)
        assert found[row] == pytest.approx(alive * exact, abs=1e-8)


@pytest.mark.parametrize("kind", ["bg-nbd", "pareto-nbd"])
def test_probabilities_of_all_counts_add_up_to_the_expectation(kind) -> None:
    model = known(*{"bg-nbd": (BgNbd(), BG), "pareto-nbd": (ParetoNbd(), PARETO[0])}[kind])
    tails = [model.probability_of_purchases(SEEN, horizon=10, at_least=n) for n in range(1, 120)]
    assert np.sum(tails, axis=0) == pytest.approx(model.expected_purchases(SEEN, horizon=10), rel=1e-6)


@pytest.mark.parametrize(("model", "parameters"), [(BgNbd(), BG), *((ParetoNbd(), p) for p in PARETO)])
def test_gradients_are_the_differences_of_the_likelihood(model, parameters) -> None:
    rows, at = collapse(SEEN), np.array(parameters)
    _, gradient = model._likelihood(rows, at)
    for i in range(4):
        step = np.zeros(4)
        step[i] = 1e-5 * at[i]
        rise = model._likelihood(rows, at + step)[0] - model._likelihood(rows, at - step)[0]
        assert gradient[i] == pytest.approx(rise / (2 * step[i]), rel=1e-5, abs=1e-6)


def test_gamma_gamma_gradient_and_conditional_mean_by_hand() -> None:
    seen = Histories.of([1, 3], recency=[1, 2], age=[2, 2], value=[10, 30])
    at = np.array([2.0, 3.0, 8.0])
    _, gradient = _likelihood(collapse(seen), at)
    for i in range(3):
        step = np.zeros(3)
        step[i] = 1e-5
        rise = _likelihood(collapse(seen), at + step)[0] - _likelihood(collapse(seen), at - step)[0]
        assert gradient[i] == pytest.approx(rise / 2e-5, rel=1e-6)
    model = GammaGamma()
    model.parameters_, model.reason_ = at, None
    # p (v + x z) / (p x + q − 1): 2 (8 + 10) / (2 + 2) and 2 (8 + 90) / (6 + 2)
    assert model.expected_value(seen) == pytest.approx([9.0, 24.5])


@pytest.mark.parametrize(("kind", "parameters"), [("bg-nbd", BG), ("pareto-nbd", PARETO[0])])
def test_intervals_are_those_of_the_exact_distribution(kind, parameters) -> None:
    value = CustomerValue(purchases=kind, draws=20_000).fit(
        draw(kind, parameters, customers=600, horizon=1, seed=3).histories
    )
    low, high = value.purchases_interval(SEEN, horizon=20, coverage=0.8)
    for row in range(len(SEEN)):
        one = SEEN.take(slice(row, row + 1))
        tail = [value.purchases_.probability_of_purchases(one, horizon=20, at_least=n)[0] for n in range(90)]
        below = 1 - np.array(tail[1:])
        exact = np.searchsorted(below, [0.1, 0.9])
        assert np.abs(np.array([low[row], high[row]]) - exact).max() <= 1
