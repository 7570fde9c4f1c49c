"""The typed configuration of a project: what `genome.yaml` says, checked and frozen."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from customer_genome.core.best_settings import BestSettings
from customer_genome.core.connections import Connection
from customer_genome.core.cross_checks import cross_checks
from customer_genome.core.journey_settings import AccountSettings, JourneySettings, Phase, journey_columns
from customer_genome.core.mappings import Source
from customer_genome.core.model import (
    Count,
    Currency,
    Days,
    Fault,
    Flag,
    Memory,
    Model,
    Name,
    Number,
    Text,
    Zone,
)
from customer_genome.core.targets import Target

BUILT_FOR = ("service", "analytics", "personalisation")
"""The purposes that the stages of a build read for: every project that is built declares them."""


class EngineSettings(Model):
    """What a build may use of the machine; its results do not depend on it."""

    threads: Count = 2
    """Processor cores."""
    memory: Memory = "3GB"
    """Working memory; what does not fit goes through the disk."""

    @property
    def bytes(self) -> int:
        """Return `memory` in bytes."""
        number, unit = re.fullmatch(r"([0-9.]+) ?([KMGT]i?B)", self.memory).groups()  # type: ignore[union-attr]
        return int(float(number) * (1024 if "i" in unit else 1000) ** (" KMGT".index(unit[0])))


class Purpose(Model):
    """Why data are read, and what makes it lawful: `marketing: {basis: consent}`."""

    basis: Literal["consent", "contract", "legitimate_interest", "legal_obligation"]
    """With `consent` reading is denied until it is given; with the others allowed until objected to."""
    description: str = Field(default="", max_length=1_000)
    """What customers and colleagues read about it."""


class IdentifierType(Model):
    """A kind of identifier, such as an e-mail address: `email: {direct: true, normalise: email}`."""

    direct: Flag
    """Whether it names or reaches a person by itself: then only a keyed token of it enters the lake."""
    type: Literal["text", "integer"] = "text"
    """How it is shown and exported."""
    normalise: Literal["none", "email", "phone", "lower"] = "none"
    """How two spellings of one value are brought together."""
    blocked: tuple[Text, ...] = ()
    """Values that name nobody, such as info@example.com."""
    limit: Count | None = None
    """Most other identifiers that one value may touch before it is held as shared; without it, no limit."""


class IdentitySettings(Model):
    """Guards against customers that are many people."""

    max_cluster: Count = 500
    """Most identifiers of one customer; a larger cluster is held for review."""


class Verb(Model):
    """What a customer did or received, and how much it tells of them: `buy: {weight: 1, money: true}`."""

    weight: Number | None = Field(default=None, ge=0, le=1_000)
    """How much one interaction counts as evidence of taste, a purchase being 1; 0 is none. Without it (or null) it is
    learned: how well the verb foretells later purchases of items that carry the same genes."""
    half_life: Days | None = None
    """Days after which it counts half; without it (or null), learned. Below 120, customers who come seldom are
    forgotten between visits."""
    money: Flag = False
    """Whether its value is revenue: then it is a purchase."""
    returns: Flag = False
    """Whether a negative quantity or value is a return, not an error."""
    received: Flag = False
    """Whether it was done to the customer (a message sent), not by them."""


class BehaviourSettings(Model):
    """What the genes of behaviour (recency, frequency, spend, discounts, ...) are computed from."""

    half_life: Days = 120
    """Days after which behaviour counts half."""
    discounts: tuple[Text, ...] = ()
    """Properties of purchases that hold what was taken off the price, as positive amounts."""
    answers: tuple[Name, ...] = ()
    """Verbs that answer a message which the customer received."""
    minimum_customers: Count = 30
    """A gene of behaviour that fewer customers have is not made."""


class ReferenceSettings(Model):
    """When the population's estimates (shares, priors, transforms) are made anew."""

    max_age_days: Days = 28
    """Days after which they are."""
    max_growth: Number = Field(default=0.25, gt=0, le=100)
    """Growth of the number of interactions after which they are; 0.25 is a quarter."""


class RetentionSettings(Model):
    """How long things are kept; a source's own `retention_days` comes first for its rows."""

    interactions_days: Days | None = None
    """Days that interactions are kept; without it, for ever."""
    claims_days: Days | None = None
    """Days that claims are kept; without it, for ever."""
    quarantine_days: Days = 90
    """Days that rows wait in quarantine to be mended."""
    snapshots: Count = 10
    """Published snapshots that can still be opened."""


