"""The CRM as sales people type it: contacts with slips, copies and stale rows, leads, accounts, opportunities."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from customer_genome.simulator.draws import I64, Bool, Draws, Fixed
from customer_genome.simulator.identities import Identities
from customer_genome.simulator.journey import Journeys
from customer_genome.simulator.journey_days import ACTIVATE, RAN_OUT, START, STEP
from customer_genome.simulator.names import COUNTRIES, INDUSTRIES, TITLES, TYPED_COUNTRIES
from customer_genome.simulator.people import People
from customer_genome.simulator.rows import DAY, PERSON, SECOND, Rows, first_moment, iso, plain
from customer_genome.simulator.website import form_device, sign_ups

SOURCES = ("website", "recommendation", "fair", "partner")
SALUTATIONS = ("Ms", "Mr", "")
STAGES = ("open", "won", "lost")


def crm(lived: Journeys, known: Identities) -> list[Rows]:
    """Return contacts, leads, accounts and opportunities of a block."""
    return [
        _contacts(lived, known),
        _leads(lived, known),
        _accounts(lived, known),
        _opportunities(lived, known),
    ]


def _contacts(lived: Journeys, known: Identities) -> Rows:
    """Return the contacts: of all who signed up, copies of some, second rows of some who changed."""
    crowd, flaws = lived.people, lived.people.company.flaws
    who, day, when = sign_ups(lived)
    pick = Draws(crowd.company.seed, "contact", crowd.person[who]).fixed()
    copied = np.flatnonzero(pick.coin(0, flaws.copies))
    change = known.email_day[who]
    renewed = np.flatnonzero((change > day) & (change < crowd.company.days - 5) & ~pick.coin(1, flaws.stale))
    turn = np.repeat([0, 1, 2], [len(who), len(copied), len(renewed)])
    row = np.concatenate([np.arange(len(who)), copied, renewed])
    later = (pick.u(2) * 20 * DAY).astype(np.int64) + DAY
    at = when[row] + 600 * SECOND
    at = np.where(turn == 1, at + later[row], at)
    at = np.where(turn == 2, first_moment(crowd.company) + (change[row] + 2) * DAY, at)
    end = first_moment(crowd.company) + crowd.company.days * DAY
    typed = np.where(turn == 2, crowd.company.days, day[row])
    return Rows("contacts", _typed(lived, known, who[row], turn, at, typed).filter(pa.array(at < end)))


def _typed(lived: Journeys, known: Identities, who: I64, turn: I64, at: I64, day: I64) -> pa.Table:  # noqa: PLR0917
    """Return contacts as they were typed."""
    crowd = lived.people
    one = Draws(crowd.company.seed, "typing", crowd.person[who], turn).fixed()
    names = [f"{known.first_name[w]} {known.last_name[w]}" for w in who]
    truly = known.email_at(who, day)
    wrong = crowd.gender[who] == 2
    salutation = np.where(wrong | one.coin(3, 0.02), 2, crowd.gender[who])
    size = np.maximum(np.round(crowd.employees[who] * np.exp(0.25 * one.normal(4) * one.coin(5, 0.3))), 1)
    spelling = crowd.country[who] * 3 + one.choice(13, np.array([0.6, 0.25, 0.15]))
    industry = np.where(one.coin(6, 0.06), one.choice(7, np.ones(len(INDUSTRIES))), crowd.industry[who])
    return pa.table({
        "contact_id": pa.array([f"K{p:07}{'abc'[t]}" for p, t in zip(crowd.person[who], turn, strict=True)]),
        "name": mistyped(pa.array(names, pa.string()), one, 8, chance=crowd.company.flaws.typos),
        "salutation": plain(SALUTATIONS, salutation),
        "email": mistyped(truly, one, 9, chance=crowd.company.flaws.typos),
        "phone": _phones(known.phone.take(pa.array(who)), one),
        "company": known.firm.take(pa.array(who)),
        "account_id": known.account_at(crowd, who, day),
        "job_title": plain(TITLES, title(crowd)[who], unknown=one.coin(12, 0.1)),
        "country": plain(sum(TYPED_COUNTRIES, ()), spelling),
        "industry": plain(INDUSTRIES, industry, unknown=one.coin(14, 0.15)),
        "employees": pa.array(size.astype(np.int64), mask=one.coin(15, 0.2)),
        "updated_at": iso(at),
        PERSON: crowd.person[who],
    })  # fmt: skip


def title(crowd: People) -> I64:
    """Return people's jobs, as places in `TITLES`: owners of single accounts are owners or freelancers."""
    one = crowd.draws("title")
    some = one.choice(0, np.array([0.05, 0.25, 0.2, 0.1, 0.05, 0.2, 0.05, 0.1]))
    return np.where(crowd.employees <= 1, np.where(one.coin(1, 0.5), 0, 4), some)


