"""Runs migrations on the connection that the ledger hands over."""

from alembic import context

from customer_genome.ledger.schema import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
with context.begin_transaction():
    context.run_migrations()
