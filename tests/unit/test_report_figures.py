"""The small figures put their marks where the numbers say."""

from __future__ import annotations

import re
from datetime import date
from xml.etree import ElementTree as ET

import pytest

from customer_genome.serving.report import (
    BestCustomers,
    Comparison,
    Contribution,
    CustomerPredictions,
    PeriodTotal,
    Prediction,
    SeparatingGene,
    SpendBin,
)  # fmt: skip
from customer_genome.serving.report.axis import even_axis, ratio_axis
from customer_genome.serving.report.build_overview import spend_bins
from customer_genome.serving.report.chances import chances
from customer_genome.serving.report.divergence import divergence
from customer_genome.serving.report.forest import forest
from customer_genome.serving.report.histogram import histogram, revenue_chart
from customer_genome.serving.report.similarity import similarity
from report_sample import sample_report


def parse(fragment: str) -> ET.Element:
    return ET.fromstring(f"<div>{fragment}</div>")  # noqa: S314


def marks(fragment: str, name: str, kind: str) -> list[ET.Element]:
    return [item for item in parse(fragment).iter(name) if item.get("class") == kind]


def at(value: str) -> float:
    return float(value.removesuffix("%")) / 100


def test_a_ratio_axis_is_symmetric_in_log_and_holds_everything() -> None:
    axis = ratio_axis([0.55, 2.27])
    assert axis.place(1.0) == pytest.approx(0.5)
    assert axis.place(2.0) - 0.5 == pytest.approx(0.5 - axis.place(0.5))
    assert 0 < axis.place(0.55) < axis.place(2.27) < 1
    assert axis.place(1e9) == 1


def test_an_even_axis_is_symmetric_about_nought() -> None:
    axis = even_axis([0.03, -0.071])
    assert axis.high == pytest.approx(0.1)
    assert axis.place(0.0) == pytest.approx(0.5)


def forest_of(*genes: SeparatingGene, scale: str = "ratio") -> str:
    return forest(BestCustomers(10, 50, "the fifth", "ratio", genes, scale=scale))


def test_forest_dots_lie_within_their_intervals_and_say_their_numbers() -> None:
    fragment = forest(sample_report().best)
    bars, dots = marks(fragment, "line", "bar"), marks(fragment, "circle", "dot")
    assert len(bars) == len(dots) == 12
    for bar, dot in zip(bars, dots, strict=True):
        assert at(bar.get("x1")) < at(dot.get("cx")) < at(bar.get("x2"))
    words = "".join(parse(fragment).itertext())
    assert "2.10× (1.95 to 2.27)" in words
    assert "<0.001" in words


@pytest.mark.parametrize(
    ("gene", "kind"), [((1.5, 1.2, 1.9), "up"), ((0.6, 0.5, 0.8), "down"), ((1.2, 0.9, 1.5), "open")]
)
def test_forest_marks_say_direction_by_form(gene, kind) -> None:
    assert f'class="cg-mark {kind}"' in forest_of(SeparatingGene("A", "F", *gene))


def test_forest_of_differences_is_about_nought() -> None:
    fragment = forest_of(
        SeparatingGene("A", "F", 0.2, 0.1, 0.3),
        SeparatingGene("B", "F", -0.2, -0.3, -0.1),
        scale="difference",
    )
    places = [at(dot.get("cx")) for dot in marks(fragment, "circle", "dot")]
    assert places[0] - 0.5 == pytest.approx(0.5 - places[1])
    assert "+0.20 (+0.10 to +0.30)" in "".join(parse(fragment).itertext())


def test_what_makes_alike_goes_right_and_what_sets_apart_left() -> None:
    genome = sample_report().genomes[0]
    parts = tuple(Contribution(f"g{n}", "F", n / 100) for n in (-30, -1, 2, 20, *range(3, 12)))
    fragment = divergence(Comparison(genome, genome, 0.4, contributions=parts), most=3)
    names = [head.text.strip() for head in parse(fragment).iter("th") if head.get("scope") == "row"]
    assert names == ["g20", "g11", "g10", "g-1", "g-30"]
    ends = [
        (at(bar.get("x")), at(bar.get("x")) + at(bar.get("width"))) for bar in marks(fragment, "rect", "bar")
    ]
    assert all(left == pytest.approx(0.5) for left, _ in ends[:3])
    assert all(right == pytest.approx(0.5) for _, right in ends[3:])


