"""The report's second part: the same genes of three customers, each genome ready to draw."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from customer_genome.serving.report.choose import Chosen
from customer_genome.serving.report.gene_names import BEHAVIOUR, CHANNEL, FACTS, chromosomes, sentence
from customer_genome.serving.report.picture import Band, Chromosome, GenomePicture
from customer_genome.serving.report.reading import Reading
from customer_genome.serving.report.wording import day, money

ROOM = {"category": 56, "channel": 20, "message": 24}
"""Bands that a chromosome has room for; 28 where it is not named."""
WHOLE = 12
"""A family of so few genes is drawn whole."""
Row = dict[str, Any]
Rows = Mapping[str, Mapping[str, Row]]
"""Expressions by customer and gene."""


@dataclass(frozen=True)
class Gathered:
    """What the pictures are made of, read once for all customers."""

    genes: Mapping[str, Row]
    expressions: Rows
    touched: Mapping[tuple[str, str], Row]
    facts: Mapping[str, Mapping[str, Row]]
    totals: Mapping[str, Row]
    names: Mapping[str, str]


def build_genomes(reading: Reading, *, chosen: tuple[Chosen, ...]) -> tuple[GenomePicture, ...]:
    """Return the pictures of the chosen customers: the same chromosomes and genes in the same order for each."""
    ids = [one.customer_id for one in chosen]
    found = _gather(reading, ids)
    drawn = _drawn(reading, found)
    attributes = sorted({name for facts in found.facts.values() for name in facts} | _attributes(reading))
    return tuple(
        GenomePicture(
            customer_id=one.customer_id,
            name=found.names[one.customer_id],
            chromosomes=_chromosomes(reading, found, one.customer_id, drawn=drawn, attributes=attributes),
            as_of=reading.as_of,
            phase=sentence(found.totals[one.customer_id]["phase"] or ""),
            summary=_summary(reading, found.totals[one.customer_id]),
            strongest=_extreme(reading, found, one.customer_id, sign=1),
            weakest=_extreme(reading, found, one.customer_id, sign=-1),
            why_chosen=one.why,
        )
        for one in chosen
    )


def band(reading: Reading, row: Row | None, *, gene: str, touched: Row | None = None) -> Band:
    """Return one gene of one customer as it is drawn; without a row it is unknown."""
    label = reading.names.label(gene)
    if row is None or row["strength"] is None:
        return Band(gene, label, reason="no choice so far that could tell")
    value = row["reading"] or ""
    words = _evidence_words(reading, row, touched) if gene.partition(":")[0] != BEHAVIOUR else ""
    return Band(
        gene, label, row["strength"], row["low"], row["high"], row["evidence"] or 0.0, words, value=value
    )


def _gather(reading: Reading, ids: list[str]) -> Gathered:
    genes = {row["gene"]: row for row in reading.rows(_GENES, "genes")}
    expressions: dict[str, dict[str, Row]] = {customer: {} for customer in ids}
    for row in reading.rows(_EXPRESSIONS, "expressions", "genes", "behaviour", customers=ids):
        if row["gene"] in genes:
            expressions[row["customer_id"]][row["gene"]] = row
    facts: dict[str, dict[str, Row]] = {customer: {} for customer in ids}
    for row in reading.rows(_FACTS, "facts", customers=ids):
        facts[row["customer_id"]][row["attribute"]] = row
    touched = reading.rows(_TOUCHED, "evidence", "item_dna", customers=ids)
    return Gathered(
        genes=genes,
        expressions=expressions,
        touched={(row["customer_id"], row["gene"]): row for row in touched},
        facts=facts,
        totals={
            row["customer_id"]: row for row in reading.rows(_ABOUT, "customers", "phases", customers=ids)
        },
        names=reading.called(ids),
    )


def _drawn(reading: Reading, found: Gathered) -> dict[str, tuple[list[str], int]]:
    """Return by chromosome the genes to draw, in order, and how many are left out.

    Small families are drawn whole. Up to two thirds of the room left go to genes that one of the customers
    surely has more of than expected, the rest to those that one has surely less of, then to those with most
    evidence. A place tells only by who goes there. A gene named by a number alone is drawn only where its
    whole chromosome is.
    """
    sizes = Counter(row["family"] for row in found.genes.values())
    families: dict[str, list[str]] = {}
    for gene, row in found.genes.items():
        families.setdefault(reading.names.chromosome(row["family"]), []).append(gene)
    drawn = {}
    for chromosome, every in families.items():
        genes = [gene for gene in every if reading.names.named(gene)] or every
        room = ROOM.get(chromosome, 28)
        whole = [gene for gene in genes if sizes[found.genes[gene]["family"]] <= WHOLE]
        rest = sorted(set(genes) - set(whole), key=lambda gene: (*_telling(found, gene, sign=1), gene))
        cut = max(room - len(whole), 0) * 2 // 3
        less = sorted(rest[cut:], key=lambda gene: (*_telling(found, gene, sign=-1), gene))
        kept = sorted([*whole, *rest[:cut], *less][:room], key=reading.names.place)
        drawn[chromosome] = (kept, len(every) - len(kept))
    return drawn


def _telling(found: Gathered, gene: str, *, sign: int) -> tuple[float, float]:
    """Return a sort key, the most telling gene first; of places only that someone goes there tells."""
    rows = [genes[gene] for genes in found.expressions.values() if gene in genes]
    place = found.genes[gene]["family"] == CHANNEL and sign < 0
    sure = max((away(row) for row in rows if (row["low"] or 0) > 1 or sign < 0), default=0.0)
    return 0.0 if place else -sure, -sum(row["evidence"] or 0 for row in rows)


def away(row: Row) -> float:
    """Return how far an interval lies from 1, in doublings; 0 where it holds 1 or is not known."""
    if row["low"] is None or row["high"] is None:
        return 0.0
    return max(math.log2(max(row["low"], 1e-6)), -math.log2(max(row["high"], 1e-6)), 0.0)


def _chromosomes(
    reading: Reading,
    found: Gathered,
    customer: str,
    *,
    drawn: Mapping[str, tuple[list[str], int]],
    attributes: list[str],
) -> tuple[Chromosome, ...]:
    made = []
    for name in chromosomes(set(drawn) | ({FACTS} if attributes else set())):
        if name == FACTS:
            bands = tuple(_fact(found.facts[customer].get(one), one) for one in attributes)
            made.append(Chromosome(FACTS, reading.names.title(FACTS), bands))
            continue
        genes, hidden = drawn[name]
        rows = found.expressions[customer]
        bands = tuple(
            band(reading, rows.get(gene), gene=gene, touched=found.touched.get((customer, gene)))
            for gene in genes
        )
        made.append(Chromosome(name, reading.names.title(name), bands, hidden))
    return tuple(made)


def _fact(row: Row | None, attribute: str) -> Band:
    label = sentence(attribute)
    if row is None:
        return Band(f"{FACTS}:{attribute}", label, reason="no source says")
    if row["value"] is None:
        return Band(f"{FACTS}:{attribute}", label, reason="the sources disagree")
    return Band(
        f"{FACTS}:{attribute}",
        label,
        value=row["value"],
        precision=row["precision"],
        evidence_words=row["status"],
    )


def _attributes(reading: Reading) -> set[str]:
    """Return the attributes that some customer has a fact of."""
    found = reading.rows("SELECT DISTINCT attribute FROM facts", "facts")
    return {row["attribute"] for row in found}


def _extreme(
    reading: Reading, found: Gathered, customer: str, *, sign: int, most: int = 10
) -> tuple[Band, ...]:
    """Return the genes most surely above (sign 1) or below what was expected, among those that people know."""
    rows = [
        row
        for gene, row in found.expressions[customer].items()
        if reading.names.tells(gene) and away(row) > 0 and (row["low"] > 1) == (sign > 0)
    ]
    ranked = sorted(rows, key=lambda row: (-away(row), row["gene"]))[:most]
    return tuple(
        band(reading, row, gene=row["gene"], touched=found.touched.get((customer, row["gene"])))
        for row in ranked
    )


def _evidence_words(reading: Reading, row: Row, touched: Row | None) -> str:
    number = int(row["evidence"] or 0)
    unit = reading.session_word if row["unit"] == "session" else "items"
    if not number:
        return f"no {unit} with it, where some were expected"
    said = f"{number:,} {unit[:-1] if number == 1 else unit}"
    if touched is None:
        return said
    days = (reading.as_of - touched["last_at"]).days
    ago = "in the last day" if days < 1 else "1 day ago" if days == 1 else f"{days:,} days ago"
    return f"{said}, last {ago}" if days >= 1 else f"{said}, the last one {ago}"


def _summary(reading: Reading, total: Row) -> tuple[tuple[str, str], ...]:
    seen = [
        ("First seen", total["first_at"]),
        ("Last seen", total["last_at"]),
    ]
    return (
        ("Spent", money(total["revenue"], reading.project.currency)),
        (sentence(reading.session_word), f"{total['sessions']:,}"),
        *((name, day(at.astimezone(reading.zone).date()) if at else "never") for name, at in seen),
    )


_GENES = "SELECT gene, family, unit FROM genes WHERE standing <> 'hidden'"
_EXPRESSIONS = """
SELECT e.customer_id, e.gene, e.strength, e.low, e.high, e.evidence, b.reading, g.unit
FROM expressions AS e JOIN genes AS g ON e.gene = g.gene
LEFT JOIN behaviour AS b ON e.customer_id = b.customer_id AND e.gene = b.gene
WHERE LIST_CONTAINS($customers, e.customer_id)"""
_FACTS = "SELECT * FROM facts WHERE LIST_CONTAINS($customers, customer_id)"
_TOUCHED = """
SELECT e.customer_id, d.gene, MAX(e.last_at) AS last_at
FROM (SELECT * FROM evidence WHERE LIST_CONTAINS($customers, customer_id)) AS e
JOIN item_dna AS d ON e.item_id = d.item_id GROUP BY e.customer_id, d.gene"""
_ABOUT = """
SELECT c.*, p.phase FROM customers AS c LEFT JOIN phases AS p ON c.customer_id = p.customer_id
WHERE LIST_CONTAINS($customers, c.customer_id)"""
