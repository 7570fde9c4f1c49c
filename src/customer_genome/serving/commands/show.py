from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from customer_genome.serving.options import AsOf, Customer, Directory, Json, Purpose, opened
from customer_genome.serving.output import print_json, print_pairs, print_rows

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from customer_genome.app.genome import Genome
    from customer_genome.core.project import Project

GENES = {"gene": "gene", "strength": "strength", "low": "low", "high": "high", "evidence": "evidence"}


def show(
    customer: Customer,
    *,
    gene: Annotated[
        str | None,
        typer.Option("--gene", metavar="GENE", help="Show what this gene's expression rests on instead."),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Show every gene, not only the clearest.")] = False,
    directory: Directory = Path(),
    purpose: Purpose = "service",
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """One customer's genome: what is known of them, how surely, and what it rests on.

    A strength of 2 means twice what one would expect of someone who makes as many choices in the same categories;
    the 90 % interval (low to high) says how sure that is. Evidence counts distinct items or sessions.

        $ genome show household:208 --dir demo
        customer  household:208 (c5vpf42kdnrt)
        phase     active since 2017-12-29
        ...
        More than expected
        gene                          strength   low   high  evidence
        category:FLOUR & MEALS            9.42  5.49  14.21        15
        $ genome show household:208 --dir demo --gene "category:FLOUR & MEALS"

    Ends with 0, or with 6 where there is no such customer or gene, or the purpose may not see the customer.
    """
    workspace = opened(directory, as_of=as_of)
    project = workspace.folder.project
    if gene is not None:
        rows = workspace.evidence(customer, gene, purpose=purpose).to_pylist()
        if as_json:
            print_json(rows)
        else:
            names = ("title", "verb", "times", "last_at", "weight", "contribution", "what")
            title = f"{customer}, {gene}: what it rests on, largest contribution first"
            print_rows(
                rows, columns=names, zone=project.tz, title=title, empty="nothing: it rests on the population"
            )
        return
    genome = workspace.show(customer, purpose=purpose)
    if as_json:
        print_json(genome.as_dict())
        return
    _head(customer, genome, project)
    _genes(genome, every=every)
    _rest(genome, zone=project.tz)


def _head(customer: str, genome: Genome, project: Project) -> None:
    from customer_genome.core.as_of import local_text

    zone, totals = project.tz, genome.totals
    since = f" since {local_text(genome.phase_since, zone=zone)[:10]}" if genome.phase_since else ""
    print_pairs(
        [
            ("customer", customer if ":" not in customer else f"{customer} ({genome.customer_id})"),
            ("as of", local_text(genome.as_of, zone=zone)),
            ("phase", f"{genome.phase or 'unknown'}{since}"),
            ("revenue", f"{totals['revenue']:,.2f} {project.currency}" if totals else None),
            ("sessions", totals.get("sessions")),
            ("interactions", totals.get("interactions")),
            ("last seen", totals.get("last_at")),
        ],
        zone=zone,
    )


def _genes(genome: Genome, *, every: bool) -> None:
    if every:
        rows = [row for row in genome.expressions.to_pylist() if row["family"] != "behaviour"]
        print_rows(rows, columns=GENES, title="Every gene", empty="no gene is expressed yet")
        return
    nothing = "no gene is surely so yet"
    print_rows(genome.strongest(), columns=GENES, title="More than expected", empty=nothing)
    print_rows(genome.weakest(), columns=GENES, title="Less than expected", empty=nothing)


def _rest(genome: Genome, *, zone: ZoneInfo) -> None:
    read = sorted(genome.readings.items())
    readings = [{"behaviour": gene.partition(":")[2], "reading": reading} for gene, reading in read]
    print_rows(readings, title="Behaviour", empty="nothing measured yet")
    facts: list[dict[str, Any]] = genome.facts.to_pylist()
    print_rows(facts, title="Facts", zone=zone, empty=f"none that the purpose {genome.purpose} may see")
