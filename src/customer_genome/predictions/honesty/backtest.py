"""Backtest: how well a target would have been predicted at past cut-offs, against named baselines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np

from customer_genome.core.errors import GenomeError
from customer_genome.core.targets import Target
from customer_genome.predictions.history import F64, History
from customer_genome.predictions.honesty.baselines import Factory, baselines
from customer_genome.predictions.honesty.bootstrap import REPLICATES, Interval, gain, interval, replicate
from customer_genome.predictions.honesty.metrics import METRICS, measure, undefined
from customer_genome.predictions.honesty.question import Question
from customer_genome.predictions.honesty.reliability import Bin, Coverage, coverage, reliability
from customer_genome.predictions.honesty.rounds import Round, play_round
from customer_genome.predictions.panel import Panel

_PROBABILITY = ("auroc", "average_precision", "brier", "log_loss", "calibration_error")
_AMOUNT = ("rmse", "mae", "spearman", "top_decile_capture", "total_bias")
_LIST = ("recall@10", "ndcg@10", "hit@10")
_PAIR = ("macro_auroc", "macro_average_precision", "brier", "log_loss", "calibration_error")


def metrics_of(target: Target, /) -> tuple[str, ...]:
    """Return the metrics that a target is judged by; the first one decides."""
    if target.predict in {"count", "sum"}:
        return ("mae", "rmse", *_AMOUNT[2:]) if target.statistic == "median" else _AMOUNT
    if target.predict == "action":
        return ("log_loss", *(name for name in _PAIR if name != "log_loss"))
    return {"next": _LIST, "choice": _PAIR}.get(target.predict, _PROBABILITY)


@dataclass(frozen=True)
class Judged:
    """One model over all cut-offs: each metric with its interval and its value at each cut-off.

    `silent` is the largest share of cases that it said nothing of, `seconds` what all its fits and predictions
    took, `failed` why it gave no prediction at a cut-off. `reliability` (of probabilities) and `coverage` (of stated
    bounds) are over the cases of all cut-offs.
    """

    metrics: Mapping[str, Interval]
    each: Mapping[str, tuple[float | None, ...]]
    silent: float
    seconds: float
    failed: str
    reliability: tuple[Bin, ...]
    coverage: Coverage | None


@dataclass(frozen=True)
class Backtest:
    """What a backtest found. Moments are local days since 1970; `happened` counts what came true, or adds it up.

    `gains[model][baseline][metric]` says by how much the model is better, above 0 meaning better, with the 95 %
    interval of a paired bootstrap over customers. `best` is the model with the best primary metric.
    """

    primary: str
    moments: tuple[float, ...]
    customers: tuple[int, ...]
    cases: tuple[int, ...]
    happened: tuple[float, ...]
    models: Mapping[str, Judged]
    baselines: tuple[str, ...]
    gains: Mapping[str, Mapping[str, Mapping[str, Interval]]]
    best: str | None

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values that JSON can hold."""
        return asdict(self)

    @classmethod
    def from_dict(cls, found: Mapping[str, Any], /) -> Self:
        """Rebuild a backtest from what `to_dict` gave, before or after JSON."""
        models = {name: _judged_from(one) for name, one in found["models"].items()}
        gains = {
            model: {name: _intervals_from(one) for name, one in against.items()}
            for model, against in found["gains"].items()
        }
        lists = ("moments", "customers", "cases", "happened", "baselines")
        return cls(
            primary=found["primary"],
            models=models,
            gains=gains,
            best=found["best"],
            **{name: tuple(found[name]) for name in lists},
        )


def backtest(
    history: History,
    question: Question,
    /,
    *,
    models: Mapping[str, Factory],
    cutoffs: Sequence[float],
    replicates: int = REPLICATES,
    seed: int = 0,
) -> Backtest:
    """Return how `models` and the baselines of the target would have done at `cutoffs`.

    At each, everything is learned anew from what was known before it. `Panel.moments` lists cut-offs whose
    horizon is over. Raises GenomeError where there is none.
    """
    asked, made = {"target": question}, {"target": models}
    found = backtests(history, asked, models=made, cutoffs=cutoffs, replicates=replicates, seed=seed)
    return found["target"]


def backtests(
    history: History,
    questions: Mapping[str, Question],
    /,
    *,
    models: Mapping[str, Mapping[str, Factory]],
    cutoffs: Sequence[float],
    replicates: int = REPLICATES,
    seed: int = 0,
) -> dict[str, Backtest]:
    """Return the backtest of each question with its `models`, by name; at a cut-off they all share one panel."""
    rounds: dict[str, list[Round]] = {name: [] for name in questions}
    for moment in cutoffs:
        panel = Panel(history, as_of=moment)
        for name, question in questions.items():
            every = {**baselines(question), **models[name]}
            rounds[name].append(play_round(history, question, panel=panel, models=every, seed=seed))
    return {
        name: assess(rounds[name], question, models=tuple(models[name]), replicates=replicates, seed=seed)
        for name, question in questions.items()
    }


