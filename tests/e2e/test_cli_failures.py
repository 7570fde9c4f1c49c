"""What goes wrong is said in four parts with its exit code, and never as a stack trace."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from command_line import genome
from customer_genome.serving import cli
from small_project import small_project


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Path:
    folder = small_project(tmp_path_factory.mktemp("shop") / "shop")
    assert genome("build", "--dir", folder).code == 0
    return folder


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("status", "--dir", "/nowhere"), 1, "no such folder"),
        (("show", "card:999"), 6, "no customer card:999"),
        (("show", "nobody"), 6, "no customer nobody"),
        (("show", "4"), 6, "did you mean card:4 or email:4? A customer who refused the purpose service"),
        (("show", "caaaabbbbccc"), 6, "to do: check the spelling"),
        (
            ("show", "card:4", "--purpose", "marketing"),
            6,
            "refused or has not agreed to the purpose marketing",
        ),
        (("show", "card:4", "--gene", "category:caviar"), 6, "no gene 'category:caviar'"),
        (("show", "shoe:4"), 1, "no identifier type 'shoe'"),
        (("compare", "card:4", "card:999"), 6, "no customer card:999"),
        (("similar", "card:4", "--with-identifier", "email"), 5, "direct identifier"),
        (("best", "--with-identifier", "shoe"), 6, "no identifier type 'shoe'"),
        (("predict", "the-weather"), 6, "no target 'the-weather'"),
        (("predict", "--level", "colour"), 6, "colour"),
        (("predict", "--out", "preds.docx"), 1, "cannot write preds.docx"),
        (("export", "secrets", "--purpose", "analytics", "--out", "x.parquet"), 6, "no table 'secrets'"),
        (
            ("export", "membership", "--purpose", "analytics", "--out", "x.parquet"),
            6,
            "no table 'membership'",
        ),
        (
            ("export", "identifiers", "--purpose", "analytics", "--out", "x.parquet"),
            5,
            "not for this purpose",
        ),
        (("sql", "DROP TABLE customers", "--purpose", "analytics"), 2, "SELECT"),
        (("sql", "SELECT nonsense FROM customers", "--purpose", "analytics"), 2, "nonsense"),
        (("sql", "SELECT * FROM customers", "--purpose", "curiosity"), 5, "curiosity"),
        (("explain", "alchemy"), 6, "no stage or step 'alchemy'"),
        (("status", "--as-of", "yesterday"), 1, "cannot read the as-of time"),
        (("consent", "card:4", "--grant"), 2, "which decision is it?"),
        (("consent", "card:4", "--purpose", "analytics", "--grant", "--object"), 2, "granted and objected"),
        (("consent", "card:4", "--purpose", "curiosity", "--grant"), 5, "no purpose 'curiosity'"),
    ],
)
def test_what_goes_wrong_is_said_with_its_code(shop, arguments, code, said) -> None:
    where = () if "--dir" in arguments else ("--dir", shop)
    ran = genome(*arguments, *where)
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.startswith("error: ")
    assert said in ran.err
    assert "Traceback" not in ran.err


def test_the_four_parts_stand_in_their_order(shop) -> None:
    said = genome("status", "--dir", shop / "data").err
    parts = [said.index(part) for part in ("error: ", "found: ", "to do: ")]
    assert parts == sorted(parts)


def test_every_fault_of_the_configuration_is_named_at_once(tmp_path) -> None:
    folder = small_project(tmp_path)
    text = (folder / "genome.yaml").read_text()
    (folder / "genome.yaml").write_text(text.replace("currency: EUR", "currency: EUR\ncolour: red\nspeed: 3"))
    ran = genome("build", "--dir", folder)
    assert ran.code == 3
    assert "colour" in ran.err
    assert "speed" in ran.err


def test_a_missing_file_ends_the_build_and_nothing_is_published(tmp_path) -> None:
    folder = small_project(tmp_path)
    (folder / "data" / "letters.csv").unlink()
    ran = genome("build", "--dir", folder)
    assert ran.code == 4
    assert "letters" in ran.err
    assert genome("status", "--dir", folder).code == 7


@pytest.mark.parametrize("arguments", [("show",), ("sql", "SELECT 1"), ("fly",), ("status", "--sideways")])
def test_a_wrong_command_shows_how_it_is_meant(arguments) -> None:
    ran = genome(*arguments)
    assert ran.code == 2
    assert "Usage: genome" in ran.err


def broken(**_options: object) -> None:
    raise ZeroDivisionError("by nought")


@pytest.fixture
def fault(monkeypatch) -> None:
    monkeypatch.setattr(cli, "_run", lambda _arguments: broken())


def test_what_nobody_foresaw_gets_an_apology(fault) -> None:
    ran = genome("status")
    assert ran.code == 70
    assert "sorry" in ran.err
    assert "ZeroDivisionError: by nought" in ran.err
    assert "--debug" in ran.err
    assert "Traceback" not in ran.err


def test_debug_shows_where_it_came_from(fault) -> None:
    ran = genome("status", "--debug")
    assert ran.code == 70
    assert "Traceback" in ran.err
    assert "in broken" in ran.err


def test_an_interruption_ends_with_130(monkeypatch, shop) -> None:
    def interrupted(*_arguments: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("customer_genome.open", interrupted, raising=False)
    ran = genome("status", "--dir", shop)
    assert ran.code == 130
    assert "Traceback" not in ran.err


MANY = "SELECT i.* FROM interactions AS i CROSS JOIN genes LIMIT {}"


@pytest.mark.parametrize(
    "arguments",
    [
        ("sql", MANY.format(1), "--purpose", "analytics", "--json"),  # less than any pipe holds
        ("sql", MANY.format(20_000), "--purpose", "analytics", "--json"),  # more
        ("show", "card:4", "--all"),  # a table
    ],
)
def test_a_reader_that_has_gone_away_ends_it_quietly(genome_command, shop, arguments) -> None:
    command = [str(genome_command), *arguments, "--dir", str(shop)]
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, check=False)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_reader_that_has_seen_enough_stops_no_script(genome_command, shop) -> None:
    query = MANY.format(2_000)  # as a table, more than a pipe holds
    script = f"set -o pipefail; '{genome_command}' sql '{query}' --purpose analytics --dir '{shop}' | head -1"
    done = subprocess.run(["bash", "-c", script], capture_output=True, check=False)
    assert (done.returncode, done.stderr, done.stdout.count(b"\n")) == (0, b"", 1)


@pytest.mark.parametrize("environment", [{}, {"NO_COLOR": "1", "TERM": "xterm-256color"}])
def test_what_goes_to_a_file_has_no_colour(genome_command, shop, environment) -> None:
    command = [str(genome_command), "show", "card:4", "--dir", str(shop)]
    done = subprocess.run(command, capture_output=True, check=True, env=os.environ | environment)
    assert b"\x1b" not in done.stdout + done.stderr


def test_a_narrow_terminal_stays_readable(genome_command, shop) -> None:
    command = [str(genome_command), "best", "-k", "2", "--dir", str(shop)]
    done = subprocess.run(
        command, capture_output=True, check=True, text=True, env=os.environ | {"COLUMNS": "60"}
    )
    assert max(map(len, done.stdout.splitlines())) <= 60
    assert "twin_similarity  0" in done.stdout  # one value below the other, none cut
