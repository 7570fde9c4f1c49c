"""The journeys of a block of people: the world as it was, and the worlds in which one cause was different."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from customer_genome.simulator.catalogue import Mailing, ad_looks
from customer_genome.simulator.choices import activating, area_shares
from customer_genome.simulator.draws import F64, I64, Bool, root
from customer_genome.simulator.effects import (
    AD_HALF_LIFE,
    CHANNELS,
    COVARIATES,
    EXPERIMENTS,
    MAIL_HALF_LIFE,
    MAIL_KINDS,
    MOOD_HALF_LIFE,
    USE_HALF_LIFE,
    coefficients,
)
from customer_genome.simulator.people import People

if TYPE_CHECKING:
    from customer_genome.simulator.journey_days import World
    from customer_genome.simulator.journey_steps import Lives

WORLDS = (
    "as it was",
    *(f"without ads: {name}" for name in CHANNELS),
    *(f"without e-mail: {name}" for name in MAIL_KINDS),
    *(f"other arm: {one.name}" for one in EXPERIMENTS),
)
AD_RATES = np.array([0.012, 0.0, 0.035, 0.025, 0.04])
"""Chance a day to be reached by a channel; retargeting follows visits instead."""
CLICK_RATES = np.array([0.034, 0.012, 0.011, 0.005, 0.004])
"""Chance to click where an ad is seen, before taste."""
MONTHS = np.array([0.15, 0.05, 0.1, 0.0, 0.0, -0.1, -0.25, -0.25, 0.2, 0.15, 0.1, -0.15])
"""What the month adds to the log-hazard of buying."""


@dataclass(frozen=True)
class Journeys:
    """What happened to the people of a block.

    `log` has six columns (see `journey_days.Log`), in the order of people and days. `outcome` (worlds × people × 6)
    holds, where `known` (worlds × people), the columns of `journey_steps`. `panel` is what `Lives` says.
    """

    people: People
    log: I64
    outcome: F64
    known: Bool
    panel: F64

    def rows(self, kind: int | np.integer[Any]) -> I64:
        """Return the log of one kind: person in the block, day, kind, code, a, b."""
        return np.asarray(self.log[self.log[:, 2] == kind])


def season(days: int, first: int) -> tuple[F64, F64]:
    """Return what each day adds to the log-hazard, and how lively it is (about 1); `first` is an ordinal."""
    day = np.arange(first, first + days)
    months = np.array([d.month - 1 for d in map(date.fromordinal, day.tolist())])
    weekend = (day - 1) % 7 >= 5
    return MONTHS[months] - 0.5 * weekend, np.where(weekend, 0.45, 1.2)


def journeys(crowd: People, calendar: Mailing) -> Journeys:
    """Run everybody's days in the world as it was, then in the others where the outcome could differ."""
    from customer_genome.simulator.journey_steps import NEVER, REVENUE

    n, days = len(crowd), crowd.company.days
    outcome = np.full((len(WORLDS), n, 6), float(NEVER))
    outcome[:, :, REVENUE:] = 0.0
    accounts = int(max(crowd.account.max(), crowd.next_account.max())) - crowd.first_account + 1
    phases = np.zeros((accounts, days), np.int64)
    log, panel = _as_it_was(crowd, calendar, outcome[0], phases)
    asked = crowd.account_draws("counterfactuals").coin(0, crowd.company.counterfactuals)
    known = np.broadcast_to(asked, (len(WORLDS), n)).copy()
    known[0] = True
    for change in range(1, len(WORLDS)):
        outcome[change] = outcome[0]
        skip = _same(crowd, outcome[0], phases, change) | ~asked
        _other(crowd, calendar, outcome=outcome[change], phases=phases.copy(), skip=skip, change=change)
    return Journeys(crowd, log, outcome, known, panel)


def _as_it_was(crowd: People, calendar: Mailing, outcome: F64, phases: I64) -> tuple[I64, F64]:
    """Run the world as it was; where a log is too small for it, run it again with room enough."""
    from customer_genome.simulator.journey_days import Log
    from customer_genome.simulator.journey_kernel import run

    begun = outcome.copy()
    room, seats = 100 * len(crowd) + 1000, 25 * len(crowd) + 1000
    while True:
        log = Log(np.empty((room, 6), np.int64), np.zeros(1, np.int64))
        outcome[:], phases[:] = begun, 0
        lives = _lives(crowd, outcome, phases, seats)
        run(_world(crowd, calendar, 0), lives, np.zeros(len(crowd), np.bool_), log)
        used, filled = int(log.used[0]), int(lives.used[0])
        if used <= room and filled <= seats:
            return log.rows[:used], lives.panel[:filled]
        room, seats = max(room, used), max(seats, filled)


