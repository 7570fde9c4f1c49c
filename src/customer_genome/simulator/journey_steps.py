"""The steps of a journey, compiled: entering a phase, trial and subscription, paying, following an account."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from customer_genome.core.compiled import compiled
from customer_genome.simulator.draws import F64, I64, U64
from customer_genome.simulator.effects import BILLING_DAYS, DISCOUNT, RISE, TRIAL_DAYS
from customer_genome.simulator.journey_days import (
    ACTIVATE,
    ACTIVATION,
    ACTS,
    BILL,
    CANCEL,
    CHURNED,
    DECLINED,
    DISCOUNTED,
    DOWNGRADE,
    FAILED,
    INVOICE,
    JOIN,
    JOINED,
    LAPSED,
    LEAD,
    LEAVE,
    LOYAL,
    MISC,
    MOOD,
    MOVE,
    NONE,
    PAID,
    PAYING,
    PHASE,
    PLAN,
    PLANS,
    PRE_LEAD,
    PRICE,
    RAN_OUT,
    REFUND,
    REFUNDED,
    RISEN,
    SIGN_UP,
    SINCE,
    STANDS,
    START,
    STEP,
    SUBSCRIPTION,
    THRIFT,
    TRIAL,
    TRIES,
    UPGRADE,
    USE,
    USES,
    Log,
    Who,
    Whole,
    World,
    note,
    u,
)  # isort: skip

LEAD_DAY, TRIAL_DAY, SUBSCRIBED_DAY, CHURN_DAY, REVENUE, PAID_DAYS = np.arange(6)
NEVER = -1


class Lives(NamedTuple):
    """Whose days are run, and what is filled in.

    `who` (n × 9) holds person, owner (1 or 0), home and next account in the block, day of the move, first day, and the
    arms of three experiments. `phases` (accounts × days) holds each account's phase at the beginning of each day;
    `outcome` (n × 6) the days of the first sign-up, trial, subscription and churn (-1: never), the revenue in cents
    and the days subscribed. `panel` (capacity × 23) holds person, day, phase, moved, hazard and the covariates, a row
    every `panel_days`; `used` how many rows. `keep` is what a day leaves of each stock.
    """

    who: I64
    phases: I64
    outcome: F64
    panel: F64
    used: I64
    panel_days: int
    keep: F64


@compiled
def enter(lives: Lives, who: Who, phase: Whole, z: F64, log: Log) -> None:  # noqa: PLR0917
    """Enter a phase at the end of the day; first times are outcomes."""
    i, t = who[0], who[2]
    sold = SUBSCRIBED_DAY if phase == SUBSCRIPTION else CHURN_DAY
    place = LEAD_DAY if phase == LEAD else (TRIAL_DAY if phase == TRIAL else sold)
    if phase != LAPSED and lives.outcome[i, place] == NEVER:
        lives.outcome[i, place] = t
    z[PHASE], z[SINCE] = phase, t + 1
    note(log, who, STANDS, phase, NONE, NONE)


@compiled
def change(w: World, lives: Lives, who: Who, moved: bool, x: F64, z: F64, log: Log) -> None:  # noqa: PLR0917, FBT001
    """Move to the next phase if the day said so, or if the trial has run out."""
    i, me, t = who
    phase = int(z[PHASE])
    if phase == TRIAL and lives.who[i, 1] == 1 and not moved and t - z[SINCE] >= TRIAL_DAYS - 1:
        note(log, who, STEP, RAN_OUT, int(z[PLAN]), NONE)
        enter(lives, who, LAPSED, z, log)
    if not moved:
        return
    if phase == PRE_LEAD:
        note(log, who, STEP, SIGN_UP, NONE, NONE)
        enter(lives, who, LEAD, z, log)
        if lives.who[i, 1] == 1 and u(w.roots[MISC], me, 8 * t + 2) < 0.12:
            start_trial(w, lives, who, z, log)
    elif phase == LEAD or (phase == LAPSED and u(w.roots[MISC], me, 8 * t + 3) < 0.7):
        start_trial(w, lives, who, z, log)
    elif phase in (TRIAL, LAPSED, CHURNED):
        subscribe(lives, who, x, z, log)
    elif phase == SUBSCRIPTION:
        cause = 5 if z[TRIES] >= 3 else reason(x)
        note(log, who, STEP, CANCEL, int(z[PLAN]), cause)
        lives.outcome[i, PAID_DAYS] += t + 1 - z[SINCE]
        z[BILL], z[TRIES], x[FAILED] = -1.0, 0.0, 0.0
        enter(lives, who, CHURNED, z, log)


@compiled
def reason(x: F64) -> int:
    """Return the largest cause of a cancellation: 0 other, 1 little use, 2 support, 3 price, 4 a failed payment."""
    causes = (0.35, 0.55 * (1.8 - x[USE]), -0.7 * x[MOOD], 0.3 * x[THRIFT] + 0.35 * x[DISCOUNTED] + 0.2 * x[RISEN],
              1.1 * x[FAILED])  # fmt: skip
    best = 0
    for k in range(5):
        if causes[k] > causes[best]:
            best = k
    return best


@compiled
def start_trial(w: World, lives: Lives, who: Who, z: F64, log: Log) -> None:  # noqa: PLR0917
    """Begin a trial of the plan that fits the size."""
    i, me, t = who
    wish = w.people[i, 8] + 0.8 * (u(w.roots[PLANS], me, t) - 0.5)
    z[PLAN] = 0.0 if wish < 0.1 else (1.0 if wish < 1.0 else 2.0)
    z[ACTS], z[USES] = 0.0, 0.0
    note(log, who, STEP, START, int(z[PLAN]), NONE)
    enter(lives, who, TRIAL, z, log)


@compiled
def subscribe(lives: Lives, who: Who, x: F64, z: F64, log: Log) -> None:  # noqa: PLR0917
    """Begin to pay, tomorrow: at the list price, less the discount, plus the rise of prices."""
    z[PRICE] = (DISCOUNT if x[DISCOUNTED] == 1 else 1.0) * (RISE if x[RISEN] == 1 else 1.0)
    z[BILL], z[TRIES] = who[2] + 1.0, 0.0
    note(log, who, STEP, ACTIVATE, int(z[PLAN]), NONE)
    enter(lives, who, SUBSCRIPTION, z, log)


@compiled
def pay(roots: U64, outcome: F64, who: Who, x: F64, z: F64, log: Log) -> bool:  # noqa: PLR0917
    """Collect what is due, mend what failed, refund what was asked back; true if the last attempt failed."""
    me, t = who[1], who[2]
    cents = round((1900.0, 4900.0, 9900.0)[int(z[PLAN])] * z[PRICE])
    if z[REFUND] == t:
        note(log, who, INVOICE, REFUNDED, int(z[PLAN]), -cents)
        outcome[REVENUE] -= cents
        z[REFUND] = -1.0
    if z[BILL] == t:
        chance = 0.035 if z[TRIES] == 0 else 0.45
        if u(roots[PAYING], me, 4 * t) < chance:
            z[TRIES] += 1.0
            x[FAILED], z[BILL] = 1.0, t + 4.0
            note(log, who, INVOICE, DECLINED, int(z[PLAN]), cents)
            return bool(z[TRIES] >= 3)
        x[FAILED], z[BILL], z[TRIES] = 0.0, t + BILLING_DAYS - 4.0 * z[TRIES], 0.0
        note(log, who, INVOICE, PAID, int(z[PLAN]), cents)
        outcome[REVENUE] += cents
        if u(roots[PAYING], me, 4 * t + 1) < 0.015:
            z[REFUND] = t + 3.0
    drawn = u(roots[PLANS], me, 4 * t + 3)
    up, down = 0.0008 * np.exp(0.3 * x[ACTIVATION]), 0.0005 * np.exp(0.4 * x[THRIFT])
    if z[PLAN] < 2 and drawn < up:
        z[PLAN] += 1.0
        note(log, who, STEP, UPGRADE, int(z[PLAN]), NONE)
    elif z[PLAN] > 0 and drawn > 1.0 - down:
        z[PLAN] -= 1.0
        note(log, who, STEP, DOWNGRADE, int(z[PLAN]), NONE)
    return False


@compiled
def follow(w: World, lives: Lives, who: Who, z: F64, log: Log) -> None:  # noqa: PLR0917
    """Follow the account: take a seat while it is on trial or subscribed, leave it, go with a new job to another."""
    i, me, t = who
    own = lives.who[i]
    if t == own[4]:
        note(log, who, STEP, MOVE, NONE, NONE)
        if z[JOINED] == 1:
            note(log, who, STEP, LEAVE, NONE, NONE)
            z[JOINED] = 0.0
            enter(lives, who, LEAD, z, log)
    account = own[2] if t < own[4] else own[3]
    stands = lives.phases[account, t]
    live_now = stands in (TRIAL, SUBSCRIPTION)
    if z[JOINED] == 0 and not live_now:
        return
    drawn = u(w.roots[MISC], me, 8 * t + 4)
    if z[JOINED] == 1 and stands != z[PHASE]:
        z[JOINED] = 1.0 if live_now else 0.0
        enter(lives, who, stands, z, log)
    elif z[JOINED] == 1 and drawn < 0.001:
        note(log, who, STEP, LEAVE, NONE, NONE)
        z[JOINED] = 0.0
        enter(lives, who, CHURNED if stands == SUBSCRIPTION else LAPSED, z, log)
    elif z[JOINED] == 0 and live_now and drawn < 0.03 and z[LOYAL] < 3:
        z[JOINED], z[LOYAL] = 1.0, z[LOYAL] + 1
        note(log, who, STEP, JOIN, NONE, NONE)
        enter(lives, who, stands, z, log)
