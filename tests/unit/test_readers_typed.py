from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_genome.core.errors import SourceError
from customer_genome.sources.files import SourceFile
from customer_genome.sources.readers import Received, frame_hash, read, read_frame


def source(path: Path) -> SourceFile:
    status = path.stat()
    return SourceFile(path, path.name, "parquet", status.st_size, status.st_mtime_ns)


def table(received: Received) -> pa.Table:
    return pa.Table.from_batches(received.batches, received.schema)


@pytest.fixture
def nested() -> pa.Table:
    return pa.table(
        {
            "id": [1, 2, 3],
            "tags": [["a"], [], None],
            "who": [{"x": 1.5}, None, {"x": None}],
            "t": ["a", "", None],
        }
    )


@pytest.fixture
def bad_text() -> pa.Table:
    broken = pa.Array.from_buffers(pa.string(), 3, pa.array([b"a", b"\xff", b"c"]).buffers())
    return pa.table({"id": [1, 2, 3], "text": broken})


def test_parquet_keeps_its_types(tmp_path, nested):
    pq.write_table(nested, tmp_path / "a.parquet", row_group_size=2)
    received = read(source(tmp_path / "a.parquet"))
    assert table(received).equals(nested)
    assert (received.received, received.delivered, received.empty) == (3, 3, False)


def test_parquet_text_that_is_no_utf8_rejects_its_row(tmp_path, bad_text):
    pq.write_table(bad_text, tmp_path / "a.parquet")
    received = read(source(tmp_path / "a.parquet"))
    assert table(received).to_pylist() == [{"id": 1, "text": "a"}, {"id": 3, "text": "c"}]
    assert [(each.line, each.reason) for each in received.malformed] == [
        (2, "not valid utf-8 in column text")
    ]


@given(cut=st.floats(0, 0.999), flip=st.booleans())
def test_a_broken_parquet_file_is_an_error_or_whole(tmp_path_factory, cut, flip):
    path = tmp_path_factory.mktemp("parquet") / "a.parquet"
    whole = pa.table({"id": range(500), "text": [str(number) for number in range(500)]})
    pq.write_table(whole, path, write_page_checksum=True)
    content = bytearray(path.read_bytes())
    place = int(cut * len(content))
    if flip:
        content[place] ^= 0x55
    path.write_bytes(content if flip else content[:place])
    try:
        received = read(source(path))
        rows = table(received).num_rows
    except SourceError:
        return
    assert flip
    assert rows + received.rejected == received.received


def test_parquet_with_columns_that_sql_cannot_tell_apart_is_refused(tmp_path):
    pq.write_table(pa.table({"id": [1], "ID": [2]}), tmp_path / "a.parquet")
    with pytest.raises(SourceError, match="'ID'"):
        read(source(tmp_path / "a.parquet"))


def test_every_kind_of_frame_gives_the_same_rows():
    columns = {"id": [1, 2], "name": ["a", None]}
    arrow = pa.table(columns)
    frames = [
        arrow,
        arrow.to_batches()[0],
        arrow.to_reader(),
        pd.DataFrame(columns, index=[7, 8]),
        pl.DataFrame(columns),
    ]
    for frame in frames:
        received = read_frame(frame, name="mine")
        assert table(received).to_pylist() == arrow.to_pylist()
        assert (received.file, received.received) == ("mine", 2)


def test_a_frame_with_bad_text_loses_that_row_to_the_malformed(bad_text):
    received = read_frame(bad_text)
    assert table(received).column("id").to_pylist() == [1, 3]
    assert received.rejected == 1


def test_the_hash_of_a_frame_sees_values_types_and_names_but_not_chunks():
    one = pa.table({"a": list(range(100_000)), "b": ["x", None] * 50_000})
    chunked = pa.concat_tables([one.slice(0, 33_333), one.slice(33_333)])
    assert frame_hash(one) == frame_hash(chunked) == frame_hash(one.to_reader(max_chunksize=999))
    changed = one.set_column(0, "a", pa.array([*range(99_999), 7]))
    others = [
        one.rename_columns(["a", "c"]),
        changed,
        one.cast(pa.schema([("a", pa.int32()), ("b", pa.string())])),
    ]
    assert len({frame_hash(each) for each in [one, *others]}) == 4


@pytest.mark.parametrize(
    "frame",
    [
        pl.LazyFrame({"a": [1]}),
        [{"a": 1}],
        None,
        pd.DataFrame({"a": [1, "x", object()]}),
        pd.DataFrame([[1, 2]], columns=["a", "a"]),
    ],
)
def test_what_is_no_frame_is_refused_with_what_would_be(frame):
    with pytest.raises(SourceError, match="expected"):
        read_frame(frame)
