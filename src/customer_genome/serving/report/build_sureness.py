"""The report's last part: how far its figures can be trusted, and what was set aside."""

from __future__ import annotations

from customer_genome.app.status import Status
from customer_genome.serving.report.model import (
    DataTerms,
    FamilyReliability,
    HiddenGenes,
    QuarantinedRows,
    Sureness,
)
from customer_genome.serving.report.reading import Reading

MOST = 12


def build_sureness(reading: Reading, *, status: Status, terms: tuple[DataTerms, ...]) -> Sureness:
    """Return the reliability of each family, the genes that are hidden, the rows set aside, and the caveats."""
    quarantined = (
        QuarantinedRows(row["source"].replace("_", " "), row["reason"], row["rows"])
        for row in status.quarantine[:MOST]
    )
    return Sureness(
        reliability=_reliability(reading),
        hidden=_hidden(reading),
        quarantined=tuple(quarantined),
        terms=terms,
        caveats=tuple(_caveats(reading)),
    )


def _reliability(reading: Reading) -> tuple[FamilyReliability, ...]:
    rows = reading.rows(_RELIABILITY, "genes")
    return tuple(
        FamilyReliability(
            reading.names.title(row["family"]) if row["family"] != "time" else "Time of day and week",
            row["genes"],
            row["over_time"],
            row["new_items"],
            row["across"],
        )
        for row in rows
    )


def _hidden(reading: Reading) -> tuple[HiddenGenes, ...]:
    genes = reading.rows("SELECT gene FROM genes WHERE standing = 'hidden' ORDER BY gene", "genes")
    examples = tuple(reading.names.label(row["gene"]) for row in genes[:3])
    reason = "Not the same again in the other half of the history, or too few to measure it"
    return (HiddenGenes(reason, len(genes), examples),) if genes else ()


def _caveats(reading: Reading) -> list[str]:
    told = reading.rows(_TOLD, "facts", "customers", "genes")[0]
    said = []
    if told["facts"]:
        said.append(f"Facts are held for {told['told']:,} of {told['customers']:,} customers.")
        if not told["calibrated"]:
            said.append(
                "How likely a fact is to be true is not known yet: nothing has checked the claims behind them."
            )
    if told["narrow"]:
        said.append(
            f"{told['narrow']:,} genes hold inside the categories they were seen in, but do not carry over to others."
        )
    return said


_RELIABILITY = """
SELECT family, COUNT(*) AS genes, MEDIAN(reliability_time) AS over_time,
    MEDIAN(reliability_new_items) AS new_items, MEDIAN(reliability_categories) AS across
FROM genes WHERE standing <> 'hidden' AND family <> 'behaviour' GROUP BY family
ORDER BY over_time DESC NULLS LAST, family"""
_TOLD = """
SELECT (SELECT COUNT(*) FROM facts) AS facts, (SELECT COUNT(DISTINCT customer_id) FROM facts) AS told,
    (SELECT COUNT(*) FROM customers) AS customers, (SELECT COUNT(precision) FROM facts) AS calibrated,
    (SELECT COUNT(*) FROM genes WHERE standing = 'category trait') AS narrow"""