def test_probability_is_the_dot_and_the_base_rate_the_stroke() -> None:
    item = Prediction("Milk", 0.71, 0.38, 0.6, 0.8, "in 15 of the last 20 baskets")
    fragment = chances(CustomerPredictions("c", "c", (item,)))
    assert at(marks(fragment, "circle", "dot")[0].get("cx")) == pytest.approx(0.71)
    assert at(marks(fragment, "line", "base")[0].get("x1")) == pytest.approx(0.38)
    assert "71% (60 to 80%)" in "".join(parse(fragment).itertext())


def test_without_base_rate_or_interval_nothing_is_invented() -> None:
    fragment = chances(CustomerPredictions("c", "c", (Prediction("Milk", 0.7),)))
    assert not marks(fragment, "line", "base")
    assert not marks(fragment, "line", "bar")


def test_a_columns_area_is_its_share() -> None:
    fragment = histogram((SpendBin(0, 100, 50), SpendBin(100, 400, 150)), currency="USD", median=200.0)
    first, second = [rect for rect in parse(fragment).iter("rect") if rect.get("class") is None]
    area = [at(rect.get("width")) * float(rect.get("height")) for rect in (first, second)]
    assert area[1] / area[0] == pytest.approx(3, rel=0.01)
    assert at(marks(fragment, "line", "median")[0].get("x1")) == pytest.approx(0.5)


def test_all_above_are_one_column_of_usual_width_named_so() -> None:
    bins = spend_bins([float(n) for n in range(1, 100)] + [5000.0])
    *others, last = bins
    assert sum(part.customers for part in bins) == 100
    assert last.above
    assert not any(part.above for part in others)
    assert last.high - last.low == pytest.approx(others[-1].high - others[-1].low)
    fragment = histogram(bins, currency="USD")
    assert f"over ${last.low:,.0f}" in "".join(parse(fragment).itertext())
    assert "5,000" not in fragment


def test_an_empty_histogram_is_flat_and_does_not_fail() -> None:
    heights = re.findall(
        r'<rect [^>]*height="0"', histogram((SpendBin(0, 1, 0), SpendBin(1, 2, 0)), currency="USD")
    )
    assert len(heights) == 2


def test_revenue_columns_start_at_nought() -> None:
    periods = (PeriodTotal(date(2017, 1, 2), 50.0), PeriodTotal(date(2017, 1, 9), 100.0))
    first, second = [
        rect
        for rect in parse(revenue_chart(periods, currency="USD", word="week")).iter("rect")
        if not rect.get("class")
    ]
    assert float(second.get("height")) == pytest.approx(2 * float(first.get("height")))


@pytest.mark.parametrize(("found", "typical"), [(0.41, 0.29), (0.1, 0.29), (-0.4, 0.1), (0.4, None)])
def test_similarity_stands_on_its_scale(found, typical) -> None:
    genome = sample_report().genomes[0]
    fragment = similarity(Comparison(genome, genome, found, typical))
    low = -1 if found < 0 else 0
    assert at(marks(fragment, "circle", "dot")[0].get("cx")) == pytest.approx(
        (found - low) / (1 - low), abs=1e-4
    )
    assert len(marks(fragment, "line", "base")) == (typical is not None)


@pytest.mark.parametrize(("found", "typical"), [(0.49, 0.06), (0.97, 0.02), (0.01, 0.98), (-0.99, 0.5)])
def test_the_names_of_similarities_run_into_the_picture_and_not_out_of_it(found, typical) -> None:
    genome = sample_report().genomes[0]
    words = [
        text
        for kind in ("weak", "strong")
        for text in marks(similarity(Comparison(genome, genome, found, typical)), "text", kind)
    ]
    assert len(words) == 2
    assert all((text.get("text-anchor") == "start") == (at(text.get("x")) < 0.5) for text in words)
    assert len({text.get("y") for text in words}) == 2
