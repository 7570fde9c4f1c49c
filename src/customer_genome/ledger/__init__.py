"""What must be transactional: snapshots, consents, the vault, the audit chain."""

from customer_genome.ledger import audit, consents, snapshots, vault
from customer_genome.ledger.ledger import open_ledger
from customer_genome.ledger.snapshots import Snapshot

__all__ = ["Snapshot", "audit", "consents", "open_ledger", "snapshots", "vault"]
