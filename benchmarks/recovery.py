"""What was planted in simulated companies is found again: preferences, rates, conversions and what brought them.

    python benchmarks/recovery.py --seeds 10 [--small 3000] [--large 12000]

Per seed a small company is built whole (preferences, rates), and a large one up to the journey (predictions beside
an oracle, attribution). The truth is read here and nowhere in the product. Intervals are over seeds (t, 95 %).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from scipy import stats

import customer_genome
from customer_genome.app.build import workbench
from customer_genome.app.folder import build_lock, open_folder
from customer_genome.app.journeys import Journeys
from customer_genome.app.panels import Panels
from customer_genome.app.pipeline import STAGES
from customer_genome.app.publish import publish
from customer_genome.app.workspace import Workspace
from customer_genome.core.errors import GenomeError
from customer_genome.core.scaffold import init
from customer_genome.core.settings import BuildSettings
from customer_genome.genome.best_rates import auroc
from customer_genome.predictions.predictor import model
from customer_genome.simulator import Company, simulate

FAMILIES = ("theme", "palette")
"""Planted preferences of which a person has many items to choose from; see the page for the others."""
MOVES = {
    ("trial", "subscription"): "subscribe",
    ("subscription", "churned"): "churn",
    ("churned", "subscription"): "come_back",
}
"""Transitions of accounts whose true hazards are known for every day of a phase."""
TARGETS = {
    "convert-to-subscription": ("subscribe",),
    "convert-to-trial": ("start_trial", "try_again"),
    "churn": ("churn",),
}
"""Targets with the transitions that their oracle knows the hazards of."""
LOOKS, APART = 4, 28
"""Moments at which one model's predictions are judged, and the days between them."""
TRIAL_DAYS = 14


