"""What the analysis of the journey reads through the one door: spells, segments, and what happened when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from customer_genome.core.errors import GenomeError, NotFound
from customer_genome.core.frames import codes
from customer_genome.core.step import Sql
from customer_genome.journey.analysis.spells import F64, I64, Spells, days, distinct, spells, times
from customer_genome.privacy import Access

if TYPE_CHECKING:
    from customer_genome.journey.analysis.precedes import Exposures
    from customer_genome.journey.analysis.segments import Labels

CUSTOMERS, ACCOUNTS = "customers", "accounts"
ENTITIES = {CUSTOMERS: ("customer_id", "phase_history"), ACCOUNTS: ("account_id", "account_phases")}
"""What can go through a journey: the column that names it, and the table of its spells."""
PADDING = 1.0
"""Days that are read beyond a window; what lies outside is left out once days are numbers."""


@dataclass(frozen=True)
class Acts:
    """Interactions as arrays: `customer` (or account) as in the spells, `kind` a row of `kinds`, local `day`.

    `kinds` has verb, item_id and channel.
    """

    customer: I64
    kind: I64
    day: F64
    kinds: pa.Table


@dataclass(frozen=True)
class JourneyRows:
    """Reads what concerns one sort of `entity` (customers or accounts) for one purpose."""

    access: Access
    entity: str
    purpose: str
    as_of: datetime

    @property
    def phases(self) -> tuple[str, ...]:
        """The phases that genome.yaml declares for the entity, in the order in which they are tried."""
        project = self.access.project
        if self.entity == CUSTOMERS:
            return tuple(phase.name for phase in project.phases)
        if self.entity not in ENTITIES:
            raise NotFound(f"no entity {self.entity!r}", expected=", ".join(ENTITIES))
        if project.accounts is None:
            raise NotFound(
                "the project has no accounts", fix="declare `accounts: {identifiers: [...]}` in genome.yaml"
            )
        return tuple(phase.name for phase in project.accounts.phases)

    def spells(self) -> Spells:
        """Return every spell that holds now; what late rows corrected is left out."""
        phases = self.phases
        name, table = ENTITIES[self.entity]
        text = (
            f"SELECT {name}, phase, entered_at, left_at FROM {table} WHERE corrected_at IS NULL "
            f"ORDER BY {name}, entered_at"
        )
        rows = self.access.query(Sql(text, reads=(table,)), purpose=self.purpose)
        return spells(rows, phases=phases, zone=self.access.project.tz, as_of=self.as_of, entity=name)

    def acts(
        self, given: Spells, *, windows: tuple[I64, F64, F64], verbs: tuple[str, ...] | None = None
    ) -> Acts:
        """Return the interactions in `windows` (of whom, from, to; local days), all or those of `verbs`.

        An account's are those of its people while they belong to it. A moment in two windows is returned twice.
        """
        who = self._who(given, windows)
        chosen = "" if verbs is None else " AND POSITION(', ' || i.verb || ', ' IN $verbs) > 0"
        params = {} if verbs is None else {"verbs": f", {', '.join(verbs)}, "}
        source = (
            "interactions AS i JOIN who AS w ON i.customer_id = w.customer_id "
            f"WHERE i.occurred_at >= w.since AND i.occurred_at < w.until{chosen}"
        )
        listed = f"SELECT DISTINCT i.verb, i.item_id, i.channel FROM {source} ORDER BY i.verb, i.item_id, i.channel"
        kinds = self._read(listed, who, params)
        numbered = kinds.append_column("kind", pa.array(np.arange(kinds.num_rows)))
        text = (
            f"SELECT a.code, k.kind, a.occurred_at FROM (SELECT w.code, i.verb, i.item_id, i.channel, i.occurred_at "
            f"FROM {source}) AS a JOIN kinds AS k ON a.verb = k.verb AND a.item_id IS NOT DISTINCT FROM k.item_id "
            "AND a.channel IS NOT DISTINCT FROM k.channel ORDER BY a.code, a.occurred_at, k.kind"
        )
        rows = self._read(text, who, params, kinds=numbered)
        day = days(rows["occurred_at"], zone=self.access.project.tz, as_of=self.as_of)
        return Acts(rows["code"].to_numpy(), rows["kind"].to_numpy(), day, kinds)

    def labels(self, given: Spells, by: str) -> Labels:
        """Return the segment of each by `fact:NAME`, `gene:FAMILY:LABEL` (thirds) or `channel` (of the first).

        Segments are as they are known now, not as they were then.
        """
        from customer_genome.journey.analysis.segments import high_and_low, labels

        kind, _, name = by.partition(":")
        if kind == "channel" and not name:
            return self._first_channel(given, by)
        if self.entity != CUSTOMERS:
            raise GenomeError(f"{self.entity} have no {kind}", expected="channel")
        if kind == "fact" and name:
            text = "SELECT customer_id, value FROM facts WHERE attribute = $name AND value IS NOT NULL"
            found = self._of(Sql(text, reads=("facts",), params={"name": name}), given)
            return labels(by, _texts(found, given))
        if kind == "gene" and ":" in name:
            text = "SELECT customer_id, strength FROM expressions WHERE gene = $name"
            found = self._of(Sql(text, reads=("expressions",), params={"name": name}), given)
            strength = np.full(given.customers, np.nan)
            strength[codes(found["customer_id"], given.ids)] = found["strength"].to_numpy()
            return high_and_low(by, strength)
        raise GenomeError(
            f"nothing can be told apart by {by!r}", expected="fact:NAME, gene:FAMILY:LABEL or channel"
        )

    def _of(self, sql: Sql, given: Spells) -> pa.Table:
        """Return the rows of those in the spells; raises NotFound where nobody has any."""
        rows = self.access.query(sql, purpose=self.purpose)
        kept = rows.filter(pc.is_in(rows["customer_id"], value_set=given.ids))
        if not kept.num_rows:
            raise NotFound(f"nobody has {sql.params['name']}", fix="`genome sql` lists the facts and genes")
        return kept

    def _first_channel(self, given: Spells, by: str) -> Labels:
        """Return the channel of the first interaction that has one."""
        from customer_genome.journey.analysis.segments import labels

        everybody = np.arange(given.customers)
        always = (everybody, np.full(len(everybody), -np.inf), np.full(len(everybody), np.inf))
        rows = self._read(
            "SELECT w.code, ARG_MIN(i.channel, i.occurred_at) AS value FROM interactions AS i JOIN who AS w ON "
            "i.customer_id = w.customer_id WHERE i.occurred_at >= w.since AND i.occurred_at < w.until "
            "AND i.channel IS NOT NULL GROUP BY w.code ORDER BY w.code",
            self._who(given, always),
            {},
        )
        made: list[str | None] = [None] * given.customers
        for code, value in zip(rows["code"].to_pylist(), rows["value"].to_pylist(), strict=True):
            made[code] = value
        return labels(by, made)

    def _read(
        self, text: str, who: pa.Table, params: dict[str, str], *, kinds: pa.Table | None = None
    ) -> pa.Table:
        tables = {"who": who} if kinds is None else {"who": who, "kinds": kinds}
        return self.access.query(
            Sql(text, reads=("interactions",), params=params), purpose=self.purpose, tables=tables
        )

    def _who(self, given: Spells, windows: tuple[I64, F64, F64]) -> pa.Table:
        """Return customer_id, code, since and until of the windows; for accounts, of their members."""
        code, since, until = windows
        zone = self.access.project.tz
        edges = [
            times(np.clip(moment, -36_500, 36_500), zone=zone, as_of=self.as_of)
            for moment in (since - PADDING, until + PADDING)
        ]
        table = pa.table(
            {"id": given.ids.take(pa.array(code)), "code": code, "since": edges[0], "until": edges[1]}
        )
        if self.entity == CUSTOMERS:
            return table.rename_columns(["customer_id", "code", "since", "until"])
        members = self.access.read("account_members", purpose=self.purpose)
        return self.access.derive(
            "SELECT m.customer_id, w.code, GREATEST(w.since, COALESCE(m.since, w.since)) AS since, "
            "LEAST(w.until, COALESCE(m.until, w.until)) AS until FROM spans AS w JOIN members AS m "
            "ON w.id = m.account_id",
            {"spans": table, "members": members},
        )


def _texts(rows: pa.Table, given: Spells) -> list[str | None]:
    made: list[str | None] = [None] * given.customers
    for code, value in zip(codes(rows["customer_id"], given.ids), rows["value"].to_pylist(), strict=True):
        made[code] = value
    return made


def channels_of(acts: Acts) -> tuple[tuple[str, ...], I64]:
    """Return the channels of touches (of one without, the verb), and each touch's place among them."""
    return _coded(acts, pc.coalesce(acts.kinds["channel"], acts.kinds["verb"]))


