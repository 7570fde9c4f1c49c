"""The public names are pinned: adding or dropping one is a decision, written here and in the changelog."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "src" / "customer_genome"

PUBLIC = (
    "GenomeError",
    "Workspace",
    "open",
)


def packages() -> list[str]:
    """List the package and its sub-packages by their dotted names."""
    folders = [path.parent.relative_to(PACKAGE).parts for path in sorted(PACKAGE.rglob("__init__.py"))]
    return [".".join(("customer_genome", *parts)) for parts in folders]


def test_the_public_names_are_these_and_at_most_twelve() -> None:
    names = importlib.import_module("customer_genome").__all__
    assert tuple(sorted(names)) == PUBLIC
    assert len(names) <= 12


@pytest.mark.parametrize("package", packages())
def test_what_a_package_offers_is_there_and_described(package: str) -> None:
    module = importlib.import_module(package)
    offered = getattr(module, "__all__", [])
    assert len(set(offered)) == len(offered)
    for name in offered:
        thing = getattr(module, name)
        if inspect.isclass(thing) or inspect.isfunction(thing):
            assert inspect.getdoc(thing), f"{package}.{name} has no docstring"
