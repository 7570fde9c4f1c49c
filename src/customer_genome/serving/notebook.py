"""Rich display in notebooks: a genome is drawn as its karyotype, a comparison as two of them mirrored."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from customer_genome.app.genome import Genome
from customer_genome.app.resemblance import Resemblance
from customer_genome.app.workspace import Workspace
from customer_genome.app.workspace import open as open_workspace
from customer_genome.serving.report.gene_names import FACTS, GeneNames, chromosomes, gene_names, sentence
from customer_genome.serving.report.karyotype import karyotype, style
from customer_genome.serving.report.mirror import mirror
from customer_genome.serving.report.picture import Band, Chromosome, GenomePicture

ROOM = 28
"""Bands on one chromosome: the best known genes of a family."""


def open(directory: Path | str = ".", *, as_of: str | None = None) -> Workspace:  # noqa: A001
    """Open the project in `directory` (`as_of`: as it was known before that moment).

    Inside a notebook, genomes and comparisons are drawn. Raises ProjectError or ConfigError.
    """
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is not None:
        show_in(shell)
    return open_workspace(directory, as_of=as_of)


def show_in(shell: Any) -> None:
    """Teach an IPython shell to draw genomes and comparisons."""
    html = shell.display_formatter.formatters["text/html"]
    html.for_type(Genome, draw)
    html.for_type(Resemblance, draw_both)


def draw(genome: Genome) -> str:
    """Return a genome's karyotype as HTML."""
    return str(karyotype(pictures(genome)[0]))


def draw_both(pair: Resemblance) -> str:
    """Return two genomes mirrored, as HTML."""
    left, right = pictures(pair.left, pair.right)
    return str(style()) + str(mirror(left, right))


def pictures(*genomes: Genome) -> tuple[GenomePicture, ...]:
    """Return genomes ready to draw: of each family the same genes, those with most evidence in all of them."""
    names = gene_names(genomes[0].project)
    rows = [{row["gene"]: row for row in one.expressions.to_pylist()} for one in genomes]
    families: dict[str, list[str]] = {}
    for gene in sorted(set().union(*rows)):
        families.setdefault(names.chromosome(gene.partition(":")[0]), []).append(gene)
    facts = sorted({row["attribute"] for one in genomes for row in one.facts.to_pylist()})
    drawn = {name: _chosen(genes, rows, names) for name, genes in families.items()}
    order = chromosomes(set(drawn) | ({FACTS} if facts else set()))
    return tuple(
        GenomePicture(
            customer_id=one.customer_id,
            name=one.customer_id,
            as_of=one.as_of.astimezone(one.project.tz),
            phase=sentence(one.phase or ""),
            chromosomes=tuple(
                _facts(one, facts, names)
                if name == FACTS
                else Chromosome(
                    name,
                    names.title(name),
                    tuple(_band(mine.get(gene), gene, names, one) for gene in drawn[name]),
                    len(families[name]) - len(drawn[name]),
                )
                for name in order
            ),
        )
        for one, mine in zip(genomes, rows, strict=True)
    )


def _chosen(genes: list[str], rows: list[dict[str, Any]], names: GeneNames) -> list[str]:
    named = [gene for gene in genes if names.tells(gene)] or genes
    known = sorted(named, key=lambda gene: -sum(row[gene]["evidence"] or 0 for row in rows if gene in row))
    return sorted(known[:ROOM], key=names.place)


def _band(row: dict[str, Any] | None, gene: str, names: GeneNames, one: Genome) -> Band:
    label = names.label(gene)
    if row is None or row["strength"] is None:
        return Band(gene, label, reason="no choice so far that could tell")
    value = one.readings.get(gene, "")
    return Band(gene, label, row["strength"], row["low"], row["high"], row["evidence"] or 0.0, value=value)


def _facts(one: Genome, attributes: list[str], names: GeneNames) -> Chromosome:
    held = {row["attribute"]: row for row in one.facts.to_pylist()}
    bands = [
        Band(
            f"{FACTS}:{name}",
            sentence(name),
            value=held[name]["value"] or "",
            evidence_words=held[name]["status"],
        )
        if name in held
        else Band(f"{FACTS}:{name}", sentence(name), reason="no source says")
        for name in attributes
    ]
    return Chromosome(FACTS, names.title(FACTS), tuple(bands))
