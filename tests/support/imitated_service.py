"""A service for tests: a small HTTP server in a thread that answers from functions and notes what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Asked:
    """One request: its path, the last value of each parameter, its headers."""

    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    """What is answered: JSON, a status, headers."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Service:
    """A running service: its URL and every request so far; `answer` may be changed while it runs."""

    url: str
    answer: Callable[[Asked], Answer]
    asked: list[Asked]


@contextmanager
def service(answer: Callable[[Asked], Answer]) -> Iterator[Service]:
    """Run a service on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            params = {key: values[-1] for key, values in parse_qs(parts.query).items()}
            asked = Asked(parts.path, params, dict(self.headers.items()))
            running.asked.append(asked)
            given = running.answer(asked)
            _send(self, given)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.do_GET()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running = Service(f"http://127.0.0.1:{server.server_address[1]}", answer, [])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _send(handler: BaseHTTPRequestHandler, given: Answer) -> None:
    content = json.dumps(given.body).encode()
    handler.send_response(given.status)
    for name, value in {"Content-Type": "application/json", **given.headers}.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)
