"""Run as a program: a build that ends itself with kill -9 at a point of its own, as a power cut would.

Usage: killed_build.py PROJECT POINT with POINT one of `before:N` and `after:N` (the N-th table written, from 1),
`within:N` (rows of it are on disk, nothing is committed), `publish` (all is written, the ledger does not know it) and
`vault` (identifiers are sealed, nothing else is stored) and `landed` (all is published, what landed still lies there).
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterable, Iterator
from typing import Any

import customer_genome
from customer_genome.app import build
from customer_genome.engine import Lake, lake
from customer_genome.ledger import snapshots, vault


def die(*_: Any, **__: Any) -> None:
    """End this process with nothing cleaned up."""
    os.kill(os.getpid(), signal.SIGKILL)


def arm(point: str) -> None:
    """Make the build die at `point`."""
    where, _, count = point.partition(":")
    if where == "publish":
        snapshots.publish = die  # type: ignore[assignment]
    elif where == "vault":
        store = vault.store
        vault.store = lambda *args: die(store(*args))
    elif where == "landed":
        build.clear_landing = die  # type: ignore[assignment]
    elif where == "within":
        lake._conform = _dying(lake._conform, int(count))
    else:
        Lake._write = _counted(Lake._write, where, int(count))  # type: ignore[method-assign]


def _counted(write: Any, where: str, count: int) -> Any:
    met = [0]

    def counted(*args: Any, **kwargs: Any) -> Any:
        met[0] += 1
        if where == "before" and met[0] == count:
            die()
        done = write(*args, **kwargs)
        if where == "after" and met[0] == count:
            die()
        return done

    return counted


def _dying(conform: Any, count: int) -> Any:
    met = [0]

    def counted(*args: Any) -> Iterable[Any]:
        met[0] += 1
        return _cut_off(conform(*args)) if met[0] == count else conform(*args)

    return counted


def _cut_off(batches: Iterable[Any]) -> Iterator[Any]:
    for batch in batches:
        yield batch.slice(0, max(1, batch.num_rows // 2))
        die()
    die()


if __name__ == "__main__":
    arm(sys.argv[2])
    customer_genome.open(sys.argv[1]).build()
