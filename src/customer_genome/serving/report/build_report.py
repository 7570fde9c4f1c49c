"""The report of a project: everything that it shows, read for the purpose analytics."""

from __future__ import annotations

from importlib.metadata import version

from customer_genome.app.readers import access_to
from customer_genome.app.workspace import Workspace
from customer_genome.serving.report.build_best import build_best
from customer_genome.serving.report.build_comparison import build_comparison
from customer_genome.serving.report.build_genomes import build_genomes
from customer_genome.serving.report.build_journey import build_journey
from customer_genome.serving.report.build_next import build_next
from customer_genome.serving.report.build_overview import build_overview
from customer_genome.serving.report.build_sureness import build_sureness
from customer_genome.serving.report.choose import choose
from customer_genome.serving.report.gene_names import gene_names
from customer_genome.serving.report.model import Action, DataTerms, Report
from customer_genome.serving.report.picture import GenomePicture
from customer_genome.serving.report.reading import PURPOSE, Reading, message_families


def build_report(workspace: Workspace, *, terms: tuple[DataTerms, ...] = ()) -> Report:
    """Read one snapshot and return its report; `terms` are those of the data that it was made of.

    Which three customers are shown is `choose`'s rule; the first two are compared. Raises NotBuilt.
    """
    access = access_to(workspace.folder, workspace.snapshot)
    try:
        names = gene_names(
            workspace.folder.project, messages=message_families(access, workspace.folder.project)
        )
        return _report(Reading(workspace, access, names), terms=terms)
    finally:
        access.engine.close()


def _report(reading: Reading, *, terms: tuple[DataTerms, ...]) -> Report:
    status, project = reading.workspace.status(), reading.project
    pictures = build_genomes(reading, chosen=choose(reading))
    return Report(
        project=project.name,
        as_of=reading.as_of,
        time_zone=project.time_zone,
        currency=project.currency,
        purpose=PURPOSE,
        overview=build_overview(reading, status=status),
        journey=build_journey(reading),
        genomes=pictures,
        comparison=build_comparison(reading, pictures=pictures),
        best=build_best(reading),
        next_items=build_next(reading, pictures=pictures),
        sureness=build_sureness(reading, status=status, terms=terms),
        actions=_actions(reading, pictures),
        built_at=status.built_at.astimezone(reading.zone),
        snapshot=str(status.snapshot),
        version=version("customer-genome"),
    )


def _actions(reading: Reading, pictures: tuple[GenomePicture, ...]) -> tuple[Action, ...]:
    where = f" --dir {reading.workspace.folder.root}"
    people = [picture.name.replace(" ", ":") for picture in pictures]
    phases = 'genome sql "SELECT phase, COUNT(*) AS customers FROM phases GROUP BY phase" --purpose analytics'
    asked = [
        Action("customers", "Ask a question of your own about the same rows", phases + where),
        Action("journey", "Compare how fast segments move", f"genome journey rates --by channel{where}"),
    ]
    if people:
        asked.append(Action("genomes", "Look at any other customer", f"genome show {people[-1]}{where}"))
        asked.append(
            Action("compare", "Find who is most like one of them", f"genome similar {people[0]}{where}")
        )
    return (
        *asked,
        Action("best", "See who is like the best and not yet among them", f"genome best{where}"),
        Action(
            "next",
            "Write the predictions of all customers to a file",
            f"genome predict --out next.parquet{where}",
        ),
        Action("sure", "See what came of every row of every source", f"genome status{where}"),
    )
