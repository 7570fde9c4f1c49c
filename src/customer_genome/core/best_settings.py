"""Who counts among the best customers: the part `best` of a project, and the SQL of what a customer is worth."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Annotated

from pydantic import Field

from customer_genome.core.model import Count, Days, Expression, Fault, Model, Number, Text, choices
from customer_genome.core.user_sql import UserSqlError, check_expression, columns_of

OWN_COLUMNS = ("value", "quantity")
"""What a margin may look at in every project, beside the properties of purchases."""
Amount = Annotated[Number, Field(ge=-1_000_000_000, le=1_000_000_000)]


class BestSettings(Model):
    """Who counts among the best customers: the top share by what they bring.

    Value is what a purchase earns (`margin`) less `costs`, recent purchases counting more. Where no margin is
    named it is called revenue less the costs that are known, not profit.
    """

    share: Number = Field(default=0.2, gt=0, lt=1)
    """The share of customers that is called best."""
    half_life: Days = 56
    """Days after which value counts half in the ranking."""
    margin: Expression | None = None
    """What a purchase earns: a share such as 0.3 of its value, or an expression over value, quantity and
    properties, such as `value - cost_of_goods`; without it, its value."""
    costs: dict[Text, Amount] = Field(default_factory=dict)
    """What else is taken off: a verb and what each costs (`ask: 4.5`), or a property of purchases and how much
    of it the company bears (`coupon_match: 1`, all of it). Leave out what is off the value already."""
    horizon: Days = 182
    """Days ahead for which the chance of being among the best is learned, where the history is long enough."""
    minimum_sessions: Count = 3
    """Sessions with a purchase below which a customer is too new to say."""

    def earned(self, verbs: Collection[str]) -> str:
        """Return SQL over value, quantity and `property_columns` for what a purchase earns less costs of its own."""
        margin = "value" if self.margin is None else self.margin
        text = f"({margin})" if columns_of(margin) else f"({margin}) * value"
        taken = [name for name in sorted(self.costs) if name not in verbs]
        return text + "".join(f" - {self.costs[name]!r} * COALESCE({_quoted(name)}, 0)" for name in taken)

    def property_columns(self, verbs: Collection[str]) -> str:
        """Return SQL over interactions AS i for the properties that are looked at, as further columns."""
        names = sorted(self.properties(verbs))
        return "".join(f", {property_number(name)} AS {_quoted(name)}" for name in names)

    def properties(self, verbs: Collection[str]) -> frozenset[str]:
        """Return the properties of purchases that margin and costs look at."""
        looked = columns_of(self.margin) if self.margin is not None else frozenset()
        return (looked - set(OWN_COLUMNS)) | (self.costs.keys() - set(verbs))

    def words(self, verbs: Collection[str]) -> str:
        """Say what value is: profit where a margin is known, otherwise revenue, less the costs that are known."""
        kind = "revenue" if self.margin is None else "profit"
        known = [
            f"{name} ({'each' if name in verbs else 'times'} {amount:g})"
            for name, amount in self.costs.items()
        ]
        return f"{kind} less {', '.join(known)}" if known else f"{kind}, no further costs being known"


def best_faults(raw: object, *, verbs: Collection[str], properties: Collection[str]) -> Iterator[Fault]:
    """Yield what `best` names that is neither a verb nor a property that is kept."""
    if not isinstance(raw, Mapping):
        return
    costs = raw.get("costs")
    for name in costs if isinstance(costs, Mapping) else ():
        if name not in verbs and name not in properties:
            expected = choices(str(name), sorted({*verbs, *properties}))
            yield Fault(
                ("best", "costs", str(name)),
                f"cost `{name}`",
                f"a verb or a property of interactions: {expected}",
            )
    try:
        looked = columns_of(check_expression(str(raw.get("margin", "1"))))
    except UserSqlError:
        return  # the field's own check says so
    for name in sorted(looked - set(OWN_COLUMNS) - set(properties)):
        expected = choices(name, sorted({*OWN_COLUMNS, *properties}))
        yield Fault(("best", "margin"), f"column `{name}`", expected)


def property_number(name: str) -> str:
    """Return SQL over interactions AS i for a property as a number, null where it is none."""
    escaped = name.replace("\\", "\\\\").replace('"', '\\"').replace("'", "''")
    return f"TRY_CAST(JSON_EXTRACT_STRING(i.properties, '$.\"{escaped}\"') AS DOUBLE)"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
