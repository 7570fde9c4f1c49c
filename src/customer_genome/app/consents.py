"""What customers agreed to: recorded at once, in force at the next read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from customer_genome.app.folder import Folder
from customer_genome.app.readers import token_named
from customer_genome.core.errors import AccessDenied, GenomeError, NotFound
from customer_genome.core.step import Sql
from customer_genome.ledger import consents
from customer_genome.privacy import Access


@dataclass(frozen=True)
class Consents:
    """Receipts of one project; customers are named by customer_id or TYPE:VALUE, whether built already or not."""

    folder: Folder
    access: Callable[[], Access]

    def record(
        self, customer: str, *, purpose: str, state: str, channel: str = "", text_version: str = ""
    ) -> None:
        """Append a receipt: `granted`, `withdrawn` or `objected`; raises for an undeclared purpose or state."""
        if purpose not in self.folder.project.purposes:
            raise AccessDenied(f"no purpose {purpose!r}", expected=", ".join(self.folder.project.purposes))
        if state not in consents.STATES:
            raise GenomeError(f"no consent state {state!r}", expected=", ".join(consents.STATES))
        tokens = self._tokens(customer)
        consents.record(
            self.folder.ledger,
            tokens,
            purpose=purpose,
            state=state,
            channel=channel,
            text_version=text_version,
        )

    def history(self, customer: str) -> list[dict[str, str]]:
        """Return a customer's receipts, oldest first: purpose, state, at, channel."""
        return consents.history(self.folder.ledger, self._tokens(customer))

    def _tokens(self, customer: str) -> list[str]:
        access = self.access()
        if ":" in customer:
            token = token_named(access, customer)
            column, value = "token", token
        else:
            token, column, value = None, "customer_id", customer
        text = (
            "SELECT token FROM _stored_membership WHERE customer_id IN "
            f"(SELECT customer_id FROM _stored_membership WHERE {column} = $value) ORDER BY token"
        )
        found = [row["token"] for row in access.query_identity(Sql(text, ("membership",), {"value": value}))]
        if not found and token is None:
            raise NotFound(f"no customer {customer}")
        return found or [str(token)]
