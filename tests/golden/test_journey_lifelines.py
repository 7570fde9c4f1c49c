"""The curves of a phase are those of lifelines, on cases that both can count."""

import warnings

import numpy as np
import pytest
from lifelines import AalenJohansenFitter, KaplanMeierFitter
from lifelines.statistics import multivariate_logrank_test
from lifelines.utils import median_survival_times, restricted_mean_survival_time

from customer_genome.journey.analysis._survival import stays as stays_of
from customer_genome.journey.analysis.curves import conversion_curves, time_in_phase
from customer_genome.journey.analysis.segments import logrank
from journey_world import stays


def _case(seed, *, size=400, ties=False, delayed=False):
    random = np.random.default_rng(seed)
    until, cut = random.exponential(20, size), random.uniform(5, 60, size)
    cause = np.where(until <= cut, random.integers(1, 3, size), 0)
    until = np.minimum(until, cut)
    since = random.uniform(0, 0.8, size) * until if delayed else None
    if delayed:
        since[: size // 4] = 0
    return (np.ceil(until) if ties else until), cause, since


@pytest.fixture(autouse=True)
def _quiet():
    """What lifelines and pandas say to each other is not ours to mend."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("delayed", [False, True])
def test_incidences_and_their_variances_are_the_same(seed, delayed):
    until, cause, since = _case(seed, delayed=delayed)
    ours = conversion_curves(stays(until, cause, since=since), "here")
    for code, name in ((1, "one"), (2, "two")):
        fitted = AalenJohansenFitter().fit(until, cause, event_of_interest=code, entry=since)
        theirs = fitted.cumulative_density_.iloc[:, 0]
        np.testing.assert_allclose(
            [ours.to[name].at(day + 1e-8).value for day in theirs.index[:-1]],
            theirs.to_numpy()[:-1],
            atol=1e-9,
        )
        error = np.sqrt(fitted.variance_.to_numpy())
        curve = ours.to[name]
        inner = (theirs.to_numpy() > 0) & np.isfinite(error)
        staying = 1 - theirs.to_numpy()[inner]
        place = np.searchsorted(curve.day, theirs.index.to_numpy()[inner] + 1e-8, side="right") - 1
        slope = staying * -np.log(staying)
        bound = 1 - staying ** np.exp(1.959963984540054 * error[inner] / slope)
        np.testing.assert_allclose(curve.high[place], bound, atol=1e-9)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("delayed", [False, True])
def test_those_still_there_and_their_bands_are_the_same_also_with_ties(ties, delayed):
    until, cause, since = _case(5, ties=ties, delayed=delayed)
    ours = time_in_phase(stays(until, cause, since=since), "here")
    fitted = KaplanMeierFitter().fit(until, cause > 0, entry=since)
    days = fitted.survival_function_.index[1:-1]
    found = [ours.staying.at(day + 1e-8) for day in days]
    np.testing.assert_allclose(
        [one.value for one in found], fitted.survival_function_.loc[days].iloc[:, 0], atol=1e-9
    )
    band = fitted.confidence_interval_.loc[days].to_numpy()
    some = (
        fitted.survival_function_.loc[days].iloc[:, 0].to_numpy() < 1
    )  # before the first one, ours is exact
    np.testing.assert_allclose(np.array([[one.low, one.high] for one in found])[some], band[some], atol=1e-9)
    middle = median_survival_times(fitted.confidence_interval_).to_numpy()[0]
    assert (ours.median.value, ours.median.low, ours.median.high) == pytest.approx(
        (fitted.median_survival_time_, *middle)
    )


def test_the_restricted_mean_is_the_same():
    until, cause, _ = _case(7)
    ours = time_in_phase(stays(until, cause), "here", horizon=30)
    fitted = KaplanMeierFitter().fit(until, cause > 0)
    assert ours.mean.value == pytest.approx(restricted_mean_survival_time(fitted, t=30), abs=1e-9)


def test_ties_of_different_destinations_are_counted_together_where_lifelines_moves_them():
    until, cause, _ = _case(8, ties=True)
    ours = conversion_curves(stays(until, cause), "here")
    near = [
        AalenJohansenFitter(jitter_level=1e-6, seed=seed).fit(until, cause, event_of_interest=1)
        for seed in range(3)
    ]
    for day in (5, 10, 20):
        jittered = [one.predict(day + 1e-3) for one in near]
        assert ours.to["one"].at(day).value == pytest.approx(np.mean(jittered), abs=2e-3)


def test_the_log_rank_test_is_the_same():
    until, cause, _ = _case(9, ties=True)
    group = np.random.default_rng(1).integers(0, 3, len(until))
    seen, _ = stays_of(stays(until, cause), "here")
    for causes in ([1, 2], [1]):
        ours, freedom = logrank(seen, group, causes=np.array(causes))
        theirs = multivariate_logrank_test(until, group, np.isin(cause, causes))
        assert (ours, freedom) == (pytest.approx(theirs.test_statistic, rel=1e-9), 2)
