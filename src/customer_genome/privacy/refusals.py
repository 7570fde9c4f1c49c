"""Whose data a purpose may not touch, read from the ledger at the moment of reading."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
from sqlalchemy import Engine as Database

from customer_genome.core.errors import AccessDenied
from customer_genome.core.ids import digest
from customer_genome.core.project import Project
from customer_genome.ledger import consents


@dataclass(frozen=True)
class Refusals:
    """Tokens that said no to a purpose, and, where its basis is consent, those that said yes (else None)."""

    refused: tuple[str, ...]
    granted: tuple[str, ...] | None

    def digest(self) -> str:
        """Return a digest of both sets: a build made under another one is out of date."""
        return digest(*self.refused, "|", *(self.granted if self.granted is not None else ("-",)))


def refusals(project: Project, *, ledger: Database, purpose: str) -> Refusals:
    """Return who is left out of `purpose`; at a merge of two subjects the stricter answer holds for both.

    Raises AccessDenied for no purpose or one that the project does not declare.
    """
    declared = project.purposes.get(purpose)
    if declared is None:
        raise AccessDenied(
            "data are read for a declared purpose only",
            found=f"purpose {purpose!r}" if purpose else "no purpose",
            expected=", ".join(
                f"{name} ({p.description})" if p.description else name for name, p in project.purposes.items()
            ),
            fix="say why you read, for example --purpose analytics",
        )
    states = consents.latest(ledger, purpose=purpose)
    refused = tuple(sorted(token for token, state in states.items() if state != "granted"))
    if declared.basis != "consent":
        return Refusals(refused=refused, granted=None)
    return Refusals(
        refused=refused, granted=tuple(sorted(t for t, state in states.items() if state == "granted"))
    )


def token_table(tokens: tuple[str, ...]) -> pa.Table:
    """Return tokens as a table of one column, for the engine to join."""
    return pa.table({"token": pa.array(tokens, pa.string())})
