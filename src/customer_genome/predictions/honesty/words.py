"""Words: a target and its limits as a colleague from another department reads them."""

from __future__ import annotations

from customer_genome.core.targets import Target
from customer_genome.predictions.honesty.backtest import Backtest
from customer_genome.predictions.honesty.verdict import number

SMALL = 50
"""Cases that came true in a backtest below which its figures rest on few."""
SILENT = 0.05
"""Share of cases without a prediction from which that is said."""
BIASED = 0.05


def in_words(target: Target, /) -> str:
    """Return what a score of the target means, in one sentence."""
    within = f"in the {target.horizon:g} days after the moment"
    done = " or ".join(target.verbs) or "a purchase"
    new = " that are new to the customer" if target.new else ""
    if target.new and target.new_days:
        new = f" not chosen in the {target.new_days:g} days before"
    usual = f"what the {target.usual_days:g} days before it would lead one to expect"
    return {
        "event": f"The probability of {done} {within}.",
        "absence": f"The probability that there is no {done.removeprefix('a ')} {within}.",
        "count": f"How often there will be {done} {within} ({target.statistic}).",
        "sum": f"How much money will be spent {within} ({target.statistic}).",
        "drop": f"The probability that spend {within} falls below {target.below:.0%} of {usual}.",
        "phase": f"The probability that the phase {target.phase} is entered {within}.",
        "next": f"Which {target.level} targets{new} the next session {within} will hold, likeliest first.",
        "choice": f"The probability, for each {target.level} target{new}, that it is chosen {within}.",
        "action": f"The probability of each verb that it is the next one {within}.",
    }[target.predict]


def limits(target: Target, tested: Backtest | None, /) -> tuple[str, ...]:
    """Return what the prediction cannot say, one sentence a limit, those that the backtest found last."""
    found = [
        "It says what customers like this one did in the past, not what an action would cause.",
        "It holds only as long as customers behave as they did in the time that it learned from.",
        f"Of customers outside the population ({target.population}) it says nothing.",
    ]
    if target.predict in {"count", "sum"} and target.statistic == "median":
        found.append("Medians do not add up: for the total of many customers use the mean.")
    if target.predict in {"count", "sum"} and target.statistic == "mean":
        found.append(
            "A mean is pulled up by few large amounts: for one customer the median is the better guess."
        )
    if target.predict == "next":
        found.append(
            "The order is what was tested; it says nothing of customers who do not come within the horizon."
        )
    return (*found, *(_found_limits(tested) if tested else ("It has not been tested on the past.",)))


def _found_limits(tested: Backtest) -> list[str]:
    found = []
    if min(tested.happened, default=0) < SMALL:
        fewest = number(min(tested.happened, default=0))
        found.append(
            f"At one cut-off of the backtest only {fewest} cases came true: its figures rest on few."
        )
    if len(tested.moments) < 3:
        found.append(f"It was tested at {len(tested.moments)} cut-off(s): seasons were not seen.")
    best = tested.models[tested.best] if tested.best else None
    if best is None:
        return found
    if best.silent > SILENT:
        found.append(f"It says nothing of {best.silent:.1%} of the population.")
    bias = best.metrics.get("total_bias")
    if bias is not None and bias.value is not None and abs(bias.value) > BIASED:
        found.append(f"In total it says {abs(bias.value):.1%} too {'much' if bias.value > 0 else 'little'}.")
    off = [one for one in best.reliability if not one.low <= one.said <= one.high]
    if len(off) > 1:
        count = len(best.reliability)
        found.append(f"In {len(off)} of {count} groups of like probability the share come true was another.")
    return found
