"""In a notebook a genome is drawn; outside one, opening a project changes nothing."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import customer_genome
from customer_genome.serving.notebook import ROOM, pictures


class Formatter:
    """Keeps what a shell's HTML formatter is taught."""

    def __init__(self) -> None:
        self.taught: dict[type, Any] = {}

    def for_type(self, kind: type, draw: Any) -> None:
        self.taught[kind] = draw


@pytest.fixture
def html(monkeypatch: pytest.MonkeyPatch) -> Formatter:
    """A running notebook, as far as display goes."""
    formatter = Formatter()
    shell = SimpleNamespace(display_formatter=SimpleNamespace(formatters={"text/html": formatter}))
    module = ModuleType("IPython")
    module.get_ipython = lambda: shell  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "IPython", module)
    return formatter


def test_a_genome_and_a_comparison_are_drawn(demo: Path, html: Formatter) -> None:
    shop = customer_genome.open(demo)
    genome, pair = shop.show("household:208"), shop.compare("household:208", "household:900")
    drawn = html.taught[type(genome)](genome)
    assert drawn.startswith("<figure")
    assert "Private (brand tier)" in drawn
    assert "&lt;rect" not in drawn
    both = html.taught[type(pair)](pair)
    assert both.startswith("<style")
    assert both.count("<svg") >= 5


def test_two_pictures_show_the_same_genes_in_the_same_order(demo: Path) -> None:
    shop = customer_genome.open(demo)
    left, right = pictures(shop.show("household:208"), shop.show("household:900"))
    for one, other in zip(left.chromosomes, right.chromosomes, strict=True):
        assert [band.gene for band in one.bands] == [band.gene for band in other.bands]
        assert len(one.bands) <= ROOM


def test_without_a_notebook_nothing_is_registered(demo: Path) -> None:
    assert "IPython" not in sys.modules
    assert customer_genome.open(demo).snapshot.id > 0
