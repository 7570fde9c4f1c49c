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
    as_json: Json = False,
) -> None:
    """Begin a project: a folder with a commented `genome.yaml`.

    The file says where data come from and what their columns mean. Change it, put files into `data`, then build.

        $ genome init shop --template retail
        wrote shop/genome.yaml
        next: put files into shop/data, change shop/genome.yaml, then: genome build --dir shop

    Ends with 0, or with 1 where the folder is a project already or there is no such template.
    """
    from customer_genome.core.scaffold import init as scaffold

    written = scaffold(directory, template=template)
    if as_json:
        print_json({"project": directory, "configuration": written, "template": template})
        return
    out = console()
    out.print(f"wrote {written}", markup=False, soft_wrap=True)
    out.print(
        f"next: put files into {directory / 'data'}, change {written}, then: genome build --dir {directory}",
        markup=False,
        soft_wrap=True,
    )
