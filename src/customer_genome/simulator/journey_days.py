"""One day of one person, compiled: what reaches them, what they do, what they pay. `journey` runs the days.

A person's state is a row of numbers `z` (places below) and the covariates `x` (places in `effects.COVARIATES`). Chance
comes from the keys of each draw (see `draws`), so a day is the same in every world but for what the world changes.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np

from customer_genome.core.compiled import compiled
from customer_genome.simulator.draws import F64, I64, U64

PRE_LEAD, LEAD, TRIAL, LAPSED, SUBSCRIPTION, CHURNED = np.arange(6)
SEASON, AD, MAIL, OFFER, ACTIVATION, USE, FAILED, MOOD, INTENT, THRIFT, SIZE, DISCOUNTED, RISEN, WAITED = (
    np.array([0, 1, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17])
)
PHASE, SINCE, VISITS, ACTS, USES, PLAN, PRICE, BILL, TRIES, MAIL_OK, JOINED, REFUND, LOYAL = np.arange(13)
VISIT, AD_SEEN, MAILED, USED, ASKED, POSTED, INVOICE, STEP, STANDS = np.arange(9)
"""Kinds of the rows of a log; what `code`, `a` and `b` mean depends on it.

These numbers are numpy's: of each Python constant numba would compile a version of the function called with it.
"""
SIGN_UP, START, RAN_OUT, ACTIVATE, UPGRADE, DOWNGRADE, CANCEL, JOIN, LEAVE, MOVE = np.arange(10)
PAID, DECLINED, REFUNDED = np.arange(3)
DIRECT, BY_MAIL, NONE = np.array([0, 6, 0])
ADS, CLICKS, MAILS, VISITING, USING, ACTING, ASKING, POSTING, MOVING, PAYING, PLANS, MISC = np.arange(12)
STREAMS = (
    "ads", "clicks", "mails", "visiting", "using", "acting", "asking", "posting", "moving", "paying", "plans", "misc",
)  # fmt: skip


Whole: TypeAlias = "int | np.integer[Any]"
Who: TypeAlias = tuple[int, int, int]
"""The place of a person in the block, their number in the company, and the day."""


class World(NamedTuple):
    """What all people of a block live in.

    `change` is the world: 0 as it was, 1..5 without an ad channel, 6..10 without a kind of mail, 11..13 with an
    experiment's other arm. `roots` are the streams of chance; `days` (days × 3) the season, how lively the weekday is
    and the campaign mailed (-1: none); `mails` (campaigns × 4) kind, theme, tone, strength; `ads` (30 × 2) theme and
    tone; `law` (transitions × 19) base and coefficients; `people` (n × 32) the numbers of `journey.numbers_of`.
    """

    change: int
    roots: U64
    days: F64
    mails: F64
    ads: F64
    law: F64
    people: F64


class Log(NamedTuple):
    """What happened: `rows` (capacity × 6: person in the block, day, kind, code, a, b) and how many there are."""

    rows: I64
    used: I64


@compiled
def u(root: np.uint64, person: int, day: int) -> float:
    """Return the uniform number of a person, day and stream."""
    return float((bits(root, person, day) >> np.uint64(11)) * 2.0**-53)


@compiled
def bits(root: np.uint64, person: int, day: int) -> np.uint64:
    """Return 64 random bits of a person, day and stream: SplitMix64's finaliser over each key."""
    z = np.uint64(root)
    for key in (person, day):
        z += np.uint64(0x9E3779B97F4A7C15) * (np.uint64(key) + np.uint64(1))
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return z


@compiled
def note(log: Log, who: Who, kind: Whole, code: Whole, a: Whole, b: Whole) -> None:  # noqa: PLR0917
    """Add a row if there is room; the count goes on, so that the caller can make room."""
    n = log.used[0]
    if n < len(log.rows):
        row = log.rows[n]
        row[0], row[1], row[2], row[3], row[4], row[5] = who[0], who[2], kind, code, a, b
    log.used[0] = n + 1


@compiled
def reached(drawn: np.uint64, own: F64, visits: float, calm: float) -> int:
    """Return a bit for each channel that reaches a person today: by chance, retargeting after visits."""
    found = 0
    for k in range(5):
        rate = 0.12 * min(visits, 1.5) if k == 1 else own[10 + k]
        if np.int64((drawn >> np.uint64(12 * k)) & np.uint64(4095)) < rate * calm * 4096.0:
            found |= 1 << k
    return found


@compiled
def see_ads(w: World, own: F64, who: Who, channels: int, x: F64, z: F64, log: Log) -> None:  # noqa: PLR0917
    """See the ads of the day's channels, one campaign each, and perhaps click."""
    me, t = who[1], who[2]
    for k in range(5):
        if not (channels >> k) & 1 or w.change == k + 1:
            continue
        x[AD + k] = min(x[AD + k] + 1.0, 3.0)
        detail = bits(w.roots[CLICKS], me, t * 8 + k)
        campaign = k * 6 + int((detail & np.uint64(0xFFFF)) % np.uint64(6))
        liking = np.exp(0.5 * own[20 + int(w.ads[campaign, 0])] + 0.5 * own[28 + int(w.ads[campaign, 1])])
        seen = 1 + int((detail >> np.uint64(16)) & np.uint64(3) == np.uint64(0))
        clicked = (detail >> np.uint64(24)) * 2.0**-40 < own[15 + k] * liking
        note(log, who, AD_SEEN, campaign, seen, int(clicked))
        if clicked:
            visit(w.roots, who, 1 + k, z, log)


