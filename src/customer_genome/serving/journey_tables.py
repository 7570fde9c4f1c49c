"""What the analysis of the journey found, as rows: one function a view, for tables and for JSON alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from customer_genome.serving.journey_cells import (
    ALL,
    Row,
    Section,
    bounds,
    brief,
    known,
    pivoted,
    said_of,
)

if TYPE_CHECKING:
    from customer_genome.app.journeys import Curves, Journeys, Standing
    from customer_genome.journey.analysis.attribution import Attribution
    from customer_genome.journey.analysis.curves import Conversion, TimeInPhase, TooFew
    from customer_genome.journey.analysis.flows import Flows
    from customer_genome.journey.analysis.funnel import Funnel
    from customer_genome.journey.analysis.paths import Paths
    from customer_genome.journey.analysis.precedes import Preceding
    from customer_genome.journey.analysis.rates import TransitionRates
    from customer_genome.journey.analysis.retention import Retention

DAYS = (1, 3, 7, 14, 30, 60, 90, 180, 365)
"""The days at which curves are read."""
SHOWN = (3, 7, 14, 30, 90)
"""Those of them that a table has room for."""


def standing_sections(now: Sequence[Standing], flows: Flows, *, days: float) -> list[Section]:
    """Return where everybody stands, and the moves of the last days."""
    rows = [
        {"phase": one.phase, "now": one.now, "share": one.share, "came": one.came, "went": one.went}
        for one in now
    ]
    moves: list[Row] = [
        {"from": flows.phases[i], "to": flows.phases[j], "moves": int(count)}
        for i, row in enumerate(flows.moved)
        for j, count in enumerate(row)
        if count
    ]
    moves.sort(key=lambda row: -row["moves"])
    return [
        Section("now", f"Where they stand, and who came and went in the last {days:g} days", rows),
        Section("moves", f"Moves in the last {days:g} days", moves),
    ]


def rate_sections(found: Mapping[str, TransitionRates | TooFew]) -> list[Section]:
    """Return the moves between phases with their rates, and what each phase saw."""
    moves: list[Row] = []
    phases: list[Row] = []
    notes: list[str] = []
    for segment, one, said in known(found, notes):
        for move in one.moves:
            kind = f"skips {', '.join(move.skipped)}" if move.skipped else "back" if move.backward else ""
            rate, part = bounds("per_30_days", move.rate), bounds("share", move.share)
            moves.append(
                {**said, "from": move.start, "to": move.to, "moves": move.count, **rate, **part, "kind": kind}
            )
        phases += [
            {**said, "phase": s.phase, "customers": s.customers, "days": s.days, "left": s.left, "returned": s.returned}
            for s in one.phases
        ]  # fmt: skip
        notes += [f"{said_of(segment)}{one.regressions:,} moves against the order"] if one.regressions else []
    shown = [brief(row, ("per_30_days", "share")) for row in moves]
    return [
        Section("moves", "Moves, for 30 days in the phase; shares of those who left", moves, shown),
        Section("phases", "What each phase saw", phases, notes=tuple(notes)),
    ]


def curve_sections(found: Curves) -> list[Section]:
    """Return what becomes of those who enter a phase at the usual days, how long it lasts, and how segments differ."""
    rows: list[Row] = []
    notes: list[str] = []
    for _, one, said in known(found.conversion, notes):
        rows += [
            {**said, "to": name, "day": day, **bounds("value", curve.at(day))}
            for name, curve in (*one.to.items(), ("still there", one.staying))
            for day in _days(one)
        ]
    lasting = [_lasting(one, said) for _, one, said in known(found.lasting, [])]
    tests = [
        {"what": one.what, "test": one.test, "p": one.p, "q": one.q, "reason": one.reason}
        for one in found.differences
    ]
    shown = pivoted([row for row in rows if row["day"] in SHOWN], "day")
    made = [
        Section("curve", f"Of those who enter {found.phase}: gone by day", rows, shown, tuple(notes)),
        Section("lasting", "How long it lasts", lasting, [brief(row, ("median_days", "mean_days")) for row in lasting]),
        Section("differences", "Whether segments differ by more than chance", tests),
    ]  # fmt: skip
    return made if tests else made[:2]


def _lasting(one: TimeInPhase, said: Row) -> Row:
    return {
        **said, "customers": one.customers, "stays": one.stays, "left": one.left,
        **bounds("median_days", one.median), **bounds("mean_days", one.mean), "up_to_days": one.horizon,
        "reason": one.median.reason or one.mean.reason,
    }  # fmt: skip


def funnel_sections(found: Mapping[str, Funnel | TooFew]) -> list[Section]:
    """Return the steps, how many took them, how fast, and where the others are."""
    rows: list[Row] = []
    notes: list[str] = []
    for segment, one, said in known(found, notes):
        for step in one.steps:
            others = ", ".join(
                f"{phase} {count:,}" for phase, count in sorted(step.others.items(), key=lambda one: -one[1])
            )
            rows.append(
                {**said, "step": step.phase, "customers": step.customers, **bounds("of_previous", step.of_previous),
                 **bounds("of_first", step.of_first), **bounds("median_days", step.days), "others_are": others}
            )  # fmt: skip
        if one.within is not None:
            notes.append(
                f"{said_of(segment)}within {one.within:g} days; {one.too_recent:,} came too lately to be counted"
            )
        else:
            notes.append(f"{said_of(segment)}so far; the last to come had less time than the others")
    shown = [brief(row, ("of_previous", "of_first", "median_days")) for row in rows]
    return [Section("funnel", "The funnel", rows, shown, tuple(notes))]


def path_sections(found: Mapping[str, Paths | TooFew], *, most: int) -> list[Section]:
    """Return the frequent paths, and where people stay for good."""
    rows: list[Row] = []
    drops: list[Row] = []
    notes: list[str] = []
    for segment, one, said in known(found, notes):
        rows += [
            {**said, "path": " > ".join(path.steps) + (" > ..." if path.longer else ""), "customers": path.customers,
             **bounds("share", path.share), **bounds("to_goal", path.outcome)}
            for path in one.paths
        ]  # fmt: skip
        drops += [
            {**said, "step": drop.step, "phase": drop.name, "reached": drop.reached, "stopped": drop.stopped,
             **bounds("share", drop.share)}
            for drop in one.drops[:most] if drop.stopped
        ]  # fmt: skip
        notes.append(
            f"{said_of(segment)}{one.others:,} of {one.customers:,} went other ways, {one.distinct:,} ways in all"
        )
    return [
        Section("paths", "Frequent paths", rows, [brief(row, ("share", "to_goal")) for row in rows], tuple(notes)),
        Section("drops", "Where they go no further, of those who had time to", drops,
                [brief(row, ("share",)) for row in drops]),
    ]  # fmt: skip


def preceding_sections(found: Preceding, *, most: int) -> list[Section]:
    """Return what precedes a move, the surest first, and how it was compared."""
    rows = [
        {"what": one.name, "moves": one.cases, "of_moves": one.of_cases, "of_others": one.of_controls,
         **bounds("odds_ratio", one.odds_ratio), "q": one.q, "reason": one.odds_ratio.reason}
        for one in found.found
    ]  # fmt: skip
    sure = [brief(row, ("odds_ratio",)) for row in rows if row["q"] is not None]
    shown = [{key: value for key, value in row.items() if key != "reason"} for row in sure[:most]]
    compared = (
        f"{found.matched:,} of {found.transitions:,} moves compared with {found.controls:,} others who were in "
        f"{found.start} as long at that time; {len(rows) - len(sure):,} things are too rare to say"
    )
    notes = (
        compared,
        "this is what precedes a move, not what brings it about: that takes an experiment",
    )
    title = f"What precedes {found.start} to {found.to} in the {found.days:g} days before"
    return [Section("before", title, rows, shown, notes)]


def attribution_sections(found: Mapping[str, Attribution | TooFew]) -> list[Section]:
    """Return each model's shares side by side, where they disagree, and what none of them says."""
    rows: list[Row] = []
    notes: list[str] = []
    statement = ""
    for segment, one, said in known(found, notes):
        rows += [
            {**said, "channel": part.channel, "model": part.model, **bounds("share", part.share),
             **bounds("conversions", part.amount)}
            for part in one.credits
        ]  # fmt: skip
        notes.append(
            f"{said_of(segment)}{one.conversions:,} conversions with a touch, "
            f"{one.untouched:,} without are not shared out"
        )
        notes += [f"{said_of(segment)}{model} is refused: {why}" for model, why in one.refused.items()]
        led = "; ".join(f"{channel} by {', '.join(models)}" for channel, models in one.leaders.items())
        order = "the same order" if one.agreed_order else f"different orders; first comes {led}"
        notes.append(f"{said_of(segment)}the models put the channels in {order}")
        notes += [f"{said_of(segment)}models disagree on {one.words}" for one in one.disagreements]
        statement = one.statement
    notes += [statement] if statement else []
    kept = [
        {key: row[key] for key in row if not key.startswith("conversions")}
        | {"value": row["share"], "value_low": row["share_low"], "value_high": row["share_high"]}
        for row in rows
    ]
    for row in kept:
        del row["share"], row["share_low"], row["share_high"]
    return [Section("attribution", "Shares of the conversions", rows, pivoted(kept, "model"), tuple(notes))]


