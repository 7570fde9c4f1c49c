"""Forecasts: the declared targets of a snapshot, learned where need be, published as a snapshot of their own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from customer_genome.app.build import workbench
from customer_genome.app.folder import Folder, build_lock
from customer_genome.app.panels import Panels
from customer_genome.core.arrays import pack, unpack
from customer_genome.core.errors import GenomeError
from customer_genome.core.progress import Progress, Silent
from customer_genome.core.step import Sql
from customer_genome.ledger import Snapshot, snapshots
from customer_genome.predictions.actions import ActionModel
from customer_genome.predictions.honesty.card import Card
from customer_genome.predictions.honesty.drift import Drift
from customer_genome.predictions.honesty.since import since
from customer_genome.predictions.learn import CODE, MODEL, Learned, card_of, learn, rule, stand_in
from customer_genome.predictions.load_history import days_of
from customer_genome.predictions.predictor import Model, restore
from customer_genome.predictions.rows import forecast_rows, scores_of, time_rows
from customer_genome.predictions.scores import Scores
from customer_genome.privacy import STORED, Workbench
from customer_genome.tables import contract

DRIFT, SCORE, INSTEAD = "drift", "score", "instead"
TABLES = ("forecasts", "model_cards", "model_subjects", "models")


@dataclass(frozen=True)
class Forecast:
    """What was done for a target: whether it is shown, whether its model was learned now, and why."""

    target: str
    published: bool
    learned: bool
    verdict: str
    rows: int


def forecast(
    folder: Folder,
    snapshot: Snapshot,
    /,
    *,
    names: Iterable[str],
    tests: int = 1,
    again: bool = False,
    progress: Progress | None = None,
) -> tuple[Forecast, ...]:
    """Predict targets as of a snapshot and publish them with it; what is there already is left as it is.

    A model predicts anew while it is not older than `reference.max_age_days` and was made under the same
    configuration and permissions; else, or `again`, it is learned anew, tested at `tests` earlier moments.
    """
    told, wanted = progress or Silent(), list(names)
    with build_lock(folder.root):
        bench = workbench(folder, branch=snapshot.branch, as_of=snapshot.as_of)
        try:
            run = _Run(bench, tests=tests, again=again)
            told.begin("predicting", total=len(wanted), unit="targets")
            made = []
            for name in wanted:
                made.append(run.target(name))
                told.advance(note=name)
            told.end()
            run.publish()
        finally:
            bench.engine.close()
    return tuple(made)


class _Run:
    """One run over some targets; tables are written once, at its end."""

    def __init__(self, bench: Workbench, *, tests: int, again: bool) -> None:
        self.bench, self.tests, self.again = bench, tests, again
        self.panels, self.changed = Panels(bench), False
        self.held = {
            name: bench.stored(Sql(f"SELECT * FROM {STORED}{name}", reads=(name,))) for name in TABLES
        }

    def target(self, name: str) -> Forecast:
        """Predict one target, unless that was done already."""
        card, key = self._card(name), self._key(name)
        known = card is not None and not self.again and json.loads(card["card"])["key"] == key
        if card is not None and known and card["as_of"] == self._as_of:
            rows = self.held["forecasts"].filter(pc.equal(self.held["forecasts"]["target"], name)).num_rows
            return Forecast(name, card["published"], False, card["verdict"], rows)
        self.changed = True
        if card is not None and known and self._young(card):
            return self._predict_again(name, card)
        return self._learn(name, key)

    def publish(self) -> None:
        """Commit a snapshot with the tables, unless nothing changed."""
        base = self.bench.base
        if not self.changed or base is None:
            return
        for table in TABLES:
            self.bench.replace(table, self.held[table])
        now = snapshots.current(self.bench.ledger)
        snapshots.publish(
            self.bench.ledger,
            branch=base.branch,
            as_of=base.as_of,
            pins={name: (pin.branch, pin.version) for name, pin in self.bench.state.pins.items()},
            inputs=base.inputs,
            runs=base.runs,
            current=now is not None and now.id == base.id,
        )

    @property
    def _as_of(self) -> datetime:
        assert self.bench.state.as_of is not None
        return self.bench.state.as_of

    def _learn(self, name: str, key: str) -> Forecast:
        try:
            made = learn(self.panels.learning(name), self.panels.question(name), tests=self.tests)
        except GenomeError as refused:
            return self._refuse(name, key, str(refused))
        card, instead = self._described(name, made), stand_in(made.tested, self.panels.question(name))
        scores = made.model.predict(self.panels.predicting(name))
        seen, about = Drift().fit({SCORE: scores.score}).to_arrays()
        arrays = {**made.arrays, **{DRIFT + key: array for key, array in seen.items()}}
        self._put("models", name, pack(name, arrays=arrays, meta={**made.meta, DRIFT: about}))
        self._put("model_subjects", name, _subject_rows(made, name))
        shown = made.tested.verdict.published or instead is not None
        said = [
            *made.tested.verdict.reasons,
            *([f"so the rule {instead} is shown in its place"] if instead else []),
        ]
        self._put_card(
            name, {"key": key, INSTEAD: instead, **card.to_dict()}, version=made.version, trained=self._as_of,
            published=shown, said="; ".join(said),
        )  # fmt: skip
        rows = (
            self._put_scores(name, made.model, scores, instead=instead)
            if shown
            else self._put_forecasts(name)
        )
        return Forecast(name, shown, True, "; ".join(said), rows)

    def _described(self, name: str, made: Learned) -> Card:
        purpose = self.panels.training_purpose(name)
        question, project = self.panels.question(name), self.bench.project
        return card_of(name, made, question, project=project, purpose=purpose, as_of=self.panels.moment)

    def _predict_again(self, name: str, row: dict[str, Any]) -> Forecast:
        """Predict by the model that is there; the card says how far scores moved, and how the last ones came true."""
        arrays, meta = unpack(self.held["models"], component=name)
        model = restore(self.panels.question(name), arrays, meta)
        scores = model.predict(self.panels.predicting(name))
        seen = {key.removeprefix(DRIFT): value for key, value in arrays.items() if key.startswith(DRIFT)}
        held = json.loads(row["card"])
        shifts = Drift.from_arrays(seen, meta[DRIFT]).compare({SCORE: scores.score})
        card = replace(Card.from_dict(held), drift=shifts, performance=self._came_true(name, held))
        self._put_card(
            name, {"key": held["key"], INSTEAD: held[INSTEAD], **card.to_dict()},
            version=row["version"], trained=row["trained_as_of"],
            published=row["published"], said=row["verdict"],
        )  # fmt: skip
        instead = held[INSTEAD]
        rows = (
            self._put_scores(name, model, scores, instead=instead)
            if row["published"]
            else self._put_forecasts(name)
        )
        return Forecast(name, row["published"], False, row["verdict"], rows)

    def _came_true(self, name: str, held: dict[str, Any]) -> tuple[str, ...]:
        """Say how the predictions that stand there did, if their horizon is over."""
        rows = self.held["forecasts"].filter(pc.equal(self.held["forecasts"]["target"], name))
        tested = Card.from_dict(held).backtest
        if not rows.num_rows or tested is None:
            return ()
        panel, question = self.panels.predicting(name), self.panels.question(name)
        said = scores_of(rows, panel.history, question.target)
        moment = days_of(rows["as_of"][0].as_py(), zone=self.bench.project.tz)
        return since(panel, question, said=said, moment=moment, tested=tested.models[MODEL])

    def _refuse(self, name: str, key: str, reason: str) -> Forecast:
        for table in ("models", "model_subjects"):
            self._put(table, name, contract(table).schema.empty_table())
        self._put_card(name, {"key": key}, version="", trained=self._as_of, published=False, said=reason)
        return Forecast(name, False, True, reason, self._put_forecasts(name))

    def _put_scores(self, name: str, model: Model, scores: Scores, *, instead: str | None) -> int:
        """Put a model's scores, or those of the rule that stands in for it."""
        if instead is not None:
            found = rule(instead, self.panels.learning(name), self.panels.question(name))
            scores = found.predict(self.panels.predicting(name))
        history, target = self.panels.predicting(name).history, self.bench.project.targets[name]
        rows = forecast_rows(history, target, scores, name=name, as_of=self._as_of)
        if isinstance(model, ActionModel):
            when = model.when(self.panels.predicting(name))
            times = time_rows(history, target, when, name=name, as_of=self._as_of)
            rows = pa.concat_tables([rows, times])
        return self._put_forecasts(name, rows)

    def _put_forecasts(self, name: str, rows: pa.Table | None = None) -> int:
        made = rows if rows is not None else contract("forecasts").schema.empty_table()
        self._put("forecasts", name, made)
        return int(made.num_rows)

    def _put_card(
        self, name: str, card: dict[str, Any], *, version: str, trained: datetime, published: bool, said: str
    ) -> None:
        row = {"target": name, "version": version, "published": published, "verdict": said, "trained_as_of": trained,
               "as_of": self._as_of, "card": json.dumps(card, sort_keys=True)}  # fmt: skip
        self._put("model_cards", name, pa.Table.from_pylist([row], contract("model_cards").schema))

    def _put(self, table: str, name: str, rows: pa.Table) -> None:
        """Replace a target's rows."""
        key = "component" if table == "models" else "target"
        others = self.held[table].filter(pc.not_equal(self.held[table][key], name))
        self.held[table] = pa.concat_tables([others, rows.select(others.column_names).cast(others.schema)])

    def _card(self, name: str) -> dict[str, Any] | None:
        found = (
            self.held["model_cards"].filter(pc.equal(self.held["model_cards"]["target"], name)).to_pylist()
        )
        return found[0] if found else None

    def _young(self, card: dict[str, Any]) -> bool:
        age = self._as_of - card["trained_as_of"]
        return bool(timedelta(0) <= age <= timedelta(days=self.bench.project.reference.max_age_days))

    def _key(self, name: str) -> str:
        """Return the digest of what a model depends on besides its data."""
        target = self.bench.project.targets[name].model_dump(mode="json")
        held = json.dumps([CODE, self.tests, target, self.panels.permissions(name)], sort_keys=True)
        return hashlib.blake2b(held.encode(), digest_size=8).hexdigest()


def _subject_rows(made: Learned, name: str) -> pa.Table:
    customers = pa.array(made.model.customers_.tolist(), pa.string())
    same = {"target": name, "version": made.version}
    columns = {key: pa.array([value] * len(customers), pa.string()) for key, value in same.items()}
    return pa.table({"customer_id": customers, **columns})
