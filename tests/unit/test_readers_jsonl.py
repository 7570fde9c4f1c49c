import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_genome.core.errors import SourceError
from customer_genome.sources.files import SourceFile
from customer_genome.sources.readers import ReadOptions, Received, read


def source(folder: Path, content: bytes, name: str = "data.jsonl") -> SourceFile:
    path = folder / name
    path.write_bytes(content)
    status = path.stat()
    return SourceFile(path, name, "jsonl", status.st_size, status.st_mtime_ns)


def rows(received: Received) -> list[dict[str, str | None]]:
    return [row for batch in received.batches for row in batch.to_pylist()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("jsonl")


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
objects = st.dictionaries(st.sampled_from("abcde"), st.none() | texts, min_size=1)


@given(
    table=st.lists(objects, max_size=12),
    block=st.sampled_from([7, 1 << 20]),
    packed=st.booleans(),
    escape=st.booleans(),
)
def test_objects_come_back_with_every_key_as_a_column(folder, table, block, packed, escape):
    content = "\n".join(json.dumps(each, ensure_ascii=escape) for each in table).encode()
    name = "data.jsonl.gz" if packed else "data.jsonl"
    file = source(folder, gzip.compress(content, 1) if packed else content, name)
    received = read(file, options=ReadOptions(block=block))
    names = list(dict.fromkeys(key for each in table for key in each))
    assert rows(received) == [{name: each.get(name) or None for name in names} for each in table]
    assert received.schema.names == names
    assert received.empty == (not table)


@given(
    content=st.one_of(st.binary(max_size=200), st.text('{}[]":,\\ua01\n ', max_size=80).map(str.encode)),
    block=st.sampled_from([5, 1 << 20]),
)
def test_any_bytes_give_rows_or_reasons_and_the_count_closes(folder, content, block):
    file = source(folder, b'{"a": 1}\n' + content)
    try:
        received = read(file, options=ReadOptions(block=block, line_limit=60))
        delivered = len(rows(received))
    except SourceError:
        return
    assert received.received == delivered + len(received.malformed)
    lines = [line for line in file.path.read_bytes().split(b"\n") if line.strip(b" \t\r")]
    if not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        assert received.received == len(lines)


def test_values_keep_their_text_and_nested_ones_are_json(tmp_path):
    line = b'{"n": 1.10, "big": 12345678901234567890.5, "t": true, "s": "x", "o": {"k": [1.0, null, "\xc3\xa9"]}, "z": null}'
    assert rows(read(source(tmp_path, line))) == [
        {
            "n": "1.10",
            "big": "12345678901234567890.5",
            "t": "true",
            "s": "x",
            "o": '{"k":[1.0,null,"é"]}',
            "z": None,
        }
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"a": 1', "not JSON: Expecting ',' delimiter"),
        (b"[1]", "not a JSON object: a list"),
        (b"7", "not a JSON object: a number"),
        (b"null", "not a JSON object: null"),
        (b"{}", "an object without any key"),
        (b'{"": 1}', "an empty key"),
        (b'{"a": 1, "a": 2}', "key 'a' stands twice"),
        (b'{"A": 1, "new": 2}', "key 'A' differs from 'a' in case only"),
        (b'{"a": NaN}', "not JSON: NaN is no number"),
        (b'{"a": "\\u0000"}', "NUL byte in a field"),
        (b'{"a": "\\ud800"}', "half of a surrogate pair"),
        (b'{"a": "\xff"}', "not valid utf-8"),
        (b'{"a": "' + b"x" * 2_000 + b'"}', "field longer than 1,000 characters"),
        (b'{"a": "' + b"x" * 9_000 + b'"}', "line longer than 8,000 bytes"),
        (b'{"a": ' + b"[" * 3_000 + b"]" * 3_000 + b"}", "nested too deeply"),
        (b'{"' + b"k" * 1_500 + b'": 1}', "longer than 1,000 characters"),
    ],
)
def test_a_bad_line_is_rejected_with_its_reason(tmp_path, line, reason):
    content = b'{"a": "1"}\n' + line + b'\n\n{"a": "3", "late": "x"}'
    options = ReadOptions(field_limit=1_000, line_limit=8_000, block=512)
    received = read(source(tmp_path, content), options=options)
    assert rows(received) == [{"a": "1", "late": None}, {"a": "3", "late": "x"}]
    assert [each.line for each in received.malformed] == [2]
    assert reason in received.malformed[0].reason
    assert received.received == 3


def test_a_json_array_is_refused_with_what_to_do(tmp_path):
    for content in (b'[{"a": 1}, {"a": 2}]', b'[\n{"a": 1}\n]'):
        with pytest.raises(SourceError, match="JSON array"):
            read(source(tmp_path, content))


def test_keys_without_end_are_refused(tmp_path):
    content = b"\n".join(b'{"key%d": 1}' % number for number in range(50))
    with pytest.raises(SourceError, match="too many different keys"):
        read(source(tmp_path, content), options=ReadOptions(column_limit=20))


def test_a_file_that_gained_a_key_between_the_passes_is_an_error(tmp_path):
    file = source(tmp_path, b'{"a": 1}\n')
    received = read(file)
    file.path.write_bytes(b'{"a": 1, "b": 2}\n')
    with pytest.raises(SourceError, match="changed"):
        rows(received)
