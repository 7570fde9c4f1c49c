"""Tables whose second column is a plot: a real table to a screen reader, one picture to the eye."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from customer_genome.serving.report.svg import tag


def plot_table(head: Sequence[str], rows: Sequence[Markup], *, scale: Markup, kind: str = "") -> Markup:
    """The rows under their headings (name, plot, figures), and below them the plot's scale."""
    kinds = ("", "plot", *("num" for _ in head[2:]))
    cells = (tag("th", text, class_=of or None, scope="col") for text, of in zip(head, kinds, strict=True))
    below = tag("td", scale, class_="plot"), tag("td", "", colspan=str(len(head) - 2))
    foot = tag("tr", tag("td", ""), *below)
    parts = tag("thead", tag("tr", *cells)), tag("tbody", *rows), tag("tfoot", foot)
    return tag("table", *parts, class_=f"cg-plot {kind}".strip())


def plot_row(name: Markup, plot: Markup, *figures: Markup) -> Markup:
    """One row; each figure is made by `figure`."""
    return tag("tr", name, tag("td", plot, class_="plot"), *figures)


def gene_name(label: str, family: str) -> Markup:
    """A gene with its family beside it."""
    return tag("th", label, " ", tag("small", family), scope="row")


def figure(*content: str, label: str) -> Markup:
    """A cell of numbers; the label stands before it where the screen is too narrow for headings."""
    return tag("td", *content, class_="num", data_label=label)


def sides(left: str, right: str) -> Markup:
    """The heading of a plot with two directions."""
    return tag("span", tag("span", f"← {left}"), tag("span", f"{right} →"), class_="cg-sides")
