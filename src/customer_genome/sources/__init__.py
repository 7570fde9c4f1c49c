"""Bring first-party data in."""

from customer_genome.sources.connect import clear_landing
from customer_genome.sources.load import load

__all__ = ["clear_landing", "load"]
