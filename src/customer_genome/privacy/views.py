"""What a purpose sees of each table: the SELECT that stands between the stored rows and every reader."""

from __future__ import annotations

from dataclasses import dataclass

from customer_genome.tables import Table

STORED = "_stored_"
_NEWEST = (
    f"SEMI JOIN {STORED}generations AS g ON t.customer_id = g.customer_id AND t.generation = g.generation"
)


@dataclass(frozen=True)
class Rules:
    """Which restrictions are in force for one purpose; the sets behind them are bound as small tables.

    `_scope(as_of)`, `_sources(source)`, `_refused(customer_id)`, `_granted(customer_id)`, `_attributes(attribute)`.
    """

    by_time: bool
    by_source: bool
    by_refusal: bool
    by_grant: bool

    def customers(self, column: str) -> list[str]:
        """Return the conditions that keep customers out who refused, or who never agreed."""
        found = []
        if self.by_refusal:
            found.append(f"({column} IS NULL OR {column} NOT IN (SELECT customer_id FROM _refused))")
        if self.by_grant:
            found.append(f"{column} IN (SELECT customer_id FROM _granted)")
        return found


def needed(table: Table) -> tuple[str, ...]:
    """Return the stored tables that the view of `table` is made of."""
    if table.name == "expressions":
        return ("imprints", "behaviour", "genes", "generations")
    also = []
    if table.by_customer:
        also.append("generations")
    if table.name == "edges" or (table.subject == "token" and "customer_id" not in table.names):
        also.append("membership")
    return (table.name, *also)


def view(table: Table, *, purpose: str, rules: Rules) -> str:
    """Return the SELECT that shows `table` to a reader with `purpose`."""
    if table.name == "expressions":
        return _expressions(purpose, rules)
    if table.subject == "token":
        return _tokens(table, rules)
    source = f"{STORED}{table.name} AS t"
    if table.by_customer:
        source += f" {_NEWEST}"
    conditions = rules.customers("t.customer_id") if table.subject == "customer" else []
    if table.name == "facts":
        conditions.append("t.attribute IN (SELECT attribute FROM _attributes)")
    if table.name == "genes":
        conditions.append(_covers(purpose))
    if table.name == "forecasts":
        conditions.append(f"t.purpose = '{purpose}'")
    if table.name == "edges":
        conditions += [_open_token(f"t.{side}", rules) for side in ("left_token", "right_token")]
    return f"SELECT {_shown(table, rules)} FROM {source}{_where(conditions)}"


def _shown(table: Table, rules: Rules) -> str:
    """Return the columns of a table; those about a second customer are empty where that one may not be seen."""
    hidden = rules.customers("t.twin_id") if table.name == "best" else []
    columns = {name: f"t.{name}" for name in table.names}
    if hidden:
        columns |= {
            name: f"CASE WHEN {' AND '.join(hidden)} THEN t.{name} END AS {name}"
            for name in ("twin_id", "twin_similarity")
        }
    return ", ".join(columns.values())


def _open_token(column: str, rules: Rules) -> str:
    """Return the condition that an identifier is no customer's, or one's whom the purpose may see."""
    seen = " AND ".join(rules.customers("m.customer_id")) or "TRUE"
    return f"NOT EXISTS (SELECT 1 FROM {STORED}membership AS m WHERE m.token = {column} AND NOT ({seen}))"


def _tokens(table: Table, rules: Rules) -> str:
    conditions = rules.customers("m.customer_id")
    if rules.by_time and "known_at" in table.names:
        conditions.append("(t.known_at IS NULL OR t.known_at < (SELECT as_of FROM _scope))")
    if rules.by_source and "source" in table.names:
        conditions.append("t.source IN (SELECT source FROM _sources)")
    if table.name == "claims":
        conditions.append("t.attribute IN (SELECT attribute FROM _attributes)")
    shown = [name for name in table.names if name not in ("token", "load_id", "claim_id")]
    at = shown.index("department") + 1 if "department" in shown else 0
    columns = [f"t.{name}" for name in shown]
    columns.insert(at, "m.customer_id")
    joined = f"{STORED}{table.name} AS t LEFT JOIN {STORED}membership AS m ON t.token = m.token"
    return f"SELECT {', '.join(columns)} FROM {joined}{_where(conditions)}"


def _expressions(purpose: str, rules: Rules) -> str:
    names = ("customer_id", "gene", "strength", "low", "high", "evidence")
    as_of = "(SELECT as_of FROM _scope) AS as_of"
    allowed = f"t.gene IN (SELECT gene FROM {STORED}genes AS t WHERE {_covers(purpose)})"
    where = _where([allowed, *rules.customers("t.customer_id")])
    return (
        f"SELECT {_columns('t', names)}, {as_of} FROM {STORED}imprints AS t {_NEWEST}{where} "
        f"UNION ALL SELECT {_columns('t', names)}, {as_of} FROM {STORED}behaviour AS t{where}"
    )


def _covers(purpose: str) -> str:
    return f"POSITION(', {purpose}, ' IN (', ' || t.purpose || ', ')) > 0"


def _columns(alias: str, names: tuple[str, ...]) -> str:
    return ", ".join(f"{alias}.{name}" for name in names)


def _where(conditions: list[str]) -> str:
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""
