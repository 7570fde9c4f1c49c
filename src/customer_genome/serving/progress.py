"""Progress on standard error: bars in a terminal, a line now and then elsewhere, counts and remaining time in both."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from customer_genome.serving.output import clean, console

SHARES = {
    "load": 0.20, "check": 0.0, "resolve": 0.005, "reconcile": 0.005, "journey": 0.02, "imprint": 0.28, "encode": 0.11,
    "predict": 0.12, "best": 0.25, "publish": 0.01,
}  # fmt: skip
"""How a first build's time usually falls on its stages: what makes the remaining time of so unequal ones honest."""


@dataclass
class _Work:
    name: str
    total: int | None
    unit: str
    task: TaskID | None = None
    done: int = 0
    weight: float = 0.0
    note: str = ""

    @property
    def staged(self) -> bool:
        return self.unit == "stages"

    def share(self) -> float | None:
        """Return how much of it is done, 0 to 1; None where nobody can know."""
        if self.staged:
            return min(self.weight, 1.0)
        return min(self.done / self.total, 1.0) if self.total else None


class Bars:
    """Draws what a build tells it; use it as a context, so that the terminal is left in order."""

    def __init__(
        self,
        out: Console | None = None,
        *,
        patience: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._out = out or console(stderr=True)
        self._patience, self._clock = patience, clock
        self._stack: list[_Work] = []
        self._started = self._said = 0.0
        self._live: Progress | None = None

    def __enter__(self) -> Self:
        self._started = self._said = self._clock()
        if self._out.is_terminal:
            self._live = Progress(
                TextColumn("{task.description}"),
                BarColumn(bar_width=20),
                TextColumn("{task.fields[count]}"),
                TextColumn("{task.fields[left]}", style="bright_black"),
                console=self._out,
                transient=True,
            )
            self._live.start()
        return self

    def __exit__(self, *_why: object) -> None:
        if self._live is not None:
            self._live.stop()

    def begin(self, name: str, *, total: int | None = None, unit: str = "steps") -> None:
        """Start a piece of work inside the one that is going on."""
        work = _Work(clean(name), total, unit)
        if self._live is not None:
            work.task = self._live.add_task("", total=1.0, count="", left="")
        self._stack.append(work)
        self._draw()

    def advance(self, units: int = 1, *, note: str = "") -> None:
        """Say that `units` more are done; `note` names the last of them."""
        if not self._stack:
            return
        work = self._stack[-1]
        work.done, work.note = work.done + units, clean(note)
        work.weight += SHARES.get(note, 0.0)
        self._draw()

    def end(self) -> None:
        """Say that the piece of work is done."""
        if self._stack:
            work = self._stack.pop()
            if self._live is not None and work.task is not None:
                self._live.remove_task(work.task)
        self._draw()

    def left(self) -> str:
        """Return the remaining time in words, estimated from the time so far and the share that is done."""
        share = self._share()
        spent = self._clock() - self._started
        if not share or spent < self._patience:
            return ""
        seconds = spent * (1 - share) / share
        return (
            f"about {seconds / 60:.0f} min left" if seconds >= 90 else f"about {max(seconds, 1):.0f} s left"
        )

    def _share(self) -> float | None:
        if not self._stack:
            return None
        share = self._stack[0].share()
        if share is not None and len(self._stack) > 1 and self._stack[0].staged:
            share += SHARES.get(_next_stage(self._stack[0]), 0.0) * (self._stack[1].share() or 0.0)
        return share

    def _draw(self) -> None:
        if self._live is None:
            self._say()
            return
        for work in self._stack:
            if work.task is not None:
                outer = work is self._stack[0]
                share = self._share() if outer else work.share()
                self._live.update(
                    work.task,
                    description=_doing(work),
                    count=_count(work),
                    left=self.left() if outer else "",
                    **({"total": None} if share is None else {"completed": share}),
                )

    def _say(self) -> None:
        """Write a line where there is no terminal: at most one every `patience` seconds."""
        now = self._clock()
        if self._stack and now - self._said >= self._patience:
            self._said = now
            words = ": ".join(f"{_doing(work)} {_count(work)}" for work in self._stack)
            left = self.left()
            self._out.print(f"{words}{', ' + left if left else ''}", markup=False)


def _doing(work: _Work) -> str:
    stage = _next_stage(work) if work.staged else ""
    return f"{work.name} ({stage})" if stage else work.name


def _next_stage(work: _Work) -> str:
    """Return the stage that runs now: the one after those that are done."""
    return next(iter(list(SHARES)[work.done :]), "")


def _count(work: _Work) -> str:
    total = "" if work.total is None else f" of {work.total:,}"
    return f"{work.done:,}{total} {work.unit}"
