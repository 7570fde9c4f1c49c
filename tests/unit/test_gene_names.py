"""What people read for genes, and how spend falls into bins."""

from __future__ import annotations

from itertools import pairwise

import pytest

from customer_genome.core.configuration import load_project
from customer_genome.core.scaffold import init
from customer_genome.serving.report.build_overview import spend_bins
from customer_genome.serving.report.gene_names import GeneNames, chromosomes, gene_names


@pytest.fixture(scope="module")
def names(tmp_path_factory) -> GeneNames:
    folder = tmp_path_factory.mktemp("retail")
    init(folder, template="retail")
    return gene_names(load_project(folder), messages=frozenset({"offer", "placement"}))


@pytest.mark.parametrize(
    ("gene", "label"),
    [
        ("category:SOFT DRINKS", "Soft drinks"),
        ("trait:single-serve", "Single serve"),
        ("price:low", "Low (price tier)"),
        ("manufacturer:69", "No. 69 (manufacturer)"),
        ("brand:Private", "Private (brand tier)"),
        ("time:Wednesday", "On Wednesdays"),
        ("time:night", "At night"),
        ("behaviour:gap", "Days between purchases"),
        ("channel:store 292", "Store 292"),
    ],
)
def test_a_label_stands_alone(names, gene, label) -> None:
    assert names.label(gene) == label


def test_what_only_messages_carry_is_drawn_as_messages(names) -> None:
    assert {names.chromosome(family) for family in ("offer", "placement")} == {"message"}
    assert names.chromosome("time") == names.chromosome("channel")
    assert names.title("message") == "Messages"


def test_bins_stand_low_to_high_and_days_in_their_order(names) -> None:
    assert sorted(["size:small", "size:large", "size:medium"], key=names.place) == [
        "size:small",
        "size:medium",
        "size:large",
    ]
    assert sorted(["time:Friday", "channel:web", "time:Monday"], key=names.place) == [
        "channel:web",
        "time:Monday",
        "time:Friday",
    ]


def test_chromosomes_stand_in_one_order_whatever_the_project_has() -> None:
    assert chromosomes({"facts", "scent", "brand", "channel", "category"}) == [
        "brand",
        "category",
        "scent",
        "channel",
        "facts",
    ]


def test_a_number_or_a_place_tells_people_nothing(names) -> None:
    assert not names.tells("manufacturer:69")
    assert not names.tells("channel:store 292")
    assert names.tells("category:SOFT DRINKS")


@pytest.mark.parametrize("spent", [[0.5, 1, 2, 3, 100], [10.0] * 7, [-5.0, 0.0, 20.0], list(range(1, 500))])
def test_every_customer_is_in_one_bin(spent) -> None:
    bins = spend_bins([float(amount) for amount in spent])
    assert sum(one.customers for one in bins) == len(spent)
    assert all(one.low < one.high for one in bins)
    assert all(left.high == right.low for left, right in pairwise(bins))


@pytest.mark.parametrize("spent", [[], [0.0, 0.0]])
def test_nothing_spent_is_no_picture(spent) -> None:
    assert spend_bins(spent) == ()
