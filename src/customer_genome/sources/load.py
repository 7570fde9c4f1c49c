"""The stage `load`: what is new in every source becomes interactions, claims, items and item DNA."""

from __future__ import annotations

import time

import pyarrow as pa

from customer_genome.core.errors import QueryError, SourceError
from customer_genome.core.ids import digest
from customer_genome.core.mappings import Source
from customer_genome.core.settings import BuildSettings
from customer_genome.core.step import Sql, StepRun
from customer_genome.core.verbs import verb_table
from customer_genome.privacy import STORED, Workbench
from customer_genome.sources.arrive import RECEIVED, Arrival, arrivals, bind
from customer_genome.sources.expire import expire
from customer_genome.sources.keep import keep
from customer_genome.sources.shape import ROWS, Shapes, shaped
from customer_genome.sources.staging import (
    Staging,
    claims,
    dna,
    expressions,
    interactions,
    items,
)

ORDER = ("items", "dna", "claims", "interactions")


def load(bench: Workbench, settings: BuildSettings) -> tuple[StepRun, ...]:
    """Load every source's new or changed deliveries; what was loaded before is not read again.

    Raises SourceError where a source as a whole cannot be read; nothing of it is stored then.
    """
    sources = sorted(bench.project.sources.items(), key=lambda pair: ORDER.index(pair[1].kind))
    settings.progress.begin("reading sources", total=len(sources), unit="sources")
    done = []
    for name, source in sources:
        started = time.perf_counter()
        rows = _load_source(bench, settings, name, source)
        if rows is not None:
            run = StepRun(
                f"load {name}", "source", (), source.kind, "service", rows, time.perf_counter() - started,
                f"{source.place}\n{source.query or ''}",
            )  # fmt: skip
            bench.runs.append(run)
            done.append(run)
        settings.progress.advance(note=name)
    settings.progress.end()
    expire(bench, now=settings.now)
    return tuple(done)


def mapping_fingerprint(bench: Workbench, name: str) -> str:
    """Return a digest of everything that decides how a source's rows are read."""
    source, project = bench.project.sources[name], bench.project
    verbs = {verb: setting.returns for verb, setting in project.verbs.items()}
    kinds = {kind: (i.direct, i.type, i.normalise) for kind, i in project.identifiers.items()}
    return digest(
        source.model_dump_json(), repr(sorted(verbs.items())), repr(sorted(kinds.items())), project.time_zone
    )


def _load_source(bench: Workbench, settings: BuildSettings, name: str, source: Source) -> int | None:
    seen = bench.stored(
        Sql(
            f"SELECT file, fingerprint FROM {STORED}loads WHERE source = $source AND NOT superseded",
            reads=("loads",),
            params={"source": name},
        )
    )
    mapping = mapping_fingerprint(bench, name)
    fresh = list(
        arrivals(
            name,
            source=source,
            settings=settings,
            mapping=mapping,
            seen=seen,
            connections=bench.project.connections,
        )
    )
    if not fresh:
        return None
    _bind_settings(bench, settings)
    shapes = Shapes.of(bench, name)
    for arrival in fresh:
        _stage(bench, name, source, arrival, shapes=shapes)
    return keep(bench, name=name, source=source, fresh=fresh, profiles=shapes.table())


def _stage(bench: Workbench, name: str, source: Source, arrival: Arrival, *, shapes: Shapes) -> None:
    add = bool(shapes.fresh)
    try:
        schema = bind(arrival, source=source, bench=bench)
        shaped(bench, source=source, name=name, file=arrival.name, schema=schema, shapes=shapes)
        staging = _staging(bench, name, source, schema)
        bench.engine.materialise("_staged", staging.text, params={"file": arrival.name}, add=add)
    except QueryError as error:
        failure = next((reader.failure for reader in arrival.readers if reader.failure is not None), None)
        raise failure or SourceError(
            f"source {name}: the rows of {arrival.name} cannot be read as its mapping says",
            found=error.found,
            fix="compare the mapping in genome.yaml with the columns of the file",
        ) from error
    finally:
        bench.engine.unbind(ROWS)
        bench.engine.unbind(RECEIVED)


def _staging(bench: Workbench, name: str, source: Source, schema: pa.Schema) -> Staging:
    given = expressions(source)
    listed = ", ".join(f'({expression}) AS "{column}"' for column, expression in given.items())
    probe = bench.engine.table(f"SELECT {listed} FROM {ROWS} LIMIT 0").schema
    types = {column: probe.field(column).type for column in given}
    if source.interactions is not None:
        return interactions(name, source=source, project=bench.project, schema=schema, types=types)
    if source.claims is not None:
        return claims(source=source, project=bench.project, schema=schema, types=types)
    if source.items is not None:
        return items(source=source, schema=schema)
    return dna(source=source, schema=schema, types={"strength": pa.float64(), **types})


def _bind_settings(bench: Workbench, settings: BuildSettings) -> None:
    clock = pa.table({"latest": pa.array([settings.now], pa.timestamp("us", "UTC"))})
    bench.bind_stored(
        (), tables={"_verbs": verb_table(bench.project), "_clock": clock, "_suppressed": bench.suppressed()}
    )
