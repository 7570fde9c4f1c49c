"""Every error that Customer Genome raises on purpose: one tree, one shape, one page."""

from __future__ import annotations

from dataclasses import dataclass


class GenomeError(Exception):
    """Something a user can understand and mend.

    The four parts are printed in this order: what failed, what was found, what was looked for, what to do.
    `exit_code` is what the command line ends with.
    """

    exit_code = 1

    def __init__(self, what: str, *, found: str = "", expected: str = "", fix: str = "") -> None:
        self.what, self.found, self.expected, self.fix = what, found, expected, fix
        parts = (
            what,
            found and f"found: {found}",
            expected and f"expected: {expected}",
            fix and f"to do: {fix}",
        )
        super().__init__("\n  ".join(part for part in parts if part))


@dataclass(frozen=True)
class Problem:
    """One fault in a configuration file: where it is, what stands there, what should."""

    file: str
    line: int | None
    key: str
    found: str
    expected: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line is not None else self.file
        return f"{place}: {self.key}: found {self.found}; expected {self.expected}"


class ConfigError(GenomeError):
    """The project's configuration is wrong; `problems` holds every fault, not only the first."""

    exit_code = 3

    def __init__(self, problems: tuple[Problem, ...] | list[Problem]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        head = f"{count} problem{'s' if count != 1 else ''} in the configuration"
        super().__init__("\n  ".join((head, *map(str, self.problems))))


class ProjectError(GenomeError):
    """A folder is no project, or is one already."""


class SourceError(GenomeError):
    """A source cannot be read at all (a single bad row goes to quarantine instead)."""

    exit_code = 4


class ContractError(GenomeError):
    """A table does not keep its contract: columns, types, grain, or no contract at all."""


class QueryError(GenomeError):
    """A SQL text that a user wrote cannot be run, or asks for what it may not."""

    exit_code = 2


class AccessDenied(GenomeError):
    """The door refuses: no purpose, an unknown one, or a table that the purpose does not cover."""

    exit_code = 5


class NotFound(GenomeError):
    """A customer, gene, table or snapshot of that name does not exist, or is not visible for the purpose."""

    exit_code = 6


class NotBuilt(GenomeError):
    """The project has no published snapshot yet (or none as of the time asked for)."""

    exit_code = 7


class BuildError(GenomeError):
    """A build cannot go on; the last published snapshot stays in force."""


class BuildRunning(BuildError):
    """Another build holds the project's lock."""

    exit_code = 8


class Refused(GenomeError):
    """A prediction is not shown: it could not be learned, or it is no better than its baseline."""

    exit_code = 9
