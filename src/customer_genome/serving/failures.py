"""What the command line says when something goes wrong, and the code that it ends with."""

from __future__ import annotations

import sys
import traceback

from rich.text import Text

from customer_genome.core.errors import GenomeError
from customer_genome.serving.output import clean, console

UNEXPECTED, INTERRUPTED = 70, 130
CLOSED_PIPE = 0
"""A reader that has seen enough (`genome show … | head -3`) is no failure, so a script with `pipefail` goes on.

Most tools are killed by SIGPIPE there (141). This one writes to other pipes and sockets too, where the signal would end
a build or a server; so it keeps Python's exception, ends quietly, and means what it says.
"""


def failed(error: Exception, *, debug: bool) -> int:
    """Say on standard error what failed, what was found, what was expected, what to do; returns the exit code.

    An error that nobody foresaw gets an apology; its traceback is shown with `debug` only.
    """
    out = console(stderr=True)
    if debug:
        traceback.print_exception(error, file=sys.stderr)
    if isinstance(error, GenomeError):
        out.print(
            Text("error: ", style="bold red").append(clean(str(error)), style="default"), soft_wrap=True
        )
        return error.exit_code
    said = f"sorry, something went wrong that should not: {type(error).__name__}: {clean(str(error))}".rstrip(
        ": "
    )
    out.print(Text(said, style="bold red"), soft_wrap=True)
    if not debug:
        out.print("  to do: run it again with --debug to see where, and report it", soft_wrap=True)
    return UNEXPECTED
