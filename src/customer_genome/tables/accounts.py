"""Tables of accounts: companies and teams whose people are the customers. An account is no person."""

from __future__ import annotations

from customer_genome.tables.base import COUNT, NUMBER, TEXT, TIME
from customer_genome.tables.contract import Column, Table
from customer_genome.tables.customer import CUSTOMER, SPELL, STEP

ACCOUNT = Column("account_id", TEXT, "the account's stable id, which begins with an a")

ACCOUNT_MEMBERS = Table(
    name="account_members",
    meaning="Which customers belong to which account",
    grain=("account_id", "customer_id"),
    columns=(
        ACCOUNT,
        CUSTOMER,
        Column("since", TIME, "when the first row that names both was known; null where one has no time"),
        Column("until", TIME, "when a later account of the customer began; null while it is the newest"),
    ),
)
ACCOUNT_STEPS = Table(
    name="account_steps",
    meaning="The interactions that an account's phase can depend on, and its first",
    grain=("account_id", "step", "happened_at", "known_at"),
    subject="none",
    public=False,
    columns=(
        ACCOUNT,
        *STEP,
    ),
)
ACCOUNTS = Table(
    name="accounts",
    meaning="What the interactions of an account and its people add up to",
    grain=("account_id",),
    subject="none",
    classification="pseudonymous",
    columns=(
        ACCOUNT,
        Column("customers", COUNT, "members, former ones too"),
        Column("interactions", COUNT, "all interactions"),
        Column("revenue", NUMBER, "sum of the value of money verbs, in the project's currency"),
        Column("first_at", TIME, "first interaction; null without any"),
        Column("last_at", TIME, "last interaction; null without any"),
    ),
)
ACCOUNT_PHASES = Table(
    name="account_phases",
    meaning="Every spell of an account in a phase, as it is known now and as it was believed before",
    grain=("account_id", "phase", "entered_at", "known_at"),
    subject="none",
    columns=(
        ACCOUNT,
        *SPELL,
    ),
)
ACCOUNT_TABLES = (ACCOUNT_MEMBERS, ACCOUNT_STEPS, ACCOUNTS, ACCOUNT_PHASES)
