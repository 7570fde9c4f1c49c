"""Declared targets as a report shows them, made up: the part of the sample report that says what comes next."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from customer_genome.serving.report import (
    Amount,
    Curve,
    LearnedTarget,
    Level,
    Outlook,
    Prediction,
    Ranged,
    Targets,
)

TESTED = (date(2017, 11, 6),)
LAPSE = LearnedTarget(
    "lapse", "Lapse", "The probability that there is no purchase in the 28 days after the moment.", "chance", True,
    "surely beats all 3 naive rules", True, 2346, 0.152, "auroc", Ranged(0.885, 0.871, 0.899), Ranged(0.868, 0.853, 0.882),
    "recency, frequency and money alone", Ranged(0.017, 0.009, 0.025), TESTED,
    (Level(235, 0.004, 0.004, 0.001, 0.024), Level(234, 0.021, 0.017, 0.007, 0.043), Level(235, 0.08, 0.128, 0.091, 0.176),
     Level(235, 0.31, 0.298, 0.243, 0.359), Level(234, 0.71, 0.705, 0.644, 0.76)),
)  # fmt: skip
REDEMPTION = LearnedTarget(
    "offer-redemption", "Offer redemption", "The probability of redeem in the 28 days after the moment.", "chance", False,
    "does not beat: days since the last time", False, 2346, 0.021, "auroc", Ranged(0.81, 0.76, 0.85), Ranged(0.82, 0.77, 0.86),
    "days since the last time", Ranged(-0.01, -0.02, 0.03), TESTED,
    (Level(1173, 0.004, 0.005, 0.002, 0.011), Level(1173, 0.041, 0.037, 0.028, 0.049)),
)  # fmt: skip
SPEND = LearnedTarget(
    "spend", "Spend", "How much money will be spent in the 28 days after the moment (median).", "money", True,
    "beats all 3 naive rules, not surely yet: as much as lately", False, 2346, 141.27, "mae", Ranged(61.2, 58.4, 64.1), Ranged(62.0, 58.9, 65.0),
    "as much as lately", Ranged(0.8, -0.1, 1.7), TESTED,
    held=Ranged(0.905, 0.893, 0.917), bias=Ranged(-0.031, -0.052, -0.008),
)  # fmt: skip
ACTION = LearnedTarget(
    "next-action", "Next action", "The probability of each verb that it is the next one.", "pair", True,
    "surely beats all 2 naive rules", True, 2346, 0.424, "log_loss", Ranged(0.2, 0.19, 0.21), Ranged(0.29, 0.28, 0.3),
    "the same for everybody", Ranged(0.09, 0.08, 0.1), TESTED,
)  # fmt: skip
DAYS = (1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 14.0, 21.0, 28.0)


def sample_targets(names: Iterable[str]) -> Targets:
    """Three learned and shown targets, one refused, one waiting, and what they say of three customers."""
    buys = Curve("buy", tuple((day, 0.97 * (1 - 0.8**day)) for day in DAYS))
    redeems = Curve("redeem", tuple((day, 0.0005 * day) for day in DAYS))
    first, second, third = names
    some = (
        Prediction("Lapse", 0.012, 0.152, 0.008, 0.019),
        Prediction("Spend drop", 0.31, 0.286, 0.27, 0.34),
    )
    outlooks = (
        Outlook(first, some, (Amount("Spend", Ranged(412.5, 233.1, 640.0)),), (buys, redeems)),
        Outlook(
            second,
            (Prediction("Lapse", 0.44, 0.152, 0.4, 0.47),),
            (Amount("Visits", Ranged(2.5), "times"),),
            (buys,),
        ),
        Outlook(third),
    )
    return Targets(
        (LAPSE, REDEMPTION, SPEND, ACTION), ("lifetime-value",), "genome predict all --dir demo", outlooks, ("personalisation",)
    )  # fmt: skip
