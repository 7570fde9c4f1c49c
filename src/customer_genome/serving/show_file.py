"""Show one file on an address of this machine, and nothing else of its folder."""

from __future__ import annotations

from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from customer_genome.serving.output import console

LOCAL = "127.0.0.1"


def show_file(file: Path, *, port: int = 0) -> None:
    """Serve `file` on this machine only until Ctrl-C; a port that is taken gives way to a free one."""
    with server(file, port=port) as running:
        address = f"http://{LOCAL}:{running.server_port}/"
        console().print(f"look at it: {address} (Ctrl-C ends)", markup=False, soft_wrap=True)
        try:
            running.serve_forever()
        except KeyboardInterrupt:
            console().print("ended")


def server(file: Path, *, port: int = 0) -> ThreadingHTTPServer:
    """Return a server of the one file, bound to this machine; it is not running yet."""

    class Handler(_OneFile):
        page = file

    try:
        return ThreadingHTTPServer((LOCAL, port), Handler)
    except OSError:
        return ThreadingHTTPServer((LOCAL, 0), Handler)


class _OneFile(BaseHTTPRequestHandler):
    page: Path

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def _answer(self, *, body: bool) -> None:
        host = (self.headers.get("Host") or "").partition(":")[0]
        if host not in (LOCAL, "localhost") or self.path.partition("?")[0] not in ("/", f"/{self.page.name}"):
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        content = self.page.read_bytes()
        self.send_response(HTTPStatus.OK)
        for name, value in (
            ("Content-Type", "text/html; charset=utf-8"),
            ("Content-Length", str(len(content))),
            ("Cache-Control", "no-store"),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
        ):
            self.send_header(name, value)
        self.end_headers()
        if body:
            self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that the library gives it
        """Say nothing for each request."""
