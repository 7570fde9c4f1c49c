"""Card page: a model card as Markdown, for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from customer_genome.predictions.honesty.backtest import Backtest
from customer_genome.predictions.honesty.card import Card
from customer_genome.predictions.honesty.metrics import METRICS
from customer_genome.predictions.honesty.verdict import number, span

_BARS = 20
"""Characters of a full bar in the reliability diagram."""


def card_page(card: Card, /) -> str:
    """Return the page: what is predicted, whether it is published, on what evidence, and what it cannot say."""
    state = "published" if card.verdict.published else "refused: it is not published"
    parts = [
        f"# {card.name}",
        f"{card.says} **{state[0].upper()}{state[1:]}.**",
        _list(card.verdict.reasons),
        _section("Stale", card.stale),
        _facts(card),
        *_backtest_parts(card.backtest),
        _section("Drift", (*(shift.words for shift in card.drift), *card.performance)),
        _section("What it cannot say", card.limits),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def day(moment: float, /) -> str:
    """Return the local date of a moment."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=moment)).date().isoformat()


def _facts(card: Card) -> str:
    model = card.verdict.model or "none"
    families = ", ".join(f"{name} ({count})" for name, count in card.families.items()) or "none"
    rows = (
        ("model", model),
        ("horizon", f"{card.target['horizon']:g} days"),
        ("population", f"`{card.target['population']}`"),
        ("purpose", f"{card.purpose}, legal basis {card.basis.replace('_', ' ')} ({card.consent})"),
        ("data as of", day(card.as_of)),
        ("customers who trained it", f"{card.subjects:,} (manifest {card.manifest})"),
        ("features", families),
        ("version", card.version),
    )
    return _table(("", ""), rows)


def _backtest_parts(tested: Backtest | None) -> Iterator[str]:
    if tested is None:
        return
    what = "in sum" if tested.primary in {"rmse", "mae"} else "came true"
    cutoffs = ", ".join(
        f"{day(moment)} ({customers:,} customers, {number(happened)} {what})"
        for moment, customers, happened in zip(tested.moments, tested.customers, tested.happened, strict=True)
    )
    names = list(next(iter(tested.models.values())).metrics) if tested.models else []
    yield "## Backtest"
    yield f"Learned anew before and tested after each of: {cutoffs}. In brackets the 95 % interval over customers."
    rows = (
        (f"**{name}**" if name == tested.best else name, *(span(one.metrics[m]) for m in names))
        for name, one in tested.models.items()
    )
    yield _table(("", *(METRICS[name].title for name in names)), rows)
    if tested.best is None:
        return
    against = tested.gains[tested.best]
    if against:
        yield f"By how much {tested.best} is better (below 0: worse):"
        yield _table(
            ("than", *(METRICS[name].title for name in names)),
            ((other, *(span(found[m]) for m in names)) for other, found in against.items()),
        )
    yield from _honesty_parts(tested, tested.best)


def _honesty_parts(tested: Backtest, model: str) -> Iterator[str]:
    best = tested.models[model]
    if best.reliability:
        yield "## Calibration"
        yield _table(
            ("cases", "said", "came true (95 %)", ""),
            (
                (f"{b.cases:,}", f"{b.said:.1%}", f"{b.came_true:.1%} ({b.low:.1%} to {b.high:.1%})", _bar(b.came_true))
                for b in best.reliability
            ),
        )  # fmt: skip
    if best.coverage:
        held = best.coverage
        yield "## Coverage"
        share = f"{held.held:.1%} ({held.low:.1%} to {held.high:.1%})"
        yield f"Stated bounds held the truth in {share} of {held.cases:,} cases; they were {number(held.width)} wide."


def _bar(share: float) -> str:
    return "█" * round(share * _BARS)


def _section(title: str, lines: Sequence[str]) -> str:
    return f"## {title}\n\n{_list(lines)}" if lines else ""


def _list(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _table(head: Sequence[str], rows: Iterator[Sequence[str]] | Sequence[Sequence[str]]) -> str:
    lines = (head, ["---"] * len(head), *rows)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
