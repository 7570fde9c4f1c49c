"""By what the people of a block are known: e-mails, phones, browsers, users, names in the forum, and since when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from customer_genome.simulator.draws import I64, Bool, Draws
from customer_genome.simulator.journey import Journeys
from customer_genome.simulator.journey_days import JOIN, START, STEP
from customer_genome.simulator.names import (
    COMPANY_FIRST,
    COMPANY_LAST,
    DIAL,
    FEMALE,
    LAST,
    MAIL_HOSTS,
    MALE,
)
from customer_genome.simulator.people import People

DEVICES = 3


@dataclass(frozen=True)
class Identities:
    """The identifiers of the people of a block, one place each.

    `email` and `later_email` are before and from `email_day`; `cookie` (3 n) are browsers; that of a person's
    device stands at `cookie_place[device * n + person]`; they have `devices`, and `agreed` (3 n) says which of them
    said yes to the banner. `user_day` is when a person
    first used the product, `days` if never. `firm` are the accounts' names, `first_name` and `last_name` the people's.
    """

    email: pa.Array
    later_email: pa.Array
    email_day: I64
    phone: pa.Array
    cookie: pa.Array
    cookie_place: I64
    devices: I64
    agreed: Bool
    user: pa.Array
    user_day: I64
    account: pa.Array
    next_account: pa.Array
    nick: pa.Array
    firm: pa.Array
    first_name: list[str]
    last_name: list[str]

    def email_at(self, person: I64, day: I64, *, stale: Bool | None = None) -> pa.Array:
        """Return people's e-mails on a day; those that are stale are the first ones."""
        new = day >= self.email_day[person]
        if stale is not None:
            new &= ~stale
        both = pa.concat_arrays([self.email, self.later_email])
        return both.take(pa.array(person + len(self.email) * new))

    def account_at(self, crowd: People, person: I64, day: I64) -> pa.Array:
        """Return the accounts that people belong to on a day."""
        both = pa.concat_arrays([self.account, self.next_account])
        return both.take(pa.array(person + len(self.account) * (day >= crowd.move_day[person])))


def identities(lived: Journeys) -> Identities:
    """Give the people of a block their identifiers."""
    crowd = lived.people
    one, flaws = crowd.draws("identity"), crowd.company.flaws
    first = [(*FEMALE, *MALE)[k] for k in (one.u(0) * 24).astype(int) + 24 * _male(crowd)]
    last = [LAST[k] for k in one.choice(1, np.ones(len(LAST)))]
    alone = np.bincount(crowd.account - crowd.first_account)[crowd.account - crowd.first_account] == 1
    hosts = [MAIL_HOSTS[k] for k in one.choice(2, np.ones(4))]
    firms, later_firms = _firms(crowd, crowd.account), _firms(crowd, crowd.next_account)
    local = [f"{a}.{b}{p}".lower() for a, b, p in zip(first, last, crowd.person, strict=True)]
    moved = crowd.move_day < crowd.company.days
    changed = one.coin(3, 0.03) & ~moved
    day = np.where(changed, (one.u(4) * crowd.company.days).astype(np.int64), crowd.move_day)
    first_host = [h if a else _domain(f) for h, a, f in zip(hosts, alone, firms, strict=True)]
    other = [_domain(f) if m else "newmail.example" for f, m in zip(later_firms, moved, strict=True)]
    shares = one.coin(5, flaws.shared_devices) & ~crowd.is_owner
    cookies, place, browsers = _cookies(crowd, shares)
    agreed = Draws(crowd.company.seed, "banner", browsers).fixed().u(0) >= flaws.no_consent
    devices = 1 + one.coin(6, 0.55) + one.coin(7, 0.15)
    return Identities(
        pa.array([f"{a}@{b}" for a, b in zip(local, first_host, strict=True)]),
        pa.array([f"{a}@{b}" for a, b in zip(local, other, strict=True)]), day,
        _phones(crowd),
        cookies, place, np.maximum(devices, 1 + shares), agreed,
        pa.array([f"u{p:07}" for p in crowd.person]), _user_days(lived),
        pa.array([f"A{a:06}" for a in crowd.account]), pa.array([f"A{a:06}" for a in crowd.next_account]),
        pa.array([f"{a[:3]}{b[:4]}{p}".lower() for a, b, p in zip(first, last, crowd.person, strict=True)]),
        pa.array(firms), first, last,
    )  # fmt: skip


def _phones(crowd: People) -> pa.Array:
    digits = (crowd.person * 7919 + 104729) % 10_000_000  # one to one below ten million people
    return pa.array([f"{DIAL[c]}{d:07}" for c, d in zip(crowd.country, digits, strict=True)])


def _male(crowd: People) -> I64:
    """Return 1 for names of men: gender decides, and the diverse have either."""
    return np.where(crowd.gender == 2, crowd.person % 2, crowd.gender == 1).astype(np.int64)


def _firms(crowd: People, account: I64) -> list[str]:
    fixed = Draws(crowd.company.seed, "firm", account).fixed()
    first, second = fixed.choice(0, np.ones(len(COMPANY_FIRST))), fixed.choice(1, np.ones(len(COMPANY_LAST)))
    both = zip(first, second, account, strict=True)
    return [f"{COMPANY_FIRST[a]}{COMPANY_LAST[b]} {n}" for a, b, n in both]


def _domain(firm: str) -> str:
    return firm.lower().replace(" ", "") + ".example"


def _cookies(crowd: People, shares: Bool) -> tuple[pa.Array, I64, I64]:
    """Return browsers, where each person's browser stands among them, and numbers of those browsers in the company.

    A shared one is the first browser of the account's owner; its own place is then nobody's.
    """
    n = len(crowd)
    whose, device = np.tile(crowd.person, DEVICES), np.repeat(np.arange(DEVICES), n)
    shared = np.tile(shares, DEVICES) & (device == 1)
    place = np.where(shared, np.tile(crowd.owner - crowd.person[0], DEVICES), np.arange(DEVICES * n))
    marks = Draws(crowd.company.seed, "cookie", whose, device).fixed().ids()
    numbers = (whose * DEVICES + device)[place]
    return pa.array([f"c{mark:016x}" for mark in marks]), place, numbers


def _user_days(lived: Journeys) -> I64:
    """Return the day on which each person becomes a user: by a trial or a seat."""
    steps = lived.rows(STEP)
    begun = steps[np.isin(steps[:, 3], (START, JOIN))]
    day = np.full(len(lived.people), lived.people.company.days, np.int64)
    np.minimum.at(day, begun[:, 0], begun[:, 1])
    return day
