"""The journey of an invented grocer, made up and always the same, for the tests of the report."""

from __future__ import annotations

import math

from customer_genome.core.intervals import Interval, share
from customer_genome.journey.analysis.attribution import STATEMENT
from customer_genome.serving.report.journey_model import (
    ChannelCredit,
    Credits,
    Ending,
    FunnelPhase,
    Journey,
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

PHASES = ("New", "Active", "Loyal", "Cooling", "Lapsed")
BEFORE, CAME = (88, 1190, 690, 301, 150), (120, 0, 0, 0, 0)
MOVES = (
    (0, 1, 84), (0, 3, 21), (0, 4, 7), (1, 2, 61), (1, 3, 77), (1, 4, 3), (2, 1, 31), (2, 3, 18), (3, 1, 92), (3, 4, 27),
    (4, 1, 20),
)  # fmt: skip
MODELS = ("first", "last", "linear", "position", "time decay", "Markov removal", "Shapley")
GIVEN = {
    "mailer": (0.46, 0.22, 0.31, 0.33, 0.27, 0.29, 0.3),
    "display": (0.21, 0.24, 0.26, 0.23, 0.25, 0.24, 0.22),
    "coupon": (0.12, 0.38, 0.24, 0.26, 0.3, 0.27, 0.31),
    "campaign letter": (0.21, 0.16, 0.19, 0.18, 0.18, 0.2, 0.17),
}


def sample_journey() -> Journey:
    """A journey with something to say in every part, for customers and for accounts."""
    return Journey(
        flows=(sample_flow(), sample_flow("accounts")), goal="Loyal",
        leaving=(
            sample_leaving("New", {"Active": 0.55, "Cooling": 0.2, "Lapsed": 0.08}, middle=24.0),
            sample_leaving("Active", {"Loyal": 0.3, "Cooling": 0.31, "Lapsed": 0.02}),
            sample_leaving("Loyal", {"Active": 0.2, "Cooling": 0.1}),
            Leaving("Cooling", 7, reason="too few to say: 7 customers, 10 are needed"),
        ),
        funnel=_funnel(), signs=_signs(), credits=_credits(), ways=_ways(),
    )  # fmt: skip


def sample_flow(of: str = "customers") -> PhaseFlow:
    """Moves onward, past phases and back, whose accounts close."""
    phases = []
    for place, name in enumerate(PHASES):
        entered = sum(count for _, to, count in MOVES if to == place)
        left = sum(count for start, _, count in MOVES if start == place)
        now = BEFORE[place] + CAME[place] + entered - left
        phases.append(Standing(name, BEFORE[place], CAME[place], entered, left, 0, now))
    return PhaseFlow(of, 28, tuple(phases), tuple(PhaseMove(*move) for move in MOVES))


def sample_leaving(phase: str, ends: dict[str, float], *, middle: float | None = None) -> Leaving:
    """Curves that rise to their ends by day 90, and the one of those still there."""
    days = [3.0 * step for step in range(31)]

    def points(end: float, *, falls: bool = False) -> tuple[tuple[float, float, float, float], ...]:
        risen = [end * (1 - math.exp(-day / 30)) / (1 - math.exp(-3)) for day in days]
        values = [1 - value if falls else value for value in risen]
        return tuple(
            (day, value, max(0.0, value - 0.04), min(1.0, value + 0.04))
            for day, value in zip(days, values, strict=True)
        )

    median = Interval.unknown("more than half stay longer than 90 days, as long as was seen")
    if middle is not None:
        median = Interval(middle, middle - 4, middle + 5)
    routes = tuple(Route(name, int(900 * end), points(end)) for name, end in ends.items())
    return Leaving(
        phase, 812, 934, 90.0, routes, Route("", 0, points(sum(ends.values()), falls=True)), median
    )


def _funnel() -> JourneyFunnel:
    counts, days = (2310, 1604, 702), ((0.0, 0.0, 0.0), (19.0, 17.0, 21.0), (142.0, 128.0, 160.0))
    others = ((), (("Cooling", 401), ("Lapsed", 210), ("New", 95)), (("Active", 611), ("Cooling", 291)))
    return JourneyFunnel(tuple(
        FunnelPhase(
            PHASES[place], count, share(count, counts[0]),
            share(count, counts[place - 1]) if place else Interval.unknown("the first step"),
            Interval(*days[place]) if place else Interval.unknown("the first step"), others[place],
        )
        for place, count in enumerate(counts)
    ))  # fmt: skip


def _signs() -> Signs:
    rows = (
        ("redeem a coupon", 0.31, 0.14, Interval(2.72, 1.9, 3.88), 0.0004), ("buy: organic", 0.22, 0.15, Interval(1.61, 1.12, 2.3), 0.021),
        ("receive: mailer, front page", 0.72, 0.69, Interval(1.14, 0.83, 1.57), 0.44), ("buy on offer", 0.4, 0.55, Interval(0.55, 0.39, 0.77), 0.003),
    )  # fmt: skip
    return Signs("Active", "Loyal", 28.0, 702, 688, 6880, 9, tuple(Sign(*row) for row in rows))


def _credits() -> Credits:
    apart = {"coupon": "first gives it 8% to 16%, last 34% to 42% of the conversions"}
    channels = tuple(
        ChannelCredit(name, tuple(Interval(part, part - 0.04, part + 0.04) for part in parts), apart.get(name, ""))
        for name, parts in GIVEN.items()
    )  # fmt: skip
    return Credits("Loyal", 90.0, MODELS, channels, 611, 91, (), STATEMENT)


def _ways() -> Ways:
    rows = (
        (("New", "Active", "Loyal"), 511, 511), (("New", "Active"), 402, 0), (("New", "Cooling", "Lapsed"), 190, 0),
        (("New", "Active", "Cooling", "Active", "Cooling", "Active", "Loyal", "Active", "Loyal", "Cooling", "Active", "Loyal"), 44, 44),
    )  # fmt: skip
    ways = tuple(
        Way(steps, number, share(number, 2310), share(good, number), longer=len(steps) == 12)
        for steps, number, good in rows
    )
    endings = (
        Ending(2, "Active", 1604, 402, share(402, 1604)),
        Ending(3, "Lapsed", 230, 190, share(190, 230)),
    )
    return Ways(2310, 61, ways, 1163, endings)