def _other(crowd: People, calendar: Mailing, *, outcome: F64, phases: I64, skip: Bool, change: int) -> None:
    from customer_genome.simulator.journey_days import Log
    from customer_genome.simulator.journey_kernel import run
    from customer_genome.simulator.journey_steps import NEVER, REVENUE

    outcome[~skip, :REVENUE] = NEVER
    outcome[~skip, REVENUE:] = 0
    rerun = np.unique((crowd.account - crowd.first_account)[crowd.is_owner & ~skip])
    phases[rerun] = 0
    log = Log(np.empty((0, 6), np.int64), np.zeros(1, np.int64))
    run(_world(crowd, calendar, change), _lives(crowd, outcome, phases, 0), skip, log)


def _same(crowd: People, outcome: F64, phases: I64, change: int) -> Bool:
    """Return whose outcome cannot be another: removing a push never helps those who never signed up.

    Before the sign-up there is one way on, and no channel hinders it; mail and experiments come after it. Members
    also need accounts that stay as they were.
    """
    from customer_genome.simulator.journey_steps import LEAD_DAY, NEVER, TRIAL_DAY

    place = TRIAL_DAY if change > 10 else LEAD_DAY
    never = outcome[:, place] == NEVER
    home, following = crowd.account - crowd.first_account, crowd.next_account - crowd.first_account
    quiet = np.zeros(len(phases), np.bool_)
    quiet[home[crowd.is_owner]] = never[crowd.is_owner]
    return np.asarray(np.where(crowd.is_owner, never, never & quiet[home] & quiet[following]))


def _lives(crowd: People, outcome: F64, phases: I64, seats: int) -> Lives:
    from customer_genome.simulator.journey_steps import Lives

    halves = np.array([AD_HALF_LIFE, MAIL_HALF_LIFE, USE_HALF_LIFE, MOOD_HALF_LIFE])
    home, following = crowd.account - crowd.first_account, crowd.next_account - crowd.first_account
    columns = (crowd.person, crowd.is_owner, home, following, crowd.move_day, crowd.arrives, *crowd.arms.T)
    who = np.stack(columns, axis=1).astype(np.int64)
    panel = np.empty((seats, 5 + len(COVARIATES)))
    keep = 2.0 ** (-1 / halves)
    return Lives(who, phases, outcome, panel, np.zeros(1, np.int64), crowd.company.panel_days, keep)


def _world(crowd: People, calendar: Mailing, change: int) -> World:
    from customer_genome.simulator.journey_days import STREAMS, World

    company = crowd.company
    busy, weekday = season(company.days, company.start.toordinal())
    mail_of_day = np.full(company.days, -1.0)
    mail_of_day[calendar.day] = np.arange(len(calendar.day))
    theme, tone, _ = ad_looks()
    base, table = coefficients()
    roots = np.array([root(company.seed, "day: " + name) for name in STREAMS], np.uint64)
    mails = np.stack([calendar.kind, calendar.theme, calendar.tone, calendar.strength], axis=1)
    days, law = np.stack([busy, weekday, mail_of_day], axis=1), np.concatenate([base[:, None], table], axis=1)
    ads = np.stack([theme, tone], axis=1).astype(np.float64)
    return World(change, roots, days, mails, ads, law, numbers_of(crowd))


def numbers_of(crowd: People) -> F64:
    """Return 32 numbers a person: traits, reach and clicks by channel, tastes for themes and for tones.

    The traits are intent, thrift, zeal, base chances to open and click mail, the tour (set by the world), the share
    of activating uses, the chance a day to post, the log of the company's size (halved), and the pull of the website.
    """
    one = crowd.draws("traits")
    traits = (
        crowd.intent, crowd.thrift, crowd.zeal, 0.17 * np.exp(0.5 * one.normal(1)), 0.1 * np.exp(0.4 * one.normal(2)),
        np.ones(len(crowd)), area_shares(crowd)[:, activating()].sum(axis=1), 0.02 * one.coin(5, 0.2),
        np.log(crowd.employees) / 2, np.exp(0.4 * crowd.intent),
    )  # fmt: skip
    return np.concatenate([np.stack(traits, axis=1), reach(crowd), crowd.theme, crowd.tone], axis=1)


def reach(crowd: People) -> F64:
    """Return each person's chance a day to be reached by each channel, then their chances to click there."""
    one = crowd.draws("reach")
    often = AD_RATES * np.exp(np.stack([0.6 * one.normal(k) - 0.18 for k in range(len(CHANNELS))], axis=1))
    often[:, 0] *= np.exp(0.5 * crowd.intent)
    clicks = CLICK_RATES * np.exp(0.5 * one.normal(9))[:, None]
    return np.concatenate([often, clicks], axis=1)
