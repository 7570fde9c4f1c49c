"""The door for builds: runs steps, and writes what they yield as new versions that no reader sees yet."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from customer_genome.core.arrays import pack, unpack
from customer_genome.core.step import KernelStep, Sql, SqlStep, Step, StepRun
from customer_genome.engine import rows_in
from customer_genome.ledger import Snapshot, consents, vault
from customer_genome.privacy.access import TOUCHED, Access
from customer_genome.privacy.views import STORED, Rules
from customer_genome.tables import contract

UPKEEP = "upkeep"
"""The purpose of holding data at all: steps whose rows the door filters again, row by row, when they are read."""


@dataclass
class Workbench(Access):
    """An Access that writes: one build of one branch.

    `touched` names the customers to derive anew (all of them if `everyone`); steps find them as table `touched`.
    """

    generation: int = 0
    everyone: bool = True
    base: Snapshot | None = None
    """The snapshot of this branch that the build starts from; None for its first."""
    refit: bool = True
    """Whether the reference is estimated anew."""
    touched: pa.Table = field(default_factory=lambda: pa.table({"customer_id": pa.array([], pa.string())}))
    runs: list[StepRun] = field(default_factory=list)
    _drawn: tuple[str, tuple[str, ...]] | None = None
    _held: pa.Table | None = None

    @property
    def since_load(self) -> int:
        """The last load that the base snapshot knew of, 0 without one."""
        return int(self.base.inputs["load_id"]) if self.base is not None else 0

    def moved(self, *tables: str) -> bool:
        """Whether any of `tables` has another version than in the base snapshot."""
        before = self.base.pins if self.base is not None else {}
        now = {name: (pin.branch, pin.version) for name, pin in self.state.pins.items()}
        return any(before.get(name) != now.get(name) for name in tables)

    def run(self, step: Step) -> StepRun:
        """Run one step, write its table, and keep the account of it."""
        started = time.perf_counter()
        sql_reads = step.sql.reads if isinstance(step, SqlStep) else _reads(step)
        before = self._rows_stored(step.writes)
        if isinstance(step, SqlStep):
            self._bind_step(step.sql, step)
            stream = self.engine.stream(self._stamped(step.sql.text, step.writes), params=step.sql.params)
            self._write(step.writes, stream)
            kind, detail = "sql", step.sql.text
        else:
            found = {}
            for name, sql in step.inputs.items():
                self._bind_step(sql, step)
                found[name] = self.engine.table(sql.text, params=sql.params)
            self._write(step.writes, self._stamp(step.function({**step.tables, **found}), step.writes))
            kind, detail = "kernel", _describe(step)
        rows = self._rows_stored(step.writes) - (before if self._appends(step.writes) else 0)
        done = StepRun(
            step.name, kind, sql_reads, step.writes, step.purpose, rows, time.perf_counter() - started, detail
        )
        self.record(purpose=step.purpose, action=f"build {step.name}", tables=sql_reads, rows=rows)
        self.runs.append(done)
        return done

    def append(self, table: str, rows: pa.Table | pa.RecordBatchReader) -> None:
        """Add rows to a base table."""
        self.state.pins[table] = self.lake.append(contract(table), rows, branch="base")

    def replace(self, table: str, rows: pa.Table | pa.RecordBatchReader) -> None:
        """Replace all rows of a table."""
        known = contract(table)
        branch = "base" if known.layer == "base" else self.state.branch
        self.state.pins[table] = self.lake.overwrite(known, rows, branch=branch)

    def stored(self, sql: Sql, *, tables: Mapping[str, pa.Table] | None = None) -> pa.Table:
        """Query the rows as they are stored (`_stored_<table>`), for loading and identity, which precede customers."""
        self.bind_stored(sql.reads, tables=tables or {})
        return self.engine.table(sql.text, params=sql.params)

    def bind_stored(
        self, names: tuple[str, ...], *, tables: Mapping[str, pa.Table | pa.RecordBatchReader]
    ) -> None:
        """Make stored tables (under `_stored_` names) and `tables` readable in the engine."""
        for name in names:
            self._bind_stored(name)
        for name, rows in tables.items():
            self.engine.bind_table(name, rows)

    def hold(self, component: str, *, arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any]) -> None:
        """Keep what an estimator learned of the population in the reference, in place of what it held before."""
        held = self._reference()
        others = held.filter(pc.not_equal(held["component"], component))
        self._held = pa.concat_tables([others, pack(component, arrays=arrays, meta=meta)])
        self.replace("reference", self._held)

    def held(self, component: str) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return what `hold` kept of an estimator: its arrays and its meta data."""
        return unpack(self._reference(), component=component)

    def _reference(self) -> pa.Table:
        if self._held is None:
            self._held = self.stored(Sql(f"SELECT * FROM {STORED}reference", reads=("reference",)))
        return self._held

    def touch(self, customers: pa.Table, *, everyone: bool) -> None:
        """Say which customers this build derives anew, and give them its generation."""
        self.everyone, self.touched, self._drawn = everyone, customers.select(["customer_id"]), None
        kept = Sql(
            f"SELECT g.customer_id, g.generation FROM {STORED}generations AS g "
            f"SEMI JOIN {STORED}membership AS m ON g.customer_id = m.customer_id "
            "ANTI JOIN touched AS t ON g.customer_id = t.customer_id",
            reads=("generations", "membership"),
        )
        old = self.stored(kept, tables={"touched": self.touched})
        new = pa.table(
            {
                "customer_id": self.touched["customer_id"],
                "generation": pa.array([self.generation] * self.touched.num_rows, pa.int64()),
            }
        )
        self.replace("generations", new if everyone else pa.concat_tables([old, new]))

    def tokens(self, kind: str, values: pa.Array) -> pa.Array:
        """Swap identifier values for tokens; plain values of direct ones go, sealed, to the vault, unless suppressed.

        `values` are distinct, normalised and not null; returns tokens in the same order.
        """
        if not self.project.identifiers[kind].direct:
            return pc.binary_join_element_wise(pa.scalar(kind), values.cast(pa.string()), ":")
        plain = [str(value) for value in values.to_pylist()]
        tokens = [self.keys.token(kind, value) for value in plain]
        held = vault.known(self.ledger) | consents.suppressed(self.ledger)
        fresh = [(t, v) for t, v in zip(tokens, plain, strict=True) if t not in held]
        vault.store(self.ledger, ((t, kind, *self.keys.seal(t, v)) for t, v in fresh))
        return pa.array(tokens, pa.string())

    def suppressed(self) -> pa.Table:
        """Return the tokens that must not enter again."""
        return pa.table({"token": pa.array(sorted(consents.suppressed(self.ledger)), pa.string())})

    def _rules(self, purpose: str) -> Rules:
        if purpose != UPKEEP:
            return super()._rules(purpose)
        self._bind_scope()
        named = {
            a for s in self.project.sources.values() if s.claims is not None for a in s.claims.attributes
        }
        self.engine.bind_table("_attributes", pa.table({"attribute": pa.array(sorted(named), pa.string())}))
        return Rules(by_time=self.state.as_of is not None, by_source=False, by_refusal=False, by_grant=False)

    def _draw(self, *, purpose: str, touched: pa.Table) -> None:
        """Draw the interactions of the customers touched once, and keep them for the steps that follow."""
        del touched
        key = (purpose if purpose == UPKEEP else self.refusals(purpose).digest(), self._open_sources(purpose))
        if self._drawn != key:
            super()._draw(purpose=purpose, touched=self.touched)
            self.engine.materialise("_drawn", f"SELECT * FROM {TOUCHED}")
            self._drawn = key
        self.engine.bind_view(TOUCHED, "SELECT * FROM _drawn")

    def _open_sources(self, purpose: str) -> tuple[str, ...]:
        sources = tuple(self.project.sources_of("interactions"))
        if purpose == UPKEEP:
            return sources
        return tuple(name for name in self.project.sources_open_to(purpose) if name in sources)

    def _bind_step(self, sql: Sql, step: Step) -> None:
        given = {"touched": self.touched, **step.tables}
        self.bind(tuple(name for name in sql.reads if name not in given), purpose=step.purpose, tables=given)

    def _appends(self, table: str) -> bool:
        return contract(table).by_customer and not self.everyone

    def _write(self, table: str, rows: pa.Table | pa.RecordBatchReader) -> None:
        known = contract(table)
        write = self.lake.append if self._appends(table) else self.lake.overwrite
        self.state.pins[table] = write(known, rows, branch=self.state.branch)

    def _rows_stored(self, table: str) -> int:
        pin = self.state.pins.get(table)
        return rows_in(self.lake.files(pin)) if pin is not None else 0

    def _stamped(self, text: str, table: str) -> str:
        if not contract(table).by_customer:
            return text
        return f"SELECT *, CAST({self.generation} AS BIGINT) AS generation FROM ({text.rstrip().rstrip(';')}\n) AS rows"

    def _stamp(self, rows: pa.Table, table: str) -> pa.Table:
        if not contract(table).by_customer:
            return rows
        return rows.append_column("generation", pa.array([self.generation] * rows.num_rows, pa.int64()))


def _reads(step: KernelStep) -> tuple[str, ...]:
    return tuple(sorted({name for sql in step.inputs.values() for name in sql.reads}))


def _describe(step: KernelStep) -> str:
    function = getattr(step.function, "func", step.function)
    document = (function.__doc__ or "").strip()
    inputs = "\n\n".join(f"-- input {name}\n{sql.text.strip()}" for name, sql in step.inputs.items())
    return f"{function.__module__}.{function.__qualname__}\n{document}\n\n{inputs}"
