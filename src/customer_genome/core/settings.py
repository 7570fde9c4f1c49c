"""What one build was asked to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from customer_genome.core.progress import Progress, Silent


@dataclass(frozen=True)
class BuildSettings:
    """How to build.

    `as_of`: None = the local midnight after the newest data. `full`: derive everyone anew. `refit`: estimate the
    reference anew (None = when it is too old or the data grew too much). `current`: make the result what readers see.
    `frames` are tables handed over from Python, by source. `now` is the clock that future dates are judged by.
    """

    root: Path
    now: datetime
    as_of: datetime | None = None
    full: bool = False
    refit: bool | None = None
    current: bool = True
    frames: Mapping[str, tuple[pa.Table, ...]] = field(default_factory=dict)
    progress: Progress = field(default_factory=Silent)