class Project(Model):
    """Everything that `genome.yaml` declares.

    Values that are SQL expressions (in DuckDB's dialect; both engines must know them) look at one row:
    columns, constants, operators, CASE, CAST, TRY_CAST and these functions: abs, acos, array_contains,
    ascii, asin, atan, atan2, cbrt, ceil, chr, coalesce, concat, concat_ws, contains, cos, date_add,
    date_diff, date_trunc, day, dayofmonth, dayofweek, dayofyear, degrees, ends_with,
    epoch_ms, exp, extract, floor, greatest, hour, if, ifnull, instr, isinf, isnan, isodow, json_extract,
    json_extract_string, last_day, least, left, len, length, levenshtein, list_contains, ln, log, lower,
    lpad, ltrim, make_date, make_timestamp, md5, minute, month, nullif, pi, pow, power, quarter, radians,
    regexp_extract, regexp_matches, regexp_replace, replace, reverse, right, round, rpad, rtrim, second,
    sha256, sign, sin, split_part, sqrt, starts_with, strftime, string_split, strpos, strptime, substr,
    substring, tan, to_timestamp, translate, trim, upper, week, weekofyear, year.

    A `query` may also use joins, WITH, GROUP BY, windows and the aggregates count, count_if, sum, avg, min,
    max, median, quantile_cont, stddev, variance, arg_max, arg_min, bool_and, bool_or, row_number, rank,
    dense_rank, lag, lead, first_value and last_value. What gives another result on another day (now,
    random) is not allowed, nor is anything that reads files or settings; nothing in the file is replaced by
    values of the environment.
    """

    version: Literal[1]
    """The version of this format: 1."""
    name: Text
    """What people call the project."""
    time_zone: Zone
    """IANA name, such as Europe/Vienna: days begin at its midnight, and times without an offset are in it."""
    currency: Currency
    """Three letters: what values are in, unless a source says otherwise."""
    template: Name | None = None
    """The template that the file was made from."""
    engine: EngineSettings = EngineSettings()
    """What a build may use of the machine."""
    departments: tuple[Name, ...] = Field(min_length=1)
    """Who owns sources, and whose people read them."""
    purposes: dict[Name, Purpose] = Field(min_length=1)
    """Why data are read; nothing is read without one."""
    identifiers: dict[Name, IdentifierType] = Field(min_length=1)
    """What names a customer in a source."""
    identity: IdentitySettings = IdentitySettings()
    """How identifiers become customers."""
    verbs: dict[Name, Verb] = Field(default_factory=dict)
    """What customers do and receive."""
    phases: tuple[Phase, ...] = (Phase(name="customer", when="true"),)
    """The stages of the journey, in the order in which they are tried."""
    accounts: AccountSettings | None = None
    """Companies and teams whose people are the customers; without it there are only customers."""
    journey: JourneySettings = JourneySettings()
    """What the analysis of the journey looks at."""
    connections: dict[Name, Connection] = Field(default_factory=dict)
    """Databases, services and stores that sources pull from; their secrets lie in the environment or the keyring."""
    sources: dict[Name, Source] = Field(min_length=1)
    """Where data come from."""
    behaviour: BehaviourSettings = BehaviourSettings()
    """The genes of behaviour."""
    reference: ReferenceSettings = ReferenceSettings()
    """The population's estimates."""
    best: BestSettings = BestSettings()
    """The best customers."""
    targets: dict[Name, Target] = Field(default_factory=dict)
    """What is predicted of customers."""
    retention: RetentionSettings = RetentionSettings()
    """How long things are kept."""

    @property
    def tz(self) -> ZoneInfo:
        """Return the project's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def money_verbs(self) -> tuple[str, ...]:
        """Return the verbs whose value is revenue: what a purchase is."""
        return tuple(name for name, verb in self.verbs.items() if verb.money)

    @property
    def journey_columns(self) -> tuple[str, ...]:
        """Return the columns of the journey row that phases may look at."""
        return journey_columns(self.verbs, attributes=self.attributes)

    @property
    def account_identifiers(self) -> tuple[str, ...]:
        """Return the identifier types that name an account and join no persons."""
        return self.accounts.identifiers if self.accounts is not None else ()

    @property
    def attributes(self) -> tuple[str, ...]:
        """Return the attributes that sources claim."""
        claimed = (source.claims.attributes for source in self.sources.values() if source.claims is not None)
        return tuple(sorted({name for attributes in claimed for name in attributes}))

    def sources_open_to(self, purpose: str, /) -> tuple[str, ...]:
        """Return the sources whose rows may be read for `purpose`."""
        return tuple(name for name in self.sources if purpose in self.purposes_of(name))

    def purposes_of(self, source: str, /) -> tuple[str, ...]:
        """Return what the rows of `source` may be read for."""
        named = self.sources[source].purposes
        return tuple(self.purposes) if named is None else named

    def sources_of(self, kind: str, /) -> dict[str, Source]:
        """Return the sources that hold `kind`: interactions, claims, items or dna."""
        return {name: source for name, source in self.sources.items() if source.kind == kind}

    def fingerprint(self) -> str:
        """Return a hash of all that results depend on: a build under another one is out of date."""
        content = json.dumps(
            self.model_dump(mode="json", exclude={"engine"}), sort_keys=True, ensure_ascii=False
        )
        return hashlib.blake2b(content.encode(), digest_size=16).hexdigest()

    @classmethod
    def faults(cls, raw: Mapping[str, Any]) -> Iterator[Fault]:
        """What one part names, another declares."""
        yield from cross_checks(raw)
