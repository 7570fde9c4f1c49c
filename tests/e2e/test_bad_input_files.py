"""A file that cannot be read is refused in words, and what was published before stays as it was."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from customer_genome.core.errors import ConfigError, GenomeError, SourceError
from tiny_company import COLUMNS, GOOD, HEAD, SALES, Company, company

TENS = 10_000_000


def good_table(rows: tuple[tuple[str, ...], ...] = GOOD) -> pa.Table:
    return pa.table({name: [line[place] for line in rows] for place, name in enumerate(COLUMNS)})


def torn_parquet(folder: Path) -> None:
    rows = [
        (f"t{n}", f"p{n}", "", "buy", "tea", "2024-01-02T10:00:00", "1", "2.5", "x" * 50)
        for n in range(5_000)
    ]
    pq.write_table(good_table(tuple(rows)), folder / "whole.parquet")
    whole = (folder / "whole.parquet").read_bytes()
    (folder / "sales.parquet").write_bytes(whole[: len(whole) // 2])
    (folder / "whole.parquet").unlink()


def broken_parquet(folder: Path) -> None:
    rows = [
        (f"t{n}", f"p{n}", "", "buy", "tea", "2024-01-02T10:00:00", "1", "2.5", f"{n}") for n in range(5_000)
    ]
    pq.write_table(good_table(tuple(rows)), folder / "sales.parquet", write_page_checksum=True)
    content = bytearray((folder / "sales.parquet").read_bytes())
    content[200:4_000] = b"\xff" * 3_800
    (folder / "sales.parquet").write_bytes(content)


REFUSED: dict[str, tuple[str, Callable[[Path], object], tuple[str, ...]]] = {
    "no such file": ("nothing.csv", lambda folder: None, ("does not exist", "data/nothing.csv")),
    "an empty file": ("sales.csv", lambda folder: (folder / "sales.csv").write_bytes(b""), ("is empty",)),
    "a missing column": (
        "sales.csv",
        lambda folder: (folder / "sales.csv").write_text(
            "id,person,email,verb,item,at,quantity\n", encoding="utf-8"
        ),
        ("lacks 1 column", "paid (in `value: paid`)", "id, person, email, verb, item, at, quantity"),
    ),
    "Parquet torn in half": ("sales.parquet", torn_parquet, ("sales.parquet", "is no whole Parquet file")),
    "Parquet with a broken page": ("sales.parquet", broken_parquet, ("sales.parquet",)),
    "a workbook under the name of a CSV file": (
        "sales.csv",
        lambda folder: openpyxl.Workbook().save(folder / "sales.csv"),
        ("is not a text file", "an Excel workbook"),
    ),
    "gzip that ends too soon": (
        "sales.csv.gz",
        lambda folder: (folder / "sales.csv.gz").write_bytes(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x4b"),
        ("broken gzip archive",),
    ),
    "two columns of one name": (
        "sales.csv",
        lambda folder: (folder / "sales.csv").write_text("id,ID\n1,2\n", encoding="utf-8"),
        ("more than one column of the same name",),
    ),
    "a folder without data": ("empty", lambda folder: (folder / "empty").mkdir(), ("holds no file to read",)),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_that_cannot_be_read_is_refused_and_readers_keep_what_they_had(
    case: str, tmp_path: Path
) -> None:
    path, spoil, words = REFUSED[case]
    made = company(tmp_path)
    made.open().build()
    before = made.interactions()
    made.folder.joinpath("data", "sales.csv").unlink()
    (made.folder / "genome.yaml").write_text(
        HEAD + SALES.replace("data/sales.csv", f"data/{path}"), encoding="utf-8"
    )
    spoil(made.folder / "data")
    with pytest.raises(SourceError) as error:
        made.open().build()
    assert all(word in str(error.value) for word in words), str(error.value)
    assert error.value.fix
    assert made.interactions() == before
    assert made.account() == (3, 3, 0, 0, 0)


def test_a_file_that_cannot_be_read_leaves_nothing_of_the_others_half_stored(tmp_path: Path) -> None:
    other = """\
  more:
    department: shop
    path: data/more.parquet
    interactions: {identifiers: {person: person}, verb: view, item: item, occurred_at: at}
