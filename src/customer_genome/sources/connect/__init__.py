from customer_genome.sources.connect.landing import clear_landing
from customer_genome.sources.connect.pull import pull
from customer_genome.sources.connect.shape import with_objects

__all__ = ["clear_landing", "pull", "with_objects"]
