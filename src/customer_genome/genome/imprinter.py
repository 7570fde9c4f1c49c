"""Imprints named customers with named genes: the bridge from SQL's tables to the kernels and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from customer_genome.core.frames import codes
from customer_genome.core.step import Tables
from customer_genome.genome.evidence import ItemDna, item_dna
from customer_genome.genome.shares import SESSION_RULE, Shares, shares, totals
from customer_genome.genome.support import Imprinter, support

MINIMUM_EXPECTED = 1.0
"""A gene that a customer does not carry is stated (as avoided) only from this much kE = E^2 / V on."""


@dataclass(frozen=True)
class Names:
    """What the indexes of the learned shares mean; a gene, category or group that is new since then has no index."""

    genes: pa.Array
    categories: pa.Array
    groups: pa.Array
    session_genes: pa.Array


@dataclass(frozen=True)
class Part:
    """The evidence of one kind (items or sessions) under dense indexes."""

    genes: pa.Array
    customers: pa.Array
    dna: ItemDna
    rows: pa.Table
    """customer, item (int32), weight (float64): distinct pairs."""


_SUPPORT = pa.schema(
    [("customer_id", pa.string()), ("gene", pa.string())]
    + [(name, pa.float64()) for name in ("observed", "expected", "variance", "units")]
)


class GenomeImprinter:
    """Learns the population's shares (`fit`), then gives any customer's O, E and V (`support`).

    Inputs are the tables `items` (item_id, category, item_group), `dna` (item_id, gene, strength), `weights`
    (customer_id, item_id, weight) and `sessions` (customer_id, session, weight, gene), the last two in order.
    """

    def __init__(self, *, threads: int = 2, memory: int = 1 << 30) -> None:
        self.threads, self.memory = threads, memory

    def fit(self, tables: Tables) -> Self:
        """Estimate the shares of item genes within strata, and of session genes among all sessions."""
        self.names_ = Names(
            genes=pc.unique(tables["dna"]["gene"]).sort(),
            categories=_distinct(tables["items"]["category"]),
            groups=_distinct(tables["items"]["item_group"]),
            session_genes=_distinct(tables["sessions"]["gene"]),
        )
        items, sessions = item_part(tables, names=self.names_), session_part(tables, names=self.names_)
        self.item_shares_ = _learn(items, session=False)
        self.session_shares_ = _learn(sessions, session=True)
        return self

    def support(self, tables: Tables, *, minimum: float = MINIMUM_EXPECTED) -> pa.Table:
        """Return customer_id, gene, observed, expected, variance, units of every customer in the inputs.

        Rows with no O and kE below `minimum` are left out: they would state what nobody could know. To fit priors
        they are needed (0), or those who carry a gene would pass for the population.
        """
        both = (
            (item_part(tables, names=self.names_), self.item_shares_),
            (session_part(tables, names=self.names_), self.session_shares_),
        )
        found = [self._imprint(part, learned, minimum) for part, learned in both if part.rows.num_rows]
        return pa.concat_tables([_SUPPORT.empty_table(), *found])

    def to_arrays(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return the learned state for the reference."""
        arrays = {}
        for name, learned in (("item", self.item_shares_), ("session", self.session_shares_)):
            for column in learned.table().schema.names:
                arrays[f"{name}.{column}"] = learned.table()[column].to_numpy()
        return arrays, {name: values.to_pylist() for name, values in vars(self.names_).items()}

    @classmethod
    def from_arrays(
        cls, arrays: dict[str, NDArray[Any]], meta: dict[str, Any], *, threads: int = 2, memory: int = 1 << 30
    ) -> Self:
        """Read back what `to_arrays` wrote."""
        made = cls(threads=threads, memory=memory)
        made.names_ = Names(**{name: pa.array(values, pa.string()) for name, values in meta.items()})
        made.item_shares_, made.session_shares_ = (
            Shares.of(
                pa.table({key.split(".")[1]: value for key, value in arrays.items() if key.startswith(name)})
            )
            for name in ("item.", "session.")
        )
        return made

    def _imprint(self, part: Part, learned: Shares, minimum: float) -> pa.Table:
        how = Imprinter(
            dna=part.dna,
            shares=learned,
            n_customers=len(part.customers),
            threads=self.threads,
            memory=self.memory,
            minimum_expected=minimum,
        )
        found = pa.Table.from_batches(support(part.rows, how=how), how.schema)
        return pa.table(
            {
                "customer_id": pa.DictionaryArray.from_arrays(
                    found["customer"].combine_chunks(), part.customers
                ).cast(pa.string()),
                "gene": pa.DictionaryArray.from_arrays(found["gene"].combine_chunks(), part.genes).cast(
                    pa.string()
                ),
                "observed": found["observed"],
                "expected": found["expected"],
                "variance": found["variance"],
                "units": found["items"].cast(pa.float64()),
            }
        )


def item_part(tables: Tables, *, names: Names) -> Part:
    """Index items, their strata and genes, and the evidence of the customers in `weights`."""
    items, dna, weights = tables["items"], tables["dna"], tables["weights"]
    ids = items["item_id"].combine_chunks()
    gene, item = codes(dna["gene"], names.genes), codes(dna["item_id"], ids)
    known = (gene >= 0) & (item >= 0)
    made = item_dna(
        item[known],
        genes=gene[known],
        strengths=dna["strength"].to_numpy()[known],
        categories=codes(items["category"], names.categories),
        groups=codes(items["item_group"], names.groups),
        n_genes=len(names.genes),
    )
    met = weights.filter(pc.is_in(weights["item_id"], value_set=ids))
    customers = pc.unique(met["customer_id"])
    return Part(
        names.genes, customers, made, _rows(met["customer_id"], customers, codes(met["item_id"], ids), met)
    )


def session_part(tables: Tables, *, names: Names) -> Part:
    """Index sessions as items whose genes are what was bought in them, where and when."""
    rows = tables["sessions"]
    customers = pc.unique(rows["customer_id"])
    customer = codes(rows["customer_id"], customers)
    named = codes(rows["session"], pc.unique(rows["session"]))
    starts = np.ones(rows.num_rows, bool)
    starts[1:] = (customer[1:] != customer[:-1]) | (named[1:] != named[:-1])
    session = np.cumsum(starts) - 1
    gene = codes(rows["gene"], names.session_genes)
    carried = gene >= 0
    made = item_dna(
        session[carried],
        genes=gene[carried],
        strengths=np.ones(int(carried.sum())),
        categories=np.zeros(int(starts.sum()), np.int32),
        n_genes=len(names.session_genes),
    )
    first = rows.filter(pa.array(starts))
    return Part(
        names.session_genes, customers, made, _rows(first["customer_id"], customers, session[starts], first)
    )


def _learn(part: Part, *, session: bool) -> Shares:
    item = part.rows["item"].to_numpy()
    weight, units = totals(item, weights=part.rows["weight"].to_numpy(), n_items=part.dna.n_items)
    return shares(part.dna, weights=weight, units=units, rule=SESSION_RULE if session else None)


def _rows(ids: pa.ChunkedArray, customers: pa.Array, item: NDArray[np.int64], rows: pa.Table) -> pa.Table:
    extra = {name: rows[name] for name in ("first_at", "last_at", "began") if name in rows.schema.names}
    return pa.table(
        {
            "customer": pa.array(codes(ids, customers).astype(np.int32)),
            "item": pa.array(item.astype(np.int32)),
            "weight": rows["weight"],
            **extra,
        }
    )


def _distinct(values: pa.ChunkedArray) -> pa.Array:
    return pc.unique(values).drop_null().sort()
