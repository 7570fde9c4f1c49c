"""Files in folders and stores as sources: new and changed ones are read, each row accounted for."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connected_project import loaded, project
from customer_genome.core.errors import SourceError

BODY = """\
sources:
  orders:
    department: sales
    connect: {files: data/exports, glob: "**/*.*"}
    interactions:
      key: [id]
      identifiers: {person: person}
      verb: buy
      item: sku
      occurred_at: at
      value: amount
"""


def write(path: Path, lines: list[str], *, second: int) -> None:
    """Write a file that was changed in this second of 2026."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    os.utime(path, (1767225600 + second, 1767225600 + second))


def line(n: int, amount: float) -> str:
    return f'{{"id": {n}, "person": "p{n}", "sku": "tea", "at": "2026-01-01", "amount": {amount}}}'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = project(tmp_path / "company", BODY)
    write(made / "data/exports/a/one.jsonl", [line(1, 1), line(2, 2), "{broken"], second=1)
    write(made / "data/exports/two.csv", ["id,person,sku,at,amount", "3,p3,tea,2026-01-01,3"], second=2)
    write(made / "data/exports/_SUCCESS.txt", ["done"], second=3)
    return made


def test_new_and_changed_files_are_read_once_and_a_broken_line_is_quarantined(folder: Path) -> None:
    assert loaded(folder, published=True).account() == {"orders": (4, 3, 0, 1, 0)}
    assert len(loaded(folder, published=True).tables["loads"]) == 2
    write(folder / "data/exports/a/one.jsonl", [line(1, 1), line(2, 20)], second=4)
    write(folder / "data/exports/three.jsonl", [line(9, 9)], second=4)
    found = loaded(folder, published=True)
    assert sorted(row["value"] for row in found.tables["interactions"]) == [1.0, 3.0, 9.0, 20.0]
    current = {one["file"]: one["received"] for one in found.tables["loads"] if not one["superseded"]}
    assert current == {
        "data/exports/a/one.jsonl": 2, "data/exports/two.csv": 1, "data/exports/three.jsonl": 1,
    }  # fmt: skip
    assert found.quarantined() == []
    assert [path.suffix for path in (folder / "landing").rglob("*.*")] == [".json"] * 2


def test_lists_of_keys_and_values_are_reached_in_parquet_too(folder: Path) -> None:
    value = pa.struct([("string_value", pa.string()), ("int_value", pa.int64())])
    kind = pa.list_(pa.struct([("key", pa.string()), ("value", value)]))
    params = [
        [{"key": "shop", "value": {"string_value": "Wien", "int_value": None}},
         {"key": "till", "value": {"string_value": None, "int_value": 7}}],
        None,
    ]  # fmt: skip
    table = pa.table({
        "id": [1, 2], "person": ["p1", "p2"], "sku": ["tea", "jam"], "at": ["2026-01-01", "2026-01-02"],
        "amount": [1.5, 2.5], "params": pa.array(params, kind),
    })  # fmt: skip
    pq.write_table(table, folder / "data" / "exports" / "nested.parquet")
    text = (folder / "genome.yaml").read_text(encoding="utf-8")
    text = text.replace('glob: "**/*.*"', 'glob: "*.parquet", objects: [params]')
    text += "      channel: json_extract_string(params, '$.shop') || json_extract_string(params, '$.till')\n"
    (folder / "genome.yaml").write_text(text, encoding="utf-8")
    assert loaded(folder).interactions("item_id", "channel", "value") == [
        ("tea", "Wien7", 1.5),
        ("jam", None, 2.5),
    ]


def test_a_folder_that_is_not_there_and_one_without_data_are_named(folder: Path) -> None:
    file = folder / "genome.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("data/exports", "data/export"), encoding="utf-8")
    with pytest.raises(SourceError, match="the folder data/export does not exist"):
        loaded(folder)
    file.write_text(text.replace("**/*.*", "*.parquet"), encoding="utf-8")
    with pytest.raises(SourceError, match=r"(?s)no data file.*parquet"):
        loaded(folder)


class Bucket(BaseHTTPRequestHandler):
    """As much of S3 as listing and reading need: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html."""

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def _answer(self, *, body: bool) -> None:
        objects: dict[str, bytes] = self.server.objects  # type: ignore[attr-defined]
        self.server.keys.append(self.headers.get("Authorization", ""))  # type: ignore[attr-defined]
        parts = urlsplit(self.path)
        name = unquote(parts.path).removeprefix("/bucket").lstrip("/")
        if "list-type" in parse_qs(parts.query):
            prefix = parse_qs(parts.query).get("prefix", [""])[0]
            listed = "".join(
                f"<Contents><Key>{key}</Key><LastModified>2026-01-01T00:00:0{place}.000Z</LastModified>"
                f'<ETag>"{place}"</ETag><Size>{len(content)}</Size></Contents>'
                for place, (key, content) in enumerate(objects.items()) if key.startswith(prefix)
            )  # fmt: skip
            content = f"<ListBucketResult><Name>bucket</Name><IsTruncated>false</IsTruncated>{listed}</ListBucketResult>".encode()
            status = 200
        else:
            content, status = objects.get(name, b""), 200 if name in objects else 404
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", '"1"')
        self.send_header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
        self.end_headers()
        if body:
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def bucket() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
    server.objects, server.keys = {}, []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.filterwarnings(
    "ignore::ResourceWarning"
)  # the store's library leaves its sessions to the collector
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_store_is_read_with_the_secrets_that_its_connection_names(
    folder: Path, bucket: ThreadingHTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORE_KEY", "AKIDEXAMPLE")
    monkeypatch.setenv("STORE_SECRET", "store/secret")
    address = f"http://127.0.0.1:{bucket.server_address[1]}"
    store = (
        f"connections:\n  store: {{options: {{endpoint_url: '{address}'}}, "
        "secrets: {key: STORE_KEY, secret: STORE_SECRET}}\n"
    )
    text = (folder / "genome.yaml").read_text(encoding="utf-8")
    text = text.replace("files: data/exports", "files: s3://bucket/out, store: store")
    (folder / "genome.yaml").write_text(text.replace("sources:\n", store + "sources:\n"), encoding="utf-8")
    objects: dict[str, bytes] = bucket.objects  # type: ignore[attr-defined]
    objects["out/2026/one.jsonl"] = f"{line(1, 1)}\n{line(2, 2)}\n".encode()
    found = loaded(folder, published=True)
    assert found.account() == {"orders": (2, 2, 0, 0, 0)}
    assert found.tables["loads"][0]["file"] == "s3://bucket/out/2026/one.jsonl"
    objects["out/2026/two.jsonl"] = f"{line(3, 3)}\n".encode()
    assert loaded(folder, published=True).account() == {"orders": (3, 3, 0, 0, 0)}
    signed: list[str] = bucket.keys  # type: ignore[attr-defined]
    assert all("Credential=AKIDEXAMPLE/" in one for one in signed)
    assert not any(b"store/secret" in path.read_bytes() for path in folder.rglob("*") if path.is_file())
