"""What the analyses of the journey found, as the report shows it: pure functions, one for each kind of result."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from customer_genome.journey.analysis.attribution import Attribution
from customer_genome.journey.analysis.curves import FEWEST, Conversion, Curve, TimeInPhase, TooFew
from customer_genome.journey.analysis.flows import Flows
from customer_genome.journey.analysis.funnel import Funnel
from customer_genome.journey.analysis.paths import Paths
from customer_genome.journey.analysis.precedes import Preceding
from customer_genome.serving.report.journey_model import (
    ChannelCredit,
    Credits,
    Ending,
    FunnelPhase,
    JourneyFunnel,
    Leaving,
    PhaseFlow,
    PhaseMove,
    Route,
    Sign,
    Signs,
    Standing,
    Way,
    Ways,
)

STEPS = 90
"""Steps drawn of a curve at most; of one with more, what it says at so many days evenly apart."""
SIGNS, ENDINGS = 12, 6
"""Things that come before a move, and places where people stop, that are shown."""


def ordered(phases: Sequence[str], *, funnel: Sequence[str], moved: np.ndarray) -> tuple[str, ...]:
    """Return phases in the order of the journey: from the end of the list to which the funnel points, else most moves.

    Phases of the funnel stand in its order, in the places that they hold among the others. `moved` counts moves, from
    (rows) to (columns), by the phases' places.
    """
    place = {name: number for number, name in enumerate(phases)}
    steps = [place[name] for name in funnel if name in place]
    onward = sum(after > before for before, after in pairwise(steps))
    back = sum(after < before for before, after in pairwise(steps))
    if onward == back:
        onward, back = int(np.triu(moved, 1).sum()), int(np.tril(moved, -1).sum())
    named = list(phases if onward >= back else reversed(phases))
    own = iter([phases[number] for number in steps])
    held = set(steps)
    return tuple(next(own) if place[name] in held else name for name in named)


def flow_shown(found: Flows, *, of: str, days: int, order: Sequence[str]) -> PhaseFlow:
    """Return counts and moves with the phases in the order of the journey."""
    rows = [found.phases.index(name) for name in order]
    moved = found.moved[np.ix_(rows, rows)]
    phases = tuple(
        Standing(
            name, int(found.before[row]), int(found.came[row]), int(moved[:, place].sum()), int(moved[place].sum()),
            int(found.gone[row]), int(found.after[row]),
        )
        for place, (name, row) in enumerate(zip(order, rows, strict=True))
    )  # fmt: skip
    moves = tuple(
        PhaseMove(int(start), int(to), int(moved[start, to]))
        for start, to in zip(*np.nonzero(moved), strict=True)
    )
    return PhaseFlow(of, days, phases, moves)


def leaving_shown(phase: str, found: Conversion | TooFew, lasting: TimeInPhase | TooFew) -> Leaving:
    """Return a phase's curves, up to the last day on which 10 stays were still to be seen."""
    if isinstance(found, TooFew) or isinstance(lasting, TooFew):
        few = found if isinstance(found, TooFew) else lasting
        return Leaving(phase, few.customers, reason=getattr(few, "reason", ""))
    enough = found.staying.day[found.staying.at_risk >= FEWEST]
    until = min(float(enough.max(initial=0.0)), found.staying.last)
    if not until:
        return Leaving(
            phase, found.customers, found.stays, reason="nobody was seen in it for longer than a moment"
        )
    routes = tuple(
        Route(name, found.left[name], _points(curve, until=until)) for name, curve in found.to.items()
    )
    staying = Route("", 0, _points(found.staying, until=until))
    return Leaving(phase, found.customers, found.stays, until, routes, staying, lasting.median)


def funnel_shown(found: Funnel) -> JourneyFunnel:
    """Return the steps of a funnel."""
    return JourneyFunnel(tuple(
        FunnelPhase(
            step.phase, step.customers, step.of_first, step.of_previous, step.days,
            tuple(sorted(step.others.items(), key=lambda one: (-one[1], one[0]))),
        )
        for step in found.steps
    ))  # fmt: skip


def signs_shown(found: Preceding) -> Signs:
    """Return the surest of what comes before a move; those that could not be tested are not shown."""
    tested = [one for one in found.found if one.q is not None]
    shown = sorted(tested[:SIGNS], key=lambda one: (-(one.odds_ratio.value or 0.0), one.name))
    reason = ""
    if not found.transitions:
        reason = f"nobody has moved from {found.start} to {found.to}"
    elif not tested:
        reason = f"too few to say: {found.matched:,} moves from {found.start} to {found.to} can be compared with others"
    return Signs(
        found.start, found.to, found.days, found.transitions, found.matched, found.controls, len(tested),
        tuple(Sign(one.name, one.of_cases, one.of_controls, one.odds_ratio, one.q) for one in shown), reason,
    )  # fmt: skip


def credits_shown(found: Attribution | TooFew, *, goal: str, window: float) -> Credits:
    """Return each channel's shares by every model that has an answer, the channels with the largest first."""
    if isinstance(found, TooFew):
        return Credits(goal, window, reason=found.reason)
    models = tuple(found.order)
    share = {(one.channel, one.model): one.share for one in found.credits}
    apart = {one.channel: one.words.removeprefix(f"{one.channel}: ") for one in found.disagreements}
    largest = next(iter(found.order.values()), found.channels)
    channels = tuple(
        ChannelCredit(channel, tuple(share[channel, model] for model in models), apart.get(channel, ""))
        for channel in largest
    )
    return Credits(
        goal, window, models, channels, found.conversions, found.untouched, tuple(found.refused.items()),
        found.statement,
    )  # fmt: skip


def ways_shown(found: Paths) -> Ways:
    """Return the paths, and the places where most stop."""
    if not found.customers:
        return Ways(reason="nobody has been in a phase yet")
    ways = tuple(Way(one.steps, one.customers, one.share, one.outcome, one.longer) for one in found.paths)
    endings = tuple(
        Ending(one.step, one.name, one.reached, one.stopped, one.share)
        for one in found.drops[:ENDINGS]
        if one.stopped
    )
    return Ways(found.customers, found.distinct, ways, found.others, endings)


def _points(curve: Curve, *, until: float) -> tuple[tuple[float, float, float, float], ...]:
    days = curve.day[curve.day <= until]
    if len(days) > STEPS:
        days = np.linspace(0.0, until, STEPS)
    place = np.searchsorted(curve.day, days, side="right") - 1
    held = (days, curve.value[place], curve.low[place], curve.high[place])
    return tuple(zip(*(part.tolist() for part in held), strict=True))
