"""Every command once, end to end, on a small shop."""

from __future__ import annotations

import re
import shutil
import sqlite3
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from command_line import genome
from customer_genome.serving.commands.best import surely_apart
from customer_genome.serving.output import cell, counted, plain
from small_project import AFTER_ALL, CUSTOMERS, DAYS, EARLIER, FIRST_DAY, purchases, small_project


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Path:
    folder = small_project(tmp_path_factory.mktemp("shop") / "shop")
    built = genome("build", "--dir", folder)
    assert built.code == 0, built.err
    return folder


def ask(shop: Path, *arguments: object):
    ran = genome(*arguments, "--dir", shop, "--json")
    assert ran.code == 0, ran.err
    return ran.json


def test_init_writes_a_project_that_is_understood(tmp_path) -> None:
    made = genome("init", tmp_path / "shop", "--template", "saas")
    assert made.code == 0
    assert (tmp_path / "shop" / "genome.yaml").is_file()
    assert "genome build --dir" in made.out
    assert genome("status", "--dir", tmp_path / "shop").code == 7  # understood, and nothing built yet


def test_build_again_finds_nothing_new(shop) -> None:
    again = ask(shop, "build")
    assert again["changed"] is False
    assert again["touched"] == 0
    assert "nothing new" in genome("build", "--dir", shop).out


def test_status_counts_what_the_files_hold(shop) -> None:
    status = ask(shop, "status")
    lines = purchases(FIRST_DAY, days=DAYS)
    assert status["customers"] == CUSTOMERS
    assert status["revenue"] == round(sum(float(str(line[5])) for line in lines), 2)
    assert sum(phase["customers"] for phase in status["phases"]) == CUSTOMERS
    received = {row["source"]: row["received"] for row in status["sources"]}
    assert received["purchases"] == len(lines)
    assert datetime.fromisoformat(status["as_of"]).tzinfo is not None
    assert AFTER_ALL in genome("status", "--dir", shop).out


def test_status_says_whether_the_audit_chain_is_whole(shop, tmp_path) -> None:
    own = Path(shutil.copytree(shop, tmp_path / "own"))
    assert ask(own, "status")["audit_broken_at"] is None
    assert re.search(r"audit chain +whole", genome("status", "--dir", own).out)
    with sqlite3.connect(own / "ledger.db") as ledger:
        (first,) = ledger.execute("SELECT MIN(id) FROM audit").fetchone()
        ledger.execute("UPDATE audit SET purpose = 'curiosity' WHERE id = ?", (first,))
    ledger.close()
    assert ask(own, "status")["audit_broken_at"] == first
    assert re.search(rf"audit chain +broken: row {first}\b", genome("status", "--dir", own).out)


def test_show_tells_the_planted_taste(shop) -> None:
    found = ask(shop, "show", "card:4")
    tea = next(row for row in found["expressions"] if row["gene"] == "category:tea")
    assert tea["low"] > 1
    assert set(tea) >= {"gene", "family", "strength", "low", "high", "evidence"}
    assert isinstance(tea["evidence"], int)
    assert re.search(
        rf"category:tea .* {tea['evidence']}$", genome("show", "card:4", "--dir", shop).out, re.MULTILINE
    )
    assert "category:tea" in genome("show", "card:4", "--dir", shop).out
    assert "Every gene" in genome("show", "card:4", "--all", "--dir", shop).out


def test_show_gene_lists_what_it_rests_on_largest_first(shop) -> None:
    rows = ask(shop, "show", "card:4", "--gene", "category:tea")
    assert [row["contribution"] for row in rows] == sorted(
        (row["contribution"] for row in rows), reverse=True
    )
    assert all(isinstance(row["times"], int) for row in rows)
    assert "Tea no." in rows[0]["title"]
    assert rows[0]["title"] in genome("show", "card:4", "--gene", "category:tea", "--dir", shop).out


def test_compare_adds_up(shop) -> None:
    found = ask(shop, "compare", "card:4", "card:8")
    assert found["similarity"] == pytest.approx(sum(gene["contribution"] for gene in found["genes"]))
    assert "What makes them alike" in genome("compare", "card:4", "card:8", "--dir", shop).out


def test_similar_names_others_best_first(shop) -> None:
    rows = ask(shop, "similar", "card:4", "-k", 5, "--with-identifier", "card")
    assert list(rows[0]) == ["card", "similarity"]
    assert len(rows) == 5
    assert 4 not in [row["card"] for row in rows]
    assert [row["similarity"] for row in rows] == sorted((row["similarity"] for row in rows), reverse=True)
    assert list(ask(shop, "similar", "card:4", "-k", 1)[0]) == ["customer_id", "similarity"]
    assert str(rows[0]["card"]) in genome("similar", "card:4", "--with-identifier", "card", "--dir", shop).out


