"""Where data come from and what their columns mean: the `sources` of `genome.yaml`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import Field

from customer_genome.core.connect import Connect
from customer_genome.core.item_mappings import DnaMapping, ItemMapping, Sensitivity
from customer_genome.core.model import (
    Codec,
    Column,
    Days,
    Expression,
    Fault,
    Flag,
    Mark,
    Model,
    Name,
    Select,
    Text,
    Zone,
    choices,
)
from customer_genome.core.user_sql import UserSqlError, tables_of

KINDS = ("interactions", "claims", "items", "dna")
"""What a source may hold; each source holds exactly one of them."""

PULLED = "received"
"""What a query calls the rows that its source pulled."""

Format = Literal["auto", "csv", "parquet", "jsonl", "excel"]


class CsvOptions(Model):
    """How a CSV file is written, where looking at it does not tell: `{delimiter: ";", encoding: cp1252}`."""

    delimiter: Mark | None = None
    """Stands between two fields; without it the file is looked at."""
    quote: Mark = '"'
    """Stands around a field that holds a delimiter or a line break."""
    encoding: Codec | None = None
    """Such as utf-8 or cp1252; without it the file is looked at."""
    decimal: Literal[".", ","] = "."
    """What stands before the fraction of a number."""
    header: Flag = True
    """Whether the first line names the columns; otherwise they are column_1, column_2, ..."""
    missing: tuple[Text, ...] = ()
    """Texts that mean, as the empty one does, that nothing is known, such as N/A."""


class InteractionMapping(Model):
    """Rows that are interactions: `{identifiers: {customer: id}, verb: buy, item: sku, occurred_at: day}`.

    Every value is a SQL expression over the source's columns unless its meaning says otherwise; one that is
    left out is unknown.
    """

    key: tuple[Column, ...] = ()
    """Columns that name a row for ever, so that a row sent again is known again; none: the whole row does."""
    identifiers: dict[Name, Expression] = Field(min_length=1)
    """Identifier type to the expression of its value; a null value says nothing."""
    verb: Name | None = None
    """The one verb of all rows (a name, not an expression); otherwise give `verb_from`."""
    verb_from: Expression | None = None
    """Expression of each row's verb; a row with a verb that is not declared goes to quarantine."""
    item: Expression
    """The id of what it is about. Kinds other than products carry a prefix: `'coupon:' || code`."""
    occurred_at: Expression
    """When it happened: a time or a date."""
    known_at: Expression | None = None
    """When the company could first know of it; without it, when it happened."""
    time_zone: Zone | None = None
    """IANA zone (not an expression) of times that carry no offset; without it, the project's."""
    quantity: Expression | None = None
    """How many."""
    value: Expression | None = None
    """Money for a verb with `money: true`, otherwise any amount that belongs to it."""
    channel: Expression | None = None
    """Where it happened: a store, the shop, an app."""
    session: Expression | None = None
    """What was done together: the basket, the visit."""
    currency: Expression | None = None
    """Three letters; without it, the project's currency."""
    properties: tuple[Column, ...] = ()
    """Columns (names, not expressions) that are kept beside, as JSON."""

    @classmethod
    def faults(cls, raw: Mapping[str, Any]) -> Iterator[Fault]:
        """Exactly one of `verb` and `verb_from` is given."""
        yield from _exactly_one(raw, ("verb", "verb_from"))


class AttributeMapping(Model):
    """One attribute that a source asserts; `age: age_band` is short for `age: {value: age_band}`."""

    value: Expression
    """Expression of the attribute's value; null asserts nothing."""
    sensitivity: Sensitivity = "personal"
    """`special` is what law protects most (health, religion, children, ...)."""
    purposes: tuple[Name, ...] | None = None
    """What it may be read for; without it, whatever its source may."""


