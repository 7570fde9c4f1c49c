"""All days of all people of a block, compiled: owners first, who decide for their accounts, then the others.

numba caches what it compiled by the file that it stands in: after a change in `journey_days` or `journey_steps`, touch
this file.
"""

from __future__ import annotations

import numpy as np

from customer_genome.core.compiled import compiled
from customer_genome.simulator.draws import F64, Bool
from customer_genome.simulator.effects import TOUR
from customer_genome.simulator.journey_days import (
    ADS,
    ASKING,
    BILL,
    DIRECT,
    DISCOUNTED,
    FAILED,
    INTENT,
    MAIL_OK,
    MISC,
    MOVING,
    NONE,
    PHASE,
    POSTED,
    POSTING,
    PRE_LEAD,
    REFUND,
    RISEN,
    SEASON,
    SINCE,
    SIZE,
    SUBSCRIPTION,
    THRIFT,
    TRIAL,
    USING,
    VISITING,
    VISITS,
    WAITED,
    Log,
    Who,
    World,
    ask,
    bits,
    fade,
    get_mail,
    note,
    reached,
    see_ads,
    u,
    use,
    visit,
    works,
)  # isort: skip
from customer_genome.simulator.journey_steps import (
    PAID_DAYS,
    Lives,
    change,
    follow,
    pay,
)  # isort: skip


@compiled
def live(w: World, lives: Lives, i: int, log: Log) -> None:
    """Run one person's days."""
    x, z, own = np.zeros(18), np.zeros(13), w.people[i]
    me, owner, mine = lives.who[i, 0], lives.who[i, 1] == 1, lives.phases[lives.who[i, 2]]
    days, law, keep, moving, panel_days = w.days, w.law, lives.keep, w.roots[MOVING], lives.panel_days
    begin(w, lives, i, x, z)
    for t in range(lives.who[i, 5], len(days)):
        who, moved = (i, me, t), False
        x[SEASON], x[WAITED] = days[t, 0], np.log1p(t - z[SINCE])
        if owner:
            mine[t] = int(z[PHASE])
        else:
            follow(w, lives, who, z, log)
        if owner or z[PHASE] == PRE_LEAD:
            hazard = daily(law, int(z[PHASE]), x)
            drawn = u(moving, me, t)
            moved = drawn < hazard and drawn < 1.0 - np.exp(-hazard)  # the first is quick, and the larger
            if (me + t) % panel_days == 0 and w.change == 0:
                keep_row(lives, who, int(z[PHASE]), moved, hazard, x)
        meet(w, own, who, x, z, log)
        if z[PHASE] == TRIAL or z[PHASE] == SUBSCRIPTION:
            at_work(w, own, who, x, z, log)
            if owner:
                moved = pay(w.roots, lives.outcome[i], who, x, z, log) or moved
        if moved or z[PHASE] == TRIAL:
            change(w, lives, who, moved, x, z, log)
        fade(x, z, keep)
    if owner and z[PHASE] == SUBSCRIPTION:
        lives.outcome[i, PAID_DAYS] += len(days) - z[SINCE]


@compiled
def meet(w: World, own: F64, who: Who, x: F64, z: F64, log: Log) -> None:  # noqa: PLR0917
    """Meet the company's ads, mail and website, as the day has it."""
    roots, today, phase = w.roots, w.days[who[2]], int(z[PHASE])
    calm = 0.4 if phase in (TRIAL, SUBSCRIPTION) else 1.0
    channels = reached(bits(roots[ADS], who[1], who[2]), own, z[VISITS], calm)
    if channels:
        see_ads(w, own, who, channels, x, z, log)
    if phase != PRE_LEAD and z[MAIL_OK] == 1 and today[2] >= 0:
        get_mail(w, own, who, int(today[2]), x, z, log)
    rates = (0.02, 0.03, 0.18, 0.008, 0.07, 0.004)
    if u(roots[VISITING], who[1], who[2] * 8) < rates[phase] * own[9] * today[1]:
        visit(roots, who, DIRECT, z, log)


@compiled
def at_work(w: World, own: F64, who: Who, x: F64, z: F64, log: Log) -> None:  # noqa: PLR0917
    """Use the product, ask support, post in the forum, as the day has it."""
    roots, me, t, phase = w.roots, who[1], who[2], z[PHASE]
    if u(roots[USING], me, t * 2) < min(0.95, works(phase, t - z[SINCE], own[2]) * w.days[t, 1]):
        use(roots, own, who, z, log)
    rate = (0.018 if phase == TRIAL else 0.006) * (1.0 + 4.0 * x[FAILED])
    if u(roots[ASKING], me, t * 4) < rate:
        ask(roots, who, x, z, log)
    if u(roots[POSTING], me, t) < own[7]:
        note(log, who, POSTED, int(phase), NONE, NONE)


@compiled
def begin(w: World, lives: Lives, i: int, x: F64, z: F64) -> None:  # noqa: PLR0917
    """Set what a person is, and the arms of experiments in this world."""
    own, who = w.people[i], lives.who[i]
    x[INTENT], x[THRIFT], x[SIZE] = own[0], own[1], own[8]
    x[DISCOUNTED] = who[6] if w.change != 11 else 1 - who[6]
    x[RISEN] = who[7] if w.change != 12 else 1 - who[7]
    toured = who[8] if w.change != 13 else 1 - who[8]
    own[5] = TOUR if toured else 1.0
    z[PHASE], z[SINCE] = PRE_LEAD, who[5]
    z[MAIL_OK] = 1.0 if u(w.roots[MISC], who[0], 1) < 0.85 else 0.0
    z[BILL], z[REFUND] = -1.0, -1.0


@compiled
def daily(law: F64, phase: int, x: F64) -> float:
    """Return today's hazard of the one transition of chance that leads out of a phase."""
    size = law[phase, 0]
    for k in range(18):
        size += law[phase, k + 1] * x[k]
    return float(np.exp(size))


@compiled
def keep_row(lives: Lives, who: Who, phase: int, moved: bool, hazard: float, x: F64) -> None:  # noqa: PLR0917, FBT001
    """Keep a row of the panel (person, day, phase), if there is room; the count goes on."""
    n = lives.used[0]
    if n < len(lives.panel):
        row = lives.panel[n]
        row[0], row[1], row[2], row[3], row[4] = who[0], who[2], phase, 1.0 if moved else 0.0, hazard
        for k in range(len(x)):
            row[5 + k] = x[k]
    lives.used[0] = n + 1


@compiled
def run(w: World, lives: Lives, skip: Bool, log: Log) -> None:
    """Run everybody who is not to be skipped: owners, then the others."""
    n = len(lives.who)
    for turn in range(2 * n):
        i = turn % n
        if (lives.who[i, 1] == 1) == (turn < n) and not skip[i]:
            live(w, lives, i, log)
