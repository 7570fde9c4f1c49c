"""The one door to data: purposes, consent, pseudonyms, audit."""

from customer_genome.privacy.access import Access, State, public_tables
from customer_genome.privacy.keys import Keys
from customer_genome.privacy.refusals import Refusals, refusals
from customer_genome.privacy.views import STORED
from customer_genome.privacy.workbench import UPKEEP, Workbench

__all__ = [
    "STORED",
    "UPKEEP",
    "Access",
    "Keys",
    "Refusals",
    "State",
    "Workbench",
    "public_tables",
    "refusals",
]
