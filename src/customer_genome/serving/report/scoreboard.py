"""All learned targets in one table: what each says, how its model did in the test, and whether it is shown."""

from __future__ import annotations

from markupsafe import Markup

from customer_genome.serving.report.foretold import Amount, LearnedTarget, Ranged, Targets
from customer_genome.serving.report.measures import measure_name, measured
from customer_genome.serving.report.svg import tag
from customer_genome.serving.report.wording import count, day, money, share

_HEAD = (
    ("Prediction", ""),
    ("Customers", "num"),
    ("In the test", "num"),
    ("Measure", ""),
    ("This model", "num"),
    ("Best naive rule", "num"),
    ("Better by", "num"),
    ("Shown?", ""),
)


def scoreboard(targets: Targets, *, currency: str) -> Markup:
    """The table; where the screen is narrow each row becomes a block of labelled figures."""
    cells = (tag("th", text, class_=kind or None, scope="col") for text, kind in _HEAD)
    rows = (_row(target, currency) for target in targets.learned)
    return tag("table", tag("thead", tag("tr", *cells)), tag("tbody", *rows), class_="cg-table cg-targets")


def usual(target: LearnedTarget, *, currency: str) -> tuple[str, str]:
    """How common it was in the test, and of what."""
    if target.usual is None:
        return "–", ""
    if target.kind == "money":
        return money(target.usual, currency), "a customer"
    if target.kind == "times":
        return f"{target.usual:.2f}", "times a customer"
    return share(target.usual), "of all pairs" if target.kind == "pair" else "of them"


def expected(amount: Amount, *, currency: str) -> Markup:
    """An expected amount with its range."""
    found = amount.expected

    def said(value: float) -> str:
        return f"{value:.1f} times" if amount.kind == "times" else money(value, currency)

    value = tag("b", "unknown" if found.value is None else said(found.value))
    if found.low is None or found.high is None:
        return value
    return value + tag("small", f" ({said(found.low)} to {said(found.high)})")


def _row(target: LearnedTarget, currency: str) -> Markup:
    model, rule, gain = (
        _measure(found, target, currency) for found in (target.model, target.rule, target.gain)
    )
    known, of = usual(target, currency=currency)
    rule_name = tag("small", target.rule_name, class_="why name") if target.metric else Markup("")
    return tag(
        "tr",
        tag("th", target.label, tag("small", target.says, class_="why"), scope="row"),
        tag("td", "–" if target.customers is None else count(target.customers), class_="num", data_label="customers"),
        tag("td", known, tag("small", of, class_="why"), class_="num", data_label="in the test"),
        tag("td", measure_name(target.metric) or "not tested", data_label="measure"),
        tag("td", *model, class_="num", data_label="this model"),
        tag("td", *rule, rule_name, class_="num", data_label="best naive rule"),
        tag("td", *gain, class_="num", data_label="better by"),
        tag("td", *_verdict(target), data_label="shown"),
    )  # fmt: skip


def _measure(found: Ranged, target: LearnedTarget, currency: str) -> tuple[Markup, Markup] | tuple[Markup]:
    if found.value is None:
        return (Markup("–"),)
    value, bounds = measured(found, target, currency=currency)
    return tag("b", value), tag("small", bounds, class_="why")


def _verdict(target: LearnedTarget) -> tuple[Markup, Markup]:
    mark = tag("b", target.verdict)
    when = f"; predicted as of {day(target.as_of)}" if target.as_of is not None else ""
    return mark, tag("small", target.reason + when, class_="why")
