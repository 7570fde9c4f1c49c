"""The karyotype: the same place for the same gene, and width, colour and texture that each say one thing."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from customer_genome.serving.report import Band, Chromosome, GenomePicture, karyotype, mirror
from customer_genome.serving.report.bands import colour, fullness
from customer_genome.serving.report.karyotype import columns_of, glance
from customer_genome.serving.report.labels import LINE, Label, bare, labels, letters, width
from report_sample import sample_report

GENOMES = sample_report().genomes


def parse(fragment: str) -> ET.Element:
    return ET.fromstring(re.sub(r"<style>.*?</style>", "", str(fragment), flags=re.DOTALL))  # noqa: S314


def bands(fragment: str) -> list[ET.Element]:
    return [group for group in parse(fragment).iter("g") if group.get("class", "").startswith("cgk-b")]


def places(fragment: str) -> list[tuple[str, str]]:
    """Where the pointer finds each band: the same for every customer."""
    return [
        (rect.get("y"), rect.get("height"))
        for band in bands(fragment)
        for rect in band
        if rect.get("class") == "hit"
    ]


def one(**band) -> ET.Element:
    genome = GenomePicture("c1", "household 1", (Chromosome("f", "F", (Band("f:a", "A", **band),)),))
    return bands(karyotype(genome, standalone=False))[0]


def kinds(band: ET.Element) -> list[str]:
    return [part.get("class") for part in band if part.tag in {"rect", "path"}]


@pytest.mark.parametrize("draw", [karyotype, glance])
def test_the_same_gene_has_the_same_place_in_every_picture(draw) -> None:
    first, *others = [places(draw(genome)) for genome in GENOMES]
    assert len(first) >= sum(len(part.bands) for part in GENOMES[0].chromosomes)
    assert all(other == first for other in others)


def test_the_pictures_have_the_same_size_so_that_columns_align() -> None:
    sizes = [
        [svg.get("width") for svg in parse(karyotype(genome, standalone=False)).iter("svg")]
        for genome in GENOMES
    ]
    assert sizes[0] == sizes[1] == sizes[2]


@pytest.mark.parametrize("many", [1, 5, 24, 80])
def test_any_number_of_bands_from_one_to_eighty_fits_in_its_chromosome(many) -> None:
    drawn = Chromosome("f", "F", tuple(Band(f"f:{n}", f"Gene {n}", 2.0, 1.5, 3.0, 9) for n in range(many)))
    fragment = karyotype(GenomePicture("c", "c", (drawn,)), standalone=False)
    svg = next(svg for svg in parse(fragment).iter("svg") if svg.get("tabindex"))
    tall = float(svg.get("height"))
    assert len(bands(fragment)) == many
    assert tall <= 420
    for rect in svg.iter("rect"):
        assert float(rect.get("y")) >= 0
        assert float(rect.get("y")) + float(rect.get("height")) <= tall + 0.01


def test_labels_never_overlap_nor_leave_the_picture() -> None:
    wanted = [Label(float(at), f"gene {at}", "2.0×", weight=at % 7, strong=True) for at in range(90, 200, 3)]
    drawn = parse(f"<svg>{labels(wanted, x=0, top=5, bottom=300, most=20)}</svg>")
    heights = [float(text.get("y")) for text in drawn.iter("text")]
    assert len(heights) == 20
    assert all(later - earlier >= LINE - 0.11 for earlier, later in pairwise(heights))
    assert min(heights) >= 5
    assert max(heights) <= 304


def test_when_labels_do_not_all_fit_the_clearest_stay() -> None:
    wanted = [Label(10.0, "dull", "", 0.1, strong=False), Label(12.0, "clear", "", 2.0, strong=True)]
    assert "clear" in labels(wanted, x=0, top=5, bottom=60, most=1)
    assert "dull" not in labels(wanted, x=0, top=5, bottom=60, most=1)


@pytest.mark.parametrize(
    ("strength", "kind"),
    [
        (0.1, "d4"),
        (0.4, "d3"),
        (0.6, "d2"),
        (0.8, "d1"),
        (1.0, "n0"),
        (1.2, "u1"),
        (1.6, "u2"),
        (2.4, "u3"),
        (9.0, "u4"),
    ],
)
def test_colour_follows_log_strength_with_white_at_one(strength, kind) -> None:
    assert colour(strength) == f"cgk-{kind}"
    mirrored = colour(1 / strength)
    assert mirrored == f"cgk-{kind.translate(str.maketrans('du', 'ud'))}"


def test_width_follows_evidence_and_for_facts_precision() -> None:
    widths = [fullness(Band("", "", 2.0, evidence=n)) for n in (0, 2, 5, 20, 40, 400)]
    assert widths == sorted(widths)
    assert widths[0] > 0
    assert widths[-2] == widths[-1] == 1
    assert fullness(Band("", "", value="35 to 44", precision=0.7)) == 0.7


def test_hatched_where_the_interval_holds_one_and_only_there() -> None:
    assert "stripes" in kinds(one(strength=1.4, low=0.9, high=2.0))
    assert "stripes" not in kinds(one(strength=1.4, low=1.1, high=2.0))


def test_below_one_is_split_so_that_it_reads_without_colour() -> None:
    assert "slit" in kinds(one(strength=0.5, low=0.4, high=0.6))
    assert "slit" not in kinds(one(strength=2.0, low=1.5, high=3.0))


def test_unknown_is_an_empty_outline_with_its_reason() -> None:
    band = one(reason="no choice yet")
    assert band.get("class") == "cgk-b cgk-none"
    assert band.findtext("title") == "A: unknown, no choice yet."


def test_text_from_data_is_escaped() -> None:
    evil = '<script>alert("1")</script>&\'"'
    band = Band(evil, evil, 3.0, 2.0, 4.0, 9, evil)
    genome = GenomePicture(
        evil, evil, (Chromosome(evil, evil, (band, replace(band, gene="b", reason=evil, strength=None))),)
    )
    for fragment in (karyotype(genome), mirror(genome, genome), glance(genome)):
        assert "<script" not in fragment
        assert evil[:10] in "".join(parse(fragment).itertext())


def test_alone_it_brings_style_legend_and_words() -> None:
    fragment = karyotype(GENOMES[0])
    assert fragment.startswith('<figure class="cgk"')
    assert fragment.count("<style>") == 1
    assert "hatched: may be no different" in fragment
    assert "More than one would expect:" in fragment
    assert "<style>" not in karyotype(GENOMES[0], standalone=False)


def test_hatching_stays_inside_its_band() -> None:
    band = one(strength=1.4, low=0.9, high=2.0, evidence=6)
    box = next(rect for rect in band.iter("rect") if rect.get("class") is None)
    left, top, wide, tall = (float(box.get(name)) for name in ("x", "y", "width", "height"))
    path = next(path.get("d") for path in band.iter("path"))
    points = [tuple(map(float, pair)) for pair in re.findall(r"[ML]([\d.]+) ([\d.]+)", path)]
    assert len(points) >= 6
    assert all(
        left - 0.06 <= x <= left + wide + 0.06 and top - 0.06 <= y <= top + tall + 0.06 for x, y in points
    )


def test_short_chromosomes_share_a_column_in_their_order() -> None:
    stacked = columns_of(GENOMES[0].chromosomes)
    order = [part.family for part in GENOMES[0].chromosomes]
    places = [[order.index(part.family) for part in column] for column in stacked]
    assert sorted(place for column in places for place in column) == list(range(len(order)))
    assert all(column == sorted(column) for column in places)
    assert [column[0] for column in places] == sorted(column[0] for column in places)
    assert len(stacked) < len(order)


def test_a_short_chromosome_fills_the_room_left_in_an_earlier_column() -> None:
    parts = tuple(
        Chromosome(name, name, tuple(Band(f"{name}:{n}", str(n)) for n in range(many)))
        for name, many in (("first", 2), ("tall", 60), ("small", 3))
    )
    assert [[part.family for part in column] for column in columns_of(parts)] == [
        ["first", "small"],
        ["tall"],
    ]


@pytest.mark.parametrize(("many", "figure"), [(3, 6), (5, 11), (6, 6)])
def test_columns_of_long_names_fit_on_a_page(many, figure) -> None:
    names = [["a name that is far too long to be written out"] for _ in range(many)]
    longest = letters(names, body=60, figure=figure)
    wide = sum(60 + width(column, figure=figure, longest=longest) for column in names)
    assert wide + 16 * (many - 1) <= 1180


def test_columns_of_short_names_leave_their_room_to_the_others() -> None:
    long, short = ["a name that is far too long to be written out"], ["short"]
    crowded = letters([long] * 5, body=72, figure=11)
    assert letters([long, long, short, short, short], body=72, figure=11) > crowded


def test_what_stands_in_brackets_goes_unless_it_tells_two_apart() -> None:
    bands = [Band("", "Low (price tier)"), Band("", "Meat (category)"), Band("", "Meat (offer)")]
    assert bare(bands) == ["Low", "Meat (category)", "Meat (offer)"]


def test_chips_tell_direction_by_sign_and_count_what_they_leave_out() -> None:
    drawn = [Band(f"f:{n}", f"G{n}", 2.0 + n, 1.5 + n, 4.0 + n) for n in range(7)]
    genome = GenomePicture(
        "c", "c", (Chromosome("f", "F", (*drawn, Band("f:d", "D", 0.1, 0.05, 0.2), Band("f:u", "U"))),)
    )
    root = parse(karyotype(genome, standalone=False))
    lists = ["".join(item.itertext()) for item in root.iter("li")]
    assert "D ▼ 0.10× (0.05 to 0.20)" in lists
    assert "G6 ▲ 8.0× (7.5 to 10)" in lists
    assert lists[-1] == "2 more known, 1 unknown"


def test_two_genomes_are_mirrored_about_the_axis() -> None:
    left = GenomePicture("l", "left", (Chromosome("f", "F", (Band("f:a", "A", 3.0, 2.5, 3.5, 9),)),))
    right = GenomePicture("r", "right", (Chromosome("f", "F", (Band("f:a", "A", 0.4, 0.3, 0.5, 9),)),))
    first, second = bands(mirror(left, right))
    boxes = [
        next(rect for rect in band.iter("rect") if rect.get("class") is None) for band in (first, second)
    ]
    ends = [(float(box.get("x")), float(box.get("x")) + float(box.get("width"))) for box in boxes]
    axis = (ends[0][1] + ends[1][0]) / 2
    assert ends[0][0] < ends[0][1] < axis < ends[1][0] < ends[1][1]
    assert axis - ends[0][0] == pytest.approx(ends[1][1] - axis)
    assert first.findtext("title").startswith("left. A: 3.0×")
    assert "3.0 | 0.4×" in "".join(parse(mirror(left, right)).itertext())


def test_genomes_of_different_genes_cannot_be_mirrored() -> None:
    other = GenomePicture("x", "x", (Chromosome("f", "F", (Band("f:z", "Z"),)),))
    with pytest.raises(ValueError, match="same genes in the same order"):
        mirror(GENOMES[0], other)
