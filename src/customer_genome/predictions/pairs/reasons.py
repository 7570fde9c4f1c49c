"""Reasons: what moved one prediction most, in words and numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from customer_genome.predictions.history import F64
from customer_genome.predictions.pairs.block import Block


@dataclass(frozen=True)
class Reason:
    """One theme's part in a score: `weight` is what it adds before the link function, relative to an average pair."""

    text: str
    weight: float


THEMES: Mapping[str, tuple[str, ...]] = {
    "due": ("days_", "trips_since", "gap_", "trip_gap", "due"),
    "money": ("spend",),
    "popular": ("target_", "channel_lift"),
    "alike": ("near", "likes", "fresh", "svd", "ease"),
    "customer": ("customer_",),
    "habit": (),
}
"""Features by the start of their name; what no theme claims is the customer's habit."""


def reasons(features: Block, contributions: F64, *, most: int = 3) -> list[Reason]:
    """Return the strongest themes of one pair (one row of features, its contributions by feature), largest first."""
    values = dict(zip(features.names, features.values[0].tolist(), strict=True))
    weights = dict.fromkeys(THEMES, 0.0)
    for name, weight in zip(features.names, contributions.tolist(), strict=False):
        weights[_theme(name)] += weight
    found = [Reason(_text(theme, values), weight) for theme, weight in weights.items() if weight]
    return sorted(found, key=lambda reason: (-abs(reason.weight), reason.text))[:most]


def _theme(name: str) -> str:
    return next((theme for theme, starts in THEMES.items() if name.startswith(starts)), "habit")


def _text(theme: str, values: Mapping[str, float]) -> str:
    """Say what is known of a pair under a theme."""
    if theme in {"habit", "due"}:
        return _past(theme, values)
    if theme == "popular" and "target_share_28d" in values:
        return f"in {100 * values['target_share_28d']:.1f} % of all sessions of the last 28 days"
    if theme == "customer" and "customer_gap_recent" in values:
        days, size = values["customer_gap_recent"], values["customer_size_recent"]
        return f"comes every {days:.0f} days and chooses {size:.0f} at once"
    return _NAMES[theme]


_NAMES = {
    "popular": "how popular it is",
    "customer": "how the customer shops",
    "alike": "what customers with a similar past choose",
    "money": "what was spent on it",
}


def _past(theme: str, values: Mapping[str, float]) -> str:
    """Say how often and when the customer chose the target."""
    chosen = values.get("count", 0.0)
    if not chosen:
        return "never chosen before"
    if theme == "due":
        last = f"last chosen {values['days_since']:.0f} days ago"
        return f"{last}, usually every {values['gap_mean']:.0f} days" if chosen > 1 else f"{last}, once only"
    return f"chosen in {chosen:.0f} sessions, {values['in_20_trips']:.0f} of them among the last 20"
