"""What the report's builder asks of a project: rows for one purpose, every read through the door."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from customer_genome.app.readers import with_identifier
from customer_genome.app.workspace import Workspace
from customer_genome.core.project import Project
from customer_genome.core.step import Sql
from customer_genome.privacy import Access
from customer_genome.serving.report.gene_names import GeneNames

PURPOSE = "analytics"


@dataclass(frozen=True)
class Reading:
    """An opened snapshot with what people call its genes."""

    workspace: Workspace
    access: Access
    names: GeneNames

    @property
    def project(self) -> Project:
        """The project's configuration."""
        return self.workspace.folder.project

    @property
    def zone(self) -> ZoneInfo:
        """The project's time zone."""
        return self.project.tz

    @property
    def as_of(self) -> datetime:
        """What was known before this moment, in the project's time zone."""
        assert self.access.state.as_of is not None
        return self.access.state.as_of.astimezone(self.zone)

    @property
    def session_word(self) -> str:
        """What a session is called here, plural."""
        return "baskets" if self.project.template == "retail" else "sessions"

    def rows(self, text: str, *reads: str, **params: Any) -> list[dict[str, Any]]:
        """Run SQL over the views of the report's purpose."""
        found = self.access.query(Sql(text, reads=reads, params=params), purpose=PURPOSE)
        return [dict(row) for row in found.to_pylist()]

    def called(self, customers: list[str]) -> dict[str, str]:
        """Return what people call customers: an identifier that is not direct, else the customer_id."""
        import pyarrow as pa

        groups = self.project.account_identifiers
        kinds = [
            kind for kind, said in self.project.identifiers.items() if not said.direct and kind not in groups
        ]
        names = {customer: customer for customer in customers}
        ids = pa.array(customers, pa.string())
        rows = pa.table({"customer_id": ids, "again": ids})
        for kind in reversed(kinds):
            named = with_identifier(self.access, rows, kind=kind, purpose=PURPOSE).to_pylist()
            names |= {row["again"]: f"{kind} {row[kind]}" for row in named}
        return names


def message_families(access: Access, project: Project) -> frozenset[str]:
    """Return the gene families of messages: no item carries them with which customers do anything but answer."""
    text = """
    WITH own AS (
        SELECT DISTINCT i.kind FROM (SELECT DISTINCT item_id FROM evidence WHERE LIST_CONTAINS($own, verb)) AS e
        JOIN items AS i ON e.item_id = i.item_id
    ),
    carried AS (SELECT DISTINCT SPLIT_PART(d.gene, ':', 1) AS family, i.kind FROM item_dna AS d
        JOIN items AS i ON d.item_id = i.item_id)
    SELECT family FROM carried GROUP BY family
    HAVING COUNT(*) FILTER (WHERE kind IN (SELECT kind FROM own)) = 0"""
    answers = set(project.behaviour.answers)
    own = [name for name, verb in project.verbs.items() if not verb.received and name not in answers]
    asked = Sql(text, reads=("evidence", "items", "item_dna"), params={"own": own})
    return frozenset(access.query(asked, purpose=PURPOSE)["family"].to_pylist())
