"""Numbers, dates and genes are said exactly and alike everywhere."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from customer_genome.serving.report.picture import Band, Chromosome, GenomePicture
from customer_genome.serving.report.wording import (
    brief,
    crosses,
    day,
    discovery,
    explain,
    extremes,
    instant,
    listing,
    money,
    sentence,
    share,
    signed,
    strength,
    times,
)  # fmt: skip


@pytest.mark.parametrize(
    ("ratio", "said"),
    [
        (2.34, "2.3×"),
        (1.0, "1×"),
        (1.04, "1.04×"),
        (0.97, "0.97×"),
        (0.053, "0.05×"),
        (0.004, "<0.01×"),
        (0.0, "0.00×"),
        (12.4, "12×"),
        (None, "unknown"),
    ],
)
def test_strengths(ratio, said) -> None:
    assert times(ratio) == said


def test_brief_strengths_are_short_and_only_nothing_is_nought() -> None:
    assert [brief(ratio) for ratio in (0.0, 0.049, 0.05, 0.28, 1.0, 9.94, 9.96, 123.4)] == [
        "0.0×",
        "<0.1×",
        "0.1×",
        "0.3×",
        "1.0×",
        "9.9×",
        "10×",
        "123×",
    ]


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (0, "0.0%"),
        (0.0004, "under 0.1%"),
        (0.068, "6.8%"),
        (0.545, "55%"),
        (0.999, "over 99%"),
        (1.0, "100%"),
        (None, "unknown"),
    ],
)
def test_shares_are_never_rounded_to_certainty(part, said) -> None:
    assert share(part) == said


def test_money_is_exact_to_the_cent_and_knows_unnamed_currencies() -> None:
    assert money(4291733.58, "USD") == "$4,291,733.58"
    assert money(-0.5, "EUR") == "−€0.50"
    assert money(12, "CHF") == "CHF 12.00"
    assert money(None, "USD") == "unknown"


def test_other_numbers() -> None:
    assert [signed(value) for value in (0.071, -0.071, 0.0, -0.001)] == ["+0.07", "−0.07", "0.00", "0.00"]
    assert [discovery(q) for q in (None, 0.0001, 0.004)] == ["–", "<0.001", "0.004"]
    assert listing(["a"]) == "a"
    assert listing(["a", "b", "c"]) == "a, b and c"
    assert not listing([])


def test_dates() -> None:
    assert day(date(2017, 12, 4)) == "4 December 2017"
    assert instant(datetime(2017, 12, 4)) == "4 December 2017"
    assert instant(datetime(2017, 12, 4, 9, 5)) == "4 December 2017, 09:05"
    assert day(None) == "unknown"


def test_a_gene_says_strength_interval_and_evidence() -> None:
    band = Band("trait:organic", "Organic", 2.3, 1.6, 3.1, 14, "14 products bought, last 12 days ago")
    assert explain(band) == "Organic: 2.3× (1.6 to 3.1). 14 products bought, last 12 days ago."


def test_a_gene_that_is_unknown_says_why() -> None:
    assert (
        explain(Band("a:b", "Sushi", reason="nothing bought where this varies"))
        == "Sushi: unknown, nothing bought where this varies."
    )


def test_a_gene_that_may_be_no_different_says_so() -> None:
    band = Band("a:b", "Tea", 1.2, 0.9, 1.5)
    assert crosses(band)
    assert "Too close to 1× to tell" in explain(band)


def test_facts_and_behaviour_say_their_value() -> None:
    assert strength(Band("fact:age", "Age", value="35 to 44", precision=0.9)) == "35 to 44 (90% sure)"
    assert strength(Band("b:gap", "Gap", 0.6, value="every 3 days")) == "every 3 days, 0.60×"


def picture(*bands: Band) -> GenomePicture:
    return GenomePicture("c1", "household 1", (Chromosome("f", "F", bands),))


def test_only_clear_genes_are_named_the_farthest_first() -> None:
    genome = picture(
        Band("f:a", "A", 1.4, 1.2, 1.7), Band("f:b", "B", 3.0, 2.0, 4.0), Band("f:c", "C", 9.0, 0.8, 40.0),
        Band("f:d", "D", 0.5, 0.3, 0.8), Band("f:e", "E"),
    )  # fmt: skip
    strong, weak = extremes(genome)
    assert [band.label for band in strong] == ["B", "A"]
    assert [band.label for band in weak] == ["D"]
    assert sentence(genome) == "More than one would expect: B 3.0× and A 1.4×. Less: D 0.50×."


def test_a_genome_without_clear_genes_says_so() -> None:
    assert sentence(picture(Band("f:e", "E"))) == "Too little is known to say what sets household 1 apart."


def test_given_extremes_are_kept_to_the_most_asked_for() -> None:
    given = tuple(Band(f"f:{n}", str(n), 2.0, 1.5, 3.0) for n in range(12))
    assert extremes(GenomePicture("c", "c", (), strongest=given))[0] == given[:10]