def main() -> None:
    """Run every seed in a process of its own, and print the table of all."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seeds", type=int, default=10)
    arguments.add_argument("--small", type=int, default=3000)
    arguments.add_argument("--large", type=int, default=12000)
    arguments.add_argument("--one", type=int, help=argparse.SUPPRESS)
    chosen = arguments.parse_args()
    if chosen.one is not None:
        print(json.dumps(one_seed(chosen.one, small=chosen.small, large=chosen.large)))
        return
    found = []
    for seed in range(
        1, chosen.seeds + 1
    ):  # the world of seed 0 was looked at when the model's trees were chosen
        command = [sys.executable, __file__, "--one", str(seed), "--small", str(chosen.small)]
        done = subprocess.run(  # noqa: S603 - itself
            [*command, "--large", str(chosen.large)], capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.exit(done.stderr)
        found.append(json.loads(done.stdout.splitlines()[-1]))
        print(f"seed {seed}: {json.dumps(found[-1])}", file=sys.stderr, flush=True)
    print("\n".join(table(found)))


def one_seed(seed: int, *, small: int, large: int) -> dict[str, Any]:
    """Return every figure of one seed."""
    with tempfile.TemporaryDirectory() as folder:
        whole = simulated(Path(folder) / "small", customers=small, seed=seed)
        workspace = customer_genome.open(whole)
        workspace.build()
        found: dict[str, Any] = preferences(workspace) | rates(workspace)
        found |= conversions(lean(simulated(Path(folder) / "large", customers=large, seed=1000 + seed)))
    return found


def simulated(root: Path, *, customers: int, seed: int) -> Path:
    """Return the project of a simulated company, with the true hazards of every day."""
    init(root, template="saas")
    simulate(Company(customers=customers, seed=seed, panel_days=1), out=root)
    return root


def lean(root: Path) -> Workspace:
    """Return the project, built up to the journey: neither predictions nor attribution read a gene."""
    folder = open_folder(root)
    with build_lock(folder.root):
        bench = workbench(folder, branch="main", as_of=None)
        settings = BuildSettings(root=root, now=datetime.now(UTC))
        for stage in (*STAGES[:5], publish):
            stage(bench, settings)
        bench.engine.close()
    return customer_genome.open(root)


def truth(workspace: Workspace, name: str, columns: Sequence[str] | None = None) -> pa.Table:
    """Return a table of the truth."""
    return pq.read_table(workspace.folder.root / "truth" / f"{name}.parquet", columns=columns)


def persons(workspace: Workspace) -> dict[str, int]:
    """Return the person behind each customer, where all of its identifiers are of one person."""
    access = workspace.access()
    known = workspace.sql(
        "SELECT token, customer_id FROM identifiers WHERE customer_id IS NOT NULL", purpose="service"
    )
    customer = dict(zip(known["token"].to_pylist(), known["customer_id"].to_pylist(), strict=True))
    rows = truth(workspace, "identifiers")
    found: dict[str, set[int]] = {}
    for kind, value, person in zip(
        *(rows[name].to_pylist() for name in ("type", "value", "person")), strict=True
    ):
        if person is not None and (one := customer.get(access.token_of(kind, value))) is not None:
            found.setdefault(one, set()).add(person)
    return {one: next(iter(people)) for one, people in found.items() if len(people) == 1}


def preferences(workspace: Workspace) -> dict[str, float]:
    """Return how many 90 % intervals of expressions hold the planted ratio, and how strength and truth correlate."""
    text = "SELECT customer_id, gene, strength, low, high FROM expressions WHERE low IS NOT NULL"
    rows = workspace.sql(text, purpose="service")
    who = persons(workspace)
    rows = rows.append_column(
        "person", pa.array([who.get(one) for one in rows["customer_id"].to_pylist()], pa.int64())
    )
    true = truth(workspace, "ratios", ["person", "gene", "ratio"])
    both = rows.filter(pc.is_valid(rows["person"])).join(true, ["person", "gene"], join_type="inner")
    found = {}
    for family in FAMILIES:
        mine = both.filter(pc.starts_with(both["gene"], f"{family}:"))
        low, high, ratio, said = (np.asarray(mine[name]) for name in ("low", "high", "ratio", "strength"))
        found[f"interval holds the truth: {family}"] = float(((low <= ratio) & (ratio <= high)).mean())
        found[f"correlation with the truth: {family}"] = float(np.corrcoef(said, ratio)[0, 1])
    return found


def rates(workspace: Workspace) -> dict[str, Any]:
    """Return whether the band of each rate holds the rate that the hazards give."""
    panel = truth(workspace, "panel", ["transition", "hazard"])
    found = Journeys(workspace, "accounts").rates()["all"]
    held = []
    for ends, name in MOVES.items():
        rate = found.rate(*ends)  # type: ignore[union-attr]
        if rate.low is None or rate.high is None:
            continue
        hazard = np.asarray(panel.filter(pc.equal(panel["transition"], name))["hazard"])
        true = 30 * float((1 - np.exp(-hazard)).mean())
        held.append(rate.low <= true <= rate.high)
    return {"rates held": sum(held), "rates": len(held)}


def conversions(workspace: Workspace) -> dict[str, Any]:
    """Return the AUROC of predictions and of the oracle, and how attribution ranks what brought subscriptions."""
    who, panels, found = persons(workspace), Panels(workspace.access()), {}
    for name, moves in TARGETS.items():
        try:
            found |= beside_oracle(workspace, panels, name, moves=moves, who=who)
        except GenomeError as nothing:
            found[f"{name}: not learned"] = nothing.what
    return found | attribution(workspace)


def beside_oracle(
    workspace: Workspace,
    panels: Panels,
    name: str,
    *,
    moves: tuple[str, ...],
    who: dict[str, int],
) -> dict[str, float]:
    """Learn a target before the last moments, and score its predictions and the true hazards at each of them.

    Judged are those who decide for their account.
    """
    question, panel = panels.question(name), panels.learning(name)
    last = panel.as_of - question.target.horizon
    looks = [last - APART * place for place in reversed(range(LOOKS))]
    learned = model(question, seed=0).fit(panel.earlier(looks[0]))
    hazard = true_hazards(workspace, moves)
    scores: list[tuple[float, float, bool]] = []
    for moment in looks:
        now = panel.earlier(moment)
        assert question.outcome is not None
        came = question.outcome(panel.history, moment)
        said = learned.predict(now)
        day = round(moment - panel.as_of)
        for row, place in enumerate(said.customer):
            person = who.get(str(now.history.customers[place]))
            if person is not None and (own := hazard.get((person, day))) is not None:
                scores.append((float(said.score[row]), own, bool(came[place])))
    model_says, oracle_says, truths = (np.asarray(column) for column in zip(*scores, strict=True))
    return {
        f"{name}: cases": len(truths),
        f"{name}: came true": int(truths.sum()),
        f"{name}: AUROC of the oracle": auroc(truths, oracle_says),
        f"{name}: AUROC": auroc(truths, model_says),
    }


def true_hazards(workspace: Workspace, moves: tuple[str, ...]) -> dict[tuple[int, int], float]:
    """Return what an oracle says of (person, day before the as-of): the true chance over the days that are left."""
    rows = truth(workspace, "panel", ["person", "on", "transition", "hazard", "waited"])
    rows = rows.filter(pc.is_in(rows["transition"], value_set=pa.array(moves)))
    as_of = workspace.snapshot.as_of
    day = (
        np.asarray(pc.cast(rows["on"], pa.timestamp("us", "UTC")).cast(pa.int64())) / 86_400e6
        - as_of.timestamp() / 86_400
    )
    left = np.ones(len(day))
    if moves == ("subscribe",):  # a trial ends after so many days: fewer are left to those who began long ago
        left = np.clip(TRIAL_DAYS - np.expm1(np.asarray(rows["waited"])), 0.5, None)
    said = 1 - np.exp(-np.asarray(rows["hazard"]) * left)
    keys = zip(np.asarray(rows["person"]).tolist(), np.round(day).astype(int).tolist(), strict=True)
    return dict(zip(keys, said.tolist(), strict=True))


def attribution(workspace: Workspace) -> dict[str, float]:
    """Return the rank correlation (Kendall) of each model's shares of ad channels with their true effects."""
    effects = truth(workspace, "effects").to_pylist()
    true = {
        row["cause"].removeprefix("ads: "): row["effect"]
        for row in effects
        if row["measure"] == "subscription" and row["cause"].startswith("ads: ")
    }
    found = workspace.journey.attribution()["all"]
    shares: dict[str, dict[str, float]] = {}
    for credit in found.credits:  # type: ignore[union-attr]
        if credit.channel in true and credit.share.value is not None:
            shares.setdefault(credit.model, {})[credit.channel] = credit.share.value
    return {
        f"rank agreement of attribution: {name}": float(
            stats.kendalltau(
                [given[one] for one in sorted(true)], [true[one] for one in sorted(true)]
            ).statistic
        )
        for name, given in shares.items()
        if set(given) == set(true)
    }


