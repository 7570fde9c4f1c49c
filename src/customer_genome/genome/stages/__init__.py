"""The stages that make genomes: imprint, encode, best."""

from customer_genome.genome.stages.best import best
from customer_genome.genome.stages.encode import encode
from customer_genome.genome.stages.imprint import imprint

__all__ = ["best", "encode", "imprint"]
