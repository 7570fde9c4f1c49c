"""Words of the catalogue become genes in a build; a correction wins; verbs without a weight learn one or say why not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import customer_genome
from command_line import genome
from customer_genome import Workspace
from small_project import small_project, write_csv

RULE = "        - {family: word, how: words, value: title, read: [terms, traits], minimum_customers: 5}\n"
CORRECTIONS = """\
  corrections:
    department: shop
    path: data/corrections.csv
    dna: {item: product, family: word, gene: gene, strength: strength}
"""
PRODUCTS = ("product", "title", "category", "department", "brand")
NAMES = {
    "tea": ("Green tea", "Organic green tea", "Bio Kräutertee", "Black tea", "Organic black tea", "Earl grey")
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = small_project(tmp_path_factory.mktemp("words") / "shop")
    text = (folder / "genome.yaml").read_text(encoding="utf-8")
    text = text.replace("        - {family: brand", RULE + "        - {family: brand")
    text = text.replace("buy: {weight: 1, half_life: 120, money: true}", "buy: {money: true}")
    (folder / "genome.yaml").write_text(text + CORRECTIONS, encoding="utf-8")
    _rename(folder)
    rows = [
        ("tea-2", "organic", "0"),
        ("tea-3", "organic", "1"),
        ("tea-4", "organic", "0.5"),
        ("tea-4", "vegan", "0"),
    ]
    write_csv(folder / "data" / "corrections.csv", ("product", "gene", "strength"), rows)
    workspace = customer_genome.open(folder)
    workspace.build()
    return workspace


def _rename(folder: Path) -> None:
    rows = []
    for category in ("tea", "coffee", "bread", "cheese", "fruit", "soap", "pasta", "rice"):
        for n in range(6):
            title = (
                NAMES["tea"][n]
                if category == "tea"
                else f"{'Organic' if n % 3 else 'Dark roast'} {category} {n}"
            )
            rows.append((f"{category}-{n}", title, category, "all", ("Own", "Makers")[n % 2]))
    write_csv(folder / "data" / "products.csv", PRODUCTS, rows)


def carried(shop: Workspace, gene: str) -> dict[str, Any]:
    rows = shop.sql(f"SELECT * FROM item_dna WHERE gene = '{gene}'", purpose="analytics").to_pylist()
    return {row["item_id"]: (row["strength"], row["origin"]) for row in rows}


def test_a_gene_says_which_rule_and_which_words_made_it(shop: Workspace) -> None:
    organic = carried(shop, "word:organic")
    assert organic["tea-1"] == (1.0, 'products:1 "organic"')
    assert set(carried(shop, "word:dark roast")) == {f"{c}-{n}" for c in _others() for n in (0, 3)}
    expressed = shop.sql("SELECT DISTINCT gene FROM support WHERE gene LIKE 'word:%'", purpose="analytics")
    assert "word:organic" in expressed["gene"].to_pylist()


def _others() -> tuple[str, ...]:
    return ("coffee", "bread", "cheese", "fruit", "soap", "pasta", "rice")


def test_a_correction_takes_away_adds_and_weakens(shop: Workspace) -> None:
    organic = carried(shop, "word:organic")
    assert "tea-2" not in organic
    assert organic["tea-3"] == (1.0, "corrections")
    assert organic["tea-4"] == (0.5, "corrections")
    assert carried(shop, "word:vegan") == {}
    assert len(organic) == 3 + 4 * len(_others())


def test_the_family_is_still_described_by_its_rule(shop: Workspace) -> None:
    rows = shop.sql(
        "SELECT DISTINCT owner, unit FROM genes WHERE family = 'word'", purpose="analytics"
    ).to_pylist()
    assert rows == [{"owner": "shop", "unit": "item"}]


def test_verbs_are_weighed_and_shown(shop: Workspace) -> None:
    rows = {row["verb"]: row for row in shop.verbs().to_pylist() if row["used"]}
    assert (rows["buy"]["weight"], rows["buy"]["origin"]) == (1.0, "the unit")
    assert (rows["receive"]["weight"], rows["receive"]["origin"]) == (0.1, "by hand")
    assert rows["receive"]["learned"] is None
    assert "share no gene" in rows["receive"]["foretells"]
    assert {row["half_life"] for row in shop.verbs().to_pylist() if row["verb"] == "buy"} == {
        30,
        60,
        120,
        240,
    }


def test_what_was_learned_is_held_until_the_reference_is_made_anew(shop: Workspace) -> None:
    before = shop.verbs().to_pylist()
    shop.build(full=True, hold_reference=True)
    assert shop.verbs().to_pylist() == before


def test_the_verbs_are_explained_on_the_command_line(shop: Workspace) -> None:
    ran = genome("explain", "verbs", "--dir", shop.folder.root)
    assert ran.code == 0
    assert all(word in ran.out for word in ("the unit", "by hand", "half-life", "too few to say", "compared"))
    rows = genome("explain", "verbs", "--dir", shop.folder.root, "--json").json
    assert {row["verb"] for row in rows} == {"buy", "receive"}
    assert genome("explain", "verb weights", "--dir", shop.folder.root).code == 0
