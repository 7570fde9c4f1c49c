"""The website as marketing has it: views and forms of browsers that agreed to be tracked, crawlers among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from customer_genome.simulator.catalogue import PER_TOPIC, TOPIC_SHARES, TOPICS, pages, popularity
from customer_genome.simulator.draws import F64, I64, Bool, Draws, chosen
from customer_genome.simulator.effects import CHANNELS
from customer_genome.simulator.identities import DEVICES, Identities
from customer_genome.simulator.journey import Journeys
from customer_genome.simulator.journey_days import SIGN_UP, STEP, VISIT
from customer_genome.simulator.people import People
from customer_genome.simulator.rows import (
    DAY,
    SECOND,
    WEB_HOURS,
    Rows,
    clock,
    first_moment,
    iso,
    joined,
    moments,
    picked,
    repeated,
    scaled,
    tagged,
    taken,
)  # fmt: skip

AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0) Firefox", "Mozilla/5.0 (iPhone) Safari", "Mozilla/5.0 (iPad) Safari",
    "AdBot/2.1 (+https://crawler.example)",
)  # fmt: skip
ORIGINS = ("direct", *CHANNELS, "e-mail")
TASTE = 0.8
"""How much of the taste for areas shows in the pages that are read."""
FORM = TOPICS.index("pricing") * PER_TOPIC
Columns = Mapping[str, NDArray[Any]]
"""Events of the website: key, person (-1: nobody of the block), cookie, agent, page, form, when, session, origin."""


def website(lived: Journeys, known: Identities) -> list[Rows]:
    """Return the events of the website and the answers to its banner."""
    crowd = lived.people
    passing, others = _passing(crowd, shift=len(known.cookie))
    events = joined(_views(lived, known), _forms(lived, known), passing)
    cookies = pa.concat_arrays([known.cookie, others])
    return [_sent(crowd, known, events, cookies), _answers(crowd, known)]


def topic_odds(crowd: People) -> F64:
    """Return the odds of topics in each person's reading, people × topics."""
    taste = np.zeros((len(crowd), len(TOPICS)))
    taste[:, : crowd.area.shape[1]] = TASTE * crowd.area
    return np.asarray(TOPIC_SHARES * np.exp(taste))


def sign_ups(lived: Journeys) -> tuple[I64, I64, I64]:
    """Return people, days and moments (microseconds since 1970) of the sign-ups."""
    steps = lived.rows(STEP)
    who, day = steps[steps[:, 3] == SIGN_UP][:, :2].T
    fixed = Draws(lived.people.company.seed, "sign-up", lived.people.person[who]).fixed()
    return who, day, first_moment(lived.people.company) + day * DAY + clock(fixed, 0, hours=WEB_HOURS)


def form_device(lived: Journeys, known: Identities, who: I64) -> I64:
    """Return the browser on which each of `who` signed up: often another than they read on."""
    fixed = Draws(lived.people.company.seed, "form device", lived.people.person[who]).fixed()
    device = np.minimum((fixed.u(0) * known.devices[who]).astype(np.int64), DEVICES - 1)
    return device * len(lived.people) + who


def _views(lived: Journeys, known: Identities) -> dict[str, NDArray[Any]]:
    crowd, visits = lived.people, lived.rows(VISIT)
    who, day, origin = visits[:, 0], visits[:, 1], visits[:, 3]
    visit = Draws(crowd.company.seed, "visit", crowd.person[who], day, origin).fixed()
    device = np.minimum((visit.u(1) ** 1.5 * known.devices[who]).astype(np.int64), DEVICES - 1)
    cookie = device * len(crowd) + who
    counts = scaled(visits[:, 4], visit, 0, activity=crowd.company.activity) * known.agreed[cookie]
    row, place = repeated(counts)
    view = Draws(crowd.company.seed, "view", visit.ids()[row], place).fixed()
    begins = first_moment(crowd.company) + day * DAY + clock(visit, 2, hours=WEB_HOURS)
    topic = chosen(np.cumsum(topic_odds(crowd), axis=1), who[row], view.u(1))
    within = view.choice(2, popularity("pages", PER_TOPIC))
    return {
        "key": view.ids(), "person": who[row], "cookie": cookie[row], "agent": device[row],
        "page": topic * PER_TOPIC + within, "form": np.zeros(len(row), np.bool_),
        "when": begins[row] + place * 40 * SECOND + (view.u(3) * 40 * SECOND).astype(np.int64),
        "session": visit.ids()[row], "origin": origin[row],
    }  # fmt: skip


def _forms(lived: Journeys, known: Identities) -> dict[str, NDArray[Any]]:
    who, _, when = sign_ups(lived)
    cookie = form_device(lived, known, who)
    keys = Draws(lived.people.company.seed, "form", lived.people.person[who]).fixed().ids()
    none = np.zeros(len(who), np.int64)
    events = {
        "key": keys, "person": who, "cookie": cookie, "agent": cookie // len(lived.people), "page": none + FORM,
        "form": np.ones(len(who), np.bool_), "when": when, "session": keys >> 1, "origin": none,
    }  # fmt: skip
    return taken(events, known.agreed[cookie])


