"""The community forum: members by a name they chose, linked to an e-mail, and what they post and answer."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from customer_genome.simulator.catalogue import AREAS, THEMES
from customer_genome.simulator.choices import area_shares
from customer_genome.simulator.draws import Draws, chosen
from customer_genome.simulator.identities import Identities
from customer_genome.simulator.journey import Journeys
from customer_genome.simulator.journey_days import POSTED
from customer_genome.simulator.roster import NEIGHBOURS
from customer_genome.simulator.rows import (
    DAY,
    PERSON,
    WEB_HOURS,
    Rows,
    clock,
    first_moment,
    iso,
    picked,
    tagged,
)
from customer_genome.simulator.words import post_text

BORN = np.array([2003, 1996, 1986, 1976, 1966, 1956])
"""The middle year of birth of each age group."""


def forum(lived: Journeys, known: Identities) -> list[Rows]:
    """Return members and posts of a block."""
    return [_members(lived, known), _posts(lived, known)]


def _members(lived: Journeys, known: Identities) -> Rows:
    """Return who posts, with the year of birth that a third of them gives."""
    crowd, posts = lived.people, lived.rows(POSTED)
    who, first = np.unique(posts[:, 0], return_index=True)
    day = posts[first, 1]
    one = crowd.draws("member")
    born = BORN[crowd.age] + (one.u(0) * 9).astype(np.int64) - 4
    table = pa.table({
        "user_name": known.nick.take(pa.array(who)),
        "email": known.email_at(who, day),
        "joined_at": iso(first_moment(crowd.company) + day * DAY),
        "birth_year": pa.array(born[who], mask=~one.coin(1, 0.35)[who]),
        PERSON: crowd.person[who],
    })  # fmt: skip
    return Rows("members", table)


def _posts(lived: Journeys, known: Identities) -> Rows:
    """Return the posts; an answer is to the post before it in the neighbourhood of accounts."""
    crowd, posts = lived.people, lived.rows(POSTED)
    near = crowd.account[posts[:, 0]] // NEIGHBOURS
    posts = posts[np.lexsort((posts[:, 0], posts[:, 1], near))]
    who, day = posts[:, 0], posts[:, 1]
    near = crowd.account[who] // NEIGHBOURS
    one = Draws(crowd.company.seed, "post", crowd.person[who], day).fixed()
    area = chosen(np.cumsum(area_shares(crowd), axis=1), who, one.u(0))
    theme = chosen(np.cumsum(np.exp(crowd.theme), axis=1), who, one.u(1))
    turns = (one.u(2) * 6).astype(np.int64)
    texts = [
        post_text(area=AREAS[a], theme=THEMES[t], turn=k) for a, t, k in zip(area, theme, turns, strict=True)
    ]
    before = np.roll(one.ids(), 1)
    first = np.append(True, near[1:] != near[:-1])[: len(who)]
    table = pa.table({
        "post_id": tagged("q", one.ids()),
        "user_name": known.nick.take(pa.array(who)),
        "board": picked(AREAS, area),
        "text": pa.array(texts, pa.string()),
        "reply_to": pc.if_else(pa.array(one.coin(3, 0.5) | first), None, tagged("q", before)),
        "created_at": iso(first_moment(crowd.company) + day * DAY + clock(one, 4, hours=WEB_HOURS)),
        PERSON: crowd.person[who],
    })  # fmt: skip
    return Rows("posts", table)
