"""The causes that the simulator plants: what each does to the daily hazard of each transition.

A person in a phase moves on day t with probability `1 - exp(-h)`, `h = exp(base + sum of coefficient * covariate)`.
Covariates of the day before: `stock` of a channel (exposures, halved after seven days, at most 3), of e-mail (strengths
of campaigns opened, halved after five days), activation (log1p of activating uses, halved after seven days), use (the
same of all uses), mood of support (halved after 14 days), a failed payment not yet mended, and what the person is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from customer_genome.simulator.draws import F64

CHANNELS = ("search", "retargeting", "social", "video", "display")
MAIL_KINDS = ("offer", "tutorial", "deadline", "story", "newsletter")
PHASES = ("pre-lead", "lead", "trial", "lapsed", "subscription", "churned")
TRANSITIONS = ("sign_up", "start_trial", "subscribe", "try_again", "churn", "come_back")
COVARIATES = (
    "season", *(f"ad_{name}" for name in CHANNELS), "mail", "offer", "activation", "use", "failed", "mood",
    "intent", "price_sensitivity", "size", "discount", "price_rise", "waited",
)  # fmt: skip
"""`discount` is the arm of trial-discount, `price_rise` that of price-rise; `waited` is log1p of days in the phase."""
BASE = {
    "sign_up": -7.0, "start_trial": -4.7, "subscribe": -5.25, "try_again": -6.4, "churn": -5.9, "come_back": -7.0,
}  # fmt: skip
COEFFICIENTS: Mapping[str, Mapping[str, float]] = {
    "sign_up": {
        "season": 1.0, "ad_search": 1.1, "ad_retargeting": 0.3, "ad_social": 0.75, "ad_video": 0.5,
        "ad_display": 0.05, "intent": 0.6,
    },
    "start_trial": {
        "season": 1.0, "ad_search": 0.6, "ad_retargeting": 0.2, "ad_social": 0.2, "ad_video": 0.15,
        "ad_display": 0.0, "mail": 1.2, "intent": 0.5, "price_sensitivity": -0.15, "size": 0.15, "waited": -0.25,
    },
    "subscribe": {
        "season": 0.5, "ad_retargeting": 0.1, "mail": 0.7, "offer": 0.35, "activation": 0.8, "intent": 0.3,
        "mood": 0.3, "price_sensitivity": -0.5, "size": 0.2, "discount": 0.55, "price_rise": -0.2,
    },
    "try_again": {"season": 1.0, "mail": 0.9, "offer": 0.4, "intent": 0.4, "waited": -0.2},
    "churn": {
        "season": -0.3, "use": -0.55, "failed": 1.1, "mood": -0.7, "price_sensitivity": 0.3, "size": -0.25,
        "discount": 0.35, "price_rise": 0.2,
    },
    "come_back": {"season": 0.5, "mail": 0.7, "offer": 0.6, "intent": 0.3, "waited": -0.2},
}  # fmt: skip
"""Transition to covariate to coefficient, per unit of the covariate; what is not named is 0."""
MAIL_STRENGTH = {"offer": 0.9, "tutorial": 0.7, "deadline": 0.5, "story": 0.2, "newsletter": 0.05}
"""What one real opening of a campaign of the kind adds to the stock of mail, before the campaign's own factor."""
AD_HALF_LIFE, MAIL_HALF_LIFE, USE_HALF_LIFE, MOOD_HALF_LIFE = 7.0, 5.0, 7.0, 14.0
TRIAL_DAYS, BILLING_DAYS = 14, 30


@dataclass(frozen=True)
class Experiment:
    """One experiment: who owns it, what it hopes for and whom it hurts."""

    name: str
    department: str
    goal: str
    direction: str
    change: str


EXPERIMENTS = (
    Experiment(
        "trial-discount",
        "sales",
        "conversion to a subscription",
        "up",
        "20 % off for ever when asked in trial",
    ),
    Experiment(
        "price-rise", "finance", "price paid per subscription", "up", "new subscriptions cost 10 % more"
    ),
    Experiment(
        "onboarding-tour",
        "product",
        "use of activating features in trial",
        "up",
        "a guided tour in the trial",
    ),
)
"""The first two oppose each other: what raises conversion lowers the price paid, and the other way round."""
DISCOUNT, RISE, TOUR = 0.8, 1.1, 1.5
"""Factors: on the price with the discount, on the price with the rise, on the uses in trial with the tour."""


def coefficients() -> tuple[F64, F64]:
    """Return the base (transitions) and the coefficients (transitions × covariates) as arrays."""
    base = np.array([BASE[name] for name in TRANSITIONS])
    table = np.array([[COEFFICIENTS[t].get(c, 0.0) for c in COVARIATES] for t in TRANSITIONS])
    return base, table
