"""The report as one self-contained HTML file that makes no request and needs nothing beside it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from importlib import resources

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from customer_genome.serving.report import wording
from customer_genome.serving.report.answers import HONESTY, QUESTIONS, answers
from customer_genome.serving.report.chances import chance_table, chances
from customer_genome.serving.report.conversion import as_sentence, conversion
from customer_genome.serving.report.credits import apart_in_words, credits_table, scale_in_words
from customer_genome.serving.report.divergence import divergence
from customer_genome.serving.report.forest import forest
from customer_genome.serving.report.funnel_bars import bounded, funnel_bars, others_in_words
from customer_genome.serving.report.histogram import histogram, revenue_chart
from customer_genome.serving.report.karyotype import glance, karyotype
from customer_genome.serving.report.legend import legend
from customer_genome.serving.report.measures import meanings
from customer_genome.serving.report.mirror import mirror
from customer_genome.serving.report.model import Report
from customer_genome.serving.report.phase_flow import phase_flow, went
from customer_genome.serving.report.reliability import ranges, reliability
from customer_genome.serving.report.scoreboard import expected, scoreboard
from customer_genome.serving.report.signs import signs_forest, signs_in_words
from customer_genome.serving.report.similarity import similarity
from customer_genome.serving.report.when import when
from customer_genome.serving.report.words import GLOSSARY

_FILTERS = ("count", "money", "share", "times", "day", "instant", "signed", "sentence")
_FIGURES: tuple[Callable[..., str], ...] = (
    karyotype,
    glance,
    mirror,
    forest,
    divergence,
    chances,
    chance_table,
    scoreboard,
    expected,
    reliability,
    ranges,
    when,
    histogram,
    revenue_chart,
    legend,
    similarity,
    phase_flow,
    conversion,
    funnel_bars,
    bounded,
    signs_forest,
    credits_table,
)
_WORDS: tuple[Callable[..., str], ...] = (
    went, others_in_words, signs_in_words, apart_in_words, scale_in_words,
)  # fmt: skip


def render(report: Report) -> str:
    """The whole file as text, to be written as UTF-8; all text from data is escaped."""
    page = _environment().get_template("report.html")
    return page.render(
        report=report, answers=answers(report), questions=QUESTIONS, glossary=GLOSSARY, honesty=HONESTY,
        css=_read("karyotype.css") + _read("report.css") + _read("journey.css"), js=_read("report.js"),
    )  # fmt: skip


def _environment() -> Environment:
    made = Environment(
        loader=FunctionLoader(_read),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update({name: getattr(wording, name) for name in _FILTERS})
    made.filters["as_sentence"] = as_sentence
    made.globals["meanings"] = meanings
    made.globals.update({words.__name__: words for words in _WORDS})
    made.globals.update({figure.__name__: _finished(figure) for figure in _FIGURES})
    return made


def _finished(figure: Callable[..., str]) -> Callable[..., Markup]:
    """A figure escapes what it is given while it is built; the template must not do it again."""

    @functools.wraps(figure)
    def drawn(*given: object, **settings: object) -> Markup:
        return Markup(figure(*given, **settings))  # noqa: S704 - built by `svg.tag`

    return drawn


def _read(name: str) -> str:
    return (resources.files("customer_genome.serving.report") / "templates" / name).read_text("utf-8")