def _passing(crowd: People, *, shift: int) -> tuple[dict[str, NDArray[Any]], pa.Array]:
    """Return the events of passers-by and crawlers, and their browsers; each belongs to the number of a customer."""
    company = crowd.company
    one = crowd.draws("passing")
    counts = (company.flaws.passers_by + one.u(0)).astype(np.int64)
    crawlers = (company.flaws.bots + one.u(1)).astype(np.int64)
    row, place = repeated(counts + crawlers)
    bot = place >= counts[row]
    guest = Draws(company.seed, "passer-by", crowd.person[row], place).fixed()
    agreed = bot | (guest.u(0) >= company.flaws.no_consent)
    pages_read = np.where(bot, 30 + guest.geometric(1, 30.0), 1 + guest.geometric(2, 0.5))
    visit, nth = repeated(scaled(pages_read, guest, 3, activity=company.activity) * agreed)
    view = Draws(company.seed, "passing view", guest.ids()[visit], nth).fixed()
    begins = first_moment(company) + (guest.u(4) * company.days).astype(np.int64) * DAY
    begins += clock(guest, 5, hours=WEB_HOURS)
    gap = np.where(bot, SECOND, 40 * SECOND)[visit]
    topic = view.choice(0, TOPIC_SHARES)
    events = {
        "key": view.ids(), "person": np.full(len(visit), -1), "cookie": visit + shift,
        "agent": np.where(bot, 3, guest.u(9) < 0.5)[visit].astype(np.int64),
        "page": topic * PER_TOPIC + view.choice(1, popularity("pages", PER_TOPIC)),
        "form": np.zeros(len(visit), np.bool_), "when": begins[visit] + nth * gap,
        "session": guest.ids()[visit],
        "origin": np.where(bot, 0, guest.choice(12, np.array([0.4, 0.25, 0.0, 0.2, 0.05, 0.1, 0.0])))[visit],
    }  # fmt: skip
    return events, strangers(guest.ids(), bot)


def strangers(ids: I64, bot: NDArray[np.bool_]) -> pa.Array:
    """Return the browsers of passers-by (`p...`) and crawlers (`b...`)."""
    return pa.array(
        [("b" if b else "p") + f"{mark:016x}" for mark, b in zip(ids, bot, strict=True)], pa.string()
    )


def _sent(crowd: People, known: Identities, events: Columns, cookies: pa.Array) -> Rows:
    """Return the events as they arrived: by clocks that are off, late, and some of them twice."""
    company, flaws = crowd.company, crowd.company.flaws
    one = Draws(company.seed, "sending", events["key"]).fixed()
    clocks = Draws(company.seed, "clock", crowd.person[events["person"]], events["agent"]).fixed()
    off = clocks.normal(0) + np.where(clocks.coin(1, flaws.skewed), (clocks.u(2) - 0.5) * 86_400, 0)
    skew = ((off * (events["person"] >= 0)) * SECOND).astype(np.int64)
    wait = one.exponential(0, 2.0) + np.where(one.coin(1, flaws.late), one.exponential(2, 1.5 * 86_400), 0)
    delay = (np.minimum(wait, 30 * 86_400) * SECOND).astype(np.int64)
    again = np.flatnonzero(one.coin(3, flaws.duplicates))
    every = np.concatenate([np.arange(len(one.state)), again])
    delay = np.concatenate([delay, delay[again] + (60 * SECOND * one.u(4)[again]).astype(np.int64)])
    told = events["when"] + skew
    latency = (one.u(5) * 0.3 * SECOND).astype(np.int64)
    received = events["when"][every] + delay + latency[every]
    user = _logged_in(crowd, known, events)
    place = np.concatenate([known.cookie_place, np.arange(len(known.cookie), len(cookies))])
    table = pa.table({
        "message_id": tagged("m", events["key"][every]),
        "anonymous_id": picked(cookies, place[events["cookie"][every]]),
        "user_id": picked(known.user, np.maximum(events["person"], 0)[every], unknown=~user[every]),
        "event": picked(("Page Viewed", "Form Submitted"), events["form"].astype(np.int64)[every]),
        "path": picked(pages()["path"].combine_chunks(), events["page"][every]),
        "timestamp": moments(told[every], unknown=one.coin(6, flaws.broken)[every]),
        "sent_at": moments(told[every] + delay), "received_at": moments(received),
        "session_id": tagged("s", events["session"][every]),
        "referrer": picked(ORIGINS, events["origin"][every]),
        "user_agent": picked(AGENTS, events["agent"][every]),
        "screen": picked(("1920x1080", "390x844", "820x1180", ""), events["agent"][every]),
    })  # fmt: skip
    return Rows("website", table, (received - first_moment(company)) // DAY)


def _logged_in(crowd: People, known: Identities, events: Columns) -> Bool:
    """Return which events tell who is at the browser: users in seven of ten visits."""
    login = Draws(crowd.company.seed, "login", events["session"]).fixed().coin(0, 0.7)
    day = (events["when"] - first_moment(crowd.company)) // DAY
    return np.asarray((events["person"] >= 0) & login & (day > known.user_day[events["person"]]))


def _answers(crowd: People, known: Identities) -> Rows:
    """Return what the browsers of the block's people said to the banner."""
    n = len(crowd)
    device = np.repeat(np.arange(DEVICES), n)
    used = np.flatnonzero(device < np.tile(known.devices, DEVICES))
    shown = first_moment(crowd.company) + np.tile(crowd.arrives, DEVICES)[used] * DAY
    table = pa.table({
        "anonymous_id": picked(known.cookie, known.cookie_place[used]),
        "answer": picked(("declined", "accepted"), known.agreed[used].astype(np.int64)),
        "answered_at": iso(shown),
    })  # fmt: skip
    return Rows("consent_banner", table)
