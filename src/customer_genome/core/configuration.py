"""Read `genome.yaml` into a `Project`, or say everything that is wrong with it at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from customer_genome.core.errors import ConfigError, Problem, ProjectError
from customer_genome.core.project import Project
from customer_genome.core.yaml_tree import MAX_BYTES, YamlTree, yaml_tree

FILE_NAME = "genome.yaml"

_EXPECTED = {
    "missing": "a value: the key is required",
    "string_type": "text (quote it if it is meant)",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "float_type": "a number",
    "finite_number": "a finite number",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "too_short": "at least {min_length}",
    "string_too_short": "at least {min_length} characters",
    "string_too_long": "at most {max_length} characters",
    "greater_than": "more than {gt}",
    "greater_than_equal": "{ge} or more",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "literal_error": "{expected}",
}


def load_project(directory: str | Path, /) -> Project:
    """Read the `genome.yaml` of a project.

    Raises ProjectError when there is none, ConfigError with every problem in it otherwise. Nothing in the
    file is replaced by values of the environment.
    """
    path = Path(directory) / FILE_NAME
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ProjectError(
            f"{directory} is no Customer Genome project",
            found=f"{path}: {error.strerror or error}",
            expected=f"a folder with a {FILE_NAME}",
            fix="make one with `genome init DIR --template retail` (or saas)",
        ) from None
    if len(data) > MAX_BYTES:
        raise ConfigError([Problem(str(path), None, "file", "more bytes", f"at most {MAX_BYTES:,} bytes")])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            [Problem(str(path), line, "file", f"byte {data[error.start]:#04x}", "UTF-8")]
        ) from None
    return read_project(text, file=str(path))


def read_project(text: str, /, *, file: str = FILE_NAME) -> Project:
    """Read the text of a `genome.yaml`; `file` names it in messages. Raises ConfigError with all problems."""
    tree = yaml_tree(text)
    problems = [
        Problem(file, flaw.line, key_path(flaw.path), flaw.found, flaw.expected) for flaw in tree.flaws
    ]
    project: Project | None = None
    if isinstance(tree.value, Mapping):
        try:
            project = Project.model_validate(tree.value)
        except ValidationError as error:
            problems += _problems(error, tree, file)
    elif not problems:
        problems.append(Problem(file, 1, "file", _shown(tree.value), "a mapping"))
    if problems or project is None:
        raise ConfigError(sorted(dict.fromkeys(problems), key=lambda problem: problem.line or 0))
    return project


def key_path(path: tuple[str | int, ...], /) -> str:
    """Write a path as people read it: `phases[0].when`."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".") or "file"


def _problems(error: ValidationError, tree: YamlTree, file: str) -> Iterator[Problem]:
    flawed = {flaw.path for flaw in tree.flaws}
    for one in error.errors(include_url=False):
        path = tuple(part for part in one["loc"] if part != "[key]")
        if path not in flawed or one["type"] == "fault":
            yield Problem(file, tree.line(path), key_path(path), _found(one), _expected(one))


def _found(error: ErrorDetails) -> str:
    if error["type"] == "fault":
        return str(error["ctx"]["found"])
    if error["type"] == "missing":
        return "nothing"
    return f"{len(error['input'])}" if error["type"] == "too_short" else _shown(error["input"])


def _expected(error: ErrorDetails) -> str:
    if error["type"] == "fault":
        return str(error["ctx"]["expected"])
    given = error.get("ctx", {})
    context = {k: int(v) if isinstance(v, float) and v.is_integer() else v for k, v in given.items()}
    known = _EXPECTED.get(error["type"])
    return known.format(**context) if known else error["msg"].removeprefix("Input should be ")


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    if value is None:
        return "nothing"
    text = str(value).lower() if isinstance(value, bool) else " ".join(str(value).split())
    return f"`{text}`" if len(text) <= 80 else f"`{text[:77]}...`"
