"""Buy-till-you-die models on CDNOW: published fits, forecasts against lifetimes, speed. Run: python benchmarks/btyd.py

CDNOW is the 1/10 sample of 2,357 customers who first bought in the first quarter of 1997, calibrated to 1997-09-30
(39 weeks), then 39 weeks held out. The data come with the package `lifetimes` (pip install lifetimes), which is also
the peer of the speed comparison.

"Blend" is half Pareto/NBD, half a LightGBM on ten features, learned at cut-offs inside the calibration period. Its
settings were chosen by `--inner`: the same procedure run as of weeks 19.5, 22, 26 and 30, scored up to week 39. The
held-out weeks chose nothing. Totals stay with Pareto/NBD.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from customer_genome.predictions.btyd import BgNbd, CustomerValue, GammaGamma, Histories, ParetoNbd, summarise

F64 = NDArray[np.float64]
CALIBRATED = 272 / 7
"""Weeks from 1997-01-01 to 1997-09-30."""
WEEKS = 39.0
SHARES = (0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
"""Cut-offs that the boosted model learns at, as shares of the time known."""
INNER = ((19.5, 19.5), (22.0, 17.0), (26.0, 13.0), (30.0, 9.0))
SETTINGS = {
    "objective": "l2", "learning_rate": 0.03, "num_leaves": 7, "min_data_in_leaf": 60, "lambda_l2": 10,
    "bagging_fraction": 0.7, "bagging_freq": 1, "feature_fraction": 0.6, "verbose": -1, "num_threads": 1,
}  # fmt: skip
ROUNDS, SEEDS = 100, 3


@dataclass(frozen=True)
class Purchases:
    """One row a customer and day: customer, week since 1997-01-01, amount, discs."""

    customer: NDArray[np.int64]
    week: F64
    value: F64
    discs: F64
    customers: int

    def until(self, week: float) -> Purchases:
        """Return those up to a week."""
        keep = self.week <= week
        parts = (self.customer, self.week, self.value, self.discs)
        return Purchases(*(part[keep] for part in parts), self.customers)

    def count(self, after: float, until: float) -> F64:
        """Count each customer's purchases after one week and up to another."""
        between = (self.week > after) & (self.week <= until)
        return np.bincount(self.customer[between], minlength=self.customers).astype(float)

    def first(self) -> F64:
        """Return the week of each customer's first purchase, infinite where there is none."""
        found = np.full(self.customers, np.inf)
        np.minimum.at(found, self.customer, self.week)
        return found

    def histories(self, week: float) -> Histories:
        """Sum up what was known at a week."""
        known = self.until(week)
        return summarise(
            known.customer, at=known.week, value=known.value, until=week, customers=self.customers
        )


