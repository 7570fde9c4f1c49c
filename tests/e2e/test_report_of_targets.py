"""What the report says of the declared targets of a small shop, where there is little to learn."""

from __future__ import annotations

from pathlib import Path

import pytest

import customer_genome
from customer_genome.serving.report import Report, Targets, render
from customer_genome.serving.report.build_report import build_report
from small_project import small_project

DECLARED = """
targets:
  lapse: {predict: absence, horizon: 28}
  next-action: {predict: action, horizon: 28}
  spend: {predict: sum, horizon: 28}
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Path:
    folder = small_project(tmp_path_factory.mktemp("shop") / "shop")
    settings = folder / "genome.yaml"
    settings.write_text(settings.read_text(encoding="utf-8") + DECLARED, encoding="utf-8")
    customer_genome.open(folder).build()
    return folder


@pytest.fixture(scope="module")
def before(shop) -> Report:
    return build_report(customer_genome.open(shop))


@pytest.fixture(scope="module")
def after(shop, before) -> Report:
    del before  # which is made while nothing is learned
    for name in ("lapse", "next-action"):
        customer_genome.open(shop).targets.make(name)
    return build_report(customer_genome.open(shop))


def targets_of(report: Report) -> Targets:
    assert report.next_items is not None
    assert report.next_items.targets is not None
    return report.next_items.targets


def test_the_report_learns_nothing_and_says_how_to(before, shop) -> None:
    found = targets_of(before)
    assert (found.learned, found.outlooks) == ((), ())
    assert found.waiting == ("lapse", "next-action", "spend")
    assert f"genome predict all --dir {shop}" in render(before)


def test_what_could_not_be_learned_or_lost_is_refused_with_its_reason(after) -> None:
    lapse, action = targets_of(after).learned
    assert not lapse.shown
    assert "cannot be learned; found: " in lapse.reason
    assert (action.metric, action.shown) == ("log_loss", False)
    assert action.reason.startswith("does not beat: ")
    assert sum(level.cases for level in action.levels) > 100
    assert targets_of(after).waiting == ("spend",)


def test_of_refused_targets_nothing_is_said_of_a_customer(after) -> None:
    assert targets_of(after).outlooks == ()
    page = render(after)
    assert "What it says of these customers" not in page
    assert "Of one more prediction tested, none beat every naive rule." in page
