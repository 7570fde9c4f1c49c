"""Synthetic companies of any size whose truth is known."""

from customer_genome.simulator.company import Company, Flaws, Simulated
from customer_genome.simulator.simulate import simulate

__all__ = ["Company", "Flaws", "Simulated", "simulate"]
