import datetime as dt
import random
import zipfile
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_genome.core.errors import SourceError
from customer_genome.sources.files import SourceFile
from customer_genome.sources.readers import ReadOptions, Received, read


def source(path: Path) -> SourceFile:
    status = path.stat()
    return SourceFile(path, path.name, "excel", status.st_size, status.st_mtime_ns)


def workbook(path: Path, *rows: list, other: list | None = None) -> SourceFile:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if other is not None:
        book.create_sheet("Other").append(other)
    book.save(path)
    return source(path)


def rewrite(path: Path, change) -> SourceFile:
    """The same workbook with the XML of its first sheet changed."""
    with zipfile.ZipFile(path) as archive:
        parts = {each: archive.read(each) for each in archive.namelist()}
    name = "xl/worksheets/sheet1.xml"
    parts[name] = change(parts[name].decode()).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for each, content in parts.items():
            archive.writestr(each, content)
    return source(path)


def rows(received: Received) -> list[dict[str, str | None]]:
    return [row for batch in received.batches for row in batch.to_pylist()]


def test_cells_come_as_text_with_iso_dates(tmp_path):
    day, moment = dt.date(2024, 2, 29), dt.datetime(2024, 2, 29, 13, 30, 5)
    file = workbook(
        tmp_path / "a.xlsx",
        [],
        ["text", "number", "whole", "yes", "day", "moment", "time", None, "nothing"],
        ["é", 1.1, 3, True, day, moment, dt.time(9, 5), "x", None],
        [],
        ["b"],
    )
    received = read(file)
    first, second = rows(received)
    assert list(first.values()) == [
        "é",
        "1.1",
        "3",
        "true",
        "2024-02-29",
        "2024-02-29T13:30:05",
        "09:05:00",
        "x",
        None,
    ]
    assert set(second.values()) == {"b", None}
    assert received.schema.names[7] == "column_8"
    assert received.received == 2


def test_a_sheet_is_found_by_name_and_a_missing_one_names_those_there(tmp_path):
    file = workbook(tmp_path / "a.xlsx", ["a"], ["1"], other=["b"])
    assert read(file, options=ReadOptions(sheet="Other")).schema.names == ["b"]
    with pytest.raises(SourceError, match="Sheet, Other"):
        read(file, options=ReadOptions(sheet="Third"))


def test_formulas_give_their_computed_value_and_without_one_the_row_is_rejected(tmp_path):
    file = workbook(tmp_path / "a.xlsx", ["a", "b"], [1, "=1+2"], [2, "=2+3"], [3, "plain"])
    file = rewrite(
        file.path,
        lambda xml: xml.replace("<f>1+2</f><v></v>", "<f>1+2</f><v>3</v>").replace(
            "<f>1+2</f><v />", "<f>1+2</f><v>3</v>"
        ),
    )
    received = read(file)
    assert rows(received) == [{"a": "1", "b": "3"}, {"a": "3", "b": "plain"}]
    assert [(each.line, each.reason[:40]) for each in received.malformed] == [
        (3, "formula without a computed value in B3: ")
    ]


def test_error_values_extra_cells_and_long_texts_are_rejected(tmp_path):
    file = workbook(tmp_path / "a.xlsx", ["a", "b"], [1, "#DIV/0!"], [1, 2, 3], ["x" * 200, 1], [4, 5])
    received = read(file, options=ReadOptions(field_limit=100))
    assert rows(received) == [{"a": "4", "b": "5"}]
    reasons = [each.reason for each in received.malformed]
    assert reasons == [
        "error value #DIV/0! in B2",
        "3 cells where 2 are expected",
        "field longer than 100 characters in A4",
    ]


def test_the_size_that_a_sheet_says_it_has_is_not_believed(tmp_path):
    file = workbook(tmp_path / "a.xlsx", ["a", "b"], [1, 2], [3, 4])
    file = rewrite(file.path, lambda xml: xml.replace('ref="A1:B3"', 'ref="A1:A2"'))
    assert rows(read(file)) == [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]


def test_an_empty_sheet_is_empty(tmp_path):
    received = read(workbook(tmp_path / "a.xlsx"))
    assert (received.empty, rows(received)) == (True, [])


def test_columns_of_one_name_are_refused(tmp_path):
    with pytest.raises(SourceError, match="'A'"):
        read(workbook(tmp_path / "a.xlsx", ["a", "A"], [1, 2]))


def test_what_unpacks_to_too_much_is_refused_before_it_is_unpacked(tmp_path):
    file = workbook(tmp_path / "a.xlsx", ["a"], ["x" * 20_000])
    with pytest.raises(SourceError, match="too large"):
        read(file, options=ReadOptions(excel_limit=10_000))


def test_entity_definitions_are_refused(tmp_path):
    file = workbook(tmp_path / "a.xlsx", ["a"], ["1"])
    file = rewrite(file.path, lambda xml: '<!DOCTYPE x [<!ENTITY lol "lol">]>' + xml)
    with pytest.raises(SourceError, match="document type definition"):
        read(file)


@given(seed=st.integers(0, 10_000), cut=st.booleans())
def test_a_broken_workbook_is_an_error_or_its_count_closes(tmp_path_factory, seed, cut):
    file = workbook(
        tmp_path_factory.mktemp("excel") / "a.xlsx", ["a", "b"], *([number, "x"] for number in range(20))
    )
    content = bytearray(file.path.read_bytes())
    chance = random.Random(seed)  # noqa: S311
    place = chance.randrange(len(content))
    content[place] ^= 1 << chance.randrange(8)
    file.path.write_bytes(content[:place] if cut else content)
    try:
        received = read(source(file.path))
        found = rows(received)
    except SourceError:
        return
    assert received.received == len(found) + received.rejected
