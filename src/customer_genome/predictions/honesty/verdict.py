"""Verdict: whether a model may be published, which it may only if it beats every baseline, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from customer_genome.predictions.honesty.backtest import Backtest, Judged
from customer_genome.predictions.honesty.bootstrap import Interval
from customer_genome.predictions.honesty.metrics import METRICS

NAMES = {name: metric.title for name, metric in METRICS.items()}
"""What the metrics are called where people read them."""


@dataclass(frozen=True)
class Verdict:
    """Whether `model` (the best; None where there is none) is published, and why, one sentence a reason.

    `proven`: it is surely better than every baseline, and not only so far.
    """

    published: bool
    model: str | None
    reasons: tuple[str, ...]
    proven: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values that JSON can hold."""
        return asdict(self)

    @classmethod
    def from_dict(cls, found: Mapping[str, Any], /) -> Self:
        """Rebuild a verdict from what `to_dict` gave."""
        return cls(found["published"], found["model"], tuple(found["reasons"]), found["proven"])


def verdict(tested: Backtest, /) -> Verdict:
    """Return the verdict on the best model of a backtest.

    It is published if it is better than each baseline in the primary metric, and proven if the whole 95 % interval of
    the paired difference says so. A baseline for which that metric is undefined cannot be compared, and does not stand
    in the way; where that is so for all, nothing is shown and nothing published.
    """
    if tested.best is None:
        return Verdict(False, None, tuple(_no_model(tested)))
    against = {name: found[tested.primary] for name, found in tested.gains[tested.best].items()}
    compared = {name: found for name, found in against.items() if found.value is not None}
    if not compared:
        reason = f"no baseline could be compared: {_why_not(tested, tested.best)}"
        return Verdict(False, tested.best, (reason,))
    lost = {name: found for name, found in compared.items() if (found.value or 0) <= 0}
    shown = lost or compared
    reasons = tuple(_compared(tested, name, found) for name, found in shown.items())
    return Verdict(not lost, tested.best, reasons, not lost and all(map(_surely, compared.values())))


def number(value: float | None, /) -> str:
    """Return a number with three digits that count, or what stands for an unknown one."""
    if value is None:
        return "unknown"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value + 0.0:.3g}"


def span(found: Interval, /) -> str:
    """Return a number with its bounds: `0.012 (0.003 to 0.021)`."""
    if found.value is None:
        return f"unknown ({found.reason})"
    return f"{number(found.value)} ({number(found.low)} to {number(found.high)})"


def _surely(found: Interval) -> bool:
    return found.low is not None and found.low > 0


def _compared(tested: Backtest, baseline: str, found: Interval) -> str:
    """Say how the model stands against a baseline: it does not beat it, beats it, or beats it so far."""
    verb = (
        "does not beat"
        if (found.value or 0) <= 0
        else "beats"
        if _surely(found)
        else "beats, though not surely,"
    )
    return f"{tested.best} {verb} {baseline} {_difference(tested, found)}"


def _difference(tested: Backtest, found: Interval) -> str:
    better = "less is better, gain" if METRICS[tested.primary].sign < 0 else "difference"
    return f"in {METRICS[tested.primary].title}: {better} {span(found)}"


def _no_model(tested: Backtest) -> list[str]:
    models: dict[str, Judged] = {name: tested.models[name] for name in tested.gains}
    if not models:
        return ["there is no model"]
    return [f"{name}: {one.failed or _why_not(tested, name)}" for name, one in models.items()]


def _why_not(tested: Backtest, model: str) -> str:
    found = tested.models[model].metrics[tested.primary]
    if found.value is None:
        return f"{METRICS[tested.primary].title} is unknown, because {found.reason}"
    return f"{METRICS[tested.primary].title} of the baselines is unknown"
