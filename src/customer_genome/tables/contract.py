"""What a table promises: without a contract it neither loads nor is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

Layer = Literal["base", "derived", "view"]
Subject = Literal["none", "token", "customer"]
GENERATION = pa.field("generation", pa.int64())


@dataclass(frozen=True)
class Column:
    """One column: its Arrow type and, in words, its meaning with unit."""

    name: str
    type: pa.DataType
    meaning: str


@dataclass(frozen=True)
class Table:
    """The contract of one table of the lake.

    `layer`: base (loaded, shared by all builds), derived (one a branch) or view (made of other tables when read).
    `subject`: whose data a row is (nobody's, the holder's of `token`, or `customer_id`'s); the door filters by it.
    `purposes`: what it may be read for; None means every declared purpose. `public`: shown by SQL and export.
    `classification`: open (no person), pseudonymous (a person under an id), sensitive.
    """

    name: str
    meaning: str
    grain: tuple[str, ...]
    columns: tuple[Column, ...]
    layer: Layer = "derived"
    subject: Subject = "customer"
    classification: Literal["open", "pseudonymous", "sensitive"] = "pseudonymous"
    purposes: tuple[str, ...] | None = None
    retention: str = "with the snapshot"
    public: bool = True
    by_customer: bool = False
    """Rows are rewritten customer by customer: stored ones carry `generation`, and the newest of a customer counts."""

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema of the rows as readers see them."""
        return pa.schema([(column.name, column.type) for column in self.columns])

    @property
    def stored(self) -> pa.Schema:
        """The Arrow schema of the rows as the lake keeps them."""
        return self.schema.append(GENERATION) if self.by_customer else self.schema

    @property
    def names(self) -> tuple[str, ...]:
        """The columns in order."""
        return tuple(column.name for column in self.columns)
