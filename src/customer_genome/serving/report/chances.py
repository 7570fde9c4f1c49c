"""What one customer will probably do next: a dot on 0..1 for each item or target, beside everybody's rate."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from customer_genome.serving.report.axis import chance_axis, grid, scale
from customer_genome.serving.report.foretold import CustomerPredictions, Prediction
from customer_genome.serving.report.svg import percent, strip, tag
from customer_genome.serving.report.table import figure, plot_row, plot_table
from customer_genome.serving.report.wording import share

_ROW = 22.0


def chances(customer: CustomerPredictions) -> Markup:
    """The predictions as a table whose middle column is the scale; the base rate is an upright stroke."""
    return chance_table(customer.predictions, of="Item")


def chance_table(predictions: Sequence[Prediction], *, of: str) -> Markup:
    """Any chances as such a table; `of` says what they are of."""
    head = (of, "Probability", "This customer", "All")
    rows = [_row(prediction) for prediction in predictions]
    return plot_table(head, rows, scale=scale(chance_axis(), _tick), kind="cg-chances")


def chance_mark(prediction: Prediction) -> Markup:
    """One chance on its scale: a dot with its interval, and a stroke at the base rate."""
    axis = chance_axis()
    found = axis.place(prediction.probability)
    marks = [grid(axis, height=_ROW)]
    if prediction.base_rate is not None:
        base = axis.place(prediction.base_rate)
        marks.append(_line(base, found, "link"))
        marks.append(tag("line", x1=percent(base), x2=percent(base), y1=4, y2=_ROW - 4, class_="base"))
    if prediction.low is not None and prediction.high is not None:
        marks.append(_line(axis.place(prediction.low), axis.place(prediction.high), "bar"))
    marks.append(tag("circle", cx=percent(found), cy=_ROW / 2, r=4.5, class_="dot"))
    return strip(*marks, height=_ROW, class_="cg-mark chance")


def bounds(prediction: Prediction) -> Markup:
    """The interval in brackets, nothing where it is unknown."""
    if prediction.low is None or prediction.high is None:
        return Markup("")
    return tag("small", f" ({share(prediction.low).rstrip('%')} to {share(prediction.high)})")


def _row(prediction: Prediction) -> Markup:
    why = tag("small", prediction.reason, class_="why")
    return plot_row(
        tag("th", prediction.label, why, scope="row"),
        chance_mark(prediction),
        figure(tag("b", share(prediction.probability)), bounds(prediction), label="this customer"),
        figure("–" if prediction.base_rate is None else share(prediction.base_rate), label="all"),
    )


def _line(start: float, end: float, kind: str) -> Markup:
    return tag("line", x1=percent(start), x2=percent(end), y1=_ROW / 2, y2=_ROW / 2, class_=kind)


def _tick(value: float) -> str:
    return f"{100 * value:.0f}%"
