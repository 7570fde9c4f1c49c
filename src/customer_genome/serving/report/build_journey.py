"""The report's second part: how customers and accounts come, move through their phases, and go."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from customer_genome.app.journey_rows import ACCOUNTS
from customer_genome.app.journeys import ALL, Journeys
from customer_genome.core.errors import GenomeError
from customer_genome.journey.analysis.curves import TooFew
from customer_genome.serving.report.journey_model import (
    Credits,
    Journey,
    JourneyFunnel,
    PhaseFlow,
    Signs,
    Ways,
)
from customer_genome.serving.report.journey_shown import (
    credits_shown,
    flow_shown,
    funnel_shown,
    leaving_shown,
    ordered,
    signs_shown,
    ways_shown,
)
from customer_genome.serving.report.reading import PURPOSE, Reading

DAYS, PATHS, BEFORE = 28, 8, 14.0
"""Days of the flow, paths shown, and days before a move that are looked at."""
NOBODY = "nobody has been in a phase yet"
NO_GOAL = "no phase is said to be a conversion (journey: goal, in genome.yaml)"
NO_FUNNEL = "no funnel is configured (journey: funnel, in genome.yaml)"


def build_journey(reading: Reading) -> Journey:
    """Return what the journey's analysis finds as of the snapshot; a part that cannot be had says why."""
    followed, settings = Journeys(reading.workspace, purpose=PURPOSE), reading.project.journey
    flows = [_flow(followed, settings.funnel)]
    if reading.project.accounts is not None:
        flows.append(_flow(Journeys(reading.workspace, ACCOUNTS, PURPOSE), settings.funnel))
    if flows[0].reason:
        return Journey(
            tuple(flows), settings.goal or "", (), JourneyFunnel(reason=NOBODY), Signs(reason=NOBODY),
            Credits(reason=NOBODY), Ways(reason=NOBODY),
        )  # fmt: skip
    curves = [followed.curve(standing.phase) for standing in flows[0].phases]
    ways = followed.paths(most=PATHS)[ALL]
    return Journey(
        flows=tuple(flows),
        goal=settings.goal or "",
        leaving=tuple(leaving_shown(one.phase, one.conversion[ALL], one.lasting[ALL]) for one in curves),
        funnel=_funnel(followed, settings.funnel),
        signs=_signs(reading, followed),
        credits=_credits(followed, settings.goal, float(settings.window_days)),
        ways=Ways(reason=ways.reason) if isinstance(ways, TooFew) else ways_shown(ways),
    )


def _flow(followed: Journeys, funnel: tuple[str, ...]) -> PhaseFlow:
    found = followed.flows(days=DAYS)
    if not found.after.sum():
        return PhaseFlow(followed.entity, DAYS, reason=NOBODY)
    order = ordered(found.phases, funnel=funnel, moved=found.moved)
    return flow_shown(found, of=followed.entity, days=DAYS, order=order)


def _funnel(followed: Journeys, steps: tuple[str, ...]) -> JourneyFunnel:
    if len(steps) < 2:
        return JourneyFunnel(reason=NO_FUNNEL)
    found = followed.funnel(steps)[ALL]
    return JourneyFunnel(reason=found.reason) if isinstance(found, TooFew) else funnel_shown(found)


def _signs(reading: Reading, followed: Journeys) -> Signs:
    """Return what comes before the move into the goal from the phase before it, or from where most come."""
    goal, funnel = reading.project.journey.goal, reading.project.journey.funnel
    if goal is None:
        return Signs(reason=NO_GOAL)
    start = next((before for before, step in pairwise(funnel) if step == goal), None) or _origin(
        followed, goal
    )
    if start is None:
        return Signs(reason=f"nobody has moved to {goal} from another phase")
    return _titled(reading, signs_shown(followed.before(start, goal, days=BEFORE)))


def _titled(reading: Reading, signs: Signs) -> Signs:
    """Return the signs with the titles of items where they have one: candidates are called by verb and item_id."""
    ids = [sign.name.partition(" ")[2] for sign in signs.shown]
    asked = "SELECT item_id, title FROM items WHERE LIST_CONTAINS($ids, item_id) AND title IS NOT NULL"
    titles = {row["item_id"]: row["title"] for row in reading.rows(asked, "items", ids=ids)} if ids else {}
    named = []
    for sign in signs.shown:
        verb, _, item = sign.name.partition(" ")
        named.append(replace(sign, name=f"{verb} {titles[item]}") if item in titles else sign)
    return replace(signs, shown=tuple(named))


def _origin(followed: Journeys, goal: str) -> str | None:
    rates = followed.rates()[ALL]
    moves = () if isinstance(rates, TooFew) else [move for move in rates.moves if move.to == goal]
    return max(moves, key=lambda move: move.count).start if moves else None


def _credits(followed: Journeys, goal: str | None, window: float) -> Credits:
    if goal is None:
        return Credits(reason=NO_GOAL)
    try:
        found = followed.attribution()[ALL]
    except GenomeError as none:  # nothing is said to be a touch
        return Credits(goal, window, reason=none.what)
    return credits_shown(found, goal=goal, window=window)
