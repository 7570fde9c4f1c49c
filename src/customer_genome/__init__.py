"""Customer Genome: one source of truth about every customer, from first-party data."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from customer_genome.core.errors import GenomeError

if TYPE_CHECKING:
    from customer_genome.app.workspace import Workspace
    from customer_genome.serving.notebook import open  # noqa: A004

__all__ = ["GenomeError", "Workspace", "open"]
_WHERE = {"Workspace": "customer_genome.app.workspace", "open": "customer_genome.serving.notebook"}


def __getattr__(name: str) -> Any:
    """Load the workspace when it is first used: importing the package alone stays quick."""
    if name in _WHERE:
        return getattr(import_module(_WHERE[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
