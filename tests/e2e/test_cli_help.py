"""The help teaches: what a command answers, an example, what its exit codes mean; and it comes at once."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

import write_reference
from command_line import genome
from customer_genome.app.pipeline import STAGES
from customer_genome.serving.progress import SHARES

COMMANDS = {
    "init", "services", "demo", "build", "status", "show", "compare", "similar", "best", "twins", "journey", "predict", "backtest", "card",
    "outlook", "export", "vectors", "sql", "explain", "consent",
}  # fmt: skip


def test_the_commands_are_these() -> None:
    assert set(write_reference.commands()) == COMMANDS


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_help_has_an_example_and_says_how_it_ends(name) -> None:
    said = genome(name, "--help")
    assert said.code == 0
    assert f"$ genome {name}" in said.out
    assert "Ends with 0" in " ".join(said.out.split())


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_options_of_the_examples_exist(name) -> None:
    command = write_reference.commands()[name]
    known = {option for parameter in command.params for option in parameter.opts}
    lines = re.findall(rf"^ *(?:\$ genome {name}|    --)(.*)$", command.help, flags=re.MULTILINE)
    used = {option for line in lines for option in re.findall(r"(?<!\S)--[a-z-]+", line)}
    assert lines
    assert used <= known


@pytest.mark.parametrize("name", sorted(COMMANDS - {"demo"}))
def test_every_command_can_speak_to_machines(name) -> None:
    assert "--json" in {option for one in write_reference.commands()[name].params for option in one.opts}


def test_the_whole_help_names_every_exit_code() -> None:
    said = " ".join(genome("--help").out.split())
    for code in (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 70, 130):
        assert re.search(rf"\b{code} [a-z]", said)


def test_no_command_at_all_shows_the_help() -> None:
    assert "Usage: genome" in genome().out + genome().err


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["predict", "--help"]])
def test_help_and_version_load_nothing_heavy(arguments) -> None:
    heavy = ["duckdb", "numba", "scipy", "deltalake", "pandas", "numpy", "pyarrow", "sqlalchemy", "jinja2"]
    script = (
        "import json, sys\n"
        "from customer_genome.serving.cli import run\n"
        f"code = run({arguments!r})\n"
        f"print(json.dumps([code, [name for name in {heavy!r} if name in sys.modules]]))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == [0, []]


def test_the_version_is_the_package_s() -> None:
    assert re.fullmatch(r"genome \d+\.\d+\.\d+\S*\n", genome("--version").out)


def test_the_progress_knows_the_stages() -> None:
    assert list(SHARES) == [stage.__name__ for stage in STAGES]
    assert sum(SHARES.values()) == pytest.approx(1)
