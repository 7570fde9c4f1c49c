"""How a source's columns become items and item DNA: parts of `genome.yaml`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, get_args

from pydantic import Field

from customer_genome.core.model import Column, Count, Expression, Fault, Model, Name, Regex, Text

Sensitivity = Literal["ordinary", "personal", "special"]
Unit = Literal["item", "session"]
Markers = Literal["offer", "urgency", "personal", "tone", "traits", "scent"]
"""What the lexicon (genome/words_lexicon.yaml) holds patterns for."""
Reading = Literal["terms", "offer", "urgency", "personal", "tone", "style", "traits", "scent", "pack"]
"""What `how: words` reads: terms, a group of the lexicon, the style of writing, or the size of the pack."""


class DnaRule(Model):
    """How a family of genes is read off the items of a catalogue; a gene is named `family:label`.

    `one_hot` makes a gene of each value, `terms` one of each pattern that is found in the value, `bins`
    cuts a number into equal shares of the category's items, `price_tiers` does so with the price. `words`
    reads a subject line, a title, a name or a description: frequent telling terms and the markers of a lexicon.
    """

    family: Name
    """The first part of the genes' names, such as brand."""
    how: Literal["one_hot", "terms", "bins", "price_tiers", "words"]
    """How labels are made from values."""
    label: Text | None = None
    """What people read for the family; without it, its name."""
    value: Expression | None = None
    """What is looked at. `price_tiers` may do without: it then looks at the price paid, value / quantity."""
    terms: dict[Text, Regex] | None = Field(default=None, min_length=1)
    """For `terms`: label to a regular expression (RE2) sought anywhere in the value, upper or lower case."""
    bins: tuple[Text, ...] = Field(default=("low", "mid", "high"), min_length=2, max_length=10)
    """For `bins` and `price_tiers`: the labels, lowest first."""
    within: Expression | None = None
    """For `bins` and `price_tiers`: bins are made apart for each value of this too, such as a size's unit."""
    read: tuple[Reading, ...] = ("terms",)
    """For `words`: terms, offer, urgency, personal (a name, you), tone, style (length, emoji, question, digits,
    capitals), traits (organic, vegan, kids, ...), scent, pack (size and multi-pack)."""
    most: Count = 50
    """For `words`: at most so many terms, those first that say most within the categories."""
    lexicon: dict[Markers, dict[Text, Regex | None]] = Field(default_factory=dict)
    """For `words`: group to marker to a regular expression, in place of the package's own; null drops the marker."""
    unit: Unit = "item"
    """What counts once as evidence: the distinct item, or the distinct session (for categories)."""
    minimum_items: Count = 1
    """A label that fewer items carry makes no gene."""
    minimum_customers: Count = 30
    """A label whose items fewer customers met makes no gene."""
    sensitivity: Sensitivity = "ordinary"
    """How careful one must be with the family."""

    @classmethod
    def faults(cls, raw: Mapping[str, Any]) -> Iterator[Fault]:
        """Each way of reading asks for its own keys."""
        how = raw.get("how")
        if how not in ("one_hot", "terms", "bins", "price_tiers", "words"):
            return
        if how != "price_tiers" and raw.get("value") is None:
            yield Fault(("value",), "nothing", f"an expression: `how: {how}` looks at it")
        if how == "terms" and raw.get("terms") is None:
            yield Fault(("terms",), "nothing", "label to pattern: `how: terms` seeks them")
        for key, meant in _BELONGS.items():
            if raw.get(key) is not None and how not in meant:
                yield Fault(
                    (key,), f"`{key}` beside `how: {how}`", f"it beside `how: {'` or `'.join(meant)}` only"
                )
        labels = [str(label) for label in raw["bins"]] if isinstance(raw.get("bins"), list) else []
        if len(set(labels)) < len(labels):
            yield Fault(("bins",), "a label twice", "labels that differ")

        yield from _words(raw)


def _words(raw: Mapping[str, Any]) -> Iterator[Fault]:
    """What is read is read once, and a marker that is given belongs to what is read."""
    read = raw["read"] if isinstance(raw.get("read"), list) else ["terms"]
    if not read:
        yield Fault(("read",), "nothing", "at least one thing to read")
    for place, name in enumerate(read):
        if name in read[:place]:
            yield Fault(("read", place), f"`{name}` a second time", "each once")
    given = raw["lexicon"] if isinstance(raw.get("lexicon"), Mapping) else {}
    for group in given:
        if raw.get("how") == "words" and group in get_args(Markers) and group not in read:
            yield Fault(("lexicon", group), f"`{group}`, which is not read", f"`{group}` in `read`, too")


_BELONGS = {
    "terms": ("terms",),
    "bins": ("bins", "price_tiers"),
    "within": ("bins", "price_tiers"),
    **dict.fromkeys(("read", "most", "lexicon"), ("words",)),
}


class ItemMapping(Model):
    """Rows that describe items: `{item: sku, kind: product, title: name, category: group, dna: [...]}`."""

    item: Expression
    """Expression of the item's id, as interactions have it."""
    kind: Name
    """What the items are (a name, not an expression): product, coupon, e-mail, feature."""
    title: Expression | None = None
    """What people read for the item."""
    category: Expression | None = None
    """The stratum inside which choices are compared."""
    group: Expression | None = None
    """A wider stratum, such as a department of the store, for genes that vary inside few categories."""
    properties: tuple[Column, ...] = ()
    """Columns (names, not expressions) that are kept beside, as JSON."""
    dna: tuple[DnaRule, ...] = ()
    """The families of genes that are read off these items."""

    @classmethod
    def faults(cls, raw: Mapping[str, Any]) -> Iterator[Fault]:
        """A family is declared once."""
        rules = raw["dna"] if isinstance(raw.get("dna"), list) else []
        families = [rule.get("family") if isinstance(rule, Mapping) else None for rule in rules]
        for place, family in enumerate(families):
            if family is not None and family in families[:place]:
                yield Fault(("dna", place, "family"), f"`{family}` a second time", "each family once")


class DnaMapping(Model):
    """Rows that say which gene an item carries and how strongly: `{item: sku, family: tag, gene: tag}`."""

    item: Expression
    """Expression of the item's id."""
    family: Name
    """The first part of the genes' names (a name, not an expression)."""
    gene: Expression
    """Expression of the label: the gene is named `family:label`."""
    strength: Expression = "1"
    """Expression of a number from 0 to 1. It comes before what rules say of the item and the gene; 0 takes the gene
    from the item."""
    label: Text | None = None
    """What people read for the family; without it, its name."""
    unit: Unit = "item"
    """What counts once as evidence: the distinct item, or the distinct session."""
    minimum_items: Count = 1
    """A label that fewer items carry makes no gene."""
    minimum_customers: Count = 30
    """A label whose items fewer customers met makes no gene."""
    sensitivity: Sensitivity = "ordinary"
    """How careful one must be with the family."""
