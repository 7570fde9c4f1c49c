"""Checked three times: contracts and accounts, reconciliation, proof."""

from customer_genome.precision.check import check, interactions_known
from customer_genome.precision.reconcile import reconcile

__all__ = ["check", "interactions_known", "reconcile"]
