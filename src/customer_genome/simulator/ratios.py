"""True preferences as ratios: the share of a person's choices that carries a gene, against the population's share.

`choices` writes, for each person and category, the share of every label in what they were going to choose and how much
they chose there (`volume`). `ratios` sums over people and categories:
ratio = sum of volume * share / sum of volume * share of the population, the latter weighted by volumes too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from customer_genome.simulator.catalogue import (
    AREAS,
    FORMATS,
    LEVELS,
    PALETTES,
    PER_AREA,
    THEMES,
    TONES,
    TOPICS,
    Mailing,
)
from customer_genome.simulator.choices import (
    ADVANCED,
    PALETTE_OF,
    THEME_OF,
    area_shares,
    carried,
    feature_shares,
    format_shares,
    look_shares,
)
from customer_genome.simulator.draws import F64, I64
from customer_genome.simulator.journey import Journeys, numbers_of
from customer_genome.simulator.journey_days import MAILED, VISIT
from customer_genome.simulator.people import People
from customer_genome.simulator.product import used_features
from customer_genome.simulator.website import topic_odds


def choices(lived: Journeys, calendar: Mailing) -> pa.Table:
    """Return rows (person, category, gene, share, volume) of everybody who chose."""
    crowd = lived.people
    events = used_features(lived)
    in_area = _counted(events["person"], events["feature"] // PER_AREA, len(crowd), len(AREAS))
    users = np.flatnonzero(in_area.sum(axis=1))
    some = _some(crowd, users)
    volume, looks = in_area[users], look_shares(some)
    designed = volume[:, :1] * format_shares(some)
    odds = topic_odds(crowd)
    visits = _counted(lived.rows(VISIT)[:, 0], np.zeros(len(lived.rows(VISIT)), np.int64), len(crowd), 1)
    readers = np.flatnonzero(visits[:, 0])
    shares = (odds / odds.sum(axis=1, keepdims=True))[readers, None]
    advanced = feature_shares(some)[:, :, ADVANCED].sum(axis=2)[:, :, None]
    parts = [
        _long(some.person, "area", ("feature",), AREAS, area_shares(some)[:, None], volume.sum(axis=1, keepdims=True)),
        _long(some.person, "level", AREAS, LEVELS[1:], advanced, volume),
        _long(some.person, "theme", FORMATS, THEMES, looks @ THEME_OF, designed),
        _long(some.person, "palette", FORMATS, PALETTES, looks @ PALETTE_OF, designed),
        _long(crowd.person[readers], "topic", ("page",), TOPICS, shares, visits[readers]),
        *_of_mail(lived, calendar),
    ]  # fmt: skip
    return pa.concat_tables(parts)


def ratios(path: Path) -> Iterator[tuple[str, pa.Table]]:
    """Yield `population` (category, gene, share) and `ratios` (person, gene, ratio, volume), block by block."""
    file = pq.ParquetFile(path)
    sums = [_weighted(part, ["category", "gene"]) for part in _parts(file)]
    every = (
        pa.concat_tables(sums).group_by(["category", "gene"]).aggregate([("mass", "sum"), ("volume", "sum")])
    )
    every = every.sort_by([("gene", "ascending"), ("category", "ascending")])
    share = pc.divide(every["mass_sum"], every["volume_sum"])
    population = pa.table({"category": every["category"], "gene": every["gene"], "share": share})
    yield "population", population
    for part in _parts(file):
        yield "ratios", _ratios(part, population)


def _ratios(part: pa.Table, population: pa.Table) -> pa.Table:
    met = part.join(population, keys=["category", "gene"], right_suffix="_of_all")
    table = pa.table({
        "person": met["person"],
        "gene": met["gene"],
        "own": pc.multiply(met["share"], met["volume"]),
        "all": pc.multiply(met["share_of_all"], met["volume"]),
        "volume": met["volume"],
    })  # fmt: skip
    found = table.group_by(["person", "gene"]).aggregate([("own", "sum"), ("all", "sum"), ("volume", "sum")])
    found = found.sort_by([("person", "ascending"), ("gene", "ascending")])
    return pa.table({
        "person": found["person"],
        "gene": found["gene"],
        "ratio": pc.divide(found["own_sum"], found["all_sum"]),
        "volume": found["volume_sum"],
    })  # fmt: skip


def _parts(file: pq.ParquetFile) -> Iterator[pa.Table]:
    for k in range(file.num_row_groups):
        yield file.read_row_group(k)


def _weighted(part: pa.Table, keys: list[str]) -> pa.Table:
    table = part.append_column("mass", pc.multiply(part["share"], part["volume"]))
    found = table.group_by(keys).aggregate([("mass", "sum"), ("volume", "sum")])
    return found.rename_columns([name.removesuffix("_sum") for name in found.column_names])


def _of_mail(lived: Journeys, calendar: Mailing) -> list[pa.Table]:
    """Return tone and theme of what a person would open of all campaigns; the volume is what they received."""
    crowd, sent = lived.people, lived.rows(MAILED)
    volume = _counted(sent[:, 0], np.zeros(len(sent), np.int64), len(crowd), 1)
    readers = np.flatnonzero(volume[:, 0])
    base = numbers_of(crowd)[readers, 3:4]
    opened = np.minimum(
        0.9,
        base * np.exp(crowd.tone[readers][:, calendar.tone] + 0.5 * crowd.theme[readers][:, calendar.theme]),
    )
    total = opened.sum(axis=1, keepdims=True)
    person = crowd.person[readers]
    tones, themes = opened @ carried(calendar.tone, len(TONES)), opened @ carried(calendar.theme, len(THEMES))
    return [
        _long(person, "tone", ("email",), TONES, (tones / total)[:, None], volume[readers]),
        _long(person, "message-theme", ("email",), THEMES, (themes / total)[:, None], volume[readers]),
    ]  # fmt: skip


def _long(  # noqa: PLR0917
    person: I64, family: str, categories: tuple[str, ...], labels: tuple[str, ...], share: F64, volume: F64
) -> pa.Table:
    """Return a long table of shares (people × categories × labels) and volumes (people × categories)."""
    n, c, g = share.shape
    kept = np.repeat(volume.ravel() > 0, g)
    names = pa.array([f"{family}:{label}" for label in labels])
    table = pa.table({
        "person": np.repeat(person, c * g),
        "category": pa.array(categories).take(pa.array(np.tile(np.repeat(np.arange(c), g), n))),
        "gene": names.take(pa.array(np.tile(np.arange(g), n * c))),
        "share": share.ravel(),
        "volume": np.repeat(volume.ravel(), g).astype(np.float64),
    })  # fmt: skip
    return table.filter(pa.array(kept))


def _counted(person: I64, category: I64, n: int, c: int) -> F64:
    return np.bincount(person * c + category, minlength=n * c).reshape(n, c).astype(np.float64)


def _some(crowd: People, rows: I64) -> People:
    """Return some people of a block."""
    found = {one.name: getattr(crowd, one.name) for one in fields(crowd)}
    some: dict[str, Any] = {name: each[rows] for name, each in found.items() if isinstance(each, np.ndarray)}
    return replace(crowd, **some)
