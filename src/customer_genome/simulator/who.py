"""Whose every identifier, record and session truly is."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from customer_genome.simulator.billing import shared_mailbox
from customer_genome.simulator.draws import I64, Draws
from customer_genome.simulator.identities import DEVICES, Identities
from customer_genome.simulator.journey import Journeys
from customer_genome.simulator.journey_days import LEAD, POSTED, STANDS, VISIT
from customer_genome.simulator.rows import PERSON, Rows, plain, repeated, tagged
from customer_genome.simulator.website import strangers

KEYS = {
    "contacts": "contact_id", "leads": "lead_id", "subscriptions": "event_id", "invoices": "invoice_id",
    "tickets": "ticket_id", "posts": "post_id", "members": "user_name", "seats": "event_id",
}  # fmt: skip
TYPED = {"contacts": "email", "leads": "email", "tickets": "requester_email"}
KINDS = ("person", "typo", "shared", "mailbox", "passer-by", "bot")


def identifiers(lived: Journeys, known: Identities, sources: list[Rows]) -> pa.Table:
    """Return every identifier: type, value, person (null for nobody), kind.

    A shared browser has a row for each of its people; a mailbox is of no person; what was mistyped is a `typo`.
    Values of people who never gave them (an e-mail before the sign-up) are not listed.
    """
    crowd = lived.people
    n = len(crowd)
    device = np.repeat(np.arange(DEVICES), n)
    used = np.flatnonzero(device < np.tile(known.devices, DEVICES))
    place = known.cookie_place[used]
    borrowed = place != used
    stands = lived.rows(STANDS)
    given = np.unique(stands[stands[:, 3] >= LEAD][:, 0])
    later = given[known.email_day[given] < crowd.company.days]
    users = np.flatnonzero(known.user_day < crowd.company.days)
    posters = np.unique(lived.rows(POSTED)[:, 0])
    parts = [
        _part("anonymous", known.cookie.take(pa.array(place)), crowd.person[used % n], 2 * borrowed),
        _part("email", known.email.take(pa.array(given)), crowd.person[given], 0),
        _part("email", known.later_email.take(pa.array(later)), crowd.person[later], 0),
        _part("phone", known.phone.take(pa.array(given)), crowd.person[given], 0),
        _part("user", known.user.take(pa.array(users)), crowd.person[users], 0),
        _part("member", known.nick.take(pa.array(posters)), crowd.person[posters], 0),
        *_mailboxes(lived, known), *_slips(sources), *_strangers(lived),
    ]  # fmt: skip
    return pa.concat_tables(parts)


def records(sources: list[Rows]) -> pa.Table:
    """Return whose each record is: source, record, person."""
    parts = []
    for rows in sources:
        if rows.name in KEYS:
            key = rows.table[KEYS[rows.name]].cast(pa.string())
            name = pa.array([rows.name] * len(key), pa.string())
            parts.append(pa.table({"source": name, "record": key, "person": rows.table[PERSON]}))
    return pa.concat_tables(parts)


def sessions(lived: Journeys) -> pa.Table:
    """Return who was at the browser in each tracked visit: session_id, person (a shared browser does not tell)."""
    crowd, visits = lived.people, lived.rows(VISIT)
    who = visits[:, 0]
    visit = Draws(crowd.company.seed, "visit", crowd.person[who], visits[:, 1], visits[:, 3]).fixed()
    return pa.table({"session_id": tagged("s", visit.ids()), "person": crowd.person[who]})


def _part(kind: str, values: pa.Array, person: I64, standing: I64 | int) -> pa.Table:
    place = np.broadcast_to(np.asarray(standing, np.int64), (len(values),))
    return pa.table({
        "type": pa.array([kind] * len(values), pa.string()),
        "value": values,
        "person": pa.array(person, pa.int64(), mask=place >= 3),
        "kind": plain(KINDS, place),
    })  # fmt: skip


def _mailboxes(lived: Journeys, known: Identities) -> list[pa.Table]:
    crowd = lived.people
    who = np.flatnonzero(shared_mailbox(crowd) & crowd.is_owner)
    domains = [mail.split("@")[1] for mail in known.email.take(pa.array(who)).to_pylist()]
    values = pa.array([f"billing@{domain}" for domain in domains], pa.string())
    return [_part("email", values, crowd.person[who], 3)]


def _slips(sources: list[Rows]) -> list[pa.Table]:
    """Return the values as they stand in records that people type; those that are right are listed twice."""
    parts = []
    for rows in sources:
        if rows.name in TYPED:
            value, person = rows.table[TYPED[rows.name]].combine_chunks(), rows.table[PERSON].combine_chunks()
            there = pc.is_valid(value)
            value, person = value.filter(there), person.filter(there).to_numpy()
            parts.append(_part("email", value, person, 1))
    return parts


def _strangers(lived: Journeys) -> list[pa.Table]:
    crowd = lived.people
    flaws, one = crowd.company.flaws, crowd.draws("passing")
    counts = (flaws.passers_by + one.u(0)).astype(np.int64)
    crawlers = (flaws.bots + one.u(1)).astype(np.int64)
    row, place = repeated(counts + crawlers)
    bot = place >= counts[row]
    ids = Draws(crowd.company.seed, "passer-by", crowd.person[row], place).fixed().ids()
    return [_part("anonymous", strangers(ids, bot), np.zeros(len(ids), np.int64), 4 + bot)]
