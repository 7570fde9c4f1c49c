"""Attribution: how conversions are shared out among the channels before them, by seven models side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from customer_genome.core.errors import GenomeError
from customer_genome.core.intervals import Interval
from customer_genome.journey.analysis._credit import RULES, Touches, normalised, removal, shapley, summed
from customer_genome.journey.analysis.curves import FEWEST, TooFew
from customer_genome.journey.analysis.spells import F64, Mask

MOST_CHANNELS = 12
"""Shapley values are exact over 2^channels sets, or refused."""
GROUPS, DRAWS = 500, 400
"""Customers are drawn in at most so many random groups, so often, for the intervals."""
MARKOV, SHAPLEY = "Markov removal", "Shapley"
STATEMENT = (
    "None of these models measures an effect: each shares out conversions by a rule, and would also share out "
    "those that would have come without any touch. What a channel brings is identifiable where touches were given at "
    "random: from a holdout that got none, the effect of all; from one holdout a channel, the effect of each. Where "
    "touches follow what customers do or are (a search, a sales call for a hot lead), no model over paths can tell."
)


@dataclass(frozen=True)
class Credit:
    """What one model gives one channel: a share of the touched conversions, and as much of their value."""

    channel: str
    model: str
    share: Interval
    amount: Interval


@dataclass(frozen=True)
class Disagreement:
    """Two models whose intervals for one channel do not meet."""

    channel: str
    low_model: str
    low: Interval
    high_model: str
    high: Interval

    @property
    def words(self) -> str:
        """The disagreement as a sentence."""
        low, high = (f"{one.low:.0%} to {one.high:.0%}" for one in (self.low, self.high))
        return f"{self.channel}: {self.low_model} gives it {low}, {self.high_model} {high} of the conversions"


@dataclass(frozen=True)
class Attribution:
    """Seven models side by side, where they disagree, and what none of them can say.

    `conversions` are those with a touch and `untouched` those without, which no model shares out. `amount` is the value
    of the former. `order` has each model's channels, the largest share first; `refused` why a model has no answer.
    """

    channels: tuple[str, ...]
    conversions: int
    untouched: int
    amount: float
    credits: tuple[Credit, ...]
    order: Mapping[str, tuple[str, ...]]
    refused: Mapping[str, str]
    disagreements: tuple[Disagreement, ...]
    statement: str = STATEMENT

    @property
    def agreed_order(self) -> bool:
        """Whether all models that answer put the channels in the same order."""
        return len(set(self.order.values())) <= 1

    @property
    def leaders(self) -> dict[str, tuple[str, ...]]:
        """The channels that some model puts first, each with the models that do."""
        first = {model: order[0] for model, order in self.order.items() if order}
        return {
            channel: tuple(model for model, one in first.items() if one == channel)
            for channel in dict.fromkeys(first.values())
        }


def attribution(given: Touches, *, half_life: float = 7, seed: int = 0) -> Attribution | TooFew:
    """Return how first, last, linear, position, time decay, Markov removal and Shapley share out the conversions.

    Position gives 40 % to the first touch, 40 % to the last, 20 % to those between; time decay halves a touch's weight
    every `half_life` days before the conversion. Intervals are the 2.5 % and 97.5 % quantiles over 400 draws of the
    customers (in at most 500 random groups). Shapley is refused beyond 12 channels.
    """
    if half_life <= 0:
        raise GenomeError("a half-life is a number of days", found=f"{half_life:g}", expected="more than 0")
    touched = np.zeros(len(given.converted), bool)
    touched[given.path] = True
    conversions = int((touched & given.converted).sum())
    if conversions < FEWEST:
        return TooFew(
            conversions, f"too few to say: {conversions} conversions with a touch, {FEWEST} are needed"
        )
    shares, refused = _shares(given, half_life=half_life, seed=seed)
    amount = float(given.value[touched & given.converted].sum())
    given_out = tuple(
        _credit(channel, model, drawn[:, place], amount=amount)
        for model, drawn in shares.items()
        for place, channel in enumerate(given.channels)
    )
    order = {
        model: tuple(given.channels[place] for place in np.argsort(-drawn[0], kind="stable"))
        for model, drawn in shares.items()
    }
    return Attribution(
        given.channels, conversions, int((given.converted & ~touched).sum()), amount, given_out, order, refused,
        _disagreements(given.channels, given_out),
    )  # fmt: skip


def _shares(given: Touches, *, half_life: float, seed: int) -> tuple[dict[str, F64], dict[str, str]]:
    """Return each model's shares: (1 + draws) × channels, as they are and then under draws of the customers."""
    random, paths = np.random.default_rng(seed), len(given.converted)
    groups = min(paths, GROUPS)
    group = random.permutation(paths) % groups
    few = len(given.channels) <= MOST_CHANNELS
    sums = summed(given, group, half_life=half_life, with_sets=few)
    drawn = random.multinomial(groups, np.full(groups, 1 / groups), DRAWS)
    weights = np.vstack([np.ones(groups), drawn])
    made = dict(zip(RULES, normalised(_drawn(weights, sums.credit)).transpose(1, 0, 2), strict=True))
    made[MARKOV] = normalised(np.maximum(removal(_drawn(weights, sums.steps)), 0))
    refused = {}
    if sums.sets is None:
        refused[SHAPLEY] = f"{len(given.channels)} channels; exact Shapley values go to {MOST_CHANNELS}"
    else:
        found = normalised(shapley(_drawn(weights, sums.sets)))
        reason = _unsure(found)
        if reason:
            refused[SHAPLEY] = reason
        else:
            made[SHAPLEY] = found
    return made, refused


def _drawn(weights: F64, sums: F64) -> F64:
    """Return the sums over groups under each draw."""
    return (weights @ sums.reshape(len(sums), -1)).reshape(len(weights), *sums.shape[1:])


def _unsure(shares: F64) -> str:
    """Say why shares of what touches add would mean nothing: they add nothing for sure."""
    undefined: Mask = np.isnan(shares.sum(axis=1))
    if undefined[0] or undefined[1:].mean() > 0.025:
        return "those touched do not surely convert more often than those untouched"
    return ""


def _credit(channel: str, model: str, drawn: F64, *, amount: float) -> Credit:
    value = float(drawn[0])
    if not np.isfinite(value):
        unknown = Interval.unknown("no removal changes anything")
        return Credit(channel, model, unknown, unknown)
    low, high = (float(one) for one in np.nanquantile(drawn[1:], (0.025, 0.975)))
    low, high = min(low, value), max(high, value)
    return Credit(
        channel, model, Interval(value, low, high), Interval(value * amount, low * amount, high * amount)
    )


def _disagreements(channels: tuple[str, ...], given_out: tuple[Credit, ...]) -> tuple[Disagreement, ...]:
    """Return, for each channel, the two models that are furthest apart, where their intervals do not meet."""
    found = []
    for channel in channels:
        known = [one for one in given_out if one.channel == channel and one.share.value is not None]
        least = min(known, key=lambda one: one.share.high or 0.0)
        most = max(known, key=lambda one: one.share.low or 0.0)
        if (most.share.low or 0.0) > (least.share.high or 0.0):
            found.append(Disagreement(channel, least.model, least.share, most.model, most.share))
    return tuple(found)