class ClaimMapping(Model):
    """Rows that assert attributes of customers: `{identifiers: {customer: id}, attributes: {age: band}}`."""

    identifiers: dict[Name, Expression] = Field(min_length=1)
    """Identifier type to the expression of its value; a null value says nothing."""
    observed_at: Expression | None = None
    """When it was observed; without it, unknown, and the claim holds at every as-of date."""
    time_zone: Zone | None = None
    """IANA zone of times that carry no offset; without it, the project's."""
    method: Literal["stated", "observed", "derived"] = "stated"
    """Said by the customer, seen by the company, or computed."""
    attributes: dict[Name, AttributeMapping] = Field(min_length=1)
    """Attribute to its expression, or to a mapping as below."""

    @classmethod
    def prepared(cls, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        """Read `age: age_band` as `age: {value: age_band}`."""
        given = raw.get("attributes")
        if not isinstance(given, Mapping):
            return raw
        short = (str, bool, int, float)
        return {
            **raw,
            "attributes": {k: {"value": v} if isinstance(v, short) else v for k, v in given.items()},
        }


class Source(Model):
    """One place that data come from: who owns it, where it lies and what its columns mean.

    It has `path`, or `inputs` with a `query` over them, or `connect` (with or without a `query` over `received`), and
    exactly one of `interactions`, `claims`, `items` and `dna`.
    """

    department: Name
    """The department that owns it."""
    purposes: tuple[Name, ...] | None = None
    """What its rows may be read for; without it, every purpose of the project."""
    retention_days: Days | None = None
    """Days after which its rows are removed; without it, as `retention` says."""
    path: Text | None = None
    """File, folder or glob, relative to the project."""
    inputs: dict[Name, Text] | None = Field(default=None, min_length=1)
    """Name to file, folder or glob: what `query` selects from."""
    connect: Connect | None = None
    """A database, service or store that its rows are pulled from with every build."""
    query: Select | None = None
    """One SELECT over the inputs, by their names (or over `received`, the rows pulled): the source's rows."""
    driven_by: Name | None = None
    """The input whose rows the query can answer file by file: only its new files are read; without it, all inputs."""
    format: Format = "auto"
    """What the files are; `auto` goes by their endings."""
    sheet: Text | None = None
    """The sheet of an Excel workbook; without it, the first."""
    csv: CsvOptions = CsvOptions()
    """How CSV files are written."""
    interactions: InteractionMapping | None = None
    """What customers did or received."""
    claims: ClaimMapping | None = None
    """What is asserted about customers."""
    items: ItemMapping | None = None
    """What there is to buy, read, use."""
    dna: DnaMapping | None = None
    """Which genes items carry."""

    @property
    def mapping(self) -> InteractionMapping | ClaimMapping | ItemMapping | DnaMapping:
        """Return the one mapping it has."""
        found = self.interactions or self.claims or self.items or self.dna
        assert found is not None, "faults() lets no source through without a mapping"
        return found

    @property
    def kind(self) -> str:
        """Return what its rows are: interactions, claims, items or dna."""
        return next(kind for kind in KINDS if getattr(self, kind) is not None)

    @property
    def place(self) -> str:
        """Return where it reads from, in a few words."""
        if self.connect is not None:
            return self.connect.label
        return self.path or " + ".join((self.inputs or {}).values())

    @classmethod
    def faults(cls, raw: Mapping[str, Any]) -> Iterator[Fault]:
        """One place to read from, one meaning, and a query that reads its own inputs and nothing else."""
        yield from _exactly_one(raw, KINDS)
        given = [key for key in ("path", "inputs", "connect", "query") if raw.get(key) is not None]
        if given not in (["path"], ["inputs", "query"], ["connect"], ["connect", "query"]):
            found = " and ".join(f"`{key}`" for key in given) or "neither `path` nor `inputs` nor `connect`"
            yield Fault((), found, "either `path`, or `inputs` with a `query`, or `connect`")
        query, inputs = raw.get("query"), raw.get("inputs")
        if raw.get("connect") is not None:
            inputs = {PULLED: raw["connect"]}
        if isinstance(query, str) and isinstance(inputs, Mapping):
            yield from _not_inputs(query, [str(name) for name in inputs])


def _not_inputs(query: str, inputs: list[str]) -> Iterator[Fault]:
    try:
        read = tables_of(query)
    except UserSqlError:
        return  # the field's own check says so
    for table in sorted(read - set(inputs)):
        yield Fault(("query",), f"table `{table}`", choices(table, inputs))


def _exactly_one(raw: Mapping[str, Any], keys: tuple[str, ...]) -> Iterator[Fault]:
    given = [key for key in keys if raw.get(key) is not None]
    if len(given) != 1:
        found = " and ".join(f"`{key}`" for key in given) or "none of them"
        yield Fault((), found, f"exactly one of {', '.join(f'`{key}`' for key in keys)}")
