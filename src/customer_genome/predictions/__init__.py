"""Predictions: what a customer will probably do next, calibrated, with the reason in numbers."""

from customer_genome.predictions.blend import Settings
from customer_genome.predictions.next_basket import NextBasket
from customer_genome.predictions.predicted import Predictions
from customer_genome.predictions.profile import Events

__all__ = ["Events", "NextBasket", "Predictions", "Settings"]
