from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from customer_genome.serving.options import Json
from customer_genome.serving.output import console, print_json


def init(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder to make, or an empty one that is there.")
    ],
    *,
    template: Annotated[
        str, typer.Option("--template", help="What the project starts from: retail or saas.")
    ] = "retail",
    service: Annotated[
        list[str] | None,
        typer.Option("--service", help="Add the ready mapping of this service; may be given again."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Begin a project: a folder with a commented `genome.yaml`.

    The file says where data come from and what their columns mean. Change it, put files into `data`, then build.

        $ genome init shop --template retail
        wrote shop/genome.yaml
        next: put files into shop/data, change shop/genome.yaml, then: genome build --dir shop

    With `--service` it pulls from services too (`genome services` lists them): delete the sources that you do not have.

        $ genome init company --template saas --service stripe --service zendesk

    Ends with 0, or with 1 where the folder is a project already or there is no such template or service.
    """
    from customer_genome.core.scaffold import init as scaffold

    written = scaffold(directory, template=template, services=service or ())
    if as_json:
        print_json(
            {"project": directory, "configuration": written, "template": template, "services": service or []}
        )
        return
    out = console()
    out.print(f"wrote {written}", markup=False, soft_wrap=True)
    out.print(
        f"next: put files into {directory / 'data'}, change {written}, then: genome build --dir {directory}",
        markup=False,
        soft_wrap=True,
    )
