"""Customers measured in a window of time alone, for vectors that another window's can be compared with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa

from customer_genome.core.step import Sql
from customer_genome.genome.block import Inputs, Measured
from customer_genome.genome.ratios import Catalogue, Shares, catalogue, ratios, shares
from customer_genome.genome.stages.behaviour import behaviour_steps
from customer_genome.genome.stages.contents import (
    PERIODS,
    contents,
    counted,
    drawn,
    identities,
    item_crosses,
    periods,
)
from customer_genome.genome.stages.encode import BATCH, habit_values, vector_table
from customer_genome.genome.stages.rules import rule_tables
from customer_genome.genome.vector import Vectoriser
from customer_genome.privacy import Access

ITEM = "item:"
ITEMS = Sql("SELECT item_id, category FROM items ORDER BY item_id", reads=("items",))
DNA = Sql(
    "SELECT d.item_id, d.gene, d.strength FROM item_dna AS d JOIN dna_rules AS r "
    "ON SPLIT_PART(d.origin, ' ', 1) = r.rule WHERE r.unit = 'item' AND r.how <> 'price_tiers' ORDER BY 1, 2",
    reads=("item_dna", "dna_rules"),
)
"""Price tiers are left out: they are cut by prices paid at any time, the windows' too."""
BUYERS = (
    "SELECT DISTINCT i.customer_id FROM touched_interactions AS i JOIN money_verbs AS m ON i.verb = m.verb "
    "WHERE i.occurred_at >= $began AND i.occurred_at < $ended ORDER BY i.customer_id"
)
INSIDE = "SELECT * FROM touched_interactions WHERE occurred_at >= $began AND occurred_at < $ended"


@dataclass(frozen=True)
class Transform:
    """What was learned from [began, ended): the vectoriser, the genes' shares, and from how many customers."""

    began: datetime
    ended: datetime
    vectoriser: Vectoriser
    genes: Shares
    customers: int


@dataclass(frozen=True)
class Windows:
    """Reads windows of a snapshot for one purpose: `everyone` may be seen, `crosses` and `known` are the items'."""

    access: Access
    purpose: str
    everyone: pa.Table
    crosses: pa.Table
    known: Catalogue

    def learn(self, began: datetime, ended: datetime) -> Transform | None:
        """Learn the transform from a sample of those who bought in [began, ended); None where nobody did."""
        chosen = drawn(self.buyers(began, ended))
        if not chosen.num_rows:
            return None
        rows, habits = self._read(chosen, began, ended, number=PERIODS)
        customers = chosen["customer_id"].combine_chunks()
        blocks = counted(rows, customers=customers)
        genes = shares(_items(blocks["identity"]), known=self.known)
        inputs = self._inputs(blocks, genes, habit_values(habits, customers=customers))
        vectoriser = Vectoriser().fit(inputs, periods=identities(rows, customers=customers, number=PERIODS))
        return Transform(began, ended, vectoriser, genes, chosen.num_rows)

    def encode(
        self, transform: Transform, *, began: datetime, ended: datetime, without: tuple[str, ...] = ()
    ) -> tuple[pa.Table, float | None]:
        """Return the vectors of those who bought in [began, ended), and the share of purchases of known items."""
        buyers, share = self.buyers(began, ended), [0.0, 0.0]
        nobody = np.zeros((0, transform.vectoriser.dimensions), np.float32)
        parts = [vector_table(pa.chunked_array([], pa.string()), nobody, version="")]
        for start in range(0, buyers.num_rows, BATCH):
            chosen = buyers.slice(start, BATCH)
            rows, habits = self._read(chosen, began, ended, number=1)
            customers = chosen["customer_id"].combine_chunks()
            blocks = counted(rows, customers=customers)
            inputs = self._inputs(blocks, transform.genes, habit_values(habits, customers=customers))
            made = transform.vectoriser.encode(inputs, without=without)
            parts.append(vector_table(chosen["customer_id"], made, version=transform.vectoriser.version_))
            held = _items(blocks["identity"], keep=True)
            found = transform.vectoriser.fitted_["identity"].known(held)
            share = [total + more for total, more in zip(share, found, strict=True)]
        return pa.concat_tables(parts), share[0] / share[1] if share[1] else None

    def buyers(self, began: datetime, ended: datetime) -> pa.Table:
        """Return who bought in [began, ended), by id."""
        sql = Sql(
            BUYERS, reads=("touched_interactions", "money_verbs"), params={"began": began, "ended": ended}
        )
        tables = {"touched": self.everyone, "money_verbs": rule_tables(self.access.project)["money_verbs"]}
        return self.access.query(sql, purpose=self.purpose, tables=tables)

    def _read(
        self, chosen: pa.Table, began: datetime, ended: datetime, *, number: int
    ) -> tuple[pa.Table, pa.Table]:
        """Return contents in `number` periods, and habits, of `chosen` from what they did in the window alone."""
        inside = Sql(INSIDE, reads=("touched_interactions",), params={"began": began, "ended": ended})
        rows = self.access.query(inside, purpose=self.purpose, tables={"touched": chosen})
        tables = {
            "touched": chosen,
            "chosen": chosen,
            "touched_interactions": rows,
            "item_crosses": self.crosses,
            "periods": periods(began, ended, number=number),
        }
        habit_step = behaviour_steps(self.access.project, as_of=ended)[0]
        habits = self.access.query(
            habit_step.sql, purpose=self.purpose, tables={**tables, **habit_step.tables}
        )
        return contents(self.access, tables=tables, purpose=self.purpose), habits

    def _inputs(self, blocks: Inputs, genes: Shares, behaviour: Measured) -> Inputs:
        held = _items(blocks["identity"])
        return {**blocks, "genes": ratios(held, known=self.known, learned=genes), "behaviour": behaviour}


def windows(access: Access, *, purpose: str) -> Windows:
    """Open a snapshot for reading windows: who may be seen, and what is known of the items."""
    everyone = Sql("SELECT customer_id FROM customers ORDER BY customer_id", reads=("customers",))
    dna = access.query(DNA, purpose=purpose, tables=rule_tables(access.project))
    return Windows(
        access=access,
        purpose=purpose,
        everyone=access.query(everyone, purpose=purpose),
        crosses=item_crosses(access, purpose=purpose),
        known=catalogue(access.query(ITEMS, purpose=purpose), dna),
    )


def _items(identity: Measured, *, keep: bool = False) -> Measured:
    """Return the columns that are items, under the items' names or (`keep`) their own."""
    places = [place for place, name in enumerate(identity.columns) if name.startswith(ITEM)]
    cut = 0 if keep else len(ITEM)
    return Measured(identity.matrix[:, places], [identity.columns[place][cut:] for place in places])
