"""The contract of every table: columns with units, grain, subject, classification, purposes, retention."""

from customer_genome.core.errors import ContractError
from customer_genome.tables.accounts import ACCOUNT_TABLES
from customer_genome.tables.base import BASE
from customer_genome.tables.contract import Column, Table
from customer_genome.tables.customer import CUSTOMERS_AND_IDENTITY
from customer_genome.tables.genome import GENOME
from customer_genome.tables.monitors import MONITORS
from customer_genome.tables.predicted import PREDICTED
from customer_genome.tables.verbs import VERB_WEIGHTS

_ALL = (*BASE, *CUSTOMERS_AND_IDENTITY, *ACCOUNT_TABLES, *GENOME, VERB_WEIGHTS, *PREDICTED, *MONITORS)
TABLES: dict[str, Table] = {table.name: table for table in _ALL}


def contract(name: str) -> Table:
    """Return the contract of table `name`; a table without one does not exist here."""
    try:
        return TABLES[name]
    except KeyError:
        raise ContractError(
            f"no table {name!r}", expected=", ".join(sorted(TABLES)), fix="name one of these tables"
        ) from None


__all__ = ["TABLES", "Column", "Table", "contract"]
