from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from customer_genome.core.errors import GenomeError
from customer_genome.serving.options import AsOf, Directory, Json, Purpose, opened
from customer_genome.serving.output import console, print_json, print_rows

if TYPE_CHECKING:
    from customer_genome.app.journeys import Journeys
    from customer_genome.serving.journey_cells import Section


class View(StrEnum):
    """What can be asked of the journey."""

    now = "now"
    rates = "rates"
    curve = "curve"
    funnel = "funnel"
    paths = "paths"
    verbs = "verbs"
    retention = "retention"
    before = "before"
    attribution = "attribution"
    when = "when"
    stuck = "stuck"


SEGMENTS = "segments are as they are known now, not as they were then"
ALONE = (View.now, View.verbs, View.retention, View.before)
"""Views that are asked of each segment by itself."""


def journey(
    view: Annotated[View, typer.Argument(help="What to show.")] = View.now,
    phases: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[PHASE]...",
            help="The phase of a curve, the steps of a funnel, from and to; of when and stuck, a target.",
        ),
    ] = None,
    *,
    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            help="One result a segment: fact:NAME, gene:FAMILY:LABEL (thirds), or channel (the first).",
        ),
    ] = None,
    accounts: Annotated[
        bool, typer.Option("--accounts", help="The journey of accounts, not of customers.")
    ] = False,
    days: Annotated[
        float | None,
        typer.Option(
            "--days",
            min=0.01,
            help="now: days back; curve: when segments are compared; funnel: days to go through it; before: days "
            "looked at; attribution: days in which a touch counts.",
        ),
    ] = None,
    gap: Annotated[
        float, typer.Option("--gap", min=0, help="before: the last days that are not looked at.")
    ] = 0,
    goal: Annotated[str | None, typer.Option("--goal", help="The phase that is a conversion.")] = None,
    k: Annotated[int, typer.Option("-k", min=1, help="How many rows to show.")] = 10,
    directory: Directory = Path(),
    purpose: Purpose = "analytics",
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Where customers stand in the journey, how they move through it, and what precedes a move.

    now: counts and moves. rates: moves from phase to phase for 30 days spent there. curve PHASE: what becomes of those
    who enter it, by day (destinations compete). funnel [PHASE...]: who went through phases in order. paths: frequent
    sequences of phases, and where people stay. verbs: the same of what they do until the goal. retention: who came
    back in later periods. before FROM TO: what is done more often before a move, among those who could have moved
    then; an association. attribution: seven models of sharing out conversions, side by side. when TARGET: who will
    probably move, and by when. stuck TARGET: who has been in a phase longer than nine in ten of those who moved on.

        $ genome journey --dir demo
        $ genome journey curve trial --by channel --days 14
        $ genome journey before trial subscription --json
        $ genome journey when convert-to-subscription

    Ends with 0, with 1 where a phase is needed or the journey has no goal, with 6 for a phase or target that there is
    not, or with 9 where its prediction is refused.
    """
    entity = "accounts" if accounts else "customers"
    followed = replace(opened(directory, as_of=as_of).journey, entity=entity, purpose=purpose)
    sections = _sections(followed, _Asked(view, tuple(phases or ()), by, days, gap, goal, k))
    if as_json:
        rows: dict[str, list[dict[str, object]]] = {}
        for one in sections:
            rows.setdefault(one.name, []).extend(one.rows)
        print_json({**rows, "notes": [note for one in sections for note in one.notes]})
        return
    if by is not None:
        console().print(SEGMENTS, markup=False)
    for one in sections:
        print_rows(one.rows if one.shown is None else one.shown, title=one.title, empty="nothing")
        for note in one.notes:
            console().print(note, markup=False, soft_wrap=True)


@dataclass(frozen=True)
class _Asked:
    view: View
    phases: tuple[str, ...]
    by: str | None
    days: float | None
    gap: float
    goal: str | None
    most: int


def _sections(followed: Journeys, asked: _Asked) -> list[Section]:
    """Return the tables of a view; those that take no segments, of each segment's own journey."""
    from customer_genome.serving.journey_tables import of_segment

    if asked.by is None or asked.view not in ALONE:
        return _tables(followed, asked)
    alone = replace(asked, by=None)
    return [
        one
        for name, part in followed.segments(asked.by).items()
        for one in of_segment(name, part, lambda part: _tables(part, alone))
    ]


def _tables(followed: Journeys, asked: _Asked) -> list[Section]:
    from customer_genome.serving import journey_tables as tables
    from customer_genome.serving.journey_cells import ALL

    phases, by, days, goal, most = asked.phases, asked.by, asked.days, asked.goal, asked.most
    back = 28 if days is None else days
    views: dict[View, Callable[[], list[Section]]] = {
        View.now: lambda: tables.standing_sections(followed.now(days=back), followed.flows(days=back), days=back),
        View.rates: lambda: tables.rate_sections(followed.rates(by=by)),
        View.curve: lambda: tables.curve_sections(
            followed.curve(*_named(phases, "the phase that is entered", 1), by=by, day=back if by else None)
        ),
        View.funnel: lambda: tables.funnel_sections(followed.funnel(phases, within=days, by=by)),
        View.paths: lambda: tables.path_sections(followed.paths(most=most, by=by), most=most),
        View.verbs: lambda: tables.path_sections({ALL: followed.verb_paths(goal=goal, most=most)}, most=most),
        View.retention: lambda: tables.retention_sections(followed.retention()),
        View.before: lambda: tables.preceding_sections(
            followed.before(
                *_named(phases, "the phases that the move is from and to", 2), days=days or 14, gap=asked.gap
            ),
            most=most,
        ),
        View.attribution: lambda: tables.attribution_sections(
            followed.attribution(goal=goal, window=days, by=by)
        ),
    }  # fmt: skip
    if asked.view in {View.when, View.stuck}:
        return _outlook(followed, asked)
    return views[asked.view]()


def _outlook(followed: Journeys, asked: _Asked) -> list[Section]:
    from customer_genome.serving import outlook_tables as tables
    from customer_genome.serving.progress import Bars

    (target,) = _named(asked.phases, "the target of a phase", 1)
    with Bars() as bars:
        found = followed.workspace.targets.when(target, within=tables.WITHIN, progress=bars)
    sections = tables.when_sections if asked.view == View.when else tables.stuck_sections
    return sections(found, target=target, most=asked.most)


def _named(phases: tuple[str, ...], what: str, count: int) -> tuple[str, ...]:
    if len(phases) != count:
        found = ", ".join(phases) or "none"
        raise GenomeError(f"{what} must be named", found=found, fix="`genome journey` shows the phases")
    return phases