def assess(
    rounds: Sequence[Round],
    question: Question,
    /,
    *,
    models: Sequence[str],
    replicates: int = REPLICATES,
    seed: int = 0,
) -> Backtest:
    """Return what rounds of the same models show; those not among `models` are the baselines."""
    if not rounds:
        raise GenomeError(
            "there is nothing to test a prediction on",
            found="no moment whose horizon is over",
            fix="shorten the horizon, or wait until more history is there",
        )
    names = metrics_of(question.target)
    replicated = _replicated(rounds, names, replicates=replicates, seed=seed)
    judged = {name: _judge(rounds, name, found) for name, found in replicated.items()}
    others = tuple(name for name in judged if name not in models)
    return Backtest(
        primary=names[0],
        moments=tuple(one.moment for one in rounds),
        customers=tuple(one.customers for one in rounds),
        cases=tuple(len(one.truth.value) for one in rounds),
        happened=tuple(float(one.truth.value.sum()) for one in rounds),
        models=judged,
        baselines=others,
        gains={model: _gains(model, others, judged=judged, replicated=replicated) for model in models},
        best=_best(judged, names[0], models),
    )


def _replicated(
    rounds: Sequence[Round], names: Sequence[str], *, replicates: int, seed: int
) -> dict[str, dict[str, F64]]:
    """Return the replicated metrics of each model."""
    cases = {name: [one.entries[name].cases for one in rounds] for name in rounds[0].entries}
    highest = max((int(c.customer.max(initial=0)) for found in cases.values() for c in found), default=0)
    found: dict[str, dict[str, F64]] = {name: {} for name in cases}
    for metric in names:
        drawn = replicate(cases, METRICS[metric], customers=highest + 1, replicates=replicates, seed=seed)
        for name, values in drawn.items():
            found[name][metric] = values
    return found


def _judge(rounds: Sequence[Round], name: str, replicated: Mapping[str, F64]) -> Judged:
    entries = [one.entries[name] for one in rounds]
    cases = [entry.cases for entry in entries]
    reasons = {m: "; ".join(sorted({undefined(c, METRICS[m]) for c in cases} - {""})) for m in replicated}
    each = {metric: tuple(measure(c, METRICS[metric]).value for c in cases) for metric in replicated}
    truth, score = (np.concatenate([getattr(c, column) for c in cases]) for column in ("truth", "score"))
    is_probability = "brier" in replicated and not reasons["brier"]
    failed = "; ".join(sorted({entry.failed for entry in entries} - {""}))
    metrics = {metric: interval(values, reason=reasons[metric]) for metric, values in replicated.items()}
    if failed:
        metrics, each = {metric: Interval(None, None, None, failed) for metric in metrics}, {}
    low, high = (np.concatenate([getattr(entry, side) for entry in entries]) for side in ("low", "high"))
    return Judged(
        metrics=metrics,
        each=each,
        silent=max(entry.silent for entry in entries),
        seconds=sum(entry.seconds for entry in entries),
        failed=failed,
        reliability=reliability(truth, probability=score) if is_probability else (),
        coverage=coverage(truth, low=low, high=high) if "mae" in replicated else None,
    )


def _gains(
    model: str,
    others: Sequence[str],
    /,
    *,
    judged: Mapping[str, Judged],
    replicated: Mapping[str, Mapping[str, F64]],
) -> dict[str, dict[str, Interval]]:
    """Return by how much a model is better than each of the others, in each metric."""
    found: dict[str, dict[str, Interval]] = {other: {} for other in others}
    for other in others:
        for name, drawn in replicated[model].items():
            unknown = [who for who in (model, other) if judged[who].metrics[name].value is None]
            reason = "; ".join(f"{who}: {judged[who].metrics[name].reason}" for who in unknown)
            found[other][name] = (
                Interval(None, None, None, reason)
                if unknown
                else gain(drawn, replicated[other][name], metric=METRICS[name])
            )
    return found


def _best(judged: Mapping[str, Judged], primary: str, models: Sequence[str]) -> str | None:
    """Return the model with the best primary metric among those that never failed; ties go by order."""
    sign = METRICS[primary].sign
    values = {name: judged[name].metrics[primary].value for name in models if not judged[name].failed}
    known = {name: sign * value for name, value in values.items() if value is not None}
    return max(known, key=lambda name: known[name]) if known else None


def _judged_from(found: Mapping[str, Any]) -> Judged:
    held = found["coverage"]
    return Judged(
        metrics=_intervals_from(found["metrics"]),
        each={name: tuple(values) for name, values in found["each"].items()},
        silent=found["silent"],
        seconds=found["seconds"],
        failed=found["failed"],
        reliability=tuple(Bin(**one) for one in found["reliability"]),
        coverage=None if held is None else Coverage(**held),
    )


def _intervals_from(found: Mapping[str, Any]) -> dict[str, Interval]:
    return {name: Interval(**one) for name, one in found.items()}
