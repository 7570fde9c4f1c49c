"""Training: a panel's customers at many moments, with features and labels, as one table."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from customer_genome.core.errors import GenomeError
from customer_genome.core.targets import Target
from customer_genome.predictions.customers.features import Features, Outlook, features
from customer_genome.predictions.customers.kernels import F32
from customer_genome.predictions.customers.labels import Labels, labels
from customer_genome.predictions.customers.part import parts
from customer_genome.predictions.customers.reference import Reference, learn_reference
from customer_genome.predictions.history import F64, I64, Mask, Strings
from customer_genome.predictions.honesty.question import Outcome, Population
from customer_genome.predictions.panel import Panel

SPAN, WARM_UP, ROWS, FEW = 364.0, 56.0, 60_000, 4_000
"""Days of moments learned from, days of history before the first, rows learned from at most (about), and rows so few
that moments are taken closer together."""
STEPS = (14.0, 7.0, 3.5, 2.0)
"""Days between moments: phases may last for days only."""
CUSTOMERS, CASES, POSITIVES = 100, 400, 20
"""Below so many customers, rows, and rows of either outcome, nothing is learned."""


@dataclass(frozen=True)
class Table:
    """One row a customer and moment: features, labels (see `Labels`), and the customer's position in `customers`."""

    names: tuple[str, ...]
    values: F32
    truth: F64
    trained: F64
    customer: I64
    moment: F64
    customers: Strings

    def where(self, chosen: Mask) -> Table:
        """Return the rows that `chosen` marks."""
        return replace(
            self,
            values=self.values[chosen],
            truth=self.truth[chosen],
            trained=self.trained[chosen],
            customer=self.customer[chosen],
            moment=self.moment[chosen],
        )


def training_table(
    panel: Panel,
    *,
    target: Target,
    population: Population,
    outlook: Outlook,
    outcome: Outcome | None,
    seed: int,
) -> Table:
    """Return what a target is learned from; raises GenomeError, with the reason, where that is too little."""
    small, moments = _drawn(panel, target, population=population, seed=seed)
    found = [
        _at(small, moment, target, population=population, outlook=outlook, outcome=outcome)
        for moment in moments
    ]
    values, truth, trained, customer, when = (np.concatenate(column) for column in zip(*found, strict=True))
    names = features_at(small, moments[0], outlook).names
    return _checked(Table(names, values, truth, trained, customer, when, small.history.customers), target)


def _drawn(
    panel: Panel, target: Target, *, population: Population, seed: int
) -> tuple[Panel, tuple[float, ...]]:
    """Return the customers and the moments that are learned from.

    At first that are some of all customers at moments 14 days apart. Where few of those are in the population, only
    customers who ever were are drawn, and of a population that is small at each moment there are more moments.
    """
    moments = _moments(panel, target, STEPS[0])
    small = _thinned(panel, np.ones(len(panel.history.customers), np.bool_), moments=len(moments), seed=seed)
    if sum(int(population(small.cut(moment), moment).sum()) for moment in moments) >= ROWS // 2:
        return small, moments
    for step in STEPS:
        moments = _moments(panel, target, step)
        there = [population(panel.cut(moment), moment) for moment in moments]
        rows = sum(int(one.sum()) for one in there)
        if rows >= FEW:
            break
    ever = np.logical_or.reduce(there)
    usual = max(1, rows // max(1, int(ever.sum())))
    return _thinned(panel, ever, moments=usual, seed=seed), moments


def _moments(panel: Panel, target: Target, step: float) -> tuple[float, ...]:
    """Return the moments learned from, `step` days apart; raises GenomeError where no horizon is over."""
    found = panel.moments(horizon=target.horizon, step=step, count=int(SPAN // step), warm_up=WARM_UP)
    if not found:
        raise GenomeError(
            f"a horizon of {target.horizon:g} days cannot be learned",
            found=f"a history of {panel.as_of - min(panel.history.first_day, panel.as_of):.0f} days",
            expected=f"at least the horizon and {WARM_UP:g} days",
            fix="shorten the horizon of the target, or load more history",
        )
    return found


def reference_of(panel: Panel) -> Reference:
    """Return what features need to know of the population, learned before the oldest moment that is learned from."""

    def make() -> Reference:
        start = float(np.floor(min(panel.history.first_day, panel.as_of)))
        return learn_reference(panel.cut(min(start + WARM_UP, panel.as_of)), whole=panel.history, start=start)

    return panel.keep("customer-reference", make)


def features_at(panel: Panel, moment: float, outlook: Outlook) -> Features:
    """Return the features of all of a panel's customers at a moment, made once for all targets that share them."""

    def make() -> Features:
        cut = panel.cut(moment)
        [part] = parts(cut, moment=moment, size=max(1, len(cut.customers)))
        return features(part, outlook)

    return panel.keep(("customer-features", moment, outlook.key), make)


def _at(
    panel: Panel,
    moment: float,
    target: Target,
    *,
    population: Population,
    outlook: Outlook,
    outcome: Outcome | None,
) -> tuple[F32, F64, F64, I64, F64]:
    made: Labels = labels(panel.history, moment, target=target, outcome=outcome)
    chosen = np.flatnonzero(population(panel.cut(moment), moment) & made.known)
    values = features_at(panel, moment, outlook).values[chosen]
    return values, made.truth[chosen], made.trained[chosen], chosen, np.full(len(chosen), moment)


def _thinned(panel: Panel, of: Mask, *, moments: int, seed: int) -> Panel:
    """Return the panel of so many customers marked in `of` as `ROWS` allows, who are there at so many `moments`."""
    there, wanted = np.flatnonzero(of), max(CUSTOMERS, ROWS // moments)
    if len(there) == len(of) <= wanted:
        return panel

    def make() -> Panel:
        chosen = np.zeros(len(of), np.bool_)
        drawn = np.random.default_rng(seed).choice(there, min(wanted, len(there)), replace=False)
        chosen[drawn] = True
        return Panel(panel.history.of(chosen), as_of=panel.as_of)

    return panel.keep(("customer-sample", wanted, seed, of.tobytes()), make)


def _checked(table: Table, target: Target) -> Table:
    """Return the table; raises GenomeError where it cannot teach anything."""
    customers, rows = len(np.unique(table.customer)), len(table.truth)
    what = f"{target.predict} within {target.horizon:g} days cannot be learned"
    if customers < CUSTOMERS or rows < CASES:
        expected = f"at least {CUSTOMERS} customers and {CASES} cases"
        raise GenomeError(
            what, found=f"{customers} customers and {rows} cases to learn from", expected=expected
        )
    true = int(np.count_nonzero(table.truth))
    if target.predict in {"sum", "count"}:
        if not true:
            raise GenomeError(what, found="every amount is 0", expected="some that are not")
    elif min(true, rows - true) < POSITIVES:
        found = f"{true} of {rows} cases came true"
        raise GenomeError(
            what, found=found, expected=f"at least {POSITIVES} that did and {POSITIVES} that did not"
        )
    return table
