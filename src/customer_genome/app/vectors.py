"""Vectors of a window of time, by a transform that the window did not shape."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pyarrow as pa

from customer_genome.app.readers import with_identifier
from customer_genome.core.as_of import local_text, parse_as_of
from customer_genome.core.errors import GenomeError, NotFound
from customer_genome.genome.stages.contents import span
from customer_genome.genome.stages.windows import Transform, Windows, windows
from customer_genome.genome.vector import BLOCKS
from customer_genome.privacy import Access

TRANSFORM_DAYS = 168
"""Without another wish, the transform is learned from this many days at the beginning of the history."""


@dataclass(frozen=True)
class WindowVectors:
    """Customers' vectors (customer_id or an identifier, vector, transform) and what made them.

    The transform `version` was learned from `customers` customers in [learned_from, learned_until); `known_share` of
    the window's purchases are of items that it knows (None: no purchases). `reason` says why the transform learned no
    metric; None where it did.
    """

    rows: pa.Table
    version: str
    learned_from: datetime
    learned_until: datetime
    customers: int
    known_share: float | None
    reason: str | None


def window_vectors(
    access: Access,
    *,
    start: str,
    end: str,
    transform: str | None = None,
    without: tuple[str, ...] = (),
    identifier: str | None = None,
    purpose: str = "analytics",
) -> WindowVectors:
    """Encode every customer who bought in [start, end) from that window's interactions alone.

    `transform` is the moment before which the transform is learned, from everything that was known then; without it,
    the first TRANSFORM_DAYS of the history. Windows encoded by the same transform can be compared. `without` names
    blocks to leave out. Raises GenomeError where the transform would have seen the window, or nothing at all.
    """
    zone = access.project.tz
    began, ended = (parse_as_of(text, zone=zone) for text in (start, end))
    if ended <= began:
        raise GenomeError("the window is empty", found=f"from {start} to {end}", expected="--to after --from")
    if unknown := sorted(set(without) - {block.name for block in BLOCKS}):
        blocks = ", ".join(block.name for block in BLOCKS)
        raise NotFound(f"no block {unknown[0]!r} of the vector", expected=blocks)
    reader = windows(access, purpose=purpose)
    learned = _transform(reader, before=began, asked=parse_as_of(transform, zone=zone) if transform else None)
    rows, share = reader.encode(learned, began=began, ended=ended, without=without)
    if identifier is not None:
        rows = with_identifier(access, rows, kind=identifier, purpose=purpose)
    vectoriser = learned.vectoriser
    return WindowVectors(
        rows, vectoriser.version_, learned.began, learned.ended, learned.customers, share, vectoriser.reason_
    )


def _transform(reader: Windows, *, before: datetime, asked: datetime | None) -> Transform:
    """Learn the transform from what was known before the window."""
    access, zone = reader.access, reader.access.project.tz
    found = span(access, touched=reader.everyone, purpose=reader.purpose)
    if found is None:
        raise NotFound("no purchases to learn a transform from", fix="build the project with its purchases")
    first = _midnight(found[0], access)
    ended = asked if asked is not None else _midnight(found[0], access, days=TRANSFORM_DAYS)
    if ended > before:
        raise GenomeError(
            "the transform would be learned from the window itself",
            found=f"a window from {local_text(before, zone=zone)}, a transform learned until "
            f"{local_text(ended, zone=zone)}; the history begins on {local_text(first, zone=zone)}",
            expected="a transform learned before the window",
            fix="--transform TIME, not later than --from and after the history's beginning; the same for all windows",
        )
    then = replace(access, state=replace(access.state, as_of=_earlier(ended, access.state.as_of)))
    made = replace(reader, access=then).learn(first, ended) if ended > first else None
    if made is None:
        raise GenomeError(
            f"no history before {local_text(ended, zone=zone)} to learn a transform from",
            found=f"the first purchase on {local_text(found[0], zone=zone)}",
            fix="give a later --transform and later windows",
        )
    return made


def _earlier(moment: datetime, other: datetime | None) -> datetime:
    return moment if other is None else min(moment, other)


def _midnight(moment: datetime, access: Access, *, days: int = 0) -> datetime:
    """Return the local midnight before `moment`, or so many calendar days after it."""
    zone = access.project.tz
    local = moment.astimezone(zone).date() + timedelta(days=days)
    return parse_as_of(local.isoformat(), zone=zone)
