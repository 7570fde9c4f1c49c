"""E-mail as the sending service tells it: delivered, opened (by people and by machines), clicked, by address."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from customer_genome.simulator.catalogue import Mailing
from customer_genome.simulator.draws import I64, Draws, Fixed
from customer_genome.simulator.identities import Identities
from customer_genome.simulator.journey import Journeys
from customer_genome.simulator.journey_days import MAILED
from customer_genome.simulator.rows import DAY, SECOND, Rows, first_moment, moments, picked, tagged

WORDS = ("delivered", "opened", "clicked", "delivery", "open", "click")
"""The second three are the service's words after the change of provider."""
READERS = ("Mozilla/5.0 (Windows NT 10.0) Thunderbird", "Mozilla/5.0", "")


def mail(lived: Journeys, known: Identities, calendar: Mailing) -> list[Rows]:
    """Return the events of every campaign, under the address that the list has: the first one where it is stale."""
    crowd, sent = lived.people, lived.rows(MAILED)
    company, who, campaign = crowd.company, sent[:, 0], sent[:, 3]
    one = Draws(company.seed, "mail", crowd.person[who], campaign).fixed()
    row, when, turn = _happened(lived, sent, one)
    days = (when - first_moment(company)) // DAY
    words = np.array([0, 1, 1, 2])[turn] + 3 * (days >= company.drift_day)
    keys = Draws(company.seed, "mail event", one.ids()[row], turn).fixed()
    stale = crowd.draws("stale address").coin(0, company.flaws.stale)[who]
    table = pa.table({
        "event_id": tagged("e", keys.ids()),
        "recipient": known.email_at(who, sent[:, 1], stale=stale).take(pa.array(row)),
        "campaign_id": picked(calendar.table["campaign_id"].combine_chunks(), campaign[row]),
        "event": picked(WORDS, words),
        "occurred_at": moments(when, unknown=keys.coin(1, company.flaws.broken)),
        "user_agent": picked(READERS, np.array([2, 1, 0, 0])[turn]),
    })  # fmt: skip
    return [Rows("email", table, days)]


def _happened(lived: Journeys, sent: I64, one: Fixed) -> tuple[I64, I64, I64]:
    """Return row, moment and kind (0 delivered, 1 opened by a machine, 2 by a person, 3 clicked) of what happened.

    A machine opens within seconds, a person within hours or days, and who clicks does so within minutes of opening.
    """
    company = lived.people.company
    delivered = first_moment(company) + sent[:, 1] * DAY + 8 * 3600 * SECOND
    delivered += (one.u(0) * 3600 * SECOND).astype(np.int64)
    seconds = delivered + ((1 + 6 * one.u(2)) * SECOND).astype(np.int64)
    read = delivered + (np.minimum(one.exponential(1, 7.0), 200.0) * 3600 * SECOND).astype(np.int64)
    clicks = read + (one.exponential(3, 50.0) * SECOND).astype(np.int64) + SECOND
    machine = lived.people.draws("machine").coin(0, company.flaws.machine_opens)[sent[:, 0]]
    parts = [
        np.arange(len(sent)),
        np.flatnonzero(machine),
        np.flatnonzero(sent[:, 4]),
        np.flatnonzero(sent[:, 5]),
    ]
    each = zip((delivered, seconds, read, clicks), parts, strict=True)
    turn = np.repeat(np.arange(4), [len(part) for part in parts])
    return np.concatenate(parts), np.concatenate([moment[part] for moment, part in each]), turn


def opens(lived: Journeys) -> pa.Table:
    """Return who truly opened and clicked which campaign: person, campaign_id, opened, clicked."""
    sent = lived.rows(MAILED)
    return pa.table({
        "person": lived.people.person[sent[:, 0]],
        "campaign": sent[:, 3].astype(np.int32),
        "day": sent[:, 1].astype(np.int32),
        "opened": sent[:, 4] == 1,
        "clicked": sent[:, 5] == 1,
    })  # fmt: skip
