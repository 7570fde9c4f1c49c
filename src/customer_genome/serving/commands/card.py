from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from customer_genome.serving.options import AsOf, Directory, Json, opened
from customer_genome.serving.output import clean, console, print_json


def card(
    target: Annotated[str, typer.Argument(metavar="TARGET", help="A target of genome.yaml.")],
    *,
    directory: Directory = Path(),
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """The model card of a target: what was learned from whom, how good it is, and what it cannot say.

    It holds the test at earlier moments against the baselines, how far stated probabilities and bounds came true,
    for which purpose and from how many customers the model learned, and why it is shown or refused.

        $ genome card lapse --dir demo

    Ends with 0, or with 6 for a target that there is not, or that was not learned yet: `genome predict` learns it.
    """
    found = opened(directory, as_of=as_of).targets.card(target)
    if as_json:
        print_json(found.to_dict())
        return
    from customer_genome.predictions.honesty.card_page import card_page

    console().print(clean(card_page(found).rstrip()), markup=False, soft_wrap=True)