def test_best_ranks_all_and_marks_the_share(shop) -> None:
    found = ask(shop, "best")
    assert len(found["customers"]) == CUSTOMERS
    assert sum(row["is_best"] for row in found["customers"]) == CUSTOMERS // 5
    values = [row["value"] for row in found["customers"]]
    assert values == sorted(values, reverse=True)
    assert f"of {CUSTOMERS} customers" in genome("best", "--dir", shop).out


def test_best_names_twins_by_the_identifier_too(shop) -> None:
    own, named = (ask(shop, "best", *how)["customers"] for how in ((), ("--with-identifier", "card")))
    card = {mine["customer_id"]: theirs["card"] for mine, theirs in zip(own, named, strict=True)}
    assert set(card.values()) == set(range(1, CUSTOMERS + 1))
    assert [theirs["twin_card"] for theirs in named] == [card.get(mine["twin_id"]) for mine in own]
    assert "twin_id" not in named[0]


def test_best_lists_only_genes_that_surely_set_them_apart(shop) -> None:
    tested = ask(shop, "sql", "SELECT * FROM best_genes", "--purpose", "analytics")
    shown = ask(shop, "best")["genes"]
    sure = {row["gene"] for row in tested if row["q_value"] <= 0.05 and row["stability"] >= 0.8}
    assert {row["gene"] for row in shown} == sure
    assert f"The genes that set the best apart: {len(sure)}, " in genome("best", "--dir", shop).out


def test_a_half_is_as_large_an_effect_as_two() -> None:
    found = {"small": (1.2, 0.001, 1.0), "half": (0.4, 0.05, 0.8), "two": (2.0, 0.01, 0.9)}
    chance = {"likely": (9.0, 0.06, 1.0), "shaky": (9.0, 0.01, 0.79)}
    keys = ("effect", "q_value", "stability")
    rows = [{"gene": gene} | dict(zip(keys, row, strict=True)) for gene, row in (found | chance).items()]
    assert [row["gene"] for row in surely_apart(rows)] == ["half", "two", "small"]


def test_predict_ranks_for_one_customer(shop) -> None:
    rows = ask(shop, "predict", "next-basket", "--customer", "card:4", "-k", 3)
    assert [row["rank"] for row in rows] == [1, 2, 3]
    assert set(rows[0]) == {"customer_id", "item", "score", "rank", "probability", "base_rate", "reason"}
    assert rows[0]["item"] in genome("predict", "--customer", "card:4", "--dir", shop).out


def test_predict_hands_over_four_columns(shop, tmp_path) -> None:
    file = tmp_path / "preds.parquet"
    asked = (
        "predict",
        "next-basket",
        "--level",
        "category",
        "-k",
        5,
        "--with-identifier",
        "card",
        "--out",
        file,
    )
    assert ask(shop, *asked)["columns"] == ["card", "item", "score", "rank"]
    table = pq.read_table(file)
    assert table.column_names == ["card", "item", "score", "rank"]
    assert set(table["card"].to_pylist()) == set(range(1, CUSTOMERS + 1))
    assert set(table["rank"].to_pylist()) == {1, 2, 3, 4, 5}
    ask(shop, *asked, "--details")
    assert pq.read_table(file).column_names[4:] == ["probability", "base_rate", "reason"]


def test_export_writes_what_sql_shows(shop, tmp_path) -> None:
    file = tmp_path / "phases.parquet"
    done = genome("export", "phases", "--purpose", "analytics", "--out", file, "--dir", shop)
    assert done.code == 0
    assert f"{CUSTOMERS} rows" in done.out
    held = sorted(pq.read_table(file)["customer_id"].to_pylist())
    shown = ask(shop, "sql", "SELECT customer_id FROM phases ORDER BY 1", "--purpose", "analytics")
    assert held == [row["customer_id"] for row in shown]


