"""Every declared target against simple rules and the methods that others publish, at several cut-offs, in one run.

Protocol: a cut-off is a Monday 00:00 local; a model sees what was known before it and is judged on the 28 days
after. Each peer and our model learn anew at each cut-off, on one thread. Differences are paired over customers
(bootstrap, 95 %). Settings were chosen on cut-offs up to 2017-11-06; 2017-12-04 was not looked at for it.

Run: python benchmarks/predictions.py [--dir demo] [--cuts 2017-10-09 2017-12-04] [--targets lapse spend] [--page FILE]
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from peers import customers as usual
from peers import next_basket as lists
from peers.btyd import BuyTillYouDie
from peers.choice import PooledPairs

import customer_genome
from customer_genome.core.as_of import parse_as_of
from customer_genome.predictions.conditions import Conditions
from customer_genome.predictions.history import History
from customer_genome.predictions.honesty.backtest import Backtest, assess
from customer_genome.predictions.honesty.baselines import Factory, Predictor, baselines
from customer_genome.predictions.honesty.question import Question
from customer_genome.predictions.honesty.rounds import Round, play_round
from customer_genome.predictions.learn import question_of
from customer_genome.predictions.load_history import days_of, load_history
from customer_genome.predictions.panel import Panel
from customer_genome.predictions.phases import load_phases
from customer_genome.predictions.predictor import factory

CUTS = ("2017-09-11", "2017-10-09", "2017-11-06", "2017-12-04")
LEAST = {"item": 10}
"""Sessions before the cut-off that a target of this level needs to be judged."""
OURS = "Customer Genome"


def main() -> None:
    """Play all rounds and print, or write, a table for each target."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--dir", type=Path, help="a demo project that is built; without it one is built first"
    )
    parser.add_argument("--cuts", nargs="*", default=CUTS)
    parser.add_argument("--targets", nargs="*")
    parser.add_argument("--page", type=Path, help="write the tables to this Markdown file, too")
    chosen = parser.parse_args()
    project, history, questions = prepared(chosen.dir)
    names = chosen.targets or [name for name in questions if questions[name].target.horizon <= 28]
    moments = [days_of(parse_as_of(cut, zone=project.tz), zone=project.tz) for cut in chosen.cuts]
    rounds: dict[str, list[Round]] = {name: [] for name in names}
    for moment, cut in zip(moments, chosen.cuts, strict=True):
        panel, began = Panel(history, as_of=moment), time.perf_counter()
        for name in names:
            models = {**baselines(questions[name]), **peers(questions[name]), OURS: factory(questions[name])}
            rounds[name].append(play_round(history, questions[name], panel=panel, models=models))
            print(f"{cut} {name}: {time.perf_counter() - began:.0f} s so far", flush=True)
    lines = [line for name in names for line in table(name, rounds[name], questions[name], cuts=chosen.cuts)]
    lines += cost(rounds, cuts=chosen.cuts)
    print("\n".join(lines))
    if chosen.page is not None:
        chosen.page.write_text("\n".join(lines) + "\n", encoding="utf-8")


def prepared(directory: Path | None) -> tuple[Any, History, dict[str, Question]]:
    """Return the demo's project, its whole history and its targets as questions."""
    if directory is None:
        from customer_genome.serving.demo_retail import installed_data, prepare

        directory = Path(tempfile.mkdtemp()) / "demo"
        prepare(directory, data=installed_data())
        customer_genome.open(directory).build()
    workspace = customer_genome.open(directory)
    access, project = workspace.access(), workspace.folder.project
    history = load_history(access, purpose="model_training", levels={"category"})
    conditions = Conditions(access.derive, phases=load_phases(access, purposes=("model_training",)))
    questions = {name: question_of(project, name, conditions=conditions) for name in project.targets}
    for name, question in questions.items():
        if question.target.predict == "next":
            questions[name] = replace(question, least=LEAST.get(question.target.level, 0))
    return project, history, questions


def peers(question: Question) -> Mapping[str, Factory]:
    """Return the peers of a target by name, beside the baselines that its kind has anyhow."""
    kind = question.target.predict
    made: dict[str, Callable[[], Predictor]] = {}
    if kind == "next":
        made = _lists(question)
    elif kind == "choice":
        made = {
            "logistic per category": partial(PooledPairs, question, boosted=False),
            "LightGBM on pooled pairs": partial(PooledPairs, question, boosted=True),
        }
    elif kind == "sum":
        made = _amounts(question)
    elif kind in {"absence", "event", "drop"}:
        made = _events(question)
    return {name: _factory(make) for name, make in made.items()}


def _factory(make: Callable[[], Predictor]) -> Factory:
    def factory(*_: object, **__: object) -> Predictor:
        return make()

    return factory


