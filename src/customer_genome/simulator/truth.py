"""What is true of the company, written apart: who is who, what they are and like, where they stood, and why."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from customer_genome.simulator.catalogue import AREAS, LEVELS, PALETTES, THEMES, TONES, Mailing
from customer_genome.simulator.company import Company
from customer_genome.simulator.crm import title
from customer_genome.simulator.draws import I64
from customer_genome.simulator.effects import (
    BASE,
    COEFFICIENTS,
    COVARIATES,
    EXPERIMENTS,
    PHASES,
    TRANSITIONS,
)
from customer_genome.simulator.identities import Identities
from customer_genome.simulator.journey import WORLDS, Journeys
from customer_genome.simulator.journey_days import CANCEL, STANDS, STEP
from customer_genome.simulator.mail import opens
from customer_genome.simulator.names import AGES, COUNTRIES, GENDERS, INDUSTRIES, TITLES
from customer_genome.simulator.people import People
from customer_genome.simulator.ratios import choices, ratios
from customer_genome.simulator.rows import DAY, Rows, first_moment, moments, plain
from customer_genome.simulator.who import identifiers, records, sessions

CAUSES = ("other", "little use", "support", "price", "failed payment", "payment never collected")
OUTCOMES = ("lead_day", "trial_day", "subscribed_day", "churn_day", "revenue", "paid_days")


def truth(lived: Journeys, known: Identities, calendar: Mailing, sources: list[Rows]) -> list[Rows]:
    """Return the truth about a block."""
    return [
        Rows("people", _people(lived.people, known)), Rows("tastes", _tastes(lived.people)),
        Rows("spells", _spells(lived)), Rows("churn_causes", _causes(lived)), Rows("outcomes", _outcomes(lived)),
        Rows("panel", _panel(lived)), Rows("mail_opens", opens(lived)), Rows("arms", _arms(lived.people)),
        Rows("identifiers", identifiers(lived, known, sources)), Rows("records", records(sources)),
        Rows("sessions", sessions(lived)), Rows("choices", choices(lived, calendar)),
    ]  # fmt: skip


class Truth:
    """Writes the tables of the truth, one Parquet file each; `rows` counts them."""

    def __init__(self, out: Path, company: Company) -> None:
        self.out, self.company = out, company
        self.rows: dict[str, int] = {}
        self._writers: dict[str, pq.ParquetWriter] = {}

    def write(self, rows: Rows) -> None:
        """Add rows to a table of the truth."""
        if rows.name not in self._writers:
            self.out.mkdir(parents=True, exist_ok=True)
            path = self.out / f"{rows.name}.parquet"
            self._writers[rows.name] = pq.ParquetWriter(
                path, rows.table.schema, compression="zstd", store_schema=False
            )
        if rows.table.num_rows:
            self._writers[rows.name].write_table(rows.table)
        self.rows[rows.name] = self.rows.get(rows.name, 0) + rows.table.num_rows

    def finish(self, calendar: Mailing) -> None:
        """Write what is known only when all people are: true ratios and effects; and what was planted."""
        self.close()
        self.write(Rows("coefficients", _coefficients()))
        self.write(Rows("campaigns", _campaigns(calendar)))
        self.write(Rows("experiments", _experiments()))
        for name, table in ratios(self.out / "choices.parquet"):
            self.write(Rows(name, table))
        self.write(Rows("effects", _effects(self.out / "outcomes.parquet", self.out / "arms.parquet")))

    def close(self) -> None:
        """Finish the files."""
        for writer in self._writers.values():
            writer.close()


def _people(crowd: People, known: Identities) -> pa.Table:
    start, never = first_moment(crowd.company), crowd.move_day >= crowd.company.days
    return pa.table({
        "person": crowd.person, "account": crowd.account, "account_id": known.account, "owner": crowd.is_owner,
        "moved_at": moments(start + crowd.move_day * DAY, unknown=never), "next_account": crowd.next_account,
        "age_band": plain(AGES, crowd.age), "gender": plain(GENDERS, crowd.gender), "children": crowd.children,
        "disability": crowd.disability, "country": plain(COUNTRIES, crowd.country),
        "industry": plain(INDUSTRIES, crowd.industry), "company_size": crowd.employees,
        "role": plain(TITLES, title(crowd)), "email": known.email, "phone": known.phone,
        "later_email": known.later_email,
        "email_changed_at": moments(start + known.email_day * DAY, unknown=known.email_day >= crowd.company.days),
        "intent": crowd.intent, "price_sensitivity": crowd.thrift, "zeal": crowd.zeal,
        "first_seen": moments(start + crowd.arrives * DAY),
    })  # fmt: skip


def _tastes(crowd: People) -> pa.Table:
    """Return log-multipliers of odds: person, family, label, log_multiplier."""
    parts = {"area": (AREAS, crowd.area), "theme": (THEMES, crowd.theme), "palette": (PALETTES, crowd.palette),
             "tone": (TONES, crowd.tone), "level": (LEVELS[1:], crowd.level[:, None])}  # fmt: skip
    tables = [
        pa.table({
            "person": np.repeat(crowd.person, len(labels)),
            "family": pa.array([family] * values.size, pa.string()),
            "label": plain(labels, np.tile(np.arange(len(labels)), len(crowd))),
            "log_multiplier": values.ravel(),
        })
        for family, (labels, values) in parts.items()
    ]  # fmt: skip
    return pa.concat_tables(tables)


def _spells(lived: Journeys) -> pa.Table:
    """Return where people stood: person, owner, account, phase, entered_at, left_at (null while it lasts)."""
    crowd, steps = lived.people, lived.rows(STANDS)
    first = np.stack([np.arange(len(crowd)), crowd.arrives, np.zeros(len(crowd), np.int64)], axis=1)
    rows = np.concatenate([first, steps[:, [0, 1, 3]]])
    turn = np.concatenate([np.zeros(len(first), np.int64), 1 + np.arange(len(steps))])
    rows = rows[np.lexsort((turn, rows[:, 1], rows[:, 0]))]
    last = np.append(rows[1:, 0] != rows[:-1, 0], True)
    start = first_moment(crowd.company)
    day, left = start + rows[:, 1] * DAY, start + np.roll(rows[:, 1], -1) * DAY
    return pa.table({
        "person": crowd.person[rows[:, 0]],
        "owner": crowd.is_owner[rows[:, 0]],
        "account": np.where(
            rows[:, 1] < crowd.move_day[rows[:, 0]], crowd.account[rows[:, 0]], crowd.next_account[rows[:, 0]]
        ),
        "phase": plain(PHASES, rows[:, 2]),
        "entered_on": moments(day),
        "left_on": moments(left, unknown=last),
    })  # fmt: skip


def _causes(lived: Journeys) -> pa.Table:
    crowd, steps = lived.people, lived.rows(STEP)
    steps = steps[steps[:, 3] == CANCEL]
    return pa.table({
        "person": crowd.person[steps[:, 0]],
        "canceled_on": moments(first_moment(crowd.company) + steps[:, 1] * DAY),
        "cause": plain(CAUSES, steps[:, 5]),
    })  # fmt: skip


def _outcomes(lived: Journeys) -> pa.Table:
    """Return each known person and world: days from the first (null: never), revenue in EUR, days subscribed."""
    world, who = np.nonzero(lived.known)
    found = lived.outcome[world, who]
    columns = {
        "world": plain(WORLDS, world),
        "person": lived.people.person[who],
        "owner": lived.people.is_owner[who],
    }
    for place, name in enumerate(OUTCOMES[:4]):
        columns[name] = pa.array(found[:, place].astype(np.int32), mask=found[:, place] < 0)
    columns["revenue"] = found[:, 4] / 100
    columns["paid_days"] = found[:, 5].astype(np.int32)
    return pa.table(columns)


def _panel(lived: Journeys) -> pa.Table:
    """Return rows of people at risk: covariates of the day before, today's hazard, and whether they moved on."""
    rows, crowd = lived.panel, lived.people
    phase = rows[:, 2].astype(np.int64)
    columns = {
        "person": crowd.person[rows[:, 0].astype(np.int64)],
        "day": rows[:, 1].astype(np.int32),
        "on": moments(first_moment(crowd.company) + rows[:, 1].astype(np.int64) * DAY),
        "phase": plain(PHASES, phase),
        "transition": plain(TRANSITIONS, phase),
        "moved": rows[:, 3] == 1,
        "hazard": rows[:, 4],
    }
    return pa.table({**columns, **{name: rows[:, 5 + k] for k, name in enumerate(COVARIATES)}})


