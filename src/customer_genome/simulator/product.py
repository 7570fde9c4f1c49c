"""The product's own records: uses of features, designs made from templates, seats, and the table of users."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from customer_genome.simulator.catalogue import AREAS, PER_AREA, PER_LOOK, designs, features, popularity
from customer_genome.simulator.choices import area_bounds, feature_bounds, format_shares, look_bounds
from customer_genome.simulator.draws import I64, Draws, Fixed, chosen
from customer_genome.simulator.identities import Identities
from customer_genome.simulator.journey import Journeys
from customer_genome.simulator.journey_days import JOIN, LEAVE, STEP, USED
from customer_genome.simulator.names import LANGUAGES
from customer_genome.simulator.rows import (
    DAY,
    PERSON,
    SECOND,
    WORK_HOURS,
    Rows,
    clock,
    first_moment,
    iso,
    moments,
    picked,
    plain,
    repeated,
    scaled,
    tagged,
)

PLATFORMS = ("web", "desktop", "mobile")


def product(lived: Journeys, known: Identities) -> list[Rows]:
    """Return uses, designs, seats and users of a block."""
    events = used_features(lived)
    return [
        *_usage(lived, known, events),
        _designs(lived, known, events),
        _seats(lived, known),
        _users(lived, known),
    ]


def used_features(lived: Journeys) -> dict[str, NDArray[Any]]:
    """Return every use of a feature: key, person, day, feature, when (microseconds since 1970), session."""
    crowd, used = lived.people, lived.rows(USED)
    who, day = used[:, 0], used[:, 1]
    visit = Draws(crowd.company.seed, "use day", crowd.person[who], day).fixed()
    activity = crowd.company.activity
    acts, others = (
        scaled(used[:, 3], visit, 1, activity=activity),
        scaled(used[:, 4], visit, 2, activity=activity),
    )
    row, place = repeated(acts + others)
    one = Draws(crowd.company.seed, "use", visit.ids()[row], place).fixed()
    person, activating = who[row], place < acts[row]
    area = chosen(area_bounds(crowd), person * 2 + activating, one.u(0))
    feature = area * PER_AREA + chosen(feature_bounds(crowd), person * len(AREAS) + area, one.u(1))
    begins = first_moment(crowd.company) + day * DAY + clock(visit, 4, hours=WORK_HOURS)
    late = one.coin(2, 0.3) & (acts + others > 8)[row]
    minutes = 3 * (acts + others)[row] * one.u(3) + 150 * late
    return {
        "key": one.ids(), "person": person, "day": day[row], "feature": feature,
        "when": begins[row] + (minutes * 60 * SECOND).astype(np.int64), "session": visit.ids()[row] + late,
    }  # fmt: skip


def _usage(lived: Journeys, known: Identities, events: dict[str, NDArray[Any]]) -> list[Rows]:
    """Return the uses in the two formats: the second begins with the drift, renames a column and adds one."""
    crowd, drift = lived.people, lived.people.company.drift_day
    days = np.maximum((events["when"] - first_moment(crowd.company)) // DAY, events["day"])
    twice = Draws(crowd.company.seed, "use sent", events["key"]).fixed()
    again = np.flatnonzero(twice.coin(0, crowd.company.flaws.duplicates))
    found = []
    for name, moment_name, rows in (
        ("usage", "at_time", days < drift),
        ("usage_v2", "occurred_at", days >= drift),
    ):
        place = np.concatenate([np.flatnonzero(rows), again[rows[again]]])
        one = {key: column[place] for key, column in events.items()}
        columns = {
            "event_id": tagged("f", one["key"]),
            "user_id": picked(known.user, one["person"]),
            "account_id": known.account_at(crowd, one["person"], one["day"]),
            "feature_id": picked(features()["feature_id"].combine_chunks(), one["feature"]),
            "project": crowd.person[one["person"]] * 3 + one["session"] % 3,
            "session_id": tagged("s", one["session"]),
            "platform": picked(PLATFORMS, _platform(crowd.draws("platform"))[one["person"]]),
            moment_name: moments(one["when"]),
        }
        if name == "usage_v2":
            columns["client_version"] = picked(("7.0", "7.1"), (one["day"] >= drift + 60).astype(np.int64))
        found.append(Rows(name, pa.table(columns), days[place]))
    return found


def _platform(one: Fixed) -> I64:
    return one.choice(0, np.array([0.6, 0.25, 0.15]))


def _designs(lived: Journeys, known: Identities, events: dict[str, NDArray[Any]]) -> Rows:
    """Return the templates picked: one for every use of the area of designs."""
    crowd = lived.people
    rows = np.flatnonzero(events["feature"] < PER_AREA)
    person, day = events["person"][rows], events["day"][rows]
    one = Draws(crowd.company.seed, "design", events["key"][rows]).fixed()
    kind = chosen(np.cumsum(format_shares(crowd), axis=1), person, one.u(0))
    look = chosen(look_bounds(crowd), person * 6 + kind, one.u(1))
    item = (kind * 32 + look) * PER_LOOK + one.choice(2, popularity("within look", PER_LOOK))
    table = pa.table({
        "design_id": tagged("d", one.ids()),
        "user_id": picked(known.user, person),
        "account_id": known.account_at(crowd, person, day),
        "template_id": picked(designs()["template_id"].combine_chunks(), item),
        "session_id": tagged("s", events["session"][rows]),
        "created_at": moments(events["when"][rows]),
    })  # fmt: skip
    return Rows(
        "designs", table, np.maximum((events["when"][rows] - first_moment(crowd.company)) // DAY, day)
    )


def _seats(lived: Journeys, known: Identities) -> Rows:
    """Return who took and left a seat that an account pays for; a change of job leaves the old account's."""
    crowd, steps = lived.people, lived.rows(STEP)
    steps = steps[np.isin(steps[:, 3], (JOIN, LEAVE))]
    who, day, left = steps[:, 0], steps[:, 1], steps[:, 3] == LEAVE
    one = Draws(crowd.company.seed, "seat", crowd.person[who], day, left).fixed()
    when = first_moment(crowd.company) + day * DAY + (6 + 2 * left) * 3600 * SECOND
    table = pa.table({
        "event_id": tagged("j", one.ids()),
        "user_id": plain(known.user, who),
        "account_id": known.account_at(crowd, who, day - left),
        "event": plain(("joined", "left"), left.astype(np.int64)),
        "occurred_at": iso(when),
        PERSON: crowd.person[who],
    })  # fmt: skip
    return Rows("seats", table)


def _users(lived: Journeys, known: Identities) -> Rows:
    """Return the users as the product knows them; who gets another e-mail or account has a second row, later."""
    crowd = lived.people
    first = np.flatnonzero(known.user_day < crowd.company.days)
    change = known.email_day
    second = first[(change[first] > known.user_day[first]) & (change[first] < crowd.company.days)]
    who = np.concatenate([first, second])
    day = np.concatenate([known.user_day[first], change[second]])
    begun = first_moment(crowd.company) + known.user_day[who] * DAY + 6 * 3600 * SECOND
    seen = first_moment(crowd.company) + day * DAY + 7 * 3600 * SECOND
    own = crowd.draws("language").u(0) < 0.93
    language = np.array([0 if name == "de" else 1 for name in LANGUAGES])[crowd.country]
    table = pa.table({
        "user_id": plain(known.user, who),
        "email": known.email_at(who, day),
        "account_id": known.account_at(crowd, who, day),
        "language": plain(("de", "en"), np.where(own, language, 1 - language)[who]),
        "created_at": iso(begun),
        "updated_at": iso(seen),
        PERSON: crowd.person[who],
    })  # fmt: skip
    return Rows("users", table)
