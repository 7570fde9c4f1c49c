"""`genome services`: ready mappings for the usual services."""

from __future__ import annotations

from typing import Annotated

import typer

from customer_genome.serving.options import Json
from customer_genome.serving.output import console, print_json


def services(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Print this one; without it, list them.")
    ] = None,
    *,
    as_json: Json = False,
) -> None:
    """List the ready mappings for services, or print one to paste into a project's `genome.yaml`.

    A mapping names what to pull, how it becomes interactions, claims and items, and where the service's format is
    published. `genome init DIR --service NAME` begins a project with it.

        $ genome services
        ga4          Google Analytics 4: events of its BigQuery export, as Parquet or JSON Lines files.
        ...
        $ genome services stripe

    Ends with 0, or with 1 where there is no such mapping.
    """
    from customer_genome.core.ready_services import SERVICES, about, service_text

    if name is not None:
        text = service_text(name)
        if as_json:
            print_json({"service": name, "mapping": text})
        else:
            console().print(text, markup=False, highlight=False, soft_wrap=True, end="")
    elif as_json:
        print_json([{"service": one, "about": about(one)} for one in SERVICES])
    else:
        for one in SERVICES:
            console().print(f"{one:<12} {about(one)}", markup=False, highlight=False, soft_wrap=True)
