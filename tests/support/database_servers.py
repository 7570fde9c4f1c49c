"""Real database servers for tests: each in a temporary folder of its own, on a free port, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

PASSWORD = "p@ss/w:rd"  # noqa: S105 - of a server that lives for a second; its characters are those that URLs escape
ESCAPED = "p%40ss%2Fw%3Ard"
_PATIENCE = 30.0
"""Seconds in which a server must be up."""


class NotHere(Exception):
    """The server's programs are not installed."""


@contextmanager
def postgres() -> Iterator[str]:
    """Run PostgreSQL; yields the URL of an empty database. Raises NotHere."""
    initdb, server = _program("initdb"), _program("postgres")
    with _folder() as folder:
        (folder / "password").write_text(PASSWORD, encoding="utf-8")
        _own(folder / "password")
        words = folder / "password"
        _run(
            [
                initdb,
                "-D",
                folder / "data",
                "-U",
                "genome",
                "-A",
                "scram-sha-256",
                "--pwfile",
                words,
                "-E",
                "UTF8",
            ]
        )
        port = _free_port()
        options = ["-p", port, "-k", folder, "-h", "127.0.0.1", "-c", "fsync=off"]
        command = [server, "-D", folder / "data", *options]
        with _running(command, folder, port):
            yield f"postgresql://genome:{ESCAPED}@127.0.0.1:{port}/postgres"


@contextmanager
def mysql() -> Iterator[str]:
    """Run MariaDB, which speaks as MySQL does; yields the URL of an empty database. Raises NotHere."""
    install, server = _program("mariadb-install-db"), _program("mariadbd")
    with _folder() as folder:
        _run(
            [
                install,
                "--no-defaults",
                f"--datadir={folder / 'data'}",
                "--auth-root-authentication-method=normal",
            ]
        )
        start = folder / "start.sql"
        start.write_text(
            "CREATE DATABASE company; CREATE USER genome@'127.0.0.1' IDENTIFIED BY "
            f"'{PASSWORD}'; GRANT ALL ON company.* TO genome@'127.0.0.1';\n".replace("; ", ";\n"),
            encoding="utf-8",
        )
        _own(start)
        port = _free_port()
        command = [
            server, "--no-defaults", f"--datadir={folder / 'data'}", f"--port={port}", "--bind-address=127.0.0.1",
            f"--socket={folder / 'socket'}", f"--pid-file={folder / 'pid'}", f"--init-file={start}",
            "--skip-name-resolve",
        ]  # fmt: skip
        with _running(command, folder, port):
            yield f"mysql://genome:{ESCAPED}@127.0.0.1:{port}/company"


def _program(name: str) -> str:
    places = [*Path("/usr/lib/postgresql").glob("*/bin"), "/usr/sbin", "/usr/bin"]
    found = shutil.which(name) or next((path for p in places if (path := shutil.which(name, path=p))), None)
    if found is None:
        raise NotHere(f"{name} is not installed: as root, sh tools/find-databases")
    return found


@contextmanager
def _folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="genome-server-"))
    try:
        _own(folder)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _account() -> str | None:
    """Return the account that servers run under: they refuse root."""
    return "nobody" if os.geteuid() == 0 else None


def _own(path: Path) -> None:
    account = _account()
    if account is not None:
        entry = pwd.getpwnam(account)
        os.chown(path, entry.pw_uid, entry.pw_gid)


def _run(command: Sequence[object]) -> None:
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, check=False, user=_account(), cwd="/"
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]


@contextmanager
def _running(command: Sequence[object], folder: Path, port: int) -> Iterator[None]:
    log = folder / "log"
    with log.open("w") as out:
        server = subprocess.Popen(
            [str(part) for part in command], stdout=out, stderr=out, user=_account(), cwd="/"
        )
    try:
        _wait(server, port, log)
        yield
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        assert server.poll() is None, log.read_text()[-2000:]
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(log.read_text()[-2000:])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
