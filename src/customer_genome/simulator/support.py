"""Support's tickets: who asks (by e-mail, some by phone), about what, in which mood, and how content they were."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from customer_genome.simulator.crm import mistyped
from customer_genome.simulator.draws import Draws
from customer_genome.simulator.identities import Identities
from customer_genome.simulator.journey import Journeys
from customer_genome.simulator.journey_days import ASKED
from customer_genome.simulator.rows import (
    DAY,
    PERSON,
    WORK_HOURS,
    Rows,
    clock,
    first_moment,
    iso,
    plain,
    tagged,
)
from customer_genome.simulator.words import TOPICS, ticket_text

PRIORITIES = ("low", "normal", "high")


def support(lived: Journeys, known: Identities) -> list[Rows]:
    """Return the tickets of a block."""
    crowd, asked = lived.people, lived.rows(ASKED)
    who, day, mood, topic = asked[:, 0], asked[:, 1], asked[:, 3], asked[:, 4]
    one = Draws(crowd.company.seed, "ticket", crowd.person[who], day).fixed()
    by_phone = one.coin(0, 0.25)
    address = mistyped(known.email_at(who, day), one, 1, chance=crowd.company.flaws.typos / 3)
    turns = (one.u(2) * 9).astype(np.int64)
    texts = [ticket_text(mood=m, topic=t, turn=k) for m, t, k in zip(mood, topic, turns, strict=True)]
    stars = np.clip(np.round(3.6 + 1.1 * mood + 0.7 * one.normal(3)), 1, 5).astype(np.int64)
    table = pa.table({
        "ticket_id": tagged("T", one.ids()),
        "requester_email": pc.if_else(pa.array(by_phone), None, address),
        "requester_phone": pc.if_else(pa.array(by_phone), known.phone.take(pa.array(who)), None),
        "channel": plain(("e-mail", "phone"), by_phone.astype(np.int64)),
        "topic": plain(TOPICS, topic),
        "subject": plain([f"About: {name}" for name in TOPICS], topic),
        "body": pa.array(texts, pa.string()),
        "priority": plain(PRIORITIES, 1 - mood * one.coin(5, 0.7)),
        "satisfaction": pa.array(stars, mask=one.coin(6, 0.7)),
        "created_at": iso(first_moment(crowd.company) + day * DAY + clock(one, 7, hours=WORK_HOURS)),
        PERSON: crowd.person[who],
    })  # fmt: skip
    return [Rows("tickets", table)]
