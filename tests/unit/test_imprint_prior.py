"""Priors against a general optimiser, and what they rest on when a gene has little data."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import nbinom

from customer_genome.core.errors import GenomeError
from customer_genome.genome.prior import ORIGINS, Enough, Prior, prior


def rows(gene, count, exposure):
    """Support whose k is 2: E = V * 2, so that k O and k E are twice O and E."""
    return pa.table(
        {
            "gene": np.asarray(gene, np.int32),
            "observed": np.asarray(count) / 2,
            "expected": np.asarray(exposure) / 2,
            "variance": np.asarray(exposure) / 4,
        }
    )


def drawn(rng, shape, rate, customers=800):
    exposure = rng.gamma(1.0, 4.0, customers)
    return rng.poisson(rng.gamma(shape, 1 / rate, customers) * exposure).astype(float), exposure


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10**6), shape=st.floats(0.3, 12), rate=st.floats(0.5, 10))
def test_prior_maximises_the_negative_binomial_likelihood(seed, shape, rate):
    count, exposure = drawn(np.random.default_rng(seed), shape, rate)
    fitted = prior(rows(np.zeros(800), count, exposure), families=[0], enough=Enough(count=1))

    def loss(logs):
        a, b = np.exp(logs)
        return -nbinom.logpmf(count, a, b / (b + exposure)).sum()

    bounds = [(np.log(0.05), np.log(20)), (-8, 8)]
    best = minimize(loss, [0.0, 0.0], bounds=bounds, method="L-BFGS-B").fun
    assert loss(np.log([fitted.a[0], fitted.b[0]])) <= best + 1e-4
    assert 0.05 <= fitted.a[0] <= 20.0000001


def test_a_gene_alike_in_everybody_stops_at_the_bound():
    rng = np.random.default_rng(1)
    exposure = rng.gamma(1.0, 4.0, 2_000)
    fitted = prior(rows(np.zeros(2_000), rng.poisson(exposure), exposure), families=[0])
    assert fitted.a[0] == pytest.approx(20)
    assert fitted.b[0] == pytest.approx(20, rel=0.05)


def test_genes_of_little_data_take_the_prior_of_their_family_then_of_all():
    rng = np.random.default_rng(2)
    count, exposure = drawn(rng, 3.0, 3.0)
    gene = np.repeat([0, 1], [790, 10])  # gene 1 has ten customers, gene 2 none; gene 3 is of another family
    fitted = prior(rows(gene, count, exposure), families=[0, 0, 0, 1])
    assert [ORIGINS[i] for i in fitted.origin] == ["gene", "family", "family", "all"]
    assert fitted.a[1] == fitted.a[2]
    whole = prior(rows(np.zeros(800), count, exposure), families=[0])
    assert fitted.a[3] == pytest.approx(whole.a[0])


def test_without_any_data_there_is_no_prior():
    fitted = prior(rows([], [], []), families=[0, 0])
    assert fitted.table().to_pylist()[1] == {"gene": 1, "a": None, "b": None, "origin": "none"}


def test_thinning_keeps_the_prior_near():
    count, exposure = drawn(np.random.default_rng(3), 3.0, 3.0, customers=20_000)
    table = rows(np.zeros(20_000), count, exposure)
    whole, thinned = prior(table, families=[0]), prior(table, families=[0], enough=Enough(cells=5_000))
    assert thinned.a[0] != whole.a[0]
    assert thinned.a[0] == pytest.approx(whole.a[0], rel=0.2)


def test_rows_below_the_exposure_do_not_mislead_the_prior():
    # Support that left out what was neither observed nor expected keeps only the lucky ones of little exposure.
    rng = np.random.default_rng(4)
    count, exposure = drawn(rng, 5.0, 5.0, customers=20_000)
    kept = (count > 0) | (exposure >= 2)
    table = rows(np.zeros(kept.sum()), count[kept], exposure[kept])
    honest, misled = prior(table, families=[0], enough=Enough(exposure=2)), prior(table, families=[0])
    assert honest.a[0] / honest.b[0] == pytest.approx(1, abs=0.03)
    assert misled.a[0] / misled.b[0] > 1.05


def test_the_threads_do_not_change_a_prior():
    rng = np.random.default_rng(5)
    parts = [drawn(rng, shape, shape, customers=200) for shape in (0.5, 2.0, 9.0, 4.0)]
    count, exposure = (np.concatenate(column) for column in zip(*parts, strict=True))
    table = rows(np.repeat(np.arange(4), 200), count, exposure)
    one, three = (prior(table, families=[0, 0, 1, 1], threads=threads) for threads in (1, 3))
    assert one.table().equals(three.table())


def test_priors_survive_a_table():
    fitted = Prior(np.array([1.5, np.nan]), np.array([2.5, np.nan]), np.array([1, 3], np.int8))
    again = Prior.of(fitted.table(), n_genes=2)
    assert again.table().equals(fitted.table())


def test_a_gene_without_a_family_is_refused():
    with pytest.raises(GenomeError, match="without a family"):
        prior(rows([1], [1.0], [1.0]), families=[0])
