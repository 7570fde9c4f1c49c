"""The report of a small shop is true to its tables, the same every time, and drawable."""

from __future__ import annotations

from pathlib import Path

import pytest

import customer_genome
from customer_genome.serving.report import DataTerms, Report, render
from customer_genome.serving.report.build_report import build_report
from small_project import CUSTOMERS, small_project


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Path:
    folder = small_project(tmp_path_factory.mktemp("shop") / "shop")
    customer_genome.open(folder).build()
    return folder


@pytest.fixture(scope="module")
def report(shop) -> Report:
    return build_report(customer_genome.open(shop), terms=(DataTerms("Small shop", "made up"),))


def test_its_figures_are_those_of_the_tables(shop, report) -> None:
    status = customer_genome.open(shop).status()
    seen = report.overview
    assert (seen.customers, seen.interactions, seen.sessions) == (
        CUSTOMERS,
        status.interactions,
        status.sessions,
    )
    assert seen.revenue == status.revenue
    assert sum(phase.customers for phase in seen.phases) == CUSTOMERS
    assert sum(one.customers for one in seen.spend) == CUSTOMERS
    assert all(source.closes for source in seen.sources)
    assert seen.items == 48  # the products; letters are not bought


def test_its_journey_closes_and_says_what_is_not_configured(report) -> None:
    (flow,) = report.journey.flows
    now = {phase.phase: phase.now for phase in flow.phases if phase.now}
    assert now == {phase.name: phase.customers for phase in report.overview.phases}
    for phase in flow.phases:
        assert phase.now == phase.before + phase.came + phase.entered - phase.left - phase.gone
    assert sum(way.customers for way in report.journey.ways.ways) + report.journey.ways.others == CUSTOMERS
    assert "no phase is said to be a conversion" in report.journey.credits.reason
    assert "no funnel is configured" in report.journey.funnel.reason


def test_whole_weeks_add_up_to_what_was_bought_in_them(shop, report) -> None:
    first, last = report.overview.periods[0], report.overview.periods[-1]
    (total,) = (
        customer_genome.open(shop)
        .sql(
            "SELECT SUM(value) AS revenue FROM interactions WHERE verb = 'buy' AND "
            f"CAST(occurred_at AT TIME ZONE 'Europe/Berlin' AS DATE) BETWEEN '{first.start}' AND "
            f"DATE '{last.start}' + INTERVAL 6 DAY",
            purpose="analytics",
        )
        .to_pylist()
    )
    assert sum(period.revenue for period in report.overview.periods) == pytest.approx(total["revenue"])
    assert first.start.weekday() == 0


def test_three_customers_are_drawn_with_the_same_genes_in_the_same_order(report) -> None:
    assert len({genome.customer_id for genome in report.genomes}) == 3
    orders = {
        tuple((part.family, tuple(band.gene for band in part.bands)) for part in genome.chromosomes)
        for genome in report.genomes
    }
    assert len(orders) == 1
    families = [part.family for part in report.genomes[0].chromosomes]
    assert families[:2] == ["brand", "category"]
    assert families[-2:] == ["behaviour", "facts"]
    assert all(genome.name.startswith("card ") for genome in report.genomes)


def test_the_rule_takes_one_of_the_best_and_the_nearest_of_the_rest(shop, report) -> None:
    ranked = {row["customer_id"]: row for row in customer_genome.open(shop).best()[0].to_pylist()}
    first, second, _ = (genome.customer_id for genome in report.genomes)
    assert ranked[first]["is_best"]
    assert not ranked[second]["is_best"]


def test_a_band_says_what_the_tables_say(shop, report) -> None:
    picture = report.genomes[0]
    held = customer_genome.open(shop).show(picture.customer_id, purpose="analytics").expressions.to_pylist()
    strengths = {row["gene"]: row["strength"] for row in held}
    drawn = [band for part in picture.chromosomes for band in part.bands if band.strength is not None]
    assert drawn
    assert all(band.strength == strengths[band.gene] for band in drawn)
    assert all(
        band.reason
        for part in picture.chromosomes
        for band in part.bands
        if not (band.strength or band.value)
    )


def test_the_comparison_is_that_of_the_command(shop, report) -> None:
    left, right = report.genomes[:2]
    found = customer_genome.open(shop).compare(left.customer_id, right.customer_id)
    assert report.comparison is not None
    assert report.comparison.similarity == found.genes.similarity


def test_it_can_be_drawn_and_is_the_same_again(shop, report) -> None:
    page = render(report)
    assert "made up" in page
    assert (
        render(build_report(customer_genome.open(shop), terms=(DataTerms("Small shop", "made up"),))) == page
    )


def test_who_objected_is_not_in_it(shop, tmp_path, report) -> None:
    import shutil

    own = Path(shutil.copytree(shop, tmp_path / "own"))
    gone = report.genomes[0].name
    workspace = customer_genome.open(own)
    workspace.consents.record(gone.replace(" ", ":"), purpose="analytics", state="objected")
    again = build_report(customer_genome.open(own))
    assert gone not in {genome.name for genome in again.genomes}
    assert again.overview.customers == CUSTOMERS - 1
