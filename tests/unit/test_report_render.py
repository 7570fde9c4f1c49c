"""The whole report: one file, complete in itself, that answers seven questions and escapes what it is given."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from customer_genome.serving.report import BestCustomers, PhaseCount, SourceAccount, render
from customer_genome.serving.report.answers import QUESTIONS, answers
from customer_genome.serving.report.words import GLOSSARY
from report_sample import empty_report, sample_report

VOID = {"meta", "link", "br", "img", "input", "hr"}


class Page(HTMLParser):
    """Reads a page and keeps what the tests ask for; complains about a tag that is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attrs) -> None:
        named = dict(attrs)
        self.ids += [named["id"]] if "id" in named else []
        self.links += [
            value for key, value in attrs if key in {"href", "src", "action", "srcset", "poster", "data"}
        ]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data) -> None:
        if not {"style", "script"} & set(self.open):
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", "".join(self.words))


@pytest.mark.parametrize("report", [sample_report(), empty_report()], ids=["full", "empty"])
def test_the_page_is_whole_and_asks_nobody_for_anything(report) -> None:
    text = render(report)
    page = Page(text)
    assert all(link.startswith(("#", "data:,")) for link in page.links)
    assert not re.search(r"@import|url\(", text)
    assert "default-src 'none'" in text
    assert len(set(page.ids)) == len(page.ids)


@pytest.mark.parametrize("report", [sample_report(), empty_report()], ids=["full", "empty"])
def test_every_question_is_followed_by_its_answer(report) -> None:
    text = Page(render(report)).text
    at = text.index(QUESTIONS["sure"])
    for section, answer in answers(report).items():
        found = text.index(f"{QUESTIONS[section]} {answer}", at)
        assert found >= at
        at = found
    assert list(answers(report)) == list(QUESTIONS)


def test_the_figures_are_exact_and_dated() -> None:
    text = Page(render(sample_report())).text
    for words in (
        "2,469",
        "$4,291,733.58",
        "145,020",
        "20,940,529",
        "4 December 2017",
        "Etc/GMT+5",
        "snapshot 17",
    ):
        assert words in text
    assert all(word in text and meaning in text for word, meaning in GLOSSARY)
    assert text.count("As of 4 December 2017") >= 6


def test_the_same_report_gives_the_same_file() -> None:
    assert render(sample_report()) == render(sample_report())


def test_text_from_data_cannot_become_markup() -> None:
    evil = "</title></script><script>alert(1)</script>{{ 7*7 }}<b>"
    report = sample_report()
    overview = replace(
        report.overview,
        phases=(PhaseCount(evil, 5, evil),),
        sources=(SourceAccount(evil, evil, evil, 1, 1),),
        session_word=evil,
    )
    best = BestCustomers(0, 0, evil, evil, reason=evil)
    genome = replace(report.genomes[0], name=evil, phase=evil, summary=((evil, evil),), why_chosen=evil)
    hostile = replace(
        report,
        project=evil,
        purpose=evil,
        time_zone=evil,
        currency=evil,
        overview=overview,
        best=best,
        genomes=(genome,),
    )
    page, plain = render(hostile), render(report)
    assert page.count("<script") == plain.count("<script") == 1
    assert "<b>" + "alert" not in page
    assert "alert(1)</script>" not in page
    assert Page(page).text.count(evil) >= 10


def test_an_account_that_does_not_close_is_called_out() -> None:
    report = sample_report()
    wrong = SourceAccount("till", "sales", "interactions", 100, 90, 3, 2, 1)
    report = replace(report, overview=replace(report.overview, sources=(wrong,)))
    assert not wrong.closes
    text = Page(render(report)).text
    assert "✗ 4 rows missing" in text
    assert "The accounts of till do not close" in text


def test_too_few_to_say_is_said_with_its_reason() -> None:
    text = Page(render(empty_report())).text
    for words in (
        "Nobody yet",
        "both genomes are empty",
        "fewer than 30 customers",
        "fewer than 3 baskets",
        "nothing bought yet",
    ):
        assert words in text
    bare = replace(empty_report(), genomes=(), comparison=None, best=None, next_items=None)
    text = Page(render(bare)).text
    for words in ("No customer has been drawn", "have not been computed", "No prediction has been made"):
        assert words in text


def test_honesty_stands_beside_the_best_customers() -> None:
    text = Page(render(sample_report())).text
    assert "This is association, not cause" in text
    own = replace(sample_report(), best=replace(sample_report().best, honesty="Our own words."))
    text = Page(render(own)).text
    assert "Our own words." in text
    assert "This is association" not in text
