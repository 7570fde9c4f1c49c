"""The public object: one project, with a verb for everything that can be done with it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from customer_genome.app.consents import Consents
from customer_genome.app.export import write_table
from customer_genome.app.folder import Folder, open_folder
from customer_genome.app.genome import Genome, evidence_behind, genome
from customer_genome.app.journeys import Journeys
from customer_genome.app.readers import access_to, customer_named, snapshot_of, with_identifier
from customer_genome.app.resemblance import Resemblance, alike, resemblance
from customer_genome.app.status import Status, status
from customer_genome.app.targets import Targets
from customer_genome.app.verbs import verbs
from customer_genome.core.as_of import parse_as_of
from customer_genome.core.errors import NotFound
from customer_genome.core.progress import Progress, Silent
from customer_genome.core.settings import BuildSettings
from customer_genome.core.step import Sql
from customer_genome.ledger import Snapshot, snapshots
from customer_genome.privacy import Access, public_tables
from customer_genome.sources.readers import as_table

if TYPE_CHECKING:
    from customer_genome.app.build import Built
    from customer_genome.app.vectors import WindowVectors


class Workspace:
    """An opened project. Every read names its purpose and is recorded; customers are named by id or TYPE:VALUE.

    `as_of` (a date is its local midnight) opens the snapshot of that moment; without it the published one is read.
    """

    def __init__(self, folder: Folder, *, as_of: str | None = None) -> None:
        self.folder = folder
        self._as_of = parse_as_of(as_of, zone=folder.project.tz) if as_of is not None else None
        self._frames: dict[str, tuple[pa.Table, ...]] = {}
        self._open: tuple[int, Access] | None = None

    @property
    def consents(self) -> Consents:
        """What customers agreed to, withdrew and objected to."""
        return Consents(self.folder, self.access)

    @property
    def journey(self) -> Journeys:
        """Where customers stand in the journey, how they move through it, and what precedes their moves."""
        return Journeys(self)

    @property
    def targets(self) -> Targets:
        """What genome.yaml declares to be predicted."""
        return Targets(self)

    @property
    def snapshot(self) -> Snapshot:
        """The snapshot that reads come from; raises NotBuilt."""
        return snapshot_of(self.folder, self._as_of)

    def load(self, source: str, frame: Any) -> None:
        """Hand rows (Arrow, pandas, Polars; the columns of its mapping) to `source`; the next build reads them."""
        if source not in self.folder.project.sources:
            raise NotFound(f"no source {source!r}", expected=", ".join(self.folder.project.sources))
        self._frames[source] = (*self._frames.get(source, ()), as_table(frame))

    def build(
        self,
        *,
        as_of: str | None = None,
        full: bool = False,
        hold_reference: bool = False,
        publish: bool = True,
        progress: Progress | None = None,
    ) -> Built:
        """Bring the genome up to date with the sources; `as_of` builds it as it could have been known then.

        `full` derives every customer anew and, unless `hold_reference`, estimates the population anew. Without
        `publish` the snapshot is kept for reading by its as-of, and readers go on seeing the current one.
        """
        from customer_genome.app.build import (
            build,  # the pipeline is slow to import, and reading needs none of it
        )

        settings = BuildSettings(
            root=self.folder.root,
            now=datetime.now(UTC),
            as_of=parse_as_of(as_of, zone=self.folder.project.tz) if as_of is not None else None,
            full=full,
            refit=False if hold_reference else None,
            current=publish,
            frames=self._frames,
            progress=progress or Silent(),
        )
        built = build(self.folder, settings)
        self._frames = {}
        return built

    def status(self) -> Status:
        """Return what is published, the accounts of every source, and the quarantine by reason."""
        return status(self.access(), self.snapshot)

    def show(self, customer: str, *, purpose: str = "service") -> Genome:
        """Return one customer's genome."""
        return genome(self.access(), customer, purpose=purpose)

    def evidence(self, customer: str, gene: str, *, purpose: str = "service") -> pa.Table:
        """Return what one expression rests on, largest contribution first."""
        access = self.access()
        return evidence_behind(
            access, customer_named(access, customer, purpose=purpose), gene, purpose=purpose
        )

    def compare(self, left: str, right: str, *, purpose: str = "analytics") -> Resemblance:
        """Return how alike two customers' genomes are, with the genes that make and break it."""
        return resemblance(self.access(), left, right, purpose=purpose)

    def similar(self, customer: str, *, k: int = 10, purpose: str = "analytics") -> pa.Table:
        """Return the k most similar customers: customer_id, similarity (cosine of vectors, -1 to 1)."""
        return alike(self.access(), customer, k=k, purpose=purpose)

    def best(self, *, purpose: str = "analytics") -> tuple[pa.Table, pa.Table]:
        """Return all customers by value (with likeness and twin), and the genes that separate the best."""
        access = self.access()
        ranked = Sql("SELECT * FROM best ORDER BY value DESC, customer_id", reads=("best",))
        separating = Sql("SELECT * FROM best_genes ORDER BY q_value, gene", reads=("best_genes",))
        return access.query(ranked, purpose=purpose), access.query(separating, purpose=purpose)

    def predict(
        self,
        target: str = "next-basket",
        *,
        level: str = "category",
        k: int = 10,
        customer: str | None = None,
        identifier: str | None = None,
        purpose: str = "personalisation",
    ) -> pa.Table:
        """Return the k likeliest targets of every customer (or one): item, score, probability, base_rate, rank, reason.

        `level` is item, category, group or any catalogue attribute. `identifier` names customers by that identifier
        type in place of customer_id. Raises NotFound for a target or level that there is not.
        """
        from customer_genome.predictions.on_demand import predictions

        access = self.access()
        rows = predictions(access, target, level=level, k=k, purpose=purpose)
        if customer is not None:
            one = customer_named(access, customer, purpose=purpose)
            rows = rows.filter(pc.equal(rows["customer_id"], one))
        return rows if identifier is None else with_identifier(access, rows, kind=identifier, purpose=purpose)

    def vectors(
        self,
        start: str,
        end: str,
        *,
        transform: str | None = None,
        without: tuple[str, ...] = (),
        identifier: str | None = None,
        purpose: str = "analytics",
    ) -> WindowVectors:
        """Return vectors made of what happened from `start` until before `end` alone, all windows by one transform.

        The transform is learned from what was known before `transform`, without it from the first weeks of the
        history; `without` names blocks that are left out.
        """
        from customer_genome.app.vectors import window_vectors

        return window_vectors(
            self.access(), start=start, end=end, transform=transform, without=without, identifier=identifier,
            purpose=purpose,
        )  # fmt: skip

    def sql(self, query: str, *, purpose: str) -> pa.Table:
        """Run a SELECT in a session that holds only what `purpose` may see."""
        return self.access().user_query(query, purpose=purpose)

    def export(self, table: str, *, purpose: str, out: Path | str) -> int:
        """Write what `purpose` may see of a table to a Parquet, CSV or JSON Lines file; returns the rows written."""
        if table not in public_tables():
            raise NotFound(f"no table {table!r} to export", expected=", ".join(public_tables()))
        rows = self.sql(f'SELECT * FROM "{table}"', purpose=purpose)
        return write_table(rows, Path(out))

    def explain(self, stage: str | None = None) -> tuple[dict[str, Any], ...]:
        """Return the steps that the published build ran: name, kind, reads, writes, rows, seconds, and its text."""
        runs = tuple(dict(run) for run in self.snapshot.runs)
        found = tuple(run for run in runs if stage in (None, run["name"], run["stage"]))
        if not found:
            stages = sorted({run["stage"] for run in runs})
            raise NotFound(f"no stage or step {stage!r}", expected=", ".join(stages))
        return found

    def verbs(self, *, purpose: str = "analytics") -> pa.Table:
        """Return how much each verb counts as evidence, and what it foretells at each half-life (`verb_weights`)."""
        return verbs(self.access(), purpose=purpose)

    def at(self, as_of: str, *, progress: Progress | None = None) -> Workspace:
        """Return this project as of a moment, built on the side if no snapshot of it is there."""
        moment = parse_as_of(as_of, zone=self.folder.project.tz)
        if snapshots.at(self.folder.ledger, moment) is None:
            self.build(as_of=as_of, publish=False, progress=progress)
        return Workspace(self.folder, as_of=as_of)

    def access(self) -> Access:
        """Return the door to the snapshot, which other parts of the package read through."""
        snapshot = self.snapshot
        if self._open is None or self._open[0] != snapshot.id:
            if self._open is not None:
                self._open[1].engine.close()
            self._open = (snapshot.id, access_to(self.folder, snapshot))
        return self._open[1]


def open(directory: Path | str = ".", *, as_of: str | None = None) -> Workspace:  # noqa: A001
    """Open the project in `directory`; raises ProjectError or ConfigError."""
    return Workspace(open_folder(Path(directory)), as_of=as_of)
