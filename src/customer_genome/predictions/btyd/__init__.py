"""Buy till you die: how often a customer will still buy, for how much, and whether they are still there."""

from customer_genome.predictions.btyd.bg_nbd import BgNbd
from customer_genome.predictions.btyd.customer_value import CustomerValue
from customer_genome.predictions.btyd.gamma_gamma import GammaGamma
from customer_genome.predictions.btyd.histories import Histories, summarise
from customer_genome.predictions.btyd.pareto_nbd import ParetoNbd

__all__ = ["BgNbd", "CustomerValue", "GammaGamma", "Histories", "ParetoNbd", "summarise"]
