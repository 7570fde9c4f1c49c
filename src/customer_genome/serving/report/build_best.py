"""The report's fourth part: who counts as best, and the genes that set them apart."""

from __future__ import annotations

from math import log
from typing import Any

from customer_genome.app.best import CHECKS, what_genes_add
from customer_genome.core.project import Project
from customer_genome.serving.report.answers import ASSOCIATION
from customer_genome.serving.report.model import BestCustomers, SeparatingGene
from customer_genome.serving.report.reading import Reading
from customer_genome.serving.report.wording import share

SHOWN, LIMIT, STABLE, COMMON = 16, 0.05, 0.8, 0.25
"""Genes drawn; the false-discovery rate and the share of resamples that a gene must keep to be drawn; the share of
customers who show a gene that is not rare."""


def build_best(reading: Reading) -> BestCustomers:
    """Return the largest effects, above 1 and below, of genes that separate surely and do so again in resamples."""
    counted = reading.rows(_COUNTED, "best", "customers")[0]
    tested = reading.rows("SELECT COUNT(*) AS n FROM best_genes", "best_genes")[0]["n"]
    sure = reading.rows(_SURE, "best_genes", "genes", "expressions", limit=LIMIT, stable=STABLE)
    telling = [
        {**row, "rare": row["shown_by"] < COMMON * counted["customers"]}
        for row in sure
        if reading.names.tells(row["gene"]) and not row["restates"]
    ]
    return BestCustomers(
        best=counted["best"],
        customers=counted["customers"],
        definition=_definition(reading.project),
        effect_words="typical strength among the best ÷ typical strength among the rest",
        genes=tuple(
            SeparatingGene(
                label=reading.names.label(row["gene"]),
                family=reading.names.title(reading.names.chromosome(row["family"])),
                effect=row["effect"],
                low=row["low"],
                high=row["high"],
                q=row["q_value"],
                stability=row["stability"],
            )
            for row in _largest(telling)
        ),
        interval=0.95,
        revenue_share=counted["revenue_share"],
        tested=tested or None,
        picked=_picked(len(sure), sum(bool(row["restates"]) for row in sure)),
        honesty=_honesty(reading),
        reason="no gene separates them surely, and does so again in resamples",
    )


def _definition(project: Project) -> str:
    settings = project.best
    return (
        f"the {share(settings.share)} of customers with the highest value a day "
        f"({settings.words(project.verbs)}), a purchase counting half after {settings.half_life} days"
    )


def _honesty(reading: Reading) -> str:
    """Return what this cannot say, with what genes added on this company's own past."""
    added = what_genes_add(reading.rows(CHECKS.text, *CHECKS.reads))
    return " ".join((ASSOCIATION, *added)) if added else ""


def _picked(separating: int, restating: int) -> str:
    return (
        f"{separating:,} separate surely (q at most {LIMIT}, found again in at least {share(STABLE)} of resamples); "
        f"{restating:,} of them are left out: among customers who buy equally often they differ no more. "
        "The largest effects among them are drawn, half above 1× and half below where there are enough; "
        f"genes that fewer than {share(COMMON)} of customers show come last, "
        "and those known only by a number are left out, as are places."
    )


def _largest(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the largest effects, largest first: half of them above 1 and half below, as far as there are so many.

    On both sides genes that are not rare are taken first.
    """
    ranked = sorted(rows, key=lambda row: (row["rare"], -abs(log(row["effect"])), row["gene"]))
    more = [row for row in ranked if row["effect"] > 1]
    less = [row for row in ranked if row["effect"] <= 1]
    kept = min(len(more), max(SHOWN // 2, SHOWN - len(less)))
    return sorted(more[:kept] + less[: SHOWN - kept], key=lambda row: (-row["effect"], row["gene"]))


_COUNTED = """
SELECT COUNT(*) FILTER (WHERE b.is_best) AS best, COUNT(*) AS customers,
    SUM(c.revenue) FILTER (WHERE b.is_best) / NULLIF(SUM(c.revenue), 0) AS revenue_share
FROM best AS b JOIN customers AS c ON b.customer_id = c.customer_id"""
_SURE = """
SELECT b.*, g.family, COALESCE(s.shown_by, 0) AS shown_by FROM best_genes AS b JOIN genes AS g ON b.gene = g.gene
LEFT JOIN (SELECT gene, COUNT(*) AS shown_by FROM expressions WHERE evidence > 0 GROUP BY gene) AS s
    ON b.gene = s.gene
WHERE b.q_value <= $limit AND b.stability >= $stable AND b.effect > 0
    AND g.standing <> 'hidden'"""
