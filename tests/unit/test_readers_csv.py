import csv
import gzip
import io
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from customer_genome.core.errors import SourceError
from customer_genome.sources.files import SourceFile
from customer_genome.sources.readers import ReadOptions, Received, read


def source(folder: Path, content: bytes, name: str = "data.csv") -> SourceFile:
    path = folder / name
    path.write_bytes(content)
    status = path.stat()
    return SourceFile(path, name, "csv", status.st_size, status.st_mtime_ns)


def rows(received: Received) -> list[dict[str, str | None]]:
    return [row for batch in received.batches for row in batch.to_pylist()]


def reasons(received: Received) -> list[tuple[int | None, str]]:
    return [(each.line, each.reason) for each in received.malformed]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("csv")


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
cells = st.one_of(texts, st.text('",;\r\n ab', max_size=6))


@given(
    data=st.data(),
    width=st.integers(1, 4),
    delimiter=st.sampled_from(",;\t|"),
    style=st.sampled_from([(csv.QUOTE_MINIMAL, "\r\n"), (csv.QUOTE_ALL, "\n"), (csv.QUOTE_ALL, "\r\n")]),
    block=st.sampled_from([7, 64, 1 << 20]),
    packed=st.booleans(),
)
def test_whatever_is_written_as_csv_comes_back_equal(folder, data, width, delimiter, style, block, packed):
    table = data.draw(st.lists(st.lists(cells, min_size=width, max_size=width), max_size=12))
    names = [f"name {number}" for number in range(width)]
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter, quoting=style[0], lineterminator=style[1])
    writer.writerows([names, *table])
    content = buffer.getvalue().encode()
    name = "data.csv.gz" if packed else "data.csv"
    file = source(folder, gzip.compress(content, 1) if packed else content, name)
    received = read(file, options=ReadOptions(delimiter=delimiter, block=block))
    found = [list(row.values()) for row in rows(received)]
    assert found == [[cell or None for cell in row] for row in table]
    assert received.schema.names == names
    assert (received.received, received.rejected) == (len(table), 0)


@given(
    content=st.one_of(st.binary(max_size=300), st.text('a,"\n\r\0é', max_size=80).map(str.encode)),
    header=st.sampled_from([b"", b"a,b\n", b'"x",y,z\r\n', b"\xff\xfe"]),
    block=st.sampled_from([5, 1 << 20]),
    limit=st.sampled_from([20, 1 << 20]),
)
@example(content=b'1,"2\n3,4\n5,6\n', header=b"a,b\n", block=5, limit=20)
@example(content=b"\r", header=b"a,b\r", block=4, limit=20)
def test_any_bytes_give_rows_or_reasons_and_the_count_closes(folder, content, header, block, limit):
    file = source(folder, header + content)
    try:
        received = read(file, options=ReadOptions(block=block, line_limit=limit, field_limit=10))
        delivered = len(rows(received))
    except SourceError:
        return
    assert received.received == delivered + len(received.malformed)


@given(
    lines=st.lists(
        st.sampled_from(["1,2", '"3","4"', '5,"x\ny"', "one", 'a,5" b', '"q"w,1', "é,ü"]), max_size=30
    ),
    bad=st.integers(0, 3),
)
def test_the_size_of_a_block_makes_no_difference(folder, lines, bad):
    content = ("a,b\n" + "\n".join(lines)).encode() + b"\n\xff,1" * bad
    found = []
    for block in (3, 50, 1 << 20):
        received = read(source(folder, content), options=ReadOptions(delimiter=",", block=block))
        found.append((rows(received), received.malformed))
    assert found[0] == found[1] == found[2]


def test_bad_rows_are_named_by_line_and_the_others_kept(tmp_path):
    content = b'id,name\n1,good\n2\n3,a,b\n4,caf\xe9\n5,nul\0\n6,"two\nlines"\n7,"open" x\n\n8,=1+2\n'
    received = read(source(tmp_path, content))
    assert [row["id"] for row in rows(received)] == ["1", "6", "8"]
    assert reasons(received) == [
        (3, "1 fields where 2 are expected"),
        (4, "3 fields where 2 are expected"),
        (5, "not valid utf-8"),
        (6, "NUL byte in a field"),
        (9, "text follows a closing quote"),
    ]
    assert received.malformed[2].raw == r"4,caf\xe9"
    assert received.received == 8


@pytest.mark.parametrize("text", ["=1+2", "@SUM(A1)", "+1", "-1", "=cmd|' /C calc'!A0"])
def test_a_formula_stays_the_text_it_is(tmp_path, text):
    assert rows(read(source(tmp_path, f"a,b\n{text},1\n".encode()))) == [{"a": text, "b": "1"}]


def test_a_quote_never_closed_costs_one_line_not_the_rest(tmp_path):
    lines = "".join(f"{number},x\n" for number in range(1000))
    received = read(source(tmp_path, ('a,b\n1,"oops\n' + lines).encode()))
    assert len(rows(received)) == 1000
    assert reasons(received) == [(2, "a quote is opened and never closed")]


def test_a_stray_quote_does_not_swallow_rows_up_to_the_next_quote(tmp_path):
    received = read(source(tmp_path, b'a,b\n1,"oops\n2,x\n3,"fine"\n4,x\n'))
    assert [row["a"] for row in rows(received)] == ["2", "3", "4"]
    assert reasons(received) == [(2, "text follows a closing quote")]


