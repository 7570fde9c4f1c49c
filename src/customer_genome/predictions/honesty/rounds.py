"""Rounds: at one cut-off every model learns from what was known, predicts, and is put beside what happened."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from customer_genome.core.errors import GenomeError
from customer_genome.predictions.distinct import distinct
from customer_genome.predictions.history import F64, History
from customer_genome.predictions.honesty.baselines import Factory
from customer_genome.predictions.honesty.cases import Cases, aligned, ranked
from customer_genome.predictions.honesty.question import Question
from customer_genome.predictions.honesty.truth import Truth, truth
from customer_genome.predictions.panel import Panel
from customer_genome.predictions.scores import Scores


@dataclass(frozen=True)
class Entry:
    """What one model did at one cut-off: its cases with their bounds, the share of cases it said nothing of.

    `failed` says why it gave no prediction at all.
    """

    cases: Cases
    low: F64
    high: F64
    silent: float
    seconds: float
    failed: str = ""


@dataclass(frozen=True)
class Round:
    """One cut-off: what happened after it and each model's entry; all entries have the same cases."""

    moment: float
    truth: Truth
    entries: Mapping[str, Entry]

    @property
    def customers(self) -> int:
        """How many customers are judged."""
        return len(distinct(self.truth.customer))


def play_round(
    history: History,
    question: Question,
    /,
    *,
    panel: Panel,
    models: Mapping[str, Factory],
    seed: int = 0,
) -> Round:
    """Return the round at `panel.as_of`: models see the panel alone, `history` says what happened.

    Several targets may share one panel, and with it what is derived from it.
    """
    happened = truth(history, question, before=panel.history, moment=panel.as_of)
    entries = {}
    for name, factory in models.items():
        start = time.perf_counter()
        try:
            model = factory(question.target, population=question.population, seed=seed)
            said, failed = model.fit(panel).predict(panel), ""
        except GenomeError as refused:
            said, failed = _nothing(), "; ".join(line.strip() for line in str(refused).splitlines())
        seconds = time.perf_counter() - start
        entries[name] = _entry(question, happened, said, seconds=seconds, failed=failed)
    return Round(panel.as_of, happened, _comparable(entries, question))


def _entry(question: Question, happened: Truth, said: Scores, *, seconds: float, failed: str) -> Entry:
    if question.target.predict == "next":
        cases = ranked(happened, said)
        spoken = np.isin(happened.customer, said.customer[np.isfinite(said.score)])
        unknown = np.full(len(cases.truth), np.nan)
        return Entry(cases, unknown, unknown, _share(~spoken), seconds, failed)
    cases, low, high = aligned(happened, said)
    return Entry(cases, low, high, _share(~np.isfinite(cases.score)), seconds, failed)


def _comparable(entries: Mapping[str, Entry], question: Question) -> dict[str, Entry]:
    """Keep the cases that every model which said anything speaks of; lists are judged for everybody."""
    speaking = [entry for entry in entries.values() if entry.silent < 1]
    if question.target.predict == "next" or not speaking:
        return dict(entries)
    keep = np.logical_and.reduce([np.isfinite(entry.cases.score) for entry in speaking])
    return {
        name: _where(entry, keep if entry.silent < 1 else keep & False) for name, entry in entries.items()
    }


def _where(entry: Entry, keep: np.ndarray) -> Entry:
    cases = entry.cases.where(keep)
    return Entry(cases, entry.low[keep], entry.high[keep], entry.silent, entry.seconds, entry.failed)


def _share(marked: np.ndarray) -> float:
    return float(marked.mean()) if len(marked) else 0.0


def _nothing() -> Scores:
    nobody, nothing = np.zeros(0, dtype=np.int64), np.zeros(0)
    return Scores(nobody, nobody, nothing, nothing, nothing)
