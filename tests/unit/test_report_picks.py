"""What the report picks to show: genes that people can name and that many show, reasons in plain words."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from customer_genome.serving.report.build_best import SHOWN, _largest
from customer_genome.serving.report.build_next import _why
from customer_genome.serving.report.gene_names import GeneNames
from customer_genome.serving.report.reading import Reading


def rows(*effects: float, rare: bool = False) -> list[dict[str, Any]]:
    return [{"gene": f"g:{effect}", "effect": effect, "rare": rare} for effect in effects]


def test_half_lie_above_one_and_half_below_largest_first() -> None:
    many = rows(*(1 + n / 10 for n in range(1, 30)), *(1 / (1 + n / 10) for n in range(1, 30)))
    shown = [row["effect"] for row in _largest(many)]
    assert len(shown) == SHOWN
    assert shown == sorted(shown, reverse=True)
    assert sum(effect > 1 for effect in shown) == SHOWN // 2
    assert shown[0] == max(row["effect"] for row in many)
    assert shown[-1] == min(row["effect"] for row in many)


def test_where_one_side_is_short_the_other_fills_up() -> None:
    shown = [row["effect"] for row in _largest(rows(2.0, *(0.9 - n / 100 for n in range(30))))]
    assert len(shown) == SHOWN
    assert sum(effect > 1 for effect in shown) == 1


def test_rare_genes_come_only_after_the_common_ones_of_their_side() -> None:
    common, rare = rows(*(0.9 - n / 100 for n in range(SHOWN - 1))), rows(0.01, 0.02, rare=True)
    shown = [row["effect"] for row in _largest(common + rare)]
    assert set(shown) == {row["effect"] for row in common} | {0.01}


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        (
            "in 8 of the last 20 baskets; neighbours 100 %",
            "in 8 of the last 20 baskets; all of the most similar customers bought it recently",
        ),
        (
            "in 0 of the last 20 baskets; neighbours 51 %",
            "in none of the last 20 baskets; 51% of the most similar customers bought it recently",
        ),
        ("in 3 of the last 9 baskets; no neighbours yet", "in 3 of the last 9 baskets"),
        (None, ""),
    ],
)
def test_why_a_choice_is_likely_is_said_in_plain_words(reason, said) -> None:
    reading = cast("Reading", SimpleNamespace(session_word="baskets"))
    assert _why(reading, reason) == said


def test_a_gene_known_by_a_number_alone_is_called_so_and_tells_nobody_anything() -> None:
    names = GeneNames({"maker": "maker"}, frozenset(), {})
    assert names.label("maker:1126") == "No. 1126 (maker)"
    assert not names.named("maker:1126")
    assert not names.tells("maker:1126")
    assert names.named("maker:Acme")
