"""Progress is said in counts, with a remaining time that knows how unequal the stages are."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from customer_genome.serving.progress import SHARES, Bars


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_short_work_says_nothing_without_a_terminal() -> None:
    out, clock = io.StringIO(), Clock()
    with Bars(Console(file=out, width=120), clock=clock) as bars:
        bars.begin("building", total=10, unit="stages")
        clock.now = 1.9
        bars.advance(note="load")
        bars.end()
    assert out.getvalue() == ""


def test_long_work_says_where_it_is_and_how_long_it_takes() -> None:
    out, clock = io.StringIO(), Clock()
    with Bars(Console(file=out, width=120), clock=clock) as bars:
        bars.begin("building", total=10, unit="stages")
        bars.begin("reading sources", total=4, unit="sources")
        clock.now = 10.0
        bars.advance(2, note="letters")
        bars.end()
        bars.advance(note="load")
        bars.end()
    (line,) = out.getvalue().splitlines()
    assert "0 of 10 stages" in line
    assert "2 of 4 sources" in line
    assert (
        "about 90 s left" in line or "about 2 min left" in line
    )  # half of load took 10 s, and load is a fifth


def test_the_remaining_time_follows_the_stages_shares() -> None:
    clock = Clock()
    with Bars(Console(file=io.StringIO()), clock=clock) as bars:
        bars.begin("building", total=len(SHARES), unit="stages")
        for stage in ("load", "check", "resolve", "reconcile", "journey", "imprint"):
            bars.advance(note=stage)
        clock.now = 50.0
        done = sum(SHARES[stage] for stage in ("load", "check", "resolve", "reconcile", "journey", "imprint"))
        assert bars.left() == f"about {50 * (1 - done) / done:.0f} s left"


def test_work_without_a_total_promises_nothing() -> None:
    clock = Clock()
    with Bars(Console(file=io.StringIO()), clock=clock) as bars:
        bars.begin("counting", unit="rows")
        bars.advance(5)
        clock.now = 60.0
        assert bars.left() == ""


def test_a_terminal_gets_bars_and_is_left_clean() -> None:
    out, clock = io.StringIO(), Clock()
    with Bars(Console(file=out, width=120, force_terminal=True), clock=clock) as bars:
        bars.begin("building", total=10, unit="stages")
        bars.begin("reading sources", total=2, unit="sources")
        clock.now = 30.0
        bars.advance(note="\x1b[31mletters")
        bars.end()
        bars.end()
    said = out.getvalue()
    assert "of 10 stages" in said
    assert said.rstrip().endswith("\x1b[?25h") or "\x1b[?25h" in said  # the cursor is back


def test_advancing_nothing_is_no_error() -> None:
    with Bars(Console(file=io.StringIO())) as bars:
        bars.advance()
        bars.end()
        assert bars.left() == ""


def test_the_bars_close_when_the_work_fails() -> None:
    out = io.StringIO()

    def fail() -> None:
        with Bars(Console(file=out, force_terminal=True)) as bars:
            bars.begin("building", total=1, unit="stages")
            raise ValueError("lost")

    with pytest.raises(ValueError, match="lost"):
        fail()
    assert "\x1b[?25h" in out.getvalue()
