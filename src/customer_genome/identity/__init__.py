"""Identifiers become customers, reversibly."""

from customer_genome.identity.resolve import resolve

__all__ = ["resolve"]
