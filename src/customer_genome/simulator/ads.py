"""Ads as marketing buys them: impressions and clicks of browsers, by channel and campaign."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from customer_genome.simulator.catalogue import ADS_PER_CHANNEL
from customer_genome.simulator.draws import Draws
from customer_genome.simulator.effects import CHANNELS
from customer_genome.simulator.identities import Identities
from customer_genome.simulator.journey import Journeys
from customer_genome.simulator.journey_days import AD_SEEN
from customer_genome.simulator.rows import (
    DAY,
    SECOND,
    WEB_HOURS,
    Rows,
    clock,
    first_moment,
    moments,
    picked,
    repeated,
    scaled,
    tagged,
)


def ads(lived: Journeys, known: Identities) -> list[Rows]:
    """Return impressions and clicks; browsers that said no to the banner see ads too, but nobody can tell.

    Clicks are on the last impression of the day, minutes after it.
    """
    crowd, seen = lived.people, lived.rows(AD_SEEN)
    who, day, campaign = seen[:, 0], seen[:, 1], seen[:, 3]
    shown = Draws(crowd.company.seed, "ad", crowd.person[who], day, campaign).fixed()
    device = np.minimum((shown.u(1) * known.devices[who]).astype(np.int64), 2)
    cookie = device * len(crowd) + who
    agreed = known.agreed[cookie]
    row, place = repeated(scaled(seen[:, 4], shown, 0, activity=crowd.company.activity) * agreed)
    clicked = np.flatnonzero((seen[:, 5] == 1) & agreed)
    one = Draws(crowd.company.seed, "impression", shown.ids()[row], place).fixed()
    begins = first_moment(crowd.company) + day * DAY + clock(shown, 2, hours=WEB_HOURS)
    when = begins[row] + (one.u(0) * 900 * SECOND).astype(np.int64)
    later = begins[clicked] + 1200 * SECOND
    both = np.concatenate([row, clicked])
    table = pa.table({
        "event_id": tagged("a", np.concatenate([one.ids(), shown.ids()[clicked] + 1])),
        "anonymous_id": picked(known.cookie, known.cookie_place[cookie[both]]),
        "campaign_id": picked([f"a{n:02}" for n in range(len(CHANNELS) * ADS_PER_CHANNEL)], campaign[both]),
        "channel": picked(CHANNELS, campaign[both] // ADS_PER_CHANNEL),
        "event": picked(("impression", "click"), np.repeat([0, 1], [len(row), len(clicked)])),
        "occurred_at": moments(np.concatenate([when, later])),
    })  # fmt: skip
    return [Rows("ads", table, day[both])]
