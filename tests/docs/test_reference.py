"""What is not in the reference does not exist: commands, keys, tables, columns, errors, all described."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

import write_reference as reference
from customer_genome.core.project import Project
from customer_genome.tables import TABLES

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "reference"


@pytest.fixture(scope="module")
def written() -> dict[str, str]:
    return reference.pages()


@pytest.mark.parametrize(
    "name", ["README.md", "command-line.md", "configuration.md", "tables.md", "errors.md"]
)
def test_the_page_is_up_to_date(name: str, written: dict[str, str]) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == written[name], "run `make docs`"


def test_there_is_no_page_that_nobody_writes(written: dict[str, str]) -> None:
    assert {path.name for path in FOLDER.iterdir()} == {*written, *reference.BY_HAND}


def test_every_command_and_option_says_what_it_does() -> None:
    silent = []
    for name, command in reference.commands().items():
        texts = {"": command.help} | {one.name: getattr(one, "help", None) for one in command.params}
        silent += [f"{name} {parameter}".strip() for parameter, text in texts.items() if not text]
    assert silent == []


def test_every_key_of_the_configuration_is_described() -> None:
    silent = [
        f"{model.__name__}.{name}"
        for model in reference.models(Project)
        for name in model.model_fields
        if not reference.meanings(model).get(name)
    ]
    assert silent == []


def test_every_section_of_the_configuration_is_described() -> None:
    # A subclass without a docstring would inherit its base's, so the class itself is asked.
    assert [model.__name__ for model in reference.models(Project) if not model.__dict__.get("__doc__")] == []


def test_every_table_and_column_is_described() -> None:
    silent = [table.name for table in TABLES.values() if not table.meaning]
    silent += [
        f"{table.name}.{one.name}" for table in TABLES.values() for one in table.columns if not one.meaning
    ]
    assert silent == []


def test_every_error_is_described() -> None:
    assert [
        one.__name__
        for one in reference.error_tree()
        if not inspect.cleandoc(one.__dict__.get("__doc__") or "")
    ] == []
