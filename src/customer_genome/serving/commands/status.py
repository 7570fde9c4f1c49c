from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from customer_genome.serving.options import AsOf, Directory, Json, opened
from customer_genome.serving.output import print_json, print_pairs, print_rows

if TYPE_CHECKING:
    from customer_genome.app.status import Status
    from customer_genome.core.project import Project


def status(*, directory: Directory = Path(), as_of: AsOf = None, as_json: Json = False) -> None:
    """What is published, what came of every row of every source, and what lies in quarantine.

    For each source, received = stored + duplicates + quarantined + suppressed: no row is lost. The audit chain is
    whole while nobody has changed or removed a row of the record of who read what.

        $ genome status --dir demo
        snapshot      1 (main), as of 2018-01-01
        customers     2,469
        interactions  1,712,718
        revenue       4,596,039.58 USD
        ...
        audit chain   whole
        ...
        source        received     stored  duplicates  quarantined  suppressed
        transactions  1,469,307  1,469,307          0            0           0

    Ends with 0, also where the audit chain is broken, or with 7 where nothing is built yet.
    """
    workspace = opened(directory, as_of=as_of)
    found, project = workspace.status(), workspace.folder.project
    if as_json:
        print_json(found.as_dict())
        return
    print_pairs(_totals(found, project), zone=project.tz)
    print_rows(found.phases, title="Phases")
    names = ("source", "received", "stored", "duplicates", "quarantined", "suppressed")
    print_rows(found.sources, columns=names, title="Sources")
    print_rows(
        found.alarms, columns=("source", "kind", "severity", "said"), title="Alarms",
        empty="none: every source is as it was",
    )  # fmt: skip
    print_rows(found.quarantine, title="Quarantine", empty="empty: every row was understood")


def _totals(found: Status, project: Project) -> list[tuple[str, Any]]:
    from customer_genome.core.as_of import local_text

    zone = project.tz
    return [
        ("project", project.name),
        ("snapshot", f"{found.snapshot} ({found.branch}), as of {local_text(found.as_of, zone=zone)}"),
        ("built", found.built_at),
        ("population", f"estimated as of {local_text(found.reference_as_of, zone=zone)}"),
        ("customers", found.customers),
        ("interactions", found.interactions),
        ("sessions", found.sessions),
        ("revenue", f"{found.revenue:,.2f} {project.currency}"),
        (
            "genes",
            f"{found.genes:,}, of which {found.hidden_genes:,} hidden: they do not measure reliably",
        ),
        ("audit chain", _chain(found.audit_broken_at)),
    ]


def _chain(broken_at: int | None) -> str:
    return "whole" if broken_at is None else f"broken: row {broken_at} does not follow from the row before it"