def test_a_long_field_is_rejected_and_its_neighbours_kept(tmp_path):
    long = b"x" * 10_000_000
    received = read(source(tmp_path, b"a,b\n1,2\n3," + long + b'\n4,"' + long + b'"\n5,6\n'))
    assert [row["a"] for row in rows(received)] == ["1", "5"]
    assert reasons(received) == [(line, "field longer than 1,000,000 characters") for line in (3, 4)]
    assert len(received.malformed[0].raw) == 500


def test_a_line_without_end_is_skipped_without_being_held(tmp_path):
    options = ReadOptions(block=1000, line_limit=5000)
    received = read(source(tmp_path, b"a,b\n1,2\n3," + b"x" * 50_000 + b"\r\n5,6\n"), options=options)
    assert [row["a"] for row in rows(received)] == ["1", "5"]
    assert reasons(received) == [(3, "line longer than 5,000 bytes")]


def test_a_quoted_record_longer_than_what_is_looked_at_first(tmp_path):
    note = 'said ""yes""\n' * 5_000
    content = f'a,b\n"1" x,2\n3,"{note}"\n4,5" pipe\n'.encode()
    received = read(source(tmp_path, content))
    assert [(row["a"], len(row["b"])) for row in rows(received)] == [("3", 11 * 5_000), ("4", 7)]
    assert reasons(received) == [(2, "text follows a closing quote")]


@pytest.mark.parametrize("delimiter", list(",;\t|"))
def test_the_delimiter_is_found(tmp_path, delimiter):
    lines = [["name", "price, net", "of; what"], ["a", "1,5", "x;y|z"], ["b", "2,5", "x"]]
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=delimiter).writerows(lines)
    received = read(source(tmp_path, buffer.getvalue().encode()))
    assert [list(row.values()) for row in rows(received)] == lines[1:]
    assert received.schema.names == lines[0]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_tells_the_encoding(tmp_path, encoding):
    received = read(
        source(tmp_path, "naïve,b\n1,日本\n".encode(encoding)), options=ReadOptions(encoding="utf-8")
    )
    assert rows(received) == [{"naïve": "1", "b": "日本"}]


def test_a_given_encoding_is_used_and_its_bad_rows_are_found(tmp_path):
    file = source(tmp_path, "a,b\n1,é€\n".encode("cp1252") + b"2,\x81\n3,x\n")
    received = read(file, options=ReadOptions(encoding="cp1252", block=5))
    assert [row["b"] for row in rows(received)] == ["é€", "x"]
    assert reasons(received) == [(3, "not valid cp1252")]


def test_half_a_character_at_the_end_of_utf16_spoils_the_last_row_only(tmp_path):
    received = read(source(tmp_path, "a,b\n1,2\n3,4".encode("utf-16") + b"\x00"))
    assert [row["a"] for row in rows(received)] == ["1"]
    assert reasons(received) == [(3, "not valid utf-16-le")]


def test_columns_without_header_blank_names_and_missing_texts(tmp_path):
    file = source(tmp_path, b"a,,c\n1,NA,\n")
    assert rows(read(file, options=ReadOptions(missing=("NA",)))) == [{"a": "1", "column_2": None, "c": None}]
    received = read(file, options=ReadOptions(header=False))
    assert rows(received)[0] == {"column_1": "a", "column_2": None, "column_3": "c"}


def test_an_empty_file_is_empty_and_one_with_a_header_is_not(tmp_path):
    empty = read(source(tmp_path, b"\n\r\n"))
    assert (empty.empty, rows(empty), empty.received) == (True, [], 0)
    header = read(source(tmp_path, b"a,b\n"))
    assert (header.empty, rows(header), header.schema.names) == (False, [], ["a", "b"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a,b,A,b\n1,2,3,4\n", "'A', 'b'"),
        (b"a,\xff\n1,2\n", "csv encoding"),
        (b"a,b\0\n1,2\n", "utf-16-le"),
        (b'"a,b\n1,2\n', "never closed"),
        (b"PK\x03\x04....", "Excel workbook"),
        (b"\x1f\x8b\x08....", "gzip"),
    ],
)
def test_a_file_without_usable_header_is_refused_with_its_reason(tmp_path, content, message):
    with pytest.raises(SourceError, match=message):
        read(source(tmp_path, content))


@pytest.mark.parametrize(
    "options",
    [
        ReadOptions(delimiter="::"),
        ReadOptions(delimiter="é"),
        ReadOptions(delimiter='"'),
        ReadOptions(quote="\n"),
        ReadOptions(encoding="utf-9"),
        ReadOptions(encoding="hex"),
        ReadOptions(column_limit=1),
    ],
)
def test_an_option_that_cannot_be_is_refused(tmp_path, options):
    with pytest.raises(SourceError):
        read(source(tmp_path, b"a,b\n1,2\n"), options=options)


def test_a_broken_archive_is_an_error_not_half_a_file(tmp_path):
    content = gzip.compress(b"a,b\n" + b"".join(b"%d,x\n" % (number**3) for number in range(50_000)))
    for broken in (content[:-5], content[: len(content) // 2]):
        with pytest.raises(SourceError, match="gzip"):
            rows(read(source(tmp_path, broken, "data.csv.gz"), options=ReadOptions(block=1 << 14)))


def test_a_file_that_changes_while_it_is_read_is_an_error(tmp_path):
    file = source(tmp_path, b"a,b\n1,2\n")
    received = read(file)
    file.path.write_bytes(b"a,b\n1,2\n3,4\n")
    with pytest.raises(SourceError, match="changed") as caught:
        rows(received)
    assert received.failure is caught.value
