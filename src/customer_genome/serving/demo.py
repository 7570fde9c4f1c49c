"""The demos: a project on real or on simulated data, from nothing to a report on the screen."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from customer_genome.serving import demo_retail, demo_saas
from customer_genome.serving.output import console
from customer_genome.serving.progress import Bars

if TYPE_CHECKING:
    from customer_genome.app.workspace import Workspace
    from customer_genome.serving.report import DataTerms

DEMOS: dict[str, ModuleType] = {"retail": demo_retail, "saas": demo_saas}
REPORT = "report.html"


def run(kind: str, directory: Path, *, as_of: str | None = None, serve: bool = True, port: int = 0) -> None:
    """Make the project where it is missing, build it, print a summary, write the report, and show it if asked.

    `kind` is one of DEMOS. Raises SourceError where the data are not installed.
    """
    out, demo = console(), DEMOS[kind]
    out.print(f"{demo.NAME}\n{demo.TERMS}\n{demo.CITATION}", markup=False, style="bright_black")
    demo.begin(directory)
    workspace = _build(directory, as_of=as_of)
    _predict(workspace, demo.FORETOLD)
    report = _report(workspace, directory / REPORT, terms=demo.terms())
    out.print(f"\nthe report: {report}", markup=False, soft_wrap=True)
    out.print(f"ask on: genome --help, genome status --dir {directory}", markup=False, soft_wrap=True)
    if serve:
        from customer_genome.serving.show_file import show_file

        show_file(report, port=port)


def _build(directory: Path, *, as_of: str | None) -> Workspace:
    import customer_genome
    from customer_genome.serving.commands.build import lines

    with Bars() as bars:
        built = customer_genome.open(directory).build(as_of=as_of, progress=bars)
    workspace = customer_genome.open(directory, as_of=as_of)
    for line in lines(built, workspace):
        console().print(line, markup=False, soft_wrap=True)
    return workspace


def _predict(workspace: Workspace, foretold: tuple[str, ...]) -> None:
    """Learn some of the declared targets, for the report; the others take minutes, and wait to be asked for."""
    with Bars() as bars:
        names = [name for name in foretold if name in workspace.targets.names]
        made = workspace.targets.make(*names, progress=bars) if names else ()
    shown = [one.target for one in made if one.published]
    if made:
        said = f"{len(shown)} of {len(made)} targets are answered: {', '.join(shown)}"
        console().print(said, markup=False, soft_wrap=True)


def _report(workspace: Workspace, place: Path, *, terms: DataTerms) -> Path:
    from customer_genome.serving.report import render
    from customer_genome.serving.report.build_report import build_report
    from customer_genome.serving.summary import print_summary

    report = build_report(workspace, terms=(terms,))
    print_summary(report, console())
    unfinished = place.with_name(place.name + ".part")
    unfinished.write_text(render(report), encoding="utf-8")
    unfinished.replace(place)
    return place
