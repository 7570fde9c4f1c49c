from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from customer_genome.core.errors import QueryError
from customer_genome.serving.options import Customer, Directory, Json, opened
from customer_genome.serving.output import console, print_json, print_rows

if TYPE_CHECKING:
    from customer_genome.app.consents import Consents


def consent(
    customer: Customer,
    *,
    purpose: Annotated[
        str | None, typer.Option("--purpose", help="The purpose that the customer decides about.")
    ] = None,
    grant: Annotated[bool, typer.Option("--grant", help="They agree.")] = False,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="They take their agreement back.")] = False,
    object_: Annotated[
        bool, typer.Option("--object", help="They object, where no agreement was needed.")
    ] = False,
    channel: Annotated[
        str, typer.Option("--channel", help="Where they said so, such as shop or letter.")
    ] = "",
    text: Annotated[str, typer.Option("--text", help="Which version of the text they were shown.")] = "",
    directory: Directory = Path(),
    as_json: Json = False,
) -> None:
    """Record what a customer decided about a purpose, or show what they decided so far.

    It is in force at the next read: a customer who refuses is left out, one who agrees is back. An identifier that
    no build has seen yet is recorded too, and said to be new on standard error.

        $ genome consent household:208 --purpose marketing --grant --channel shop --dir demo
        recorded: household:208, marketing, granted
        $ genome consent household:208 --dir demo
        purpose    state    at                         channel
        marketing  granted  2026-11-22T10:15:00+00:00  shop

    Ends with 0, with 1 for an unknown identifier type, 2 for contradicting options, 5 for an unknown purpose, or 6 for
    a customer_id that there is not.
    """
    given = {"granted": grant, "withdrawn": withdraw, "objected": object_}
    states = [state for state, said in given.items() if said]
    if len(states) > 1 or bool(states) != (purpose is not None):
        raise QueryError(
            "which decision is it?",
            found=" and ".join(states) or "a purpose without a decision",
            expected="--purpose with one of --grant, --withdraw and --object, or none of them for the history",
        )
    consents = opened(directory).consents
    if states and purpose is not None:
        consents.record(customer, purpose=purpose, state=states[0], channel=channel, text_version=text)
        _say_if_new(consents, customer)
    history = list(
        {tuple(row.items()): row for row in consents.history(customer)}.values()
    )  # one an identifier
    if as_json:
        print_json(history)
    elif states:
        console().print(f"recorded: {customer}, {purpose}, {states[0]}", markup=False, soft_wrap=True)
    else:
        print_rows(history, empty="no decision is recorded: each purpose's basis in genome.yaml decides")


def _say_if_new(consents: Consents, customer: str) -> None:
    """Say on standard error where no build has seen the identifier: it may be misspelt, and it may be early."""
    from customer_genome.app.readers import token_named
    from customer_genome.core.step import Sql
    from customer_genome.privacy import STORED

    if ":" not in customer:
        return  # a customer_id comes from a build
    access = consents.access()
    text = f"SELECT token FROM {STORED}membership WHERE token = $token LIMIT 1"
    token = token_named(access, customer)
    if not access.query_identity(Sql(text, ("membership",), {"token": token})):
        said = f"{customer} is new here: no build has seen it. The decision is kept, and holds when one does"
        console(stderr=True).print(said, markup=False, soft_wrap=True)
