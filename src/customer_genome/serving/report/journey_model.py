"""The journey as the report shows it: flows, curves, funnel, what comes before, credit, paths; unknown has a reason.

Days are whole and parts of local days; shares and chances are 0..1; every `Interval` holds 95 %. A part that has
nothing to say has a `reason` and is otherwise empty.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from customer_genome.core.intervals import Interval


@dataclass(frozen=True)
class Standing:
    """One phase over the window: now = before + came + entered - left - gone.

    `came` were seen for the first time, `entered` and `left` are moves from and to other phases.
    """

    phase: str
    before: int
    came: int
    entered: int
    left: int
    gone: int
    now: int


@dataclass(frozen=True)
class PhaseMove:
    """How many moves from one phase to another, both as positions among the phases shown."""

    start: int
    to: int
    count: int


@dataclass(frozen=True)
class PhaseFlow:
    """Where customers or accounts stand, in the order of the journey, and the moves of the last `days`."""

    of: str  # "customers" or "accounts"
    days: int
    phases: tuple[Standing, ...] = ()
    moves: tuple[PhaseMove, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Route:
    """The chance of having gone to one phase by each day, a step at each of `points` (day, value, low, high)."""

    to: str
    left: int
    points: tuple[tuple[float, float, float, float], ...]


@dataclass(frozen=True)
class Leaving:
    """What becomes of those who enter a phase: a route for each destination, drawn up to `until` days.

    `staying` is the curve of those still there; at every day the values of all routes and of it sum to 1. `median` is
    the time after which half have left.
    """

    phase: str
    customers: int = 0
    stays: int = 0
    until: float = 0.0
    routes: tuple[Route, ...] = ()
    staying: Route = Route("", 0, ())
    median: Interval = field(default_factory=lambda: Interval.unknown(""))
    reason: str = ""


@dataclass(frozen=True)
class FunnelPhase:
    """One step: who reached it, of those before and of the first, and in which days; where the others stand now."""

    phase: str
    customers: int
    of_first: Interval
    of_previous: Interval
    days: Interval
    others: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class JourneyFunnel:
    """The funnel's steps in order."""

    steps: tuple[FunnelPhase, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Sign:
    """One thing that comes before a move more often, or less, than among others in the phase at that time."""

    name: str
    of_cases: float
    of_others: float
    odds: Interval
    q: float | None


@dataclass(frozen=True)
class Signs:
    """What comes before the moves from `start` to `to`: `tested` things, of which `shown` are those drawn."""

    start: str = ""
    to: str = ""
    days: float = 0.0
    moves: int = 0
    matched: int = 0
    others: int = 0
    tested: int = 0
    shown: tuple[Sign, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class ChannelCredit:
    """What every model gives one channel, in the order of the models; `apart` says where two of them disagree."""

    channel: str
    shares: tuple[Interval, ...]
    apart: str = ""


@dataclass(frozen=True)
class Credits:
    """Conversions shared out among channels by several models; `refused` models have no answer, and why."""

    goal: str = ""
    window: float = 0.0
    models: tuple[str, ...] = ()
    channels: tuple[ChannelCredit, ...] = ()
    conversions: int = 0
    untouched: int = 0
    refused: tuple[tuple[str, str], ...] = ()
    statement: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Way:
    """One whole path through the phases; `longer`: it goes on beyond the steps shown."""

    steps: tuple[str, ...]
    customers: int
    share: Interval
    outcome: Interval
    longer: bool = False


@dataclass(frozen=True)
class Ending:
    """Of those whose step number `step` was `phase`, how many went no further."""

    step: int
    phase: str
    reached: int
    stopped: int
    share: Interval


@dataclass(frozen=True)
class Ways:
    """The most frequent paths, how many customers went other ways, and where people leave."""

    customers: int = 0
    distinct: int = 0
    ways: tuple[Way, ...] = ()
    others: int = 0
    endings: tuple[Ending, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Journey:
    """The journey through the phases; `goal` is the phase that is a conversion, "" where none is configured."""

    flows: tuple[PhaseFlow, ...]
    goal: str = ""
    leaving: tuple[Leaving, ...] = ()
    funnel: JourneyFunnel = field(default_factory=JourneyFunnel)
    signs: Signs = field(default_factory=Signs)
    credits: Credits = field(default_factory=Credits)
    ways: Ways = field(default_factory=Ways)