@compiled
def visit(roots: U64, who: Who, origin: Whole, z: F64, log: Log) -> None:  # noqa: PLR0917
    """Visit the website; `origin` is 0 direct, 1..5 an ad channel, 6 an e-mail."""
    z[VISITS] += 1.0
    chance = u(roots[VISITING], who[1], who[2] * 8 + 1 + origin)
    pages = 1 + int(np.log(1.0 - chance) / np.log(2.2 / 3.2))
    note(log, who, VISIT, origin, min(pages, 40), int(z[PHASE]))


@compiled
def get_mail(w: World, own: F64, who: Who, m: int, x: F64, z: F64, log: Log) -> None:  # noqa: PLR0917
    """Receive the campaign of the day, and perhaps open it, click it, or ask never to be written to again."""
    me = who[1]
    kind, theme, tone = int(w.mails[m, 0]), int(w.mails[m, 1]), int(w.mails[m, 2])
    drawn = bits(w.roots[MAILS], me, m)
    if w.change == 6 + kind or (drawn & np.uint64(255)) >= np.uint64(205):  # a fifth is left out at random
        return
    liking = np.exp(own[28 + tone] + 0.5 * own[20 + theme])
    opened = ((drawn >> np.uint64(8)) & np.uint64(0xFFFF)) * 2.0**-16 < min(0.9, own[3] * liking)
    clicked = opened and ((drawn >> np.uint64(24)) & np.uint64(0xFFFF)) * 2.0**-16 < own[4]
    note(log, who, MAILED, m, int(opened), int(clicked))
    if opened:
        x[MAIL] = min(x[MAIL] + w.mails[m, 3], 3.0)
        x[OFFER] = min(x[OFFER] + (1.0 if kind in (0, 2) else 0.0), 3.0)
    if clicked:
        visit(w.roots, who, BY_MAIL, z, log)
    if (drawn >> np.uint64(40)) * 2.0**-24 < (0.006 if kind == 2 else 0.002):
        z[MAIL_OK] = 0.0


@compiled
def works(phase: float, days: float, zeal: float) -> float:
    """Return the chance to work with the product today: in trial it fades within weeks, later within years."""
    daily = 0.5 * np.exp(-days / 25.0) if phase == TRIAL else 0.3 * np.exp(-days / 900.0)
    return float(daily * np.exp(0.35 * zeal))


@compiled
def use(roots: U64, own: F64, who: Who, z: F64, log: Log) -> None:  # noqa: PLR0917
    """Work with the product: how much, and how much of it in activating areas."""
    me, t = who[1], who[2]
    mean = 5.0 * np.exp(0.35 * own[2]) * (own[5] if z[PHASE] == TRIAL else 1.0)
    n = 1 + int(np.log(1.0 - u(roots[USING], me, t * 2 + 1)) / np.log(mean / (1.0 + mean)))
    n = min(n, 60)
    acts, stream, share = 0, roots[ACTING], own[6]
    for k in range(n):
        acts += int(u(stream, me, t * 64 + k) < share)
    z[ACTS] += acts
    z[USES] += n
    note(log, who, USED, acts, n - acts, int(z[PHASE]))


@compiled
def ask(roots: U64, who: Who, x: F64, z: F64, log: Log) -> None:  # noqa: PLR0917
    """Ask support: the mood is worse where a payment failed, and the topic then is that."""
    me, t = who[1], who[2]
    draw, bad = u(roots[ASKING], me, t * 4 + 1), 0.3 + 0.3 * x[FAILED]
    mood = -1 if draw < bad else (0 if draw < bad + 0.4 else 1)
    topic = 0 if x[FAILED] > 0 else 1 + int(u(roots[ASKING], me, t * 4 + 2) * 5.0)
    x[MOOD] = min(max(x[MOOD] + mood, -3.0), 3.0)
    note(log, who, ASKED, mood, topic, int(z[PHASE]))


@compiled
def fade(x: F64, z: F64, keep: F64) -> None:
    """Let yesterday's causes fade: ads, mail, use, mood; `keep` is what is left of each after a day."""
    for k in range(AD, MAIL):
        x[k] *= keep[0]
    x[MAIL] *= keep[1]
    x[OFFER] *= keep[1]
    z[ACTS] *= keep[2]
    z[USES] *= keep[2]
    z[VISITS] *= keep[0]
    x[MOOD] *= keep[3]
    if z[USES] > 0:
        x[ACTIVATION], x[USE] = np.log1p(z[ACTS]), np.log1p(z[USES])
