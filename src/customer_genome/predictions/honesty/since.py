"""Since: what became of predictions that were published, once their horizon is over."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from customer_genome.predictions.honesty.backtest import Judged, metrics_of
from customer_genome.predictions.honesty.bootstrap import Interval, interval, replicate
from customer_genome.predictions.honesty.cases import Cases, aligned, ranked
from customer_genome.predictions.honesty.drift import performance_drift
from customer_genome.predictions.honesty.metrics import METRICS, undefined
from customer_genome.predictions.honesty.question import Question
from customer_genome.predictions.honesty.truth import truth
from customer_genome.predictions.panel import Panel
from customer_genome.predictions.scores import Scores


def since(
    panel: Panel, question: Question, /, *, said: Scores, moment: float, tested: Judged
) -> tuple[str, ...]:
    """Say, a sentence a metric, how predictions made at `moment` did by the panel's end, beside their backtest.

    `said` holds positions in the panel's customers and levels.
    """
    missing = moment + question.target.horizon - panel.as_of
    if missing > 0:
        return (f"what happened is not known yet: the horizon ends in {missing:g} days",)
    found = _measured(panel, question, said=said, moment=moment)
    return tuple(
        performance_drift(name, tested=tested.metrics[name], now=found[name])
        for name in found
        if name in tested.metrics
    )


def _measured(panel: Panel, question: Question, *, said: Scores, moment: float) -> Mapping[str, Interval]:
    happened = truth(panel.history, question, before=panel.cut(moment), moment=moment)
    cases: Cases
    if question.target.predict == "next":
        cases = ranked(happened, said)
    else:
        cases = aligned(happened, said)[0]
        cases = cases.where(np.isfinite(cases.score))
    size, found = len(panel.history.customers), {}
    for name in metrics_of(question.target):
        drawn = replicate({"model": [cases]}, METRICS[name], customers=size)
        found[name] = interval(drawn["model"], reason=undefined(cases, METRICS[name]))
    return found
