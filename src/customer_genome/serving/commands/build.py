from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from customer_genome.serving.options import Directory, Json
from customer_genome.serving.output import console, counted, print_json

if TYPE_CHECKING:
    from customer_genome.app.build import Built
    from customer_genome.app.workspace import Workspace


def build(
    *,
    directory: Directory = Path(),
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", metavar="TIME", help="Build what could have been known before this moment."),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Derive every customer anew, and estimate the population anew.")
    ] = False,
    hold_reference: Annotated[
        bool,
        typer.Option("--hold-reference", help="With --full: keep the population estimates that are there."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Bring the genome up to date with the sources.

    Only what is new is read, and only the customers it touches are derived anew. What readers see changes at
    once, when everything is done; a build that is killed changes nothing, and the next one goes on.

        $ genome build --dir demo
        snapshot 1 is published: 2,469 customers, 1,712,718 interactions, as of 2018-01-01 (2,469 derived anew, 70 s)
        $ genome build --dir demo
        nothing new: snapshot 1 stands (1 s)
        $ genome build --dir demo --as-of 2017-12-04

    Ends with 0, also when rows went to quarantine (`genome status` counts them); 3 for a fault in genome.yaml,
    4 for a source that cannot be read, 8 while another build is running.
    """
    import customer_genome
    from customer_genome.serving.progress import Bars

    workspace = customer_genome.open(directory)
    with Bars() as bars:
        built = workspace.build(as_of=as_of, full=full, hold_reference=hold_reference, progress=bars)
    done = customer_genome.open(directory, as_of=as_of)
    if as_json:
        print_json(as_dict(built, done))
        return
    out = console()
    for line in lines(built, done):
        out.print(line, markup=False, soft_wrap=True)


def as_dict(built: Built, workspace: Workspace) -> dict[str, Any]:
    """Return what a build did as plain values."""
    snapshot = built.snapshot
    quarantined = sum(row["rows"] for row in workspace.status().quarantine)
    return {
        "changed": built.changed,
        "snapshot": snapshot.id,
        "branch": snapshot.branch,
        "as_of": snapshot.as_of,
        "touched": built.touched,
        "quarantined": quarantined,
        "seconds": round(built.seconds, 3),
    }


def lines(built: Built, workspace: Workspace) -> list[str]:
    """Return what a build did in words."""
    from customer_genome.core.as_of import local_text

    status, zone = workspace.status(), workspace.folder.project.tz
    quarantined = sum(row["rows"] for row in status.quarantine)
    when, took = local_text(built.snapshot.as_of, zone=zone), f"{max(built.seconds, 1):.0f} s"
    said = f"nothing new: snapshot {built.snapshot.id} stands ({took})"
    if built.changed:
        said = (
            f"snapshot {built.snapshot.id} is published: {counted(status.customers, 'customer')}, "
            f"{counted(status.interactions, 'interaction')}, as of {when} ({built.touched:,} derived anew, {took})"
        )
    verb = "is" if quarantined == 1 else "are"
    held = f"{counted(quarantined, 'row')} {verb} in quarantine: `genome status` says why"
    return [said, held] if quarantined else [said]
