"""Write docs/reference from the code: commands, configuration, tables, errors. `make docs` runs it."""

from __future__ import annotations

import ast
import importlib
import inspect
import itertools
import textwrap
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from customer_genome.core import errors
from customer_genome.core.project import Project
from customer_genome.tables import TABLES

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference"
NOTE = "<!-- Written from the code by `make docs`; change the words there. -->"

BY_HAND = {
    "benchmarks.md": "Benchmarks: predictions beside published methods",
    "recovery.md": "Benchmarks: what was planted is found again",
}
"""Pages that no code can write: figures that were measured."""


def pages() -> dict[str, str]:
    """Return the text of every reference page by its file name."""
    made = {
        "command-line.md": "\n".join(command_line()),
        "configuration.md": "\n".join(configuration()),
        "tables.md": "\n".join(tables()),
        "errors.md": "\n".join(error_classes()),
    }
    listed = [f"- [{text.splitlines()[0].removeprefix('# ')}]({name})" for name, text in made.items()]
    listed += [f"- [{title}]({name})" for name, title in BY_HAND.items()]
    made["README.md"] = "\n".join(("# Reference", "", *listed))
    return {name: f"{text.rstrip()}\n\n{NOTE}\n" for name, text in made.items()}


def command_line() -> Iterator[str]:
    """Every command with its arguments and options."""
    yield from ("# Command line", "")
    for name, command in sorted(commands().items()):
        yield from (f"## `genome {name}`", "", inspect.cleandoc(command.help or ""), "")
        shown = [parameter for parameter in command.params if not getattr(parameter, "hidden", False)]
        yield from _table(("name", "default", "meaning"), [_parameter(parameter) for parameter in shown])


def commands() -> dict[str, Any]:
    """Return the visible commands of `genome` by name, those of groups as `group command`."""
    app = importlib.import_module("customer_genome.serving.cli").app
    return dict(_leaves(typer.main.get_command(app), ()))


def _leaves(command: Any, path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    if not hasattr(command, "commands"):
        yield " ".join(path), command
        return
    for name, inner in command.commands.items():
        if not inner.hidden:
            yield from _leaves(inner, (*path, name))


def _parameter(parameter: Any) -> tuple[str, str, str]:
    is_option = parameter.param_type_name == "option"
    name = ", ".join((*parameter.opts, *parameter.secondary_opts)) if is_option else parameter.name.upper()
    default = "required" if parameter.required else _shown(parameter.default)
    return f"`{name}`", default, getattr(parameter, "help", None) or ""


def configuration() -> Iterator[str]:
    """Every key of `genome.yaml`, section by section."""
    yield from ("# Configuration: genome.yaml", "")
    for model in models(Project):
        title = "The whole file" if model is Project else model.__name__
        yield from (f"## {title}", "", inspect.getdoc(model) or "", "")
        yield from _table(
            ("key", "type", "default", "meaning"), [_field(model, name) for name in model.model_fields]
        )


def models(model: type[BaseModel]) -> list[type[BaseModel]]:
    """List a model and those that its fields lead to, in the order in which a reader meets them."""
    found: list[type[BaseModel]] = []
    waiting = [model]
    while waiting:
        current = waiting.pop(0)
        if current not in found:
            found.append(current)
            waiting += [
                one for field in current.model_fields.values() for one in _models_in(field.annotation)
            ]
    return found


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in typing.get_args(annotation) for model in _models_in(part)]


def _field(model: type[BaseModel], name: str) -> tuple[str, str, str, str]:
    field = model.model_fields[name]
    default = "required" if field.is_required() else _shown(field.default)
    return f"`{field.alias or name}`", _type(field.annotation), default, meanings(model).get(name, "")


def meanings(model: type[BaseModel]) -> dict[str, str]:
    """Return the docstrings that stand under the fields of a model, its bases' included."""
    found: dict[str, str] = {}
    for owner in reversed(model.__mro__):
        if issubclass(owner, BaseModel) and owner is not BaseModel:
            tree = ast.parse(textwrap.dedent(inspect.getsource(owner)))
            found |= _docstrings(typing.cast("ast.ClassDef", tree.body[0]).body)
    return found


def _docstrings(body: list[ast.stmt]) -> dict[str, str]:
    pairs = itertools.pairwise(body)
    return {
        field.target.id: inspect.cleandoc(str(ast.literal_eval(text.value)))
        for field, text in pairs
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
    }


def _type(annotation: Any) -> str:
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _type(parts[0])
    if origin is typing.Literal:
        return ", ".join(f"`{part}`" for part in parts)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_type(part) for part in parts if part is not types.NoneType)
    if origin in (tuple, list):
        return f"list of {_type(parts[0])}"
    if origin is dict:
        return f"name to {_type(parts[1])}"
    words = {str: "text", int: "whole number", float: "number", bool: "true or false"}
    return words.get(annotation, getattr(annotation, "__name__", str(annotation)))


def tables() -> Iterator[str]:
    """Every table with its columns and its contract."""
    yield from ("# Tables", "")
    for table in TABLES.values():
        yield from (f"## {table.name}", "", f"{table.meaning}.", "")
        purposes = "every declared purpose" if table.purposes is None else ", ".join(table.purposes)
        yield f"One row per {', '.join(table.grain)}. Layer: {table.layer}; subject: {table.subject};"
        yield f"classification: {table.classification}; purposes: {purposes}; kept: {table.retention};"
        yield from (f"{'shown by SQL and export' if table.public else 'internal'}.", "")
        yield from _table(
            ("column", "type", "meaning"),
            [(f"`{one.name}`", str(one.type), one.meaning) for one in table.columns],
        )


def error_classes() -> Iterator[str]:
    """Every error that is raised on purpose, and the exit code that the command line ends with."""
    yield from ("# Errors", "", "One tree; an error says what failed, what was found, what was expected and")
    yield from ("what to do. The command line prints these four and ends with the exit code.", "")
    rows = [(f"`{one.__name__}`", str(one.exit_code), _first_line(one)) for one in error_tree()]
    yield from _table(("error", "exit code", "meaning"), rows)


def error_tree() -> list[type[errors.GenomeError]]:
    """List the error classes in the order of their definition."""
    classes = [one for one in vars(errors).values() if isinstance(one, type)]
    return [one for one in classes if issubclass(one, errors.GenomeError)]


def _first_line(thing: type) -> str:
    return (inspect.getdoc(thing) or "").split("\n\n")[0].replace("\n", " ")


def _shown(default: Any) -> str:
    if default in (None, PydanticUndefined, "", (), {}) or callable(default):
        return ""
    if isinstance(default, BaseModel):
        return "as below"
    if isinstance(default, tuple):
        return ", ".join(_shown(part) for part in default)
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> Iterator[str]:
    if not rows:
        return
    for row in (head, tuple("---" for _ in head), *rows):
        yield "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in row) + " |"
    yield ""


def main() -> None:
    """Write the pages."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        print(FOLDER / name)


if __name__ == "__main__":
    main()
