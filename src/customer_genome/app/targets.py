"""The declared targets of a project: predicted, tested, described, and handed over for others to learn from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from customer_genome.app.export import write_table
from customer_genome.app.readers import customer_named, with_identifier
from customer_genome.core.arrays import unpack
from customer_genome.core.errors import NotFound, Refused
from customer_genome.core.progress import Progress, Silent
from customer_genome.core.step import Sql

if TYPE_CHECKING:
    from customer_genome.app.forecast import Forecast
    from customer_genome.app.workspace import Workspace
    from customer_genome.predictions.honesty.card import Card
    from customer_genome.predictions.honesty.training_set import TrainingSet
    from customer_genome.predictions.learn import Tested
    from customer_genome.predictions.outlook import Outlook

ALL = "all"
HANDED_OVER = ("item", "score", "low", "high")
"""What a file of predictions holds beside the customer's name."""


@dataclass(frozen=True)
class Targets:
    """The targets of one project as of the snapshot that its workspace reads."""

    workspace: Workspace

    @property
    def names(self) -> tuple[str, ...]:
        """The targets that genome.yaml declares."""
        return tuple(self.workspace.folder.project.targets)

    def make(
        self, *targets: str, tests: int = 1, again: bool = False, progress: Progress | None = None
    ) -> tuple[Forecast, ...]:
        """Bring the predictions of `targets` (none = all) up to the snapshot, learning models where need be.

        A model is tested at `tests` earlier moments; one that is worse than a baseline there is not published.
        """
        # learning is slow to import, and reading needs none of it
        from customer_genome.app.forecast import forecast

        workspace, names = self.workspace, targets or (ALL,)
        return forecast(
            workspace.folder,
            workspace.snapshot,
            names=[one for name in names for one in self.meant(name)],
            tests=tests,
            again=again,
            progress=progress,
        )

    def meant(self, target: str) -> tuple[str, ...]:
        """Return the targets that a name means; raises NotFound."""
        return self.names if target == ALL else (self._one(target),)

    def _one(self, target: str) -> str:
        if target not in self.names:
            raise NotFound(f"no target {target!r}", expected=", ".join(self.names))
        return target

    def predict(
        self,
        target: str,
        *,
        k: int | None = None,
        customer: str | None = None,
        identifier: str | None = None,
        progress: Progress | None = None,
    ) -> pa.Table:
        """Return a target's predictions: customer, item (null where it is about the customer), rank, score, low, high.

        Read for the target's own purpose. Raises NotFound, and Refused where its model is not published.
        """
        [made] = self.make(self._one(target), progress=progress)
        if not made.published:
            raise Refused(
                f"{target} is not predicted", found=made.verdict, fix=f"`genome card {target}` has it all"
            )
        return self._stored(target, k=k, customer=customer, identifier=identifier)

    def _stored(
        self, target: str, *, k: int | None = None, customer: str | None = None, identifier: str | None = None
    ) -> pa.Table:
        """Return the predictions that the snapshot holds of a target."""
        access, purpose = self.workspace.access(), self.workspace.folder.project.targets[target].purpose
        text = (
            "SELECT customer_id, item, rank, score, low, high FROM forecasts "
            "WHERE target = $target AND rank <= $k AND by_day IS NULL ORDER BY customer_id, rank"
        )
        params = {"target": target, "k": k if k is not None else 2**31}
        rows = access.query(Sql(text, reads=("forecasts",), params=params), purpose=purpose)
        if customer is not None:
            rows = rows.filter(
                pc.equal(rows["customer_id"], customer_named(access, customer, purpose=purpose))
            )
        return rows if identifier is None else with_identifier(access, rows, kind=identifier, purpose=purpose)

    def when(self, target: str, *, within: Sequence[float], progress: Progress | None = None) -> pa.Table:
        """Return when those whom a target of a phase predicts will enter it, the likeliest first.

        Columns: customer_id, phase, days_in_phase, chance (within the target's horizon), by_day (within each of
        `within` days), done, late; see `journey_outlook`.
        """
        from customer_genome.app.journey_outlook import journey_outlook

        return journey_outlook(self.workspace, self._one(target), within=within, progress=progress)

    def reasons(self, target: str, customer: str, *, item: str | None = None) -> list[dict[str, str | float]]:
        """Return what moves a prediction that is there most: because, effect (log odds, or amount over usual).

        A target of items is asked about one `item`. The order is that of the effects' size.
        """
        from customer_genome.app.panels import Panels
        from customer_genome.predictions.learn import reasons
        from customer_genome.predictions.predictor import restore

        name, access = self._one(target), self.workspace.access()
        text = "SELECT * FROM models WHERE component = $target"
        state = access.query(Sql(text, reads=("models",), params={"target": name}), purpose="analytics")
        panels = Panels(access)
        one = customer_named(access, customer, purpose=self.workspace.folder.project.targets[name].purpose)
        model = restore(panels.question(name), *unpack(state, component=name))
        found = reasons(model, panels.predicting(name), customer=one, item=item)
        return [{"because": because, "effect": effect} for because, effect in found]

    def write(
        self, target: str, out: Path, *, identifier: str | None = None, progress: Progress | None = None
    ) -> dict[str, int | str]:
        """Write one Parquet file a target into folder `out`; returns the rows of each, or why there is no file."""
        out.mkdir(parents=True, exist_ok=True)
        made = {one.target: one for one in self.make(target, progress=progress)}
        written: dict[str, int | str] = {}
        for name, one in made.items():
            if not one.published:
                written[name] = one.verdict
                continue
            rows = self._stored(name, identifier=identifier)
            kept = rows.select([identifier or "customer_id", *HANDED_OVER])
            written[name] = write_table(kept, out / f"{name}.parquet")
        return written

    def card(self, target: str) -> Card:
        """Return the model card of a target; raises NotFound where none was learned yet."""
        from customer_genome.predictions.honesty.card import Card

        name = self._one(target)
        text = "SELECT version, card FROM model_cards WHERE target = $target"
        rows = self.workspace.access().query(
            Sql(text, reads=("model_cards",), params={"target": name}), purpose="analytics"
        )
        held = json.loads(rows["card"][0].as_py()) if rows.num_rows else {}
        if "backtest" not in held:
            raise NotFound(
                f"no model of {target}", fix=f"`genome predict {target}` learns it, or says why it cannot"
            )
        return Card.from_dict(held)

    def backtest(
        self, target: str = ALL, *, cuts: int = 3, progress: Progress | None = None
    ) -> dict[str, Tested]:
        """Return how well targets would have been predicted at the last `cuts` moments whose horizon is over."""
        from customer_genome.app.panels import Panels
        from customer_genome.predictions.learn import backtested

        panels, told, names = Panels(self.workspace.access()), progress or Silent(), self.meant(target)
        told.begin("testing", total=len(names), unit="targets")
        found = {}
        for name in names:
            found[name] = backtested(panels.learning(name), panels.question(name), count=cuts)
            told.advance(note=name)
        told.end()
        return found

    def training_set(self, target: str, *, cuts: int = 6) -> TrainingSet:
        """Return what any model may learn a target from: features as of past moments, and what came after.

        One row a customer and moment (and item, where the target has items), at the last `cuts` moments whose horizon
        is over; read for model training, with the lineage of every feature and the manifest of the customers in it.
        """
        from customer_genome.app.panels import Panels
        from customer_genome.predictions.learn import training_rows

        name = self._one(target)
        panels = Panels(self.workspace.access())
        purpose = self.workspace.folder.project.purposes[panels.training_purpose(name)]
        return training_rows(panels.learning(name), panels.question(name), count=cuts, purpose=purpose)

    def outlook(
        self,
        *,
        periods: int = 13,
        retention: float = 0.0,
        acquired: float = 0.0,
        acquired_value: float = 0.0,
        acquired_cost: float = 0.0,
        purpose: str = "analytics",
    ) -> Outlook:
        """Return what the customers of today will bring in each of the next periods of 28 days.

        The what-if assumes that `retention` more of them stay each period, and that `acquired` customers are won in
        each, of whom one brings `acquired_value` a period and costs `acquired_cost`.
        """
        from customer_genome.app.panels import Panels
        from customer_genome.predictions.net_revenue import WhatIf
        from customer_genome.predictions.outlook import outlook

        panels = Panels(self.workspace.access())
        assumed = WhatIf(retention, acquired, acquired_value, acquired_cost)
        history = panels.panel(purpose=purpose).history
        return outlook(history, as_of=panels.moment, periods=periods, what_if=assumed)
