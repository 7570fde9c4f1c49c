"""Nothing grows past what a reader can hold: modules, functions, classes. The exceptions may only shrink."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULE_LINES, FUNCTION_LINES, PUBLIC_METHODS = 300, 30, 20

# What may be longer: {"path" or "path:name": (its size today, why)}. An entry must say exactly how large the
# thing is: when it shrinks, so does the entry; when it grows, the test fails.
EXCEPTIONS: dict[str, tuple[int, str]] = {
    "src/customer_genome/ledger/migrations/versions/m0001_backbone.py:upgrade": (50, "one list of tables"),
    "src/customer_genome/genome/stages/rules.py:rule_tables": (35, "four small tables beside each other"),
    "src/customer_genome/serving/report/build_best.py:build_best": (32, "one section of the report"),
}


@dataclass(frozen=True)
class Measured:
    """One thing that a reader reads at once, its size and how large it may be."""

    name: str
    size: int
    limit: int


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines of a function's body, its docstring and signature aside."""
    first = function.body[0]
    has_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    body = function.body[1:] if has_docstring and isinstance(first.value.value, str) else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def measure(path: Path) -> Iterator[Measured]:
    """Measure a module, its functions, and (in src) the public methods of its classes."""
    text, name = path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix()
    yield Measured(name, len(text.splitlines()), MODULE_LINES)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Measured(f"{name}:{node.name}", code_lines(node), FUNCTION_LINES)
        elif isinstance(node, ast.ClassDef):
            methods = [n for n in node.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
            public = sum(not method.name.startswith("_") for method in methods)
            yield Measured(f"{name}:{node.name}", public, PUBLIC_METHODS)


def all_measures() -> list[Measured]:
    folders = ("src", "tests", "benchmarks", "tools")
    paths = [p for folder in folders for p in sorted((ROOT / folder).rglob("*.py"))]
    return [measured for path in paths for measured in measure(path)]


def test_nothing_is_too_large() -> None:
    large = [m for m in all_measures() if m.size > max(m.limit, EXCEPTIONS.get(m.name, (0, ""))[0])]
    entries = "\n".join(f'    "{m.name}": ({m.size}, "WHY"),' for m in sorted(large, key=lambda m: m.name))
    assert not large, f"split these, or enter them with a reason that a reader would accept:\n{entries}"


def test_exceptions_only_shrink() -> None:
    sizes: dict[str, int] = {}
    for m in all_measures():
        if m.size > m.limit:
            sizes[m.name] = max(m.size, sizes.get(m.name, 0))
    declared = {name: size for name, (size, _) in EXCEPTIONS.items()}
    stale = {name: (size, sizes.get(name)) for name, size in declared.items() if sizes.get(name) != size}
    assert not stale, (
        f"EXCEPTIONS say otherwise than the code (declared, found; None: not too large): {stale}"
    )
    assert all(reason.strip() for _, reason in EXCEPTIONS.values())


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("def f():\n    '''Doc.'''\n", 0),
        ("def f():\n    '''Doc.\n\n    More.\n    '''\n    a = 1\n    return a\n", 2),
        ("def f(\n    a,\n    b,\n):\n    return a\n", 1),
    ],
)
def test_code_lines_leave_docstring_and_signature_aside(source: str, lines: int) -> None:
    function = ast.parse(source).body[0]
    assert isinstance(function, ast.FunctionDef)
    assert code_lines(function) == lines
