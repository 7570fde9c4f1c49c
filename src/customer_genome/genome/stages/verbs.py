"""Verb weights of a build: stated by hand, learned from the history, or the usual where that says too little."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from customer_genome.core.project import Project
from customer_genome.core.step import KernelStep, Sql, Tables, sql_file
from customer_genome.core.verbs import usual_half_life, usual_weight, verb_table
from customer_genome.genome.verb_weights import Figure, VerbWeights
from customer_genome.genome.verb_weights_panel import panel
from customer_genome.privacy import Workbench
from customer_genome.tables import contract

COMPONENT = "verbs"
CUSTOMERS = 2_000
"""The weights are learned from at most so many customers."""
HORIZON, SHORTEST, CUTS = 56.0, 14.0, 3
"""Days that are foretold at each cut-off; fewer in a short history, of which a quarter is foretold each time."""
SPAN = Sql("SELECT MIN(occurred_at) AS first_at FROM touched_interactions", reads=("touched_interactions",))


def verb_weights(bench: Workbench, *, tables: Tables, purpose: str) -> pa.Table:
    """Write `verb_weights` and return the table `verbs` with the weights that the imprint uses.

    `tables` are the evidence's `items` and `dna`. What is learned is part of the reference.
    """
    cuts, horizon = _cuts(bench, purpose) if bench.refit else ([], 0.0)
    if not bench.refit:
        work: KernelStep = KernelStep("verb weights", {}, partial(held, bench=bench), "verb_weights", purpose)
    elif not cuts:
        work = KernelStep("verb weights", {}, partial(nothing, bench=bench), "verb_weights", purpose)
    else:
        bound = {f"cut_{k + 1}": cut for k, cut in enumerate(cuts)}
        pairs = {"pairs": sql_file(__package__, "verb_pairs", **bound)}
        given = {**tables, "sampled": _sampled(bench), "verbs": verb_table(bench.project)}
        function = partial(
            learn, bench=bench, cuts=[cut.timestamp() / 86_400 for cut in cuts], horizon=horizon
        )
        work = KernelStep("verb weights", pairs, function, "verb_weights", purpose, tables=given)
    bench.run(work)
    written = Sql("SELECT * FROM verb_weights", reads=("verb_weights",))
    return verb_table(bench.project, used=used(bench.query(written, purpose=purpose)))


def learn(tables: Tables, *, bench: Workbench, cuts: Sequence[float], horizon: float) -> pa.Table:
    """Compare the verbs' evidence at past cut-offs with what was bought first after them; by hand wins where stated.

    The panel is described in customer_genome.genome.verb_weights_panel, the regression in verb_weights_fit.
    """
    return _kept(
        bench, _model(bench).fit(panel(tables, cuts=cuts, horizon=horizon), verbs=tuple(bench.project.verbs))
    )


def nothing(tables: Tables, *, bench: Workbench) -> pa.Table:
    """Settle the weights of verbs of which nothing can be learned: a short history, or nothing that is bought."""
    del tables
    days = SHORTEST * (CUTS + 1)
    lacking = (
        f"the history is shorter than {days:.0f} days"
        if bench.project.money_verbs
        else "no verb is a purchase"
    )
    return _kept(bench, _model(bench).fit(None, verbs=tuple(bench.project.verbs), lacking=lacking))


def held(tables: Tables, *, bench: Workbench) -> pa.Table:
    """Settle the weights by what the reference holds of earlier learning."""
    del tables
    return settled(bench.project, VerbWeights.from_arrays(*bench.held(COMPONENT)))


def used(rows: pa.Table) -> dict[str, tuple[float, float]]:
    """Return the weight and half-life in use of every verb, from rows of `verb_weights`."""
    return {row["verb"]: (row["weight"], row["half_life"]) for row in rows.to_pylist() if row["used"]}


def settled(project: Project, learned: VerbWeights) -> pa.Table:
    """Return the rows of `verb_weights`: by hand wins, then what was learned, then the usual."""
    rows = [row for name in project.verbs for row in _rows(project, name, learned)]
    return pa.Table.from_pylist(rows, contract("verb_weights").schema)


def _model(bench: Workbench) -> VerbWeights:
    verbs = bench.project.verbs.items()
    return VerbWeights({name: float(verb.half_life) for name, verb in verbs if verb.half_life is not None})


def _kept(bench: Workbench, learned: VerbWeights) -> pa.Table:
    arrays, meta = learned.to_arrays()
    bench.hold(COMPONENT, arrays=arrays, meta=meta)
    return settled(bench.project, learned)


def _cuts(bench: Workbench, purpose: str) -> tuple[list[datetime], float]:
    """Return the cut-offs, the latest first, and the days foretold at each; none where the history is too short."""
    end = bench.state.as_of
    first = bench.query(SPAN, purpose=purpose, tables={"touched": bench.touched})["first_at"][0].as_py()
    days = (end - first).total_seconds() / 86_400 if end is not None and first is not None else 0.0
    horizon = min(HORIZON, days / (CUTS + 1))
    if end is None or horizon < SHORTEST or not bench.project.money_verbs:
        return [], 0.0
    return [end - timedelta(days=horizon) * (k + 1) for k in range(CUTS)], horizon


def _sampled(bench: Workbench) -> pa.Table:
    customers = pc.unique(bench.touched["customer_id"]).sort()
    step = 1 + len(customers) // CUSTOMERS
    return pa.table({"customer_id": customers.take(pa.array(range(0, len(customers), step)))})


def _rows(project: Project, name: str, learned: VerbWeights) -> list[dict[str, Any]]:
    figures = [one for one in learned.figures_ if one.verb == name]
    picked = _picked(project, name, figures)
    others = [one for one in figures if one is not picked and one.half_life != picked.half_life]
    return sorted(
        [
            _row(project, name, picked, learned, used=True),
            *(_row(project, name, o, learned, used=False) for o in others),
        ],
        key=lambda row: row["half_life"],
    )


def _picked(project: Project, name: str, figures: list[Figure]) -> Figure:
    """Return the figure at the half-life in use: the stated one, the chosen one, or the usual."""
    stated = project.verbs[name].half_life
    for one in figures:
        if one.half_life == stated or (stated is None and one.chosen):
            return one
    return Figure(
        name, usual_half_life(project.verbs[name]), why="not learned yet: the next new reference will"
    )


def _row(project: Project, name: str, one: Figure, learned: VerbWeights, *, used: bool) -> dict[str, Any]:
    figures = {
        "learned": one.weight,
        **{key: getattr(one, key) for key in ("low", "high", "gain", "customers")},
    }
    said = {"verb": name, "half_life": one.half_life, "used": used, "foretells": _words(one, learned)}
    return said | figures | (_in_use(project, name, one, unit=name == learned.unit_) if used else {})


def _in_use(project: Project, name: str, one: Figure, *, unit: bool) -> dict[str, Any]:
    """Return the weight that the imprint uses, and where it and the half-life come from."""
    verb, known = project.verbs[name], one.weight is not None
    learned = "the unit" if unit and known else "learned" if known else "too few to say"
    half_life = "learned" if one.gain is not None else "too few to say"
    return {
        "weight": one.weight if known and verb.weight is None else usual_weight(verb),
        "origin": learned if verb.weight is None else "by hand",
        "half_life_origin": half_life if verb.half_life is None else "by hand",
    }


def _words(one: Figure, learned: VerbWeights) -> str:
    if one.weight is None or one.lift is None:
        return f"too few to say: {one.why}"
    sign = "more" if one.lift >= 0 else "fewer"
    text = (
        f"one more item with a gene: {abs(one.lift):.1f} % {sign} first purchases with it "
        f"in {learned.horizon_:.0f} days"
    )
    return f"{text} ({one.why})" if one.why and one.why != "the unit" else text
