"""The report's first part: who the customers are, in exact counts and sums."""

from __future__ import annotations

import math
from datetime import timedelta
from itertools import pairwise
from statistics import median

from customer_genome.app.status import Status
from customer_genome.serving.report.model import Overview, PeriodTotal, PhaseCount, SourceAccount, SpendBin
from customer_genome.serving.report.reading import Reading

BINS = 20


def build_overview(reading: Reading, *, status: Status) -> Overview:
    """Count customers, sessions and money, by phase, by spend and by week."""
    share = reading.project.best.share
    total = reading.rows(_TOTALS, "customers", share=share)[0]
    few = 2 * total["buyers"] < total["customers"]
    spent = [row["revenue"] for row in reading.rows(_SPENT, "customers", buyers_only=few)]
    return Overview(
        customers=total["customers"],
        interactions=total["interactions"],
        first=total["first_at"].astimezone(reading.zone).date() if total["first_at"] else None,
        last=total["last_at"].astimezone(reading.zone).date() if total["last_at"] else None,
        revenue=total["revenue"],
        sessions=total["sessions"],
        session_word=reading.session_word,
        items=reading.rows(_ITEMS, "evidence", "items", money=list(reading.project.money_verbs))[0]["items"],
        median_spend=median(spent) if spent else None,
        buyers=total["buyers"] if few else None,
        best_share=share if total["top"] is not None else None,
        best_revenue_share=total["top"],
        phases=_phases(reading),
        spend=spend_bins(spent),
        periods=_weeks(reading),
        sources=accounts(reading, status=status),
    )


def spend_bins(spent: list[float], *, bins: int = BINS) -> tuple[SpendBin, ...]:
    """Return equal bins up to where 98 % of customers lie (of a round width), and one more for all those above.

    `spent` is ascending, in the project's currency.
    """
    if not spent or spent[-1] <= 0:
        return ()
    reach = max(spent[min(len(spent) - 1, int(0.98 * len(spent)))], spent[-1] / 1000)
    step = _round_up(reach / bins)
    edges = [step * place for place in range(math.ceil(reach / step) + 1)]
    last = edges[-1]
    edges[0] = min(spent[0], 0.0)
    found = [
        SpendBin(start, end, sum(start <= amount < end for amount in spent)) for start, end in pairwise(edges)
    ]
    if spent[-1] >= last:
        found.append(SpendBin(last, last + step, sum(amount >= last for amount in spent), above=True))
    return tuple(found)


def accounts(reading: Reading, *, status: Status) -> tuple[SourceAccount, ...]:
    """Return what came of the rows of each source."""
    kinds = {"dna": "item DNA"}
    sources = reading.project.sources
    return tuple(
        SourceAccount(
            name=row["source"].replace("_", " "),
            department=sources[row["source"]].department,
            kind=kinds.get(sources[row["source"]].kind, sources[row["source"]].kind),
            received=row["received"],
            stored=row["stored"],
            duplicates=row["duplicates"],
            quarantined=row["quarantined"],
            suppressed=row["suppressed"],
        )
        for row in status.sources
        if row["source"] in sources
    )


def _phases(reading: Reading) -> tuple[PhaseCount, ...]:
    found = reading.rows("SELECT phase, COUNT(*) AS customers FROM phases GROUP BY phase", "phases")
    counts = {row["phase"]: row["customers"] for row in found}
    return tuple(
        PhaseCount(one.name, counts[one.name]) for one in reading.project.phases if one.name in counts
    )


def _weeks(reading: Reading) -> tuple[PeriodTotal, ...]:
    """Sum the revenue of whole weeks, Monday to Sunday in the project's time zone."""
    found = reading.rows(
        _WEEKS, "interactions", money=list(reading.project.money_verbs), zone=reading.project.time_zone
    )
    weeks = [row for row in found if row["start"] >= row["first_day"]]
    whole = [row for row in weeks if row["start"] + timedelta(days=6) <= row["last_day"]]
    return tuple(PeriodTotal(row["start"], row["revenue"]) for row in whole)


def _round_up(width: float) -> float:
    """Return the next 1, 2, 2.5 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(width))
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= width * 0.999)


_TOTALS = """
WITH ranked AS (SELECT *, ROW_NUMBER() OVER (ORDER BY revenue DESC, customer_id) AS place, COUNT(*) OVER () AS n
    FROM customers)
SELECT COUNT(*) AS customers, CAST(COALESCE(SUM(interactions), 0) AS BIGINT) AS interactions,
    CAST(COALESCE(SUM(sessions), 0) AS BIGINT) AS sessions, ROUND(COALESCE(SUM(revenue), 0), 2) AS revenue,
    COUNT(first_purchase_at) AS buyers, MIN(first_purchase_at) AS first_at,
    MAX(last_purchase_at) AS last_at,
    SUM(revenue) FILTER (WHERE place <= ROUND($share * n)) / NULLIF(SUM(revenue), 0) AS top
FROM ranked"""
_SPENT = """SELECT revenue FROM customers WHERE revenue IS NOT NULL
AND (NOT $buyers_only OR first_purchase_at IS NOT NULL) ORDER BY revenue"""
_ITEMS = """
SELECT COUNT(*) AS items FROM items WHERE kind IN (SELECT DISTINCT i.kind FROM items AS i JOIN
    (SELECT DISTINCT item_id FROM evidence WHERE LIST_CONTAINS($money, verb)) AS e ON i.item_id = e.item_id)"""
_WEEKS = """
WITH days AS (SELECT CAST(occurred_at AT TIME ZONE $zone AS DATE) AS day, SUM(value) AS revenue FROM interactions
    WHERE LIST_CONTAINS($money, verb) AND value IS NOT NULL GROUP BY 1)
SELECT CAST(DATE_TRUNC('week', day) AS DATE) AS start, SUM(revenue) AS revenue,
    MIN(MIN(day)) OVER () AS first_day, MAX(MAX(day)) OVER () AS last_day
FROM days GROUP BY 1 ORDER BY 1"""
