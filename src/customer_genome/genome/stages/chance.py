"""Part of the stage `best`: the chance of being among the best, learned from the company's own past."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy import sparse
from scipy.stats import rankdata

from customer_genome.core.step import KernelStep, StepRun, Tables
from customer_genome.genome.best_chance import BestChance, ChanceSettings, Known, calibrated
from customer_genome.genome.best_check import (
    GENES_ALONE,
    KNOWN,
    NEWCOMERS,
    SO_FAR,
    WITH,
    WITHOUT,
    Check,
    checks,
)  # fmt: skip
from customer_genome.genome.best_past import Lesson, Lessons, Past, asked, lessons, past_value
from customer_genome.genome.best_standing import Standing
from customer_genome.genome.stages.best_inputs import DNA, Baskets, baskets, lines_sql, small_tables
from customer_genome.privacy import Workbench
from customer_genome.tables import contract

F64 = NDArray[np.float64]
Arrays = dict[str, NDArray[Any]]
PURPOSE = "analytics"
COMPONENT = "best chance"


class Looked(NamedTuple):
    """What the sessions of all customers gave: their chance, and the sessions themselves for other steps."""

    said: Standing
    found: Baskets
    as_of: float
    runs: list[StepRun]


def chance_steps(bench: Workbench, values: pa.Table) -> Looked:
    """Return every customer's chance, and the steps that were run: learning happens with the reference."""
    lines = bench.query(lines_sql(bench), purpose=PURPOSE, tables=small_tables(bench.project))
    dna = bench.query(DNA, purpose=PURPOSE)
    found = baskets(lines, customers=values["customer_id"].combine_chunks(), dna=dna)
    assert bench.state.as_of is not None
    as_of = local_days(bench.state.as_of, zone=bench.project.tz)
    setting, runs = bench.project.best, list[StepRun]()
    past = Past(horizon=float(setting.horizon), length=setting.minimum_sessions)
    if bench.refit:
        taught = lessons(found.sessions, found.genes, as_of=as_of, past=past)
        function = partial(learn, bench=bench, taught=taught, names=found.names)
        runs = [bench.run(KernelStep("best chance", {}, function, "best_checks", PURPOSE))]
    return Looked(said(bench, found, as_of=as_of, past=past, customers=values.num_rows), found, as_of, runs)


def learn(tables: Tables, *, bench: Workbench, taught: Lessons | str, names: list[str]) -> pa.Table:
    """Learn the chance with genes and without, hold the first, and check both on customers they had not seen."""
    del tables
    rows: list[Check] = []
    for population in (KNOWN, NEWCOMERS):
        component = f"{COMPONENT}, {population}"
        if isinstance(taught, str):
            bench.hold(component, arrays={}, meta={"reason": taught})
            continue
        lesson = taught.settled if population == KNOWN else taught.newcomers
        model, plain = (
            _fitted(bench, lesson, known, names) for known in (lesson.known, without_genes(lesson.known))
        )
        found = checked(population, lesson, model=model, plain=plain) if model.reason_ is None else []
        arrays, meta = model.to_arrays() if not _value_says_more(found) else _by_value(lesson, model)
        bench.hold(component, arrays=arrays, meta={**meta, "horizon": taught.horizon})
        rows += found
    return pa.Table.from_pylist([_row(one) for one in rows], contract("best_checks").schema)


def said(bench: Workbench, found: Baskets, *, as_of: float, past: Past, customers: int) -> Standing:
    """Return each customer's chance from what is held, or why it is not known."""
    score, chance = np.full(customers, np.nan), np.full(customers, np.nan)
    reasons: list[str | None] = [f"too new to say: fewer than {past.length} purchases"] * customers
    new, horizon = np.ones(customers, dtype=bool), None
    both = asked(found.sessions, found.genes, as_of=as_of, past=past)
    for population, (owners, known) in zip((KNOWN, NEWCOMERS), both, strict=True):
        arrays, meta = bench.held(f"{COMPONENT}, {population}")
        new[owners] = False
        reason = meta.get("reason", "too few to say: nothing was learned yet")
        if reason is None and len(owners):
            raw, chance[owners] = _asked(known, arrays=arrays, meta=meta, names=found.names)
            score[owners] = chance[owners] + 1e-6 * rankdata(raw) / len(raw)
            horizon = meta["horizon"]
        for row in owners.tolist():
            reasons[row] = reason
    return Standing(score, chance, reasons, new, horizon)


def _fitted(bench: Workbench, lesson: Lesson, known: Known, names: list[str]) -> BestChance:
    settings = ChanceSettings(share=bench.project.best.share)
    return BestChance(settings=settings).fit(known, customer=lesson.customer, rank=lesson.rank, names=names)


def _value_says_more(found: list[Check]) -> bool:
    """Whether value so far ranked better than the chance did: then the simpler one is used."""
    area = {one.method: one.auroc for one in found}
    return bool(area) and area[SO_FAR] > area[WITH]


def _by_value(lesson: Lesson, model: BestChance) -> tuple[Arrays, dict[str, Any]]:
    """Return the curve from value so far to the chance, in place of the model."""
    best = (lesson.rank > 1 - model.settings.share).astype(float)
    said, share = calibrated(lesson.past_value, label=best, weight=np.ones(len(best)))
    return {"said": said, "share": share}, {"reason": None, "by": SO_FAR}


def _asked(known: Known, *, arrays: Arrays, meta: dict[str, Any], names: list[str]) -> tuple[F64, F64]:
    """Return what orders customers, and their chance."""
    if meta.get("by") == SO_FAR:
        value = past_value(known.behaviour)
        return value, np.interp(value, arrays["said"], arrays["share"])
    model = BestChance.from_arrays(arrays, meta)
    score = model.score(known, names=names)
    return score, model.chance(score)


def without_genes(known: Known) -> Known:
    """Return the same with no gene in any window."""
    return Known(known.behaviour, sparse.csr_matrix(known.genes.shape))


def checked(population: str, lesson: Lesson, *, model: BestChance, plain: BestChance) -> list[Check]:
    """Judge what was said by models that had not seen the customer: of all newcomers, or of those not best by then."""
    rows = lesson.checked
    if population == KNOWN:
        rows = rows & (lesson.past_value < np.quantile(lesson.past_value[rows], 1 - model.settings.share))
    scores = {
        SO_FAR: lesson.past_value[rows], GENES_ALONE: model.gene_score_[rows], WITHOUT: plain.crossfit_[rows],
        WITH: model.crossfit_[rows],
    }  # fmt: skip
    return checks(population, lesson.rank[rows] > 1 - model.settings.share, scores)


def _row(one: Check) -> dict[str, object]:
    gain = one.gain
    return {
        "population": one.population, "method": one.method, "customers": one.customers,
        "became_best": one.became_best, "auroc": one.auroc, "capture": one.capture, "against": one.against,
        "gain": gain.gain if gain else None, "gain_low": gain.low if gain else None,
        "gain_high": gain.high if gain else None,
    }  # fmt: skip


def local_days(moment: datetime, *, zone: ZoneInfo) -> float:
    """Return a moment as local days since 1970, as the sessions count them."""
    local = moment.astimezone(zone).replace(tzinfo=UTC)
    return local.timestamp() / 86_400
