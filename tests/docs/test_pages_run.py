"""README, tutorial and how-to do what they say: every block is run, every output shown is compared."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pages import Block, blocks, needs, same

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
PAGES = (
    README,
    *sorted((ROOT / "docs" / "tutorial").glob("*.md")),
    *sorted((ROOT / "docs" / "how-to").glob("*.md")),
)


class Reader:
    """Somebody who follows a page: types its blocks in order, in one folder, and compares what is printed."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.variables, self.printed = folder, {}, ""
        self.variables: dict[str, Any] = {"__name__": "__page__"}

    def follow(self, block: Block) -> None:
        """Do what one block asks for."""
        if block.directive == "skip":
            return
        if block.directive == "file":
            path = self.folder / block.value
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
        elif block.directive == "output":
            shown_is_printed = same(block.text, self.printed, loose=block.value == "loose")
            assert shown_is_printed, f"the page shows:\n{block.text}\nbut this was printed:\n{self.printed}"
        elif block.language == "bash":
            self._bash(block)
        elif block.language == "python":
            self._python(block)

    def _bash(self, block: Block) -> None:
        where = self.folder / ".where"
        script = f"set -euo pipefail\ntrap 'pwd > {where}' EXIT\n{block.text}"
        place = Path(where.read_text().strip()) if where.exists() else self.folder
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        env = {**os.environ, "PATH": path, "NO_COLOR": "1", "COLUMNS": "100", "TERM": "dumb"}
        done = subprocess.run(
            ["bash", "-c", script], cwd=place, env=env, capture_output=True, text=True, check=False
        )
        self.printed = done.stdout + (done.stderr if block.directive == "fails" else "")
        failed = done.returncode != 0
        assert failed == (block.directive == "fails"), (
            f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        )

    def _python(self, block: Block) -> None:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(block.text, f"line {block.line}", "exec"), self.variables)  # noqa: S102
        self.printed = out.getvalue()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_the_page_does_what_it_says(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    text = page.read_text(encoding="utf-8")
    if "demo" in needs(text):
        shutil.copytree(request.getfixturevalue("demo"), tmp_path / "demo")
    monkeypatch.chdir(tmp_path)
    reader = Reader(tmp_path)
    for block in blocks(text):
        try:
            reader.follow(block)
        except BaseException as error:
            error.add_note(f"in {page.relative_to(ROOT)}, line {block.line}")
            raise


def test_the_readme_shows_a_result_by_line_thirty() -> None:
    shown = [block for block in blocks(README.read_text(encoding="utf-8")) if block.directive == "output"]
    assert shown
    assert shown[0].line + shown[0].text.count("\n") <= 30


def test_a_reader_carries_on_where_the_last_block_ended(tmp_path: Path) -> None:
    reader = Reader(tmp_path)
    for text in ("mkdir inner; cd inner\n", "pwd\n"):
        reader.follow(Block(1, "bash", text))
    assert reader.printed.strip() == str(tmp_path / "inner")
    for text in ("a = 6\n", "print(a * 7)\n"):
        reader.follow(Block(1, "python", text))
    reader.follow(Block(1, "", "42\n", "output"))


@pytest.mark.parametrize(
    "block",
    [
        Block(1, "bash", "false\n"),
        Block(1, "bash", "true\n", "fails"),
        Block(1, "", "something else\n", "output"),
        Block(1, "python", "assert False\n"),
    ],
)
def test_a_reader_notices(block: Block, tmp_path: Path) -> None:
    with pytest.raises(AssertionError):
        Reader(tmp_path).follow(block)
