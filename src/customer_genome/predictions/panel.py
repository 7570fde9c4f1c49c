"""Panel: a history seen from a moment and from earlier ones, which is all that a model may learn from."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

from customer_genome.predictions.baskets import Baskets, baskets
from customer_genome.predictions.history import History

Made = TypeVar("Made")


MOMENTS = 2
"""Earlier moments of which what was derived is kept: a cut is as large as the history."""


class Panel:
    """What was known before `as_of` (local days since 1970), and what had been known before earlier moments.

    What is derived from the history is kept, so that many targets share it; of earlier moments only that of the
    last few asked about. The rows known at `as_of` or later are gone: no feature and no label can hold them.
    """

    def __init__(self, history: History, *, as_of: float) -> None:
        self.history, self.as_of = history.before(as_of), as_of
        self._kept: dict[Hashable, Any] = {}
        self._moments: dict[float, set[Hashable]] = {}

    def cut(self, moment: float, /) -> History:
        """Return what had been known before `moment`; raises ValueError for a moment after `as_of`."""
        if moment > self.as_of:
            raise ValueError(f"the moment {moment} lies after {self.as_of}")
        if moment == self.as_of:
            return self.history
        return self.keep("cut", lambda: self.history.before(moment), moment=moment)

    def earlier(self, moment: float, /) -> Panel:
        """Return the panel as it would have been at an earlier moment, kept for all targets that are tested there."""
        return self.keep(("earlier", moment), lambda: Panel(self.history, as_of=moment))

    def baskets(self, moment: float, /, *, level: str) -> Baskets:
        """Return the baskets before `moment` at a level."""
        return self.keep(("baskets", level), lambda: baskets(self.cut(moment), level=level), moment=moment)

    def moments(self, *, horizon: float, step: float, count: int, warm_up: float = 56) -> tuple[float, ...]:
        """Return up to `count` moments whose `horizon` is over, newest first, `step` days apart.

        Each has at least `warm_up` days of history before it.
        """
        first = self.history.first_day + warm_up
        wanted = (self.as_of - horizon - place * step for place in range(count))
        return tuple(moment for moment in wanted if moment >= first)

    def keep(self, key: Hashable, make: Callable[[], Made], *, moment: float | None = None) -> Made:
        """Return what was made under `key`, made now if it is not kept.

        What is of an earlier `moment` is let go when other moments were asked about since.
        """
        key = (key, moment)
        if moment is not None and moment != self.as_of:
            self._touch(moment).add(key)
        if key not in self._kept:
            self._kept[key] = make()
        return cast("Made", self._kept[key])

    def _touch(self, moment: float) -> set[Hashable]:
        """Return the keys of a moment, now the last one asked about, and let go of the oldest beyond `MOMENTS`."""
        keys = self._moments.pop(moment, set())
        self._moments[moment] = keys
        while len(self._moments) > MOMENTS:
            for gone in self._moments.pop(next(iter(self._moments))):
                self._kept.pop(gone, None)
        return keys
