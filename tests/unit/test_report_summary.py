"""The terminal summary says the same as the report, in any width and without colour."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from customer_genome.serving.report.answers import QUESTIONS, answers
from customer_genome.serving.summary import print_summary
from report_sample import empty_report, sample_report


def printed(report, *, width: int = 100) -> str:
    stream = StringIO()
    print_summary(report, Console(file=stream, width=width, color_system=None))
    return stream.getvalue()


@pytest.mark.parametrize("report", [sample_report(), empty_report()], ids=["full", "empty"])
def test_it_gives_the_same_answers_as_the_report(report) -> None:
    words = " ".join(printed(report).split())
    for section, question in QUESTIONS.items():
        assert f"{question} {answers(report)[section]}" in words


def test_its_figures_are_exact() -> None:
    text = printed(sample_report())
    for figure in ("$4,291,733.58", "1,469,307", "20,940,529", "1.95 to 2.27", "<0.001", "71%"):
        assert figure in text


@pytest.mark.parametrize("width", [60, 80, 160])
def test_it_keeps_within_the_width(width) -> None:
    assert max(len(line) for line in printed(sample_report(), width=width).splitlines()) <= width


def test_names_from_data_are_neither_markup_nor_terminal_commands() -> None:
    evil = "[bold]x[/bold] \x1b[2J\u202e"
    report = sample_report()
    genome = replace(report.genomes[0], name=evil)
    text = printed(replace(report, project=evil, genomes=(genome,)))
    assert "[bold]x[/bold]" in text
    assert "\x1b" not in text
    assert "\u202e" not in text
