"""The history of phases says at each moment, for each earlier state of knowledge, what a slow reading of the rows says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customer_genome.core.journey_settings import Phase
from customer_genome.engine import DuckDBEngine
from customer_genome.journey.phase_text import looks, phase_text

START = datetime(2024, 1, 1, tzinfo=UTC)
DAYS = 6
TIME = pa.timestamp("us", "UTC")
VERBS = ("sign-up", "subscribe", "cancel")
SUBSCRIBED = (
    Phase(name="churned", when="last_cancel_at >= last_subscribe_at"),
    Phase(name="subscription", when="subscribe_count >= 1"),
    Phase(name="lead", when="sign_up_count >= 1"),
    Phase(name="pre-lead", when="TRUE"),
)
PASSING = (
    Phase(name="fresh", when="days_since_subscribe <= 1.2"),
    Phase(name="stale", when="subscribe_count >= 1"),
    Phase(name="nobody", when="TRUE"),
)


@dataclass(frozen=True)
class Step:
    step: str
    happened: float
    known: float


def at(days: float) -> datetime:
    return START + timedelta(days=days)


def run(phases, steps, *, customers=("c",), extra=None, attributes=()):
    """Return the rows of phase_history; `steps` are (customer, Step)."""
    engine = DuckDBEngine(threads=1, memory="500MB")
    rows = [(c, s.step, at(s.happened), at(s.known), 1) for c, s in steps]
    columns = list(zip(*rows, strict=True)) or [()] * 5
    types = (pa.string(), pa.string(), TIME, TIME, pa.int64())
    names = ("customer_id", "step", "happened_at", "known_at", "times")
    engine.bind_table(
        "journey_steps", pa.table({n: pa.array(c, t) for n, c, t in zip(names, columns, types, strict=True)})
    )
    first = {c: min((at(s.happened) for who, s in steps if who == c), default=None) for c in customers}
    engine.bind_table(
        "customers", pa.table({"customer_id": list(first), "first_at": pa.array(first.values(), TIME)})
    )
    for name, table in (extra or {}).items():
        engine.bind_table(name, table)
    seen = looks((p.when for p in phases), verbs=VERBS, attributes=attributes)
    sql = phase_text(phases, seen, as_of=at(DAYS))
    return engine.table(sql.text, params=sql.params).to_pylist()


def believed(rows, *, knowledge: datetime, moment: datetime) -> list[str]:
    """Return the phases that the table says were believed at `knowledge` to hold at `moment`."""
    found = []
    for row in rows:
        told = row["known_at"] < knowledge and (
            row["corrected_at"] is None or row["corrected_at"] >= knowledge
        )
        left = (
            row["left_at"] if row["left_known_at"] is not None and row["left_known_at"] < knowledge else None
        )
        if told and row["entered_at"] <= moment and (left is None or moment < left):
            found.append(row["phase"])
    return found


def slowly(steps, *, knowledge: float, moment: float, passing: bool) -> str | None:
    """Return the same from the rows: those known by then, asked at the last step or midnight up to the moment."""
    known = [s for s in steps if s.known < knowledge and s.happened <= moment]
    if not known:
        return None
    asked = max(s.happened for s in known)
    if passing:
        midnight = float(int(moment))
        asked = max(asked, midnight)
        known_then = [s for s in known if s.happened < asked or asked != midnight or s.happened == asked]
        bought = [s.happened for s in known_then if s.step == "subscribe"]
        return "nobody" if not bought else "fresh" if asked - max(bought) <= 1.2 else "stale"
    last = {verb: max((s.happened for s in known if s.step == verb), default=None) for verb in VERBS}
    if last["cancel"] is not None and last["subscribe"] is not None and last["cancel"] >= last["subscribe"]:
        return "churned"
    return (
        "subscription"
        if last["subscribe"] is not None
        else "lead"
        if last["sign-up"] is not None
        else "pre-lead"
    )


fine = st.integers(1, DAYS * 24 - 2).map(lambda hour: hour / 24 + 1 / 96)  # never at a midnight
rows_of_steps = st.lists(
    st.tuples(
        st.sampled_from((*VERBS, "first")),
        fine,
        st.one_of(st.just(0.0), st.floats(0, 2).map(lambda d: round(d * 24) / 24)),
    ),
    min_size=1,
    max_size=7,
).map(lambda rows: [Step(verb, when, min(when + delay, DAYS - 1 / 48)) for verb, when, delay in rows])


@pytest.mark.parametrize("passing", [False, True])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=rows_of_steps)
def test_every_belief_is_what_the_rows_known_by_then_say(passing: bool, steps: list[Step]) -> None:
    steps = list({(s.step, s.happened): s for s in steps}.values())
    rows = run(PASSING if passing else SUBSCRIBED, [("c", s) for s in steps])
    probes = [day / 8 + 1 / 200 for day in range(8 * DAYS)]
    for knowledge in probes:
        for moment in (probe for probe in probes if probe < knowledge):
            expected = slowly(steps, knowledge=knowledge, moment=moment, passing=passing)
            found = believed(rows, knowledge=at(knowledge), moment=at(moment))
            assert found == ([] if expected is None else [expected]), (knowledge, moment, rows)
