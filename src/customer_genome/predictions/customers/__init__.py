"""Customers: one model for what a customer as a whole will do, whatever is asked."""

from customer_genome.predictions.customers.model import CustomerModel, Reason
from customer_genome.predictions.customers.scoring import score_customers

__all__ = ["CustomerModel", "Reason", "score_customers"]