def test_sql_gives_a_list_of_objects_with_iso_times_and_nulls(shop) -> None:
    query = (
        "SELECT 1 AS a, 'x' AS b, TIMESTAMPTZ '2024-01-01 00:00:00+00' AS t, DATE '2024-01-01' AS d, "
        "CAST('nan' AS DOUBLE) AS n, CAST(1.5 AS DECIMAL(4, 2)) AS m, [1, 2] AS l"
    )
    (row,) = ask(shop, "sql", query, "--purpose", "analytics")
    assert datetime.fromisoformat(row.pop("t")).timestamp() == 1704067200
    assert row == {"a": 1, "b": "x", "d": "2024-01-01", "n": None, "m": 1.5, "l": [1, 2]}
    assert ask(shop, "sql", "SELECT * FROM customers WHERE FALSE", "--purpose", "analytics") == []


def test_sql_for_people_keeps_the_terminal_safe(shop) -> None:
    said = genome(
        "sql", "SELECT chr(27) || '[31mred[/] [bold]' AS x", "--purpose", "analytics", "--dir", shop
    ).out
    assert "\x1b" not in said
    assert "[bold]" in said


def test_sql_prints_identifiers_plain_and_amounts_with_separators(shop) -> None:
    query = "SELECT 1190 AS card, 1234 AS load_id, 5678 AS customers, 5.7e-08 AS tiny"
    said = genome("sql", query, "--purpose", "analytics", "--dir", shop).out
    assert said.splitlines()[-1].split() == ["1190", "1234", "5,678", "5.7e-08"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (5.7e-08, "<0.01"),
        (-0.004, ">-0.01"),
        (0.0, "0.00"),
        (0.05, "0.05"),
        (1.5, "1.50"),
        (None, "–"),
        (2000, "2,000"),
    ],
)
def test_people_read_no_exponents(value, shown) -> None:
    assert cell(value) == shown


def test_counts_are_whole_wherever_they_are() -> None:
    rows = [{"evidence": 15.0, "times": Decimal(2), "strength": 2.0}, {"evidence": 0.5, "times": None}]
    assert repr(plain(rows)) == repr(
        [{"evidence": 15, "times": 2, "strength": 2.0}, {"evidence": 0.5, "times": None}]
    )


def test_one_is_singular() -> None:
    assert (counted(1, "customer"), counted(0, "row"), counted(2000, "row")) == (
        "1 customer",
        "0 rows",
        "2,000 rows",
    )


def test_explain_lists_the_stages_and_shows_the_sql(shop) -> None:
    runs = ask(shop, "explain")
    assert {"load", "imprint", "predict"} <= {run["stage"] for run in runs}
    assert set(runs[0]) >= {"name", "kind", "reads", "writes", "rows", "seconds", "detail", "stage"}
    assert "journey" in genome("explain", "--dir", shop).out
    assert "SELECT" in genome("explain", "journey", "--dir", shop).out


def test_an_earlier_moment_is_built_on_the_side(shop) -> None:
    then = ask(shop, "status", "--as-of", EARLIER)
    assert then["interactions"] < ask(shop, "status")["interactions"]
    assert len(ask(shop, "predict", "--as-of", EARLIER, "--customer", "card:4", "-k", 2)) == 2


def test_consent_bites_at_the_next_read(shop, tmp_path) -> None:
    own = Path(shutil.copytree(shop, tmp_path / "own"))
    seen = ("sql", "SELECT COUNT(*) AS n FROM customers", "--purpose", "analytics")
    assert ask(own, *seen) == [{"n": CUSTOMERS}]
    assert "objected" in genome("consent", "card:4", "--purpose", "analytics", "--object", "--dir", own).out
    assert ask(own, *seen) == [{"n": CUSTOMERS - 1}]
    assert genome("similar", "card:4", "--dir", own).code == 6
    assert ask(own, "consent", "card:4", "--purpose", "analytics", "--grant")[-1]["state"] == "granted"
    assert ask(own, *seen) == [{"n": CUSTOMERS}]
    assert [row["state"] for row in ask(own, "consent", "card:4")] == ["objected", "granted"]
    assert "granted" in genome("consent", "card:4", "--dir", own).out


def test_consent_for_an_identifier_that_no_build_has_seen_is_kept_and_said_to_be_new(shop, tmp_path) -> None:
    own = Path(shutil.copytree(shop, tmp_path / "own"))
    known = genome("consent", "card:4", "--purpose", "marketing", "--grant", "--dir", own)
    assert (known.code, known.err) == (0, "")
    new = genome("consent", "card:99999999", "--purpose", "marketing", "--grant", "--dir", own, "--json")
    assert new.code == 0
    assert "card:99999999 is new here" in new.err
    assert [row["state"] for row in new.json] == ["granted"]
    assert [row["state"] for row in ask(own, "consent", "card:99999999")] == ["granted"]