def load() -> Purchases:
    """Read the transactions; purchases of one day are one."""
    spec = find_spec("lifetimes")
    if spec is None or spec.origin is None:
        raise SystemExit("this benchmark needs the CDNOW data: pip install lifetimes")
    rows = np.loadtxt(Path(spec.origin).parent / "datasets" / "CDNOW_sample.txt", dtype=np.str_)
    days = [f"{text[:4]}-{text[4:6]}-{text[6:]}" for text in rows[:, 2]]
    day = (np.array(days, dtype="datetime64[D]") - np.datetime64("1997-01-01")).astype(np.int64)
    names, customer = np.unique(rows[:, 1], return_inverse=True)
    keys, place = np.unique(customer * 10_000 + day, return_inverse=True)
    value, discs = (np.bincount(place, rows[:, column].astype(float)) for column in (4, 3))
    return Purchases(keys // 10_000, keys % 10_000 / 7, value, discs, len(names))


def features(known: Purchases, histories: Histories, *, model: ParetoNbd, horizon: float) -> F64:
    """Return customers × 10: forecast, alive, rate, habit, silence, spend, mean, first amount and discs, dueness."""
    age = np.maximum(histories.age, 0.5)
    gap, habit = histories.age - histories.recency, histories.recency / np.maximum(histories.frequency, 1)
    opening = known.week == known.first()[known.customer]
    spend, first_value, first_discs = (
        np.bincount(known.customer, amount, minlength=known.customers)
        for amount in (known.value, known.value * opening, known.discs * opening)
    )
    columns = (
        model.expected_purchases(histories, horizon=horizon),
        model.probability_alive(histories),
        histories.frequency / age * horizon,
        histories.recency / age,
        gap / age,
        spend,
        spend / (histories.frequency + 1),
        first_value,
        first_discs,
        gap / np.maximum(habit, 0.2) * (histories.frequency > 0),
    )
    return np.column_stack(columns)


def frame(data: Purchases, week: float, horizon: float) -> tuple[F64, F64, NDArray[np.bool_]]:
    """Return features as of a week, the purchases in the horizon after it, and who was known for a week or more."""
    histories = data.histories(week)
    model = ParetoNbd(horizon_limit=10).fit(histories)
    x = features(data.until(week), histories, model=model, horizon=horizon)
    return x, data.count(week, week + horizon), (histories.age >= 1)


def boosted(data: Purchases, week: float, horizon: float) -> tuple[F64, F64]:
    """Return Pareto/NBD's forecast and the boosted one, both from what was known at `week` alone."""
    import lightgbm

    known = data.until(week)
    frames = [frame(known, week * share, min(week * (1 - share), horizon)) for share in SHARES]
    x = np.concatenate([part[seen] for part, _, seen in frames])
    y = np.concatenate([part[seen] for _, part, seen in frames])
    now, _, _ = frame(known, week, horizon)
    total = np.zeros(len(now))
    for seed in range(SEEDS):
        model = lightgbm.train(SETTINGS | {"seed": seed}, lightgbm.Dataset(x, y), ROUNDS)
        total += np.maximum(np.asarray(model.predict(now)), 0) / SEEDS
    return now[:, 0], total


def tracking(data: Purchases, model: BgNbd | ParetoNbd) -> float:
    """Return the mean absolute percentage error of cumulative repeat purchases, weeks 40 to 78.

    The expectation is that of newcomers, each counted from the day after their first purchase.
    """
    first = data.first()
    repeat = data.week[data.week > first[data.customer]]
    none = np.zeros(data.customers)
    newcomers = Histories.of(none, recency=none, age=none)
    errors = []
    for week in range(40, 79):
        since = np.maximum(week - first - 1 / 7, 0)
        expected = model.expected_purchases(newcomers, horizon=since).sum()
        errors.append(abs(expected / (repeat < week).sum() - 1))
    return float(np.mean(errors))


def show_fits(data: Purchases) -> tuple[BgNbd, ParetoNbd]:
    """Print the parameters beside the published ones; returns the fits."""
    path = (
        Path(find_spec("lifetimes").origin).parent
        / "datasets"
        / "cdnow_customers_summary_with_transactions.csv"
    )
    rows = np.genfromtxt(path, delimiter=",", skip_header=1)
    published = Histories.of(rows[:, 1], recency=rows[:, 2], age=rows[:, 3], value=rows[:, 4])
    print("published: BG/NBD .2426 4.414 .793 2.426 (−9582.4), Pareto/NBD .553 10.58 .606 11.67 (−9595.0)")
    print("           Gamma-Gamma 6.25 3.74 15.44")
    for model in (BgNbd(), ParetoNbd(), GammaGamma()):
        found = model.fit(published)
        values = ", ".join(f"{n} {v:.4f}" for n, v in zip(model.NAMES, found.parameters_, strict=True))
        rest = "" if found.converged_ else " (the search did not come to rest)"
        print(f"{model.TITLE:12} {values}  log-likelihood {found.log_likelihood_:.1f}{rest}")
    histories = data.histories(CALIBRATED)
    return BgNbd(horizon_limit=2.1).fit(histories), ParetoNbd(horizon_limit=2.1).fit(histories)


def show_forecasts(data: Purchases, bg: BgNbd, pareto: ParetoNbd) -> None:
    """Print how the forecasts of the 39 held-out weeks did."""
    histories, true = data.histories(CALIBRATED), data.count(CALIBRATED, 1e9)
    base, learned = boosted(data, CALIBRATED, WEEKS)
    forecasts = {
        "all zero": (np.zeros(len(true)), None),
        "BG/NBD": (bg.expected_purchases(histories, horizon=WEEKS), bg),
        "Pareto/NBD": (pareto.expected_purchases(histories, horizon=WEEKS), pareto),
        "boosted": (learned, None),
        "blend": ((base + learned) / 2, pareto),
    }
    print(f"\n{'held out':12} {'Pearson':>8} {'MAE':>7} {'total':>7} {'cumulative MAPE':>16}")
    for name, (found, totals) in forecasts.items():
        pearson = f"{np.corrcoef(found, true)[0, 1]:8.4f}" if found.any() else f"{'–':>8}"
        mape = f"{tracking(data, totals):16.2%}" if totals is not None else f"{'–':>16}"
        print(
            f"{name:12} {pearson} {abs(found - true).mean():7.4f} {found.sum() / true.sum() - 1:+7.1%} {mape}"
        )
    weeks = (13.0, 26.0, 39.0)
    came = ", ".join(f"{data.count(CALIBRATED, CALIBRATED + week).sum():.0f}" for week in weeks)
    said = ", ".join(f"{total:.0f}" for total in pareto.cumulative(histories, horizons=weeks))
    print(f"purchases of all within 13, 26, 39 weeks: Pareto/NBD said {said}; {came} came")
    show_bootstrap((base + learned) / 2, base, true)
    show_coverage(data, histories)


def show_bootstrap(ours: F64, theirs: F64, true: F64) -> None:
    """Print the paired bootstrap interval of the blend's gain in Pearson correlation."""
    random = np.random.default_rng(0)
    gains = []
    for _ in range(2_000):
        rows = random.integers(0, len(true), len(true))
        gains.append(np.corrcoef(ours[rows], true[rows])[0, 1] - np.corrcoef(theirs[rows], true[rows])[0, 1])
    low, high = np.quantile(gains, [0.025, 0.975])
    print(f"blend − Pareto/NBD, Pearson: 95 % interval {low:+.4f} to {high:+.4f}")


def show_coverage(data: Purchases, histories: Histories) -> None:
    """Print how often the 90 % intervals held what came: purchases and spend of the held-out weeks."""
    value = CustomerValue().fit(histories)
    after = data.week > CALIBRATED
    spend = np.bincount(data.customer[after], data.value[after], minlength=data.customers)
    truths = {"purchases": data.count(CALIBRATED, 1e9), "spend": spend}
    for name, interval in (("purchases", value.purchases_interval), ("spend", value.spend_interval)):
        low, high = interval(histories, horizon=WEEKS)
        true = truths[name]
        held = (true >= low) & (true <= high)
        often = held[histories.frequency >= 2].mean()
        print(f"90 % interval of {name}: covers {held.mean():.3f}; of those with 2 repeats {often:.3f}")


def show_inner(data: Purchases) -> None:
    """Print the blend's gain inside the calibration period: what its settings were chosen by."""
    for week, horizon in INNER:
        true = data.count(week, week + horizon)
        base, learned = boosted(data, week, horizon)
        three = (np.corrcoef(f, true)[0, 1] for f in (base, learned, (base + learned) / 2))
        print(f"week {week}: Pareto/NBD, boosted, blend", *(f"{value:.4f}" for value in three))


def best_of(times: int, work: Callable[[], object]) -> float:
    """Return the least seconds of processor time that `work` took: other work on the machine counts little."""
    taken = []
    for _ in range(times):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken)


