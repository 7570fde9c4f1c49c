"""How long-running work says where it is; the command line draws it, tests and libraries ignore it."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told what is being done, in units that it can count."""

    def begin(self, name: str, *, total: int | None = None, unit: str = "steps") -> None:
        """Start a piece of work of `total` units (None where nobody can know)."""

    def advance(self, units: int = 1, *, note: str = "") -> None:
        """Say that `units` more are done."""

    def end(self) -> None:
        """Say that the piece of work is done."""


class Silent:
    """A Progress that shows nothing."""

    def begin(self, name: str, *, total: int | None = None, unit: str = "steps") -> None:
        """Ignore it."""

    def advance(self, units: int = 1, *, note: str = "") -> None:
        """Ignore it."""

    def end(self) -> None:
        """Ignore it."""
