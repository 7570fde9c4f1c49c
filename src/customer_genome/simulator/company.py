"""What company is simulated: how many customers, how long, how lively, and with which flaws in its data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from pathlib import Path

from customer_genome.core.errors import GenomeError

DRIFT_AT = 0.55
"""The share of the days after which the formats of some sources change."""


@dataclass(frozen=True)
class Flaws:
    """How often something is wrong in the data, as shares in 0..1 unless said otherwise.

    `no_consent` declined the banner: their visits are not tracked. `duplicates` are events that are sent twice under
    one message_id, `late` ones that arrive days after, `skewed` devices whose clocks are minutes to days off.
    `typos` are typed e-mails with a slip, `copies` contacts entered a second time, `stale` those never brought up to
    date after a change, `machine_opens` people whose mail program opens everything at once. `bots` are crawlers per
    customer, `passers_by` anonymous single visitors per customer (both are numbers, not shares). `shared_devices`
    are browsers of two people, `shared_mailboxes` accounts whose bills go to an address of no person, `broken` rows
    that cannot be read.
    """

    no_consent: float = 0.4
    duplicates: float = 0.01
    late: float = 0.02
    skewed: float = 0.03
    typos: float = 0.03
    copies: float = 0.05
    stale: float = 0.5
    machine_opens: float = 0.35
    bots: float = 0.05
    passers_by: float = 1.5
    shared_devices: float = 0.03
    shared_mailboxes: float = 0.3
    broken: float = 0.0005
    drift: bool = True


@dataclass(frozen=True)
class Company:
    """A synthetic software company, AdLoom, that sells an ad-design tool by subscription.

    `customers` are the people it meets by more than a passing visit, over `days` days that end with `end` (the
    day itself included, UTC). `activity` multiplies the events of a day, not the journeys (0.18 makes 10 million
    events of 200,000 customers). `counterfactuals` is the share of accounts whose outcomes without each channel
    and under the other arm of each experiment are computed too. `panel_days` lie between two rows of a person in
    the truth about hazards. Content depends on `seed` and on nothing else, above all not on the blocks that it is
    written in.
    """

    customers: int = 3000
    days: int = 540
    seed: int = 0
    end: date = date(2026, 6, 30)
    activity: float = 1.0
    counterfactuals: float = 1.0
    panel_days: int = 30
    flaws: Flaws = field(default_factory=Flaws)

    @property
    def start(self) -> date:
        """Return the first day."""
        return self.end - timedelta(days=self.days - 1)

    @property
    def drift_day(self) -> int:
        """Return the number of the day, from 0, on which formats change: a first of month; `days` for never."""
        if not self.flaws.drift:
            return self.days
        after = self.start + timedelta(days=int(self.days * DRIFT_AT))
        return ((after.replace(day=1) + timedelta(days=32)).replace(day=1) - self.start).days

    def check(self) -> None:
        """Raise GenomeError where a setting makes no company."""
        whole = {
            "customers": (self.customers, 1),
            "days": (self.days, 60),
            "panel_days": (self.panel_days, 1),
        }
        for name, (value, least) in whole.items():
            if value < least:
                raise _wrong(name, value, f"at least {least}")
        if self.days > 3650:
            raise _wrong("days", self.days, "at most 3650")
        if not 0 < self.activity <= 10:
            raise _wrong("activity", self.activity, "above 0, at most 10")
        shares = {"counterfactuals": self.counterfactuals, **_shares(self.flaws)}
        for name, share in shares.items():
            if not 0 <= share <= 1:
                raise _wrong(name, share, "a share in 0..1")
        for name in ("bots", "passers_by"):
            if not 0 <= getattr(self.flaws, name) <= 20:
                raise _wrong(name, getattr(self.flaws, name), "a number in 0..20")


@dataclass(frozen=True)
class Simulated:
    """What was written: rows of every source and of every table of the truth, by name.

    `events` counts the rows that are events (catalogues, people and texts beside them aside).
    """

    company: Company
    out: Path
    truth: Path
    sources: Mapping[str, int]
    truths: Mapping[str, int]
    events: int


def _shares(flaws: Flaws) -> dict[str, float]:
    numbers = {"bots", "passers_by", "drift"}
    return {one.name: getattr(flaws, one.name) for one in fields(flaws) if one.name not in numbers}


def _wrong(name: str, found: object, expected: str) -> GenomeError:
    return GenomeError(f"no company can be simulated with this `{name}`", found=str(found), expected=expected)