def show_fit_times(data: Purchases) -> None:
    """Print the time of a BG/NBD fit beside that of lifetimes, on the same histories and to the same parameters."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lifetimes import BetaGeoFitter

        h = data.histories(CALIBRATED)
        theirs = BetaGeoFitter()
        slow = best_of(5, lambda: theirs.fit(h.frequency, h.recency, h.age))
    fast = best_of(5, lambda: BgNbd().fit(h))
    found = BgNbd().fit(h).parameters_
    apart = np.abs(theirs.params_.to_numpy() / found - 1).max()
    print(
        f"\nBG/NBD fit: {fast * 1e3:.1f} ms, lifetimes {slow * 1e3:.1f} ms: {slow / fast:.1f} × as long; ",
        end="",
    )
    print(f"parameters differ by at most {apart:.1e}")


def show_scoring(customers: int) -> None:
    """Print how long it takes to score simulated customers, in seconds."""
    random = np.random.default_rng(0)
    age = random.uniform(1, 52, customers)
    x = random.poisson(random.gamma(0.6, 1 / 8, customers) * age).astype(float)
    last = np.where(x > 0, age * random.random(customers), 0)
    h = Histories.of(x, recency=last, age=age, value=random.gamma(2, 15, customers) * (x > 0))
    for kind in ("bg-nbd", "pareto-nbd"):
        value = CustomerValue(purchases=kind).fit(h.take(slice(0, 20_000)))
        work: dict[str, Callable[[], object]] = {
            "alive": lambda m=value: m.purchases_.probability_alive(h),
            "any purchase": lambda m=value: m.purchases_.probability_of_purchases(h, horizon=4),
            "spend": lambda m=value: m.expected_spend(h, horizon=4),
            "spend interval": lambda m=value: m.spend_interval(h, horizon=4),
        }
        taken = ", ".join(f"{name} {best_of(1, step):.1f} s" for name, step in work.items())
        print(f"{customers:,} customers, {kind}: {taken}")


def main() -> None:
    """Print everything, or the inner evaluation alone."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--inner", action="store_true", help="evaluate the blend inside the calibration period only"
    )
    parser.add_argument("--customers", type=int, default=1_000_000, help="simulated customers to score")
    options, data = parser.parse_args(), load()
    if options.inner:
        show_inner(data)
        return
    show_forecasts(data, *show_fits(data))
    show_fit_times(data)
    show_scoring(options.customers)


if __name__ == "__main__":
    main()
