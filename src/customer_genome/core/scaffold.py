"""Begin a project: a folder with a commented `genome.yaml` to start from."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from customer_genome.core.configuration import FILE_NAME
from customer_genome.core.errors import ProjectError
from customer_genome.core.model import choices
from customer_genome.core.ready_services import with_services

TEMPLATES = ("retail", "saas")

_IGNORED = """\
# Customer data, what is built from them, and keys do not belong into version control.
/data/
/landing/
/truth/
/lake/
/ledger.db*
/keys/
"""


def init(directory: str | Path, /, *, template: str, services: Sequence[str] = ()) -> Path:
    """Write `genome.yaml`, an empty `data` folder and a `.gitignore`; returns the path of `genome.yaml`.

    `template` is retail or saas; the ready mappings of `services` are added to it. An existing `.gitignore` is left as
    it is. Raises ProjectError when the folder already is a project, when it cannot be written, or for an unknown
    template or service.
    """
    folder = Path(directory)
    text = with_services(template_text(template), services)
    target = folder / FILE_NAME
    if target.exists():
        raise _exists(folder, target)
    try:
        (folder / "data").mkdir(parents=True, exist_ok=True)
        with target.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text(_IGNORED, encoding="utf-8")
    except FileExistsError:
        raise _exists(folder, target) from None
    except OSError as error:
        raise ProjectError(
            f"cannot begin a project in {folder}",
            found=error.strerror or str(error),
            expected="a folder that can be written to",
        ) from None
    return target


def template_text(template: str, /) -> str:
    """Return the `genome.yaml` of a template; raises ProjectError for one that is not there."""
    if template not in TEMPLATES:
        raise ProjectError("unknown template", found=f"`{template}`", expected=choices(template, TEMPLATES))
    place = resources.files("customer_genome.core").joinpath("templates", template, FILE_NAME)
    return place.read_text(encoding="utf-8")


def _exists(folder: Path, target: Path) -> ProjectError:
    if target.exists():
        return ProjectError(
            f"{folder} is a project already",
            found=str(target),
            expected=f"a folder without a {FILE_NAME}",
            fix="choose another folder, or edit the file that is there",
        )
    return ProjectError(
        f"cannot begin a project in {folder}", found="a file of that name", expected="a folder, or nothing"
    )
