"""When each customer will move to the phase of a target, and who is later than nearly all who moved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from customer_genome.app.journey_rows import CUSTOMERS, JourneyRows
from customer_genome.core.errors import GenomeError
from customer_genome.core.step import Sql
from customer_genome.journey.analysis.curves import Conversion, conversion_curves
from customer_genome.journey.analysis.personal import personal
from customer_genome.journey.analysis.spells import Spells, days

if TYPE_CHECKING:
    from customer_genome.app.workspace import Workspace
    from customer_genome.core.progress import Progress

LATE = 0.9
"""Who has been in a phase for longer than this part of those who moved on took is late."""
_STANDING = Sql(
    "SELECT customer_id, phase, entered_at FROM phases WHERE entered_at IS NOT NULL ORDER BY customer_id",
    reads=("phases",),
)
_SCHEMA = pa.schema(
    [
        ("customer_id", pa.string()),
        ("phase", pa.string()),
        ("days_in_phase", pa.float64()),
        ("chance", pa.float64()),
        ("by_day", pa.list_(pa.float64())),
        ("done", pa.float64()),
        ("late", pa.bool_()),
    ]
)


def journey_outlook(
    workspace: Workspace, target: str, *, within: Sequence[float], progress: Progress | None = None
) -> pa.Table:
    """Return when those whom a target of a phase predicts will enter it: one row a customer, the likeliest first.

    Columns: customer_id, phase (where they stand), days_in_phase, chance (the model's, within the target's horizon),
    by_day (within each of `within` days: the chance, bent like the curve of those who were in the phase before; null
    where nobody was seen there for so long), done (the part of all such moves that took less time), late. `target`
    is declared. Raises GenomeError for one that is not a phase, and what `targets.predict` raises.
    """
    project = workspace.folder.project
    setting = project.targets[target]
    if setting.phase is None:
        raise GenomeError(
            f"{target} is not about a phase", found=setting.predict, expected="a target of `phase`"
        )
    predicted = workspace.targets.predict(target, progress=progress)
    access, as_of = workspace.access(), workspace.snapshot.as_of
    rows = JourneyRows(access, CUSTOMERS, setting.purpose, as_of)
    standing = access.query(_STANDING, purpose=setting.purpose).join(
        predicted, "customer_id", join_type="inner"
    )
    spells, found = rows.spells(), []
    for phase in pc.unique(standing["phase"]).sort().to_pylist():
        mine = standing.filter(pc.equal(standing["phase"], phase))
        in_phase = spells.end - days(mine["entered_at"], zone=project.tz, as_of=as_of)
        found.append(
            _outlook(mine, spells, in_phase, to=setting.phase, horizon=setting.horizon, within=within)
        )
    if not found:
        return _SCHEMA.empty_table()
    return pa.concat_tables(found).sort_by([("chance", "descending"), ("customer_id", "ascending")])


def _outlook(
    mine: pa.Table, spells: Spells, in_phase: np.ndarray, *, to: str, horizon: float, within: Sequence[float]
) -> pa.Table:
    """Return the rows of those who stand in one phase."""
    phase, chance = mine["phase"][0].as_py(), np.asarray(mine["score"].to_numpy(), np.float64)
    seen = conversion_curves(spells, phase)
    by_day = np.full((len(chance), len(within)), np.nan)
    done = np.full(len(chance), np.nan)
    if isinstance(seen, Conversion) and to in seen.to:
        made = personal(
            chance, horizon=horizon, in_phase=in_phase, days=np.asarray(within, np.float64), moves=seen.to[to],
            staying=seen.staying,
        )  # fmt: skip
        by_day, done = made.chance, made.done
    listed = [[None if np.isnan(one) else float(one) for one in row] for row in by_day]
    late = pa.array(done >= LATE, pa.bool_(), mask=np.isnan(done))
    columns = [
        mine["customer_id"], mine["phase"], pa.array(in_phase), mine["score"], pa.array(listed, pa.list_(pa.float64())),
        pa.array(done, from_pandas=True), late,
    ]  # fmt: skip
    return pa.table(dict(zip(_SCHEMA.names, columns, strict=True)), schema=_SCHEMA)