def table(found: Sequence[dict[str, Any]]) -> list[str]:
    """Return the means over seeds with their 95 % intervals, as a Markdown table."""
    held, of = sum(one["rates held"] for one in found), sum(one["rates"] for one in found)
    low, high = stats.binomtest(held, of).proportion_ci(method="wilson")
    lines = [
        "| figure | mean over seeds | 95 % interval | seeds |",
        "|---|---|---|---|",
        f"| 95 % bands of rates that hold the truth | {held / of:.3f} | {low:.3f} to {high:.3f} | {len(found)} |",
    ]
    names = dict.fromkeys(name for one in found for name in one if name not in {"rates held", "rates"})
    for name in names:
        values = np.asarray([one[name] for one in found if isinstance(one.get(name), int | float)], float)
        lines.append(_line(name, values))
        if name.endswith(": AUROC"):
            gap = [one[f"{name} of the oracle"] - one[name] for one in found if name in one]
            lines.append(_line(f"{name}, short of the oracle", np.asarray(gap)))
    return lines


def _line(name: str, values: np.ndarray) -> str:
    half = (
        stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
        if len(values) > 1
        else np.nan
    )
    mean = values.mean() if len(values) else np.nan
    return f"| {name} | {mean:.3f} | {mean - half:.3f} to {mean + half:.3f} | {len(values)} |"


if __name__ == "__main__":
    main()
