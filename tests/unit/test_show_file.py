"""The local page: one file on this machine, and nothing else of its folder."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator

import pytest

from customer_genome.serving.show_file import LOCAL, server


@pytest.fixture
def port(tmp_path) -> Iterator[int]:
    (tmp_path / "report.html").write_text("<p>the report", encoding="utf-8")
    (tmp_path / "ledger.db").write_text("secret", encoding="utf-8")
    with server(tmp_path / "report.html") as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running.server_port
        running.shutdown()
        thread.join()


def fetch(port: int, path: str, *, method: str = "GET", host: str | None = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(LOCAL, port, timeout=10)
    try:
        connection.request(method, path, headers={"Host": host} if host else {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


@pytest.mark.parametrize("path", ["/", "/report.html", "/report.html?x=1"])
def test_the_report_is_there(port, path) -> None:
    assert fetch(port, path) == (200, b"<p>the report")
    assert fetch(port, path, method="HEAD") == (200, b"")


@pytest.mark.parametrize(
    "path", ["/ledger.db", "/../ledger.db", "/%2e%2e/ledger.db", "//ledger.db", "/report.html/.."]
)
def test_nothing_else_is(port, path) -> None:
    status, body = fetch(port, path)
    assert status == 404
    assert b"secret" not in body


def test_another_site_s_name_for_this_machine_is_refused(port) -> None:
    assert fetch(port, "/", host="evil.example")[0] == 404


def test_it_can_only_be_read(port) -> None:
    assert fetch(port, "/", method="POST")[0] == 501


def test_a_port_that_is_taken_gives_way(port, tmp_path) -> None:
    with server(tmp_path / "report.html", port=port) as other:
        assert other.server_port != port
        assert other.server_address[0] == LOCAL