def verbs_of(acts: Acts) -> tuple[tuple[str, ...], I64]:
    """Return the verbs, and each interaction's place among them."""
    return _coded(acts, acts.kinds["verb"])


def _coded(acts: Acts, named: pa.ChunkedArray) -> tuple[tuple[str, ...], I64]:
    names = pc.unique(named).sort()
    return tuple(names.to_pylist()), codes(named, names)[acts.kind]


def exposures_of(acts: Acts) -> Exposures:
    """Return each interaction as up to three candidates: its verb, the verb with its item, the verb by its channel."""
    from customer_genome.journey.analysis.precedes import Exposures

    names: dict[str, int] = {}
    places = np.full((acts.kinds.num_rows, 3), -1)
    for row, kind in enumerate(acts.kinds.to_pylist()):
        said = (
            kind["verb"],
            kind["item_id"] and f"{kind['verb']} {kind['item_id']}",
            kind["channel"] and f"{kind['verb']} by {kind['channel']}",
        )
        for place, name in enumerate(said):
            if name:
                places[row, place] = names.setdefault(name, len(names))
    candidate = places[acts.kind].ravel()
    known = candidate >= 0
    customer, day = np.repeat(acts.customer, 3)[known], np.repeat(acts.day, 3)[known]
    return Exposures(customer, candidate[known], day, tuple(names))


def always(spells: Spells, *, until: F64 | None = None) -> tuple[I64, F64, F64]:
    """Return one window for each in the spells: all time, or that up to `until` (nan: all)."""
    who = distinct(spells.customer)
    ends = np.full(len(who), np.inf) if until is None else np.where(np.isnan(until[who]), np.inf, until[who])
    return who, np.full(len(who), -np.inf), ends


def entered_first(spells: Spells, phase: str | None) -> F64:
    """Return when each first entered a phase, nan where never."""
    rows = np.flatnonzero(spells.phase == (-1 if phase is None else spells.code(phase)))
    owner, first = np.unique(spells.customer[rows], return_index=True)
    made = np.full(spells.customers, np.nan)
    made[owner] = spells.entered[rows[first]]
    return made
