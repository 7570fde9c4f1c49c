"""When customers will move to the next phase, and who is stuck, as rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from customer_genome.serving.journey_cells import Section

WITHIN = (7.0, 14.0, 30.0, 60.0, 90.0)
"""The days within which a move is told."""
UNSEEN = "where there is no figure, nobody was seen in the phase for so long"


def when_sections(found: pa.Table, *, target: str, most: int) -> list[Section]:
    """Return who will probably move, the likeliest first, and by when."""
    rows = [_row(row, WITHIN) for row in found.to_pylist()]
    title = f"Who is likeliest to move ({target}): the chance within so many days"
    notes = (f"{len(rows) - most:,} more; -k or --json show them",) if len(rows) > most else ()
    return [Section("when", title, rows, shown=rows[:most], notes=(*notes, UNSEEN))]


def stuck_sections(found: pa.Table, *, target: str, most: int) -> list[Section]:
    """Return who has been in a phase longer than nine in ten of those who moved on, the longest first."""
    late = [row for row in found.to_pylist() if row["late"]]
    late.sort(key=lambda row: (-row["days_in_phase"], row["customer_id"]))
    rows = [
        {
            "customer_id": row["customer_id"], "phase": row["phase"], "days_in_phase": row["days_in_phase"],
            "others_had_moved": row["done"], "chance": row["chance"],
        }
        for row in late
    ]  # fmt: skip
    notes = [
        f"{len(late):,} of {found.num_rows:,} have been there longer than nine in ten of those who moved on"
    ]
    if len(rows) > most:
        notes.append(f"{len(rows) - most:,} more; -k or --json show them")
    return [Section("stuck", f"Who is stuck ({target})", rows, shown=rows[:most], notes=tuple(notes))]


def _row(row: dict[str, Any], within: Sequence[float]) -> dict[str, Any]:
    said = {f"day_{day:g}": chance for day, chance in zip(within, row["by_day"], strict=True)}
    return {name: row[name] for name in ("customer_id", "phase", "days_in_phase", "chance")} | said
