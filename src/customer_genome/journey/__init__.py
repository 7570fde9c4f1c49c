"""Where each customer stands."""

from customer_genome.journey.journey import journey

__all__ = ["journey"]
