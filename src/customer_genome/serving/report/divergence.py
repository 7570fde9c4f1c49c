"""What makes two customers alike and what sets them apart: bars to the right and to the left of an axis."""

from __future__ import annotations

from markupsafe import Markup

from customer_genome.serving.report.axis import Axis, even_axis, grid, scale
from customer_genome.serving.report.picture import Band, Comparison, Contribution
from customer_genome.serving.report.svg import percent, strip, tag
from customer_genome.serving.report.table import figure, gene_name, plot_row, plot_table, sides
from customer_genome.serving.report.wording import signed, times

_ROW = 20.0


def divergence(comparison: Comparison, *, most: int = 8) -> Markup:
    """The largest contributions of each sign, those that make the two alike first, as a table with bars."""
    ranked = sorted(comparison.contributions, key=lambda part: -part.contribution)
    alike = [part for part in ranked if part.contribution > 0][:most]
    apart = [part for part in ranked if part.contribution < 0][-most:]
    shown = (*alike, *apart)
    axis = even_axis([part.contribution for part in shown])
    names = (comparison.left.name, comparison.right.name)
    head = ("Gene", sides("sets them apart", "makes them alike"), "Adds", *names)
    return plot_table(head, [_row(part, axis, names) for part in shown], scale=scale(axis, _tick))


def _row(part: Contribution, axis: Axis, names: tuple[str, str]) -> Markup:
    return plot_row(
        gene_name(part.label, part.family),
        _mark(part, axis),
        figure(tag("b", signed(part.contribution, 3)), label="adds"),
        figure(_level(part.left), label=names[0]),
        figure(_level(part.right), label=names[1]),
    )


def _mark(part: Contribution, axis: Axis) -> Markup:
    zero, end = axis.place(0.0), axis.place(part.contribution)
    place = {"x": percent(min(zero, end)), "width": percent(abs(end - zero))}
    bar = tag("rect", **place, y="4", height=str(_ROW - 8), rx="1.5", class_="bar")
    kind = "cg-bar alike" if part.contribution > 0 else "cg-bar apart"
    return strip(grid(axis, height=_ROW), bar, grid(axis, height=_ROW, null=0.0), height=_ROW, class_=kind)


def _tick(value: float) -> str:
    return signed(value, 3).rstrip("0").rstrip(".") if value else "0"


def _level(band: Band | None) -> str:
    if band is None:
        return "–"
    return band.value if band.strength is None and band.value else times(band.strength)