def retention_sections(found: Retention) -> list[Section]:
    """Return the share of each cohort that was active in each of its periods."""
    from datetime import date, timedelta

    cohorts, periods = found.due.shape
    rows = [
        {"came_from": (date(1970, 1, 1) + timedelta(days=float(found.first_day[cohort]))).isoformat(),
         "customers": int(found.customers[cohort]), "period": period, **bounds("value", found.cell(cohort, period))}
        for cohort in range(cohorts) for period in range(periods) if found.due[cohort, period]
    ]  # fmt: skip
    everybody = int(found.customers.sum())
    rows += [
        {"came_from": ALL, "customers": everybody, "period": period, **bounds("value", found.overall(period))}
        for period in range(periods) if cohorts and found.due[:, period].any()
    ]  # fmt: skip
    title = f"Active in their periods of {found.length:g} days since they came"
    note = "bounds of each share: --json"
    return [Section("retention", title, rows, pivoted(rows, "period", bare=True), (note,))]


def of_segment(
    name: str, part: Journeys | TooFew, sections: Callable[[Journeys], list[Section]]
) -> list[Section]:
    """Return the tables of one segment, with its name; or why there are none."""
    from customer_genome.journey.analysis.curves import TooFew

    if isinstance(part, TooFew):
        return [Section("segments", f"{name}: {part.reason}", [], notes=(f"{name}: {part.reason}",))]
    return [
        Section(
            one.name,
            f"{name}: {one.title}",
            [{"segment": name, **row} for row in one.rows],
            one.shown,
            tuple(f"{name}: {note}" for note in one.notes),
        )
        for one in sections(part)
    ]


def _days(found: Conversion) -> tuple[int, ...]:
    return tuple(day for day in DAYS if day <= found.staying.last)