"""
    made = company(tmp_path, sources=SALES + other)
    torn_parquet(tmp_path / "data")
    (tmp_path / "data" / "sales.parquet").rename(tmp_path / "data" / "more.parquet")
    for _ in range(2):
        with pytest.raises(SourceError):
            made.open().build()
    rows = [("p", "tea", "2024-01-02")]
    pq.write_table(pa.table(dict(zip(("person", "item", "at"), zip(*rows, strict=True), strict=True))),
                   tmp_path / "data" / "more.parquet")  # fmt: skip
    made.open().build()
    assert made.account() == (3, 3, 0, 0, 0)
    assert made.account("more") == (1, 1, 0, 0, 0)
    assert len(made.interactions()) == 4


def test_an_unknown_key_in_the_configuration_is_named_with_its_line(tmp_path: Path) -> None:
    made = company(tmp_path, sources=SALES.replace("quantity: quantity", "quantitty: quantity"))
    with pytest.raises(ConfigError) as error:
        made.open()
    (problem,) = error.value.problems
    assert (problem.key, problem.line) == ("sources.sales.interactions.quantitty", (HEAD + SALES).splitlines().index(
        "      quantity: quantity") + 1)  # fmt: skip
    assert "quantity" in problem.expected


def test_an_expression_that_fits_no_row_is_refused_in_words(tmp_path: Path) -> None:
    made = company(tmp_path, sources=SALES.replace("value: paid", "value: CAST(note AS DOUBLE)"))
    with pytest.raises(SourceError, match="cannot be read as its mapping says") as error:
        made.open().build()
    assert "in a hurry" in error.value.found


def test_lines_that_are_no_rows_are_set_aside_one_by_one(tmp_path: Path) -> None:
    made = company(tmp_path)
    lines = [
        b"id,person,email,verb,item,at,quantity,paid,note",
        b"g1,ann,,buy,tea,2024-01-02,1,2.50,",
        b"too,few",
        b"g2,ann,,buy,tea,2024-01-03,1,2.50,,one,too,many",
        b"g3,jos\xe9,,buy,tea,2024-01-04,1,2.50,latin",
        b"g4,ann,,buy,tea,2024-01-05,1,2.50," + b"x" * TENS,
        "g5,josé,,buy,tea,2024-01-06,1,2.50,utf-8".encode(),
        b'g6,ann,,buy,tea,2024-01-07,1,2.50,"two',
        b'lines"',
    ]
    (tmp_path / "data" / "sales.csv").write_bytes(b"\n".join(lines) + b"\n")
    made.open().build()
    assert made.account() == (7, 3, 0, 4, 0)
    assert [each["line"] for each in made.quarantine()] == [3, 4, 5, 6]
    assert all(each["reason"] for each in made.quarantine())
    assert all(len(each["row"]) < 3_000 for each in made.quarantine())


def test_lines_that_are_no_json_are_set_aside_one_by_one(tmp_path: Path) -> None:
    made = company(tmp_path, sources=SALES.replace("sales.csv", "sales.jsonl"))
    good = [json.dumps(dict(zip(COLUMNS, line, strict=True))) for line in GOOD]
    bad = ['{"id": "x"', "[1, 2]", '{"id": "x", "id": "y"}', '{"id": NaN}']
    (tmp_path / "data" / "sales.jsonl").write_text("\n".join([*good, *bad]) + "\n", encoding="utf-8")
    made.open().build()
    assert made.account() == (7, 3, 0, 4, 0)


def test_a_workbook_is_read_sheet_row_and_formula(tmp_path: Path) -> None:
    sources = SALES.replace("path: data/sales.csv", "path: data/sales.xlsx\n    sheet: Sales")
    made = company(tmp_path, sources=sources)
    book = openpyxl.Workbook()
    book.active.append(["not", "this", "sheet"])
    sheet = book.create_sheet("Sales")
    for line in (COLUMNS, *GOOD, ("g9", "eve", None, "buy", "tea", "2024-01-09T10:00:00", "two", 2.5, None)):
        sheet.append(line)
    book.save(tmp_path / "data" / "sales.xlsx")
    made.open().build()
    assert made.account() == (4, 3, 0, 1, 0)
    assert [each["reason"] for each in made.quarantine()] == ["quantity is not a number: two"]


def test_files_of_a_folder_may_have_columns_more_and_in_another_order(tmp_path: Path) -> None:
    made = company(tmp_path, sources=SALES.replace("data/sales.csv", "data"))
    turned = (*reversed(COLUMNS), "new")
    made.write([(*reversed(line), "x") for line in (("h1", *GOOD[0][1:]), ("h2", *GOOD[1][1:]))],
               columns=turned, name="later.csv")  # fmt: skip
    pq.write_table(good_table((("h3", *GOOD[2][1:]),)), tmp_path / "data" / "latest.parquet")
    made.open().build()
    assert made.account() == (6, 6, 0, 0, 0)
    assert len([each for each in made.interactions() if '"new":"x"' in each["properties"]]) == 2
    made.write([("i1",)], columns=("id",), name="drifted.csv")
    with pytest.raises(SourceError, match=r"data/drifted\.csv lacks 7 columns"):
        made.open().build()
    assert made.account() == (6, 6, 0, 0, 0)


def test_a_query_over_one_file_accounts_for_its_own_rows(tmp_path: Path) -> None:
    sources = SALES.replace(
        "path: data/sales.csv",
        "inputs: {raw: data/sales.csv}\n    query: SELECT * FROM raw WHERE item = 'tea'",
    )
    made = company(tmp_path, sources=sources, rows=[*GOOD, ("g4", "too", "few")])
    made.open().build()
    assert made.account() == (3, 2, 0, 1, 0)


def test_a_file_delivered_again_and_a_longer_one_bring_only_what_is_new(tmp_path: Path) -> None:
    made = company(tmp_path, sources=SALES.replace("data/sales.csv", "data"))
    made.open().build()
    made.write(GOOD, name="copy.csv")
    made.open().build()
    assert made.account() == (6, 3, 3, 0, 0)
    made.write([*GOOD, ("g4", *GOOD[0][1:])])
    made.open().build()
    assert made.account() == (7, 4, 3, 0, 0)
    assert len(made.interactions()) == 4


def test_a_project_of_bad_rows_and_no_good_one_is_built_and_says_so(tmp_path: Path) -> None:
    made = company(tmp_path, rows=[("b1", "ann", "", "bye", "tea", "2024-01-02", "1", "1", "")])
    made.open().build()
    assert made.account() == (1, 0, 0, 1, 0)
    assert made.open().status().customers == 0


def test_a_project_of_column_names_and_no_row_is_built_and_grows(tmp_path: Path) -> None:
    made = company(tmp_path, rows=[])
    made.open().build()
    assert made.account() == (0, 0, 0, 0, 0)
    made.write(GOOD)
    made.open().build()
    assert made.open().status().customers == 2


def test_frames_are_checked_as_files_are_and_known_again(tmp_path: Path) -> None:
    made = company(tmp_path)
    frame = pa.table({
        "id": ["f1", "f2", "f3"], "person": ["eve", "eve", None], "email": [None, None, None], "verb": ["buy"] * 3,
        "item": ["tea", "bread", "tea"], "at": pa.array([0, 1_700_000_000_000_000, 0], pa.timestamp("us", "UTC")),
        "quantity": [1.0, float("nan"), 1.0], "paid": [2.5, float("inf"), 1.0],
    })  # fmt: skip
    frame = frame.set_column(2, "email", pa.nulls(3, pa.string()))
    workspace = made.open()
    workspace.load("sales", frame)
    workspace.load("sales", frame)
    workspace.build()
    assert made.account() == (6, 4, 0, 2, 0)
    workspace.load("sales", frame)
    assert not workspace.build().changed
    with pytest.raises(GenomeError):
        workspace.load("sales", [1, 2, 3])


@pytest.mark.parametrize("made_of", [dict, Company])
def test_what_is_no_frame_is_refused(tmp_path: Path, made_of: type) -> None:
    workspace = company(tmp_path).open()
    with pytest.raises(SourceError, match="is no frame"):
        workspace.load("sales", made_of)