def mistyped(texts: pa.Array, one: Fixed, which: int, *, chance: float) -> pa.Array:
    """Return texts of which some have a slip: a letter twice, a letter left out, or two exchanged.

    Letters of the first half only, so that the domain of an e-mail stays.
    """
    places = np.flatnonzero(one.coin(which, chance))
    if not len(places):
        return texts
    where, how = one.u(which + 500)[places], (one.u(which + 700)[places] * 3).astype(int)
    good = texts.take(pa.array(places)).to_pylist()
    slips = [
        _slip(text, int(1 + u * (len(text) // 3)), h) for text, u, h in zip(good, where, how, strict=True)
    ]
    mask = np.zeros(len(texts), np.bool_)
    mask[places] = True
    return pc.replace_with_mask(texts, pa.array(mask), pa.array(slips, pa.string()))


def _slip(text: str, k: int, how: int) -> str:
    if how == 0:
        return text[:k] + text[k] + text[k:]
    return text[:k] + text[k + 1 :] if how == 1 else text[: k - 1] + text[k] + text[k - 1] + text[k + 1 :]


def _phones(numbers: pa.Array, one: Fixed) -> pa.Array:
    """Return phones in the spellings that people type; a third is missing."""
    how = one.choice(20, np.array([0.4, 0.2, 0.1, 0.3]))
    spaced = pc.replace_substring_regex(numbers, r"^(\+\d{2})(\d{3})(\d+)$", r"\1 \2 \3")
    zeros = pc.replace_substring(numbers, "+", "00", max_replacements=1)
    return pc.if_else(
        pa.array(how == 3), None, pc.choose(pa.array(np.minimum(how, 2)), numbers, spaced, zeros)
    )


def _leads(lived: Journeys, known: Identities) -> Rows:
    """Return the leads: who signed up, by which form, and on which browser where it may be known."""
    crowd = lived.people
    who, day, when = sign_ups(lived)
    one = Draws(crowd.company.seed, "lead", crowd.person[who]).fixed()
    cookie = form_device(lived, known, who)
    table = pa.table({
        "lead_id": pa.array([f"L{p:07}" for p in crowd.person[who]], pa.string()),
        "email": mistyped(known.email_at(who, day), one, 0, chance=crowd.company.flaws.typos),
        "anonymous_id": plain(known.cookie, known.cookie_place[cookie], unknown=~known.agreed[cookie]),
        "form": plain(("demo", "guide", "trial"), one.choice(2, np.array([0.3, 0.3, 0.4]))),
        "lead_source": plain(SOURCES, one.choice(3, np.array([0.7, 0.15, 0.1, 0.05]))),
        "created_at": iso(when + 60 * SECOND),
        PERSON: crowd.person[who],
    })  # fmt: skip
    return Rows("leads", table)


def _shown(lived: Journeys) -> tuple[I64, I64, Bool]:
    """Return owners of accounts of several people who started a trial, the first day, and whether they paid."""
    crowd, steps = lived.people, lived.rows(STEP)
    started = steps[(steps[:, 3] == START) & (crowd.employees[steps[:, 0]] > 1)]
    who, first = np.unique(started[:, 0], return_index=True)
    return who, started[first, 1], np.isin(who, steps[steps[:, 3] == ACTIVATE][:, 0])


def _accounts(lived: Journeys, known: Identities) -> Rows:
    crowd = lived.people
    who, day, _ = _shown(lived)
    one = Draws(crowd.company.seed, "crm account", crowd.account[who]).fixed()
    table = pa.table({
        "account_id": known.account.take(pa.array(who)),
        "name": known.firm.take(pa.array(who)),
        "industry": plain(INDUSTRIES, crowd.industry[who]),
        "employees": pa.array(crowd.employees[who]),
        "country": plain(COUNTRIES, crowd.country[who]),
        "owner": plain(("Vera", "Till", "Ada"), one.choice(0, np.ones(3))),
        "updated_at": iso(first_moment(crowd.company) + day * DAY + 15 * 3600 * SECOND),
    })  # fmt: skip
    return Rows("accounts", table)


def _opportunities(lived: Journeys, known: Identities) -> Rows:
    crowd, steps = lived.people, lived.rows(STEP)
    who, day, won = _shown(lived)
    closed = np.full(len(crowd), -1, np.int64)
    for kind in (RAN_OUT, ACTIVATE):
        rows = steps[steps[:, 3] == kind][::-1]
        closed[rows[:, 0]] = rows[:, 1]
    stage = np.where(won, 1, np.where(closed[who] >= 0, 2, 0))
    first, end = first_moment(crowd.company), np.where(closed[who] >= 0, closed[who], day)
    table = pa.table({
        "opportunity_id": pa.array([f"O{a:06}" for a in crowd.account[who]], pa.string()),
        "account_id": known.account.take(pa.array(who)),
        "contact_email": known.email_at(who, day),
        "stage": plain(STAGES, stage),
        "amount": pa.array(np.round(crowd.employees[who] * 120.0, 2)),
        "created_at": iso(first + day * DAY + 12 * 3600 * SECOND),
        "updated_at": iso(first + end * DAY + 20 * 3600 * SECOND),
    })  # fmt: skip
    return Rows("opportunities", table)
