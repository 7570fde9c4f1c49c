"""Bring first-party data in."""

from customer_genome.sources.load import load

__all__ = ["load"]