def _arms(crowd: People) -> pa.Table:
    """Return each account's arm of each experiment, by its owner."""
    owners: I64 = np.flatnonzero(crowd.is_owner)
    tables = [
        pa.table({
            "experiment": pa.array([one.name] * len(owners), pa.string()),
            "account": crowd.account[owners], "person": crowd.person[owners], "treated": crowd.arms[owners, k],
        })
        for k, one in enumerate(EXPERIMENTS)
    ]  # fmt: skip
    return pa.concat_tables(tables)


def _coefficients() -> pa.Table:
    rows = [(t, "base", BASE[t]) for t in TRANSITIONS]
    rows += [(t, c, value) for t in TRANSITIONS for c, value in COEFFICIENTS[t].items()]
    names = ("transition", "covariate", "coefficient")
    return pa.table({name: [row[k] for row in rows] for k, name in enumerate(names)})


def _campaigns(calendar: Mailing) -> pa.Table:
    return calendar.table.append_column("strength", pa.array(calendar.strength))


def _experiments() -> pa.Table:
    return pa.table({
        "name": [one.name for one in EXPERIMENTS],
        "department": [one.department for one in EXPERIMENTS],
        "goal": [one.goal for one in EXPERIMENTS],
        "direction": [one.direction for one in EXPERIMENTS],
        "change": [one.change for one in EXPERIMENTS],
    })  # fmt: skip


def _effects(outcomes: Path, arms: Path) -> pa.Table:
    from customer_genome.simulator.true_effects import true_effects

    return true_effects(pq.read_table(outcomes), pq.read_table(arms))
