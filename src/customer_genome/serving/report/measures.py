"""The measures of a test and the naive rules, as a marketer reads them."""

from __future__ import annotations

from collections.abc import Iterable

from customer_genome.serving.report.foretold import LearnedTarget, Ranged
from customer_genome.serving.report.wording import UNKNOWN, money

MEASURES: dict[str, tuple[str, str]] = {
    "auroc": (
        "AUROC",
        "put one who will and one who will not side by side: how often the right one gets the higher chance",
    ),
    "macro_auroc": (
        "mean AUROC",
        "of one who will choose an item and one who will not, how often the right one gets the higher chance",
    ),
    "log_loss": (
        "log loss",
        "how much what happened surprised the one who named the chances (0: not at all; less is better)",
    ),
    "mae": ("mean error", "how far the expected amount was from what came, on average (less is better)"),
    "rmse": ("root mean square error", "the mean error, with large errors counting more (less is better)"),
    "recall@10": ("recall@10", "how much of what was chosen next stood among ten guesses"),
}
"""Name and meaning of each measure that decides over a target."""

RULES = {
    "base rate": "the same for everybody",
    "recency": "days since the last time",
    "RFM logistic": "recency, frequency and money alone",
    "usual amount": "as much as usual",
    "decayed amount": "as much as lately",
    "global top": "everybody’s favourites",
    "personal frequency": "their own favourites",
    "decayed personal frequency": "their own favourites of late",
    "decayed count": "how often of late",
    "own share": "their own mix so far",
}
"""What each naive rule goes by."""
_AMOUNTS = ("mae", "rmse")


def measure_name(metric: str) -> str:
    """What a measure is called."""
    return MEASURES[metric][0] if metric in MEASURES else metric.replace("_", " ")


def rule_name(baseline: str) -> str:
    """What a naive rule goes by."""
    return RULES.get(baseline, baseline)


def meanings(targets: Iterable[LearnedTarget]) -> list[tuple[str, str]]:
    """Name and meaning of the measures that these targets were tested by, in a fixed order."""
    used = {target.metric for target in targets}
    return [said for metric, said in MEASURES.items() if metric in used]


def measured(found: Ranged, target: LearnedTarget, *, currency: str) -> tuple[str, str]:
    """A measure of a target in figures: its value, and its interval in brackets ("" where it has none)."""
    if found.value is None:
        return UNKNOWN, ""
    said = [
        _figure(value, target, currency)
        for value in (found.value, found.low, found.high)
        if value is not None
    ]
    return said[0], f"({said[1]} to {said[2]})" if len(said) == 3 else ""


def _figure(value: float, target: LearnedTarget, currency: str) -> str:
    if target.kind == "money" and target.metric in _AMOUNTS:
        return money(value, currency)
    return f"{value:.3f}".replace("-", "−")
