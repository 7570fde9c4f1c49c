"""A picture of probabilities over days: its place on the page, its frame, and names that stand apart at its end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from customer_genome.serving.report.svg import tag

LINE = 13.0
"""Height of a line of text, px."""


@dataclass(frozen=True)
class DayPlot:
    """Where the picture lies, px: `wide` days from `left` on, and `tall` probabilities below `top`."""

    left: float
    wide: float
    top: float
    tall: float

    def x(self, day: float, until: float) -> float:
        """Return where a day stands of a picture that ends at day `until`; later ones at its end."""
        return self.left + self.wide * min(day / until, 1.0)

    def y(self, chance: float) -> float:
        """Return where a probability stands; one outside 0 to 1 at the nearer end."""
        return self.top + self.tall * (1 - min(max(chance, 0.0), 1.0))

    def frame(self, until: float, *, said: Callable[[float], str], over: str) -> list[Markup]:
        """Return lines and figures at none, half and all; `said` writes a day, `over` names the days."""
        low, parts = self.top + self.tall, []
        for part in (0.0, 0.5, 1.0):
            x, y, kind = self.left + part * self.wide, low - part * self.tall, "tick" if part else "null"
            parts += [
                tag("line", x1=self.left, x2=self.left + self.wide, y1=y, y2=y, class_=kind),
                tag("text", f"{100 * part:.0f}%", x=self.left - 6, y=y + 4, text_anchor="end"),
                tag("text", said(part * until), x=x, y=low + 14, text_anchor="middle"),
            ]
        return [*parts, tag("text", over, x=self.left + self.wide / 2, y=low + 29, text_anchor="middle")]

    def apart(self, heights: Sequence[float]) -> list[float]:
        """Return rising heights of names moved so that none stands over another or below the picture."""
        found, lowest = [], self.top
        for height in heights:
            found.append(max(height, lowest))
            lowest = found[-1] + LINE
        limit = self.top + self.tall + 4
        for place in range(len(found) - 1, -1, -1):
            found[place] = min(found[place], limit)
            limit = found[place] - LINE
        return found