def _lists(question: Question) -> dict[str, Callable[[], Predictor]]:
    item = question.target.level == "item"
    if question.target.new:
        made = {"ALS": lists.als, "user-kNN": lists.user_knn}
        made |= {} if item else {"co-occurrence": lists.co_occurrence, "EASE": lists.ease}
        return {name: partial(lists.Listed, question, make) for name, make in made.items()}
    found: dict[str, Callable[[], Predictor]] = {
        "TIFU-KNN": partial(lists.Listed, question, lists.tifu_knn),
        "ALS": partial(lists.Listed, question, lists.als),
        "LightGBM, 0/1 label": partial(lists.BoostedPairs, question, step=28 if item else 14),
    }
    return found


def _amounts(question: Question) -> dict[str, Callable[[], Predictor]]:
    learner = partial(usual.Learner, question)
    return {
        "BG/NBD + Gamma-Gamma": partial(BuyTillYouDie, question, says="spend"),
        "ridge on 12 weekly spends": partial(learner, usual.weekly_spend, usual.ridge),
        "LightGBM, L1": partial(learner, usual.wide, usual.boosted("regression_l1")),
        "LightGBM, L2": partial(learner, usual.wide, usual.boosted("regression")),
    }


def _events(question: Question) -> dict[str, Callable[[], Predictor]]:
    learner = partial(usual.Learner, question)
    rfm, wide = partial(learner, usual.rfm_matrix), partial(learner, usual.wide)
    logistic, trees = usual.logistic, usual.boosted("binary")
    made: dict[str, Callable[[], Predictor]] = {
        "LightGBM on RFM": partial(rfm, trees),
        "LightGBM, 144 features": partial(wide, trees),
        "rank ensemble": lambda: usual.RankMean(rfm(logistic), rfm(trees), wide(trees)),
    }
    kind = question.target.predict
    if kind in {"absence", "drop"}:
        made["BG/NBD"] = partial(BuyTillYouDie, question, says=kind)
    return made


def table(name: str, rounds: Sequence[Round], question: Question, *, cuts: Sequence[str]) -> list[str]:
    """Return a target's table: every model at every cut-off, and ours against each."""
    found: Backtest = assess(rounds, question, models=(OURS,))
    last: Backtest = assess(rounds[-1:], question, models=(OURS,))
    metrics = [metric for metric in found.models[OURS].metrics if metric in SHOWN]
    lines = [f"\n## {name}", ""]
    lines.append(
        f"{', '.join(f'{cut}: {n:,} customers' for cut, n in zip(cuts, found.customers, strict=True))}."
    )
    for metric in metrics:
        lines += [
            "",
            f"| {SHOWN[metric]} | {' | '.join(cuts)} | ours is better by, {cuts[-1]} | all cut-offs |",
        ]
        lines.append("|---|" + "--:|" * (len(cuts) + 2))
        for model, judged in found.models.items():
            figures = " | ".join(_figure(value) for value in judged.each[metric])
            gains = ["", ""]
            if model != OURS:
                gains = [_span(test.gains[OURS][model][metric]) for test in (last, found)]
            lines.append(f"| {model} | {figures} | {' | '.join(gains)} |")
    return lines


SHOWN = {
    "recall@10": "recall@10", "ndcg@10": "NDCG@10", "auroc": "AUROC", "average_precision": "AP",
    "macro_auroc": "macro-AUROC", "macro_average_precision": "macro-AP", "mae": "MAE", "spearman": "Spearman",
    "top_decile_capture": "top-decile capture", "total_bias": "total bias", "log_loss": "log loss",
    "calibration_error": "calibration error",
}  # fmt: skip


def cost(rounds: Mapping[str, Sequence[Round]], *, cuts: Sequence[str]) -> list[str]:
    """Return what learning and predicting took at each cut-off, and the peak of memory."""
    lines = [
        "\n## Time and memory",
        "",
        f"| seconds, one thread | {' | '.join(cuts)} |",
        "|---|" + "--:|" * len(cuts),
    ]
    totals = [0.0] * len(cuts)
    for name, played in rounds.items():
        seconds = [one.entries[OURS].seconds for one in played]
        totals = [total + more for total, more in zip(totals, seconds, strict=True)]
        lines.append(f"| {name} | {' | '.join(f'{one:.0f}' for one in seconds)} |")
    lines.append(f"| all targets | {' | '.join(f'{one:.0f}' for one in totals)} |")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return [*lines, "", f"Peak memory with all peers: {peak:.1f} GB."]


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:,.4f}" if abs(value) < 10 else f"{value:,.1f}"


def _span(found: Any) -> str:
    if found.value is None:
        return "–"
    return f"{_figure(found.value)} ({_figure(found.low)} to {_figure(found.high)})"


if __name__ == "__main__":
    main()
