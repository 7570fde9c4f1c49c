"""A forest plot: each gene's effect as a dot with its interval, about the line of no difference."""

from __future__ import annotations

from markupsafe import Markup

from customer_genome.serving.report.axis import Axis, even_axis, grid, ratio_axis, scale
from customer_genome.serving.report.model import BestCustomers, SeparatingGene
from customer_genome.serving.report.svg import percent, strip, tag
from customer_genome.serving.report.table import figure, gene_name, plot_row, plot_table, sides
from customer_genome.serving.report.wording import discovery, share, signed, times

_ROW = 22.0


def forest(best: BestCustomers) -> Markup:
    """The separating genes as a table whose middle column is the plot; numbers beside every dot."""
    ratio = best.scale == "ratio"
    values = [value for gene in best.genes for value in (gene.low, gene.high, gene.effect)]
    axis = ratio_axis(values) if ratio else even_axis(values)
    directions = sides("less among the best", "more among the best")
    head = ("Gene", directions, f"Effect ({share(best.interval)} interval)", "q", "Found again")
    rows = [_row(gene, axis) for gene in best.genes]
    return plot_table(head, rows, scale=scale(axis, times if ratio else signed))


def _row(gene: SeparatingGene, axis: Axis) -> Markup:
    again = "–" if gene.stability is None else share(gene.stability, digits=0)
    low, effect, high = (_named(value, axis) for value in (gene.low, gene.effect, gene.high))
    return plot_row(
        gene_name(gene.label, gene.family),
        _mark(gene, axis),
        figure(tag("b", effect), f" ({low.rstrip('×')} to {high.rstrip('×')})", label="effect"),
        figure(discovery(gene.q), label="q"),
        figure(again, label="found again"),
    )


def _mark(gene: SeparatingGene, axis: Axis) -> Markup:
    null, middle = 1.0 if axis.log else 0.0, _ROW / 2
    kind = "open" if gene.low <= null <= gene.high else "up" if gene.effect > null else "down"
    ends = {"x1": percent(axis.place(gene.low)), "x2": percent(axis.place(gene.high))}
    bar = tag("line", **ends, y1=str(middle), y2=str(middle), class_="bar")
    dot = tag("circle", cx=percent(axis.place(gene.effect)), cy=middle, r=4.5, class_="dot")
    return strip(grid(axis, height=_ROW, null=null), bar, dot, height=_ROW, class_=f"cg-mark {kind}")


def _named(value: float, axis: Axis) -> str:
    return f"{value:.2f}×" if axis.log else signed(value)
