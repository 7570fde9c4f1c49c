"""What `genome.yaml` says of the journey: its phases, the accounts that have one too, and what is analysed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import Field

from customer_genome.core.model import Days, Expression, Model, Name

JOURNEY_COLUMNS = (
    "first_purchase_at",
    "last_purchase_at",
    "purchases",
    "days_since_first",
    "days_since_last",
    "typical_gap_days",
    "interactions",
)
"""What a phase may look at in every project; `journey_columns` adds those of verbs and attributes."""

FACT = "fact_"
"""What the column of an attribute begins with."""


class Phase(Model):
    """A stage of the journey: `{name: active, when: days_since_last <= 56}`; the first that holds wins.

    Conditions look at first_purchase_at, last_purchase_at, purchases (sessions), days_since_first,
    days_since_last, typical_gap_days (median days between purchases, null below three purchases),
    interactions, and for every verb at first_VERB_at, last_VERB_at, VERB_count and days_since_VERB (- in a
    name is _). `fact_NAME` is the fact of an attribute, as text, from the day on which it was first claimed.
    A gene stands in double quotes, such as `"theme:summer" > 1.5`: its strength as the build before measured
    it, so it is unknown in a first build, and what it changes is entered at a build.
    """

    name: Name
    """What the stage is called."""
    when: Expression
    """Condition over the customer's journey row; that of the last phase is `true`."""


class AccountSettings(Model):
    """Accounts: companies or teams whose people are the customers, `{identifiers: [account], phases: [...]}`.

    A row that names a person and an account makes the person a member and joins nobody; interactions that
    name an account count for it, and those that name none for the newest account of the person.
    """

    identifiers: tuple[Name, ...] = Field(min_length=1)
    """Identifier types that name an account."""
    phases: tuple[Phase, ...] = (Phase(name="account", when="true"),)
    """The stages of an account's journey, as those of customers, over the interactions of all its people; facts and
    genes are of persons, and not for accounts."""


class JourneySettings(Model):
    """What the journey's analysis looks at where a command does not say: `{goal: subscription}`."""

    goal: Name | None = None
    """The phase that is a conversion; without it, attribution has to be told."""
    funnel: tuple[Name, ...] = ()
    """Phases in the order in which they should be entered; without it, the phases from the last to the first."""
    touches: tuple[Name, ...] = ()
    """Verbs that may lead to a conversion; without it, those received, and those that answer (`behaviour`)."""
    window_days: Days = 90
    """Days before a conversion in which a touch counts."""


def journey_columns(verbs: object, *, attributes: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the columns of the journey row: those of every project, four for each verb, one for each attribute."""
    names = [str(name).replace("-", "_") for name in verbs] if isinstance(verbs, Mapping) else []
    made = [
        column
        for name in names
        for column in (f"first_{name}_at", f"last_{name}_at", f"{name}_count", f"days_since_{name}")
    ]
    facts = [FACT + name.replace("-", "_") for name in attributes]
    return tuple(dict.fromkeys((*JOURNEY_COLUMNS, *made, *facts)))


def is_gene(column: str, /) -> bool:
    """Whether a condition's column names a gene: `family:label`."""
    family, colon, label = column.partition(":")
    return bool(family and colon and label)
