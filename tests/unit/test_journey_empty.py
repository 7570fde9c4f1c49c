"""Nobody at all is no reason to fail: counts are 0, and what cannot be said says so."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest

from customer_genome.journey.analysis._credit import touches
from customer_genome.journey.analysis.attribution import attribution
from customer_genome.journey.analysis.curves import TooFew, conversion_curves, time_in_phase
from customer_genome.journey.analysis.flows import flows
from customer_genome.journey.analysis.funnel import funnel
from customer_genome.journey.analysis.paths import event_sequences, paths, phase_sequences
from customer_genome.journey.analysis.precedes import Exposures, precedes
from customer_genome.journey.analysis.rates import transition_rates
from customer_genome.journey.analysis.retention import retention
from customer_genome.journey.analysis.segments import by_segment, differences, labels
from customer_genome.journey.analysis.spells import Spells, spells, standing

NONE, NOBODY = np.zeros(0), np.zeros(0, int)


@pytest.fixture(scope="module")
def empty() -> Spells:
    time = pa.timestamp("us", "UTC")
    columns = {"customer_id": pa.string(), "phase": pa.string(), "entered_at": time, "left_at": time}
    table = pa.table({name: pa.array([], kind) for name, kind in columns.items()})
    return spells(
        table, phases=("lead", "trial"), zone=ZoneInfo("UTC"), as_of=datetime(2024, 1, 1, tzinfo=UTC)
    )


def test_counts_are_nought(empty):
    assert standing(empty, 0.0).tolist() == [0, 0]
    assert flows(empty, 0, 10).moved.sum() == 0
    assert transition_rates(empty).moves == ()
    assert transition_rates(empty).rate("lead", "trial").reason == "nobody was there for any time"
    assert [step.customers for step in funnel(empty, ["lead", "trial"]).steps] == [0, 0]


def test_what_cannot_be_said_says_so(empty):
    assert isinstance(conversion_curves(empty, "lead"), TooFew)
    assert isinstance(time_in_phase(empty, "lead"), TooFew)
    assert by_segment(empty, labels("any", []), transition_rates) == {}
    assert differences(empty, "lead", by=labels("any", []))[0].p is None
    assert (
        "too few to say: 0 conversions"
        in attribution(touches(NOBODY, NOBODY, NONE, channels=("a",), converted_at=NONE, window=9)).reason
    )


def test_sequences_of_nobody(empty):
    assert paths(phase_sequences(empty)).paths == ()
    assert paths(event_sequences(NOBODY, NOBODY, NONE, names=["a"], end=9)).drops == ()
    assert retention(NOBODY, NONE, end=10).due.shape == (0, 12)
    found = precedes(empty, Exposures(NOBODY, NOBODY, NONE, ("x",)), start="lead", to="trial")
    assert (found.transitions, found.found[0].q) == (0, None)
