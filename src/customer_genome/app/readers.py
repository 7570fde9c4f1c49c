"""How a snapshot is opened for reading, and how customers are named."""

from __future__ import annotations

import re
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from customer_genome.app.folder import Folder
from customer_genome.core.as_of import local_text
from customer_genome.core.errors import AccessDenied, GenomeError, NotBuilt, NotFound
from customer_genome.core.normalise import normalise
from customer_genome.core.project import Project
from customer_genome.core.step import Sql
from customer_genome.engine import Pin
from customer_genome.ledger import Snapshot, snapshots
from customer_genome.privacy import Access, State

_CUSTOMER_ID = re.compile("c[a-z2-7]{11,}")


def snapshot_of(folder: Folder, as_of: datetime | None) -> Snapshot:
    """Return the published snapshot, or the newest of an as-of; raises NotBuilt."""
    found = snapshots.current(folder.ledger) if as_of is None else snapshots.at(folder.ledger, as_of)
    if found is None:
        when = "" if as_of is None else f" as of {local_text(as_of, zone=folder.project.tz)}"
        option = "" if as_of is None else f" --as-of {local_text(as_of, zone=folder.project.tz)}"
        raise NotBuilt(f"nothing is published{when}", fix=f"run `genome build{option}` first")
    return found


def access_to(folder: Folder, snapshot: Snapshot) -> Access:
    """Return the door to one snapshot, which stays as it is however many builds follow."""
    pins = {name: Pin(name, branch, version) for name, (branch, version) in snapshot.pins.items()}
    return Access(
        project=folder.project,
        engine=folder.engine(),
        lake=folder.lake,
        ledger=folder.ledger,
        keys=folder.keys,
        state=State(pins, snapshot.branch, snapshot.as_of),
    )


def token_named(access: Access, name: str) -> str:
    """Return the token of `TYPE:VALUE`; raises GenomeError for an unknown type or a value that is none."""
    kind, _, value = name.partition(":")
    setting = access.project.identifiers.get(kind)
    if setting is None:
        raise GenomeError(
            f"no identifier type {kind!r}", expected=", ".join(access.project.identifiers),
            fix="name a customer by customer_id or TYPE:VALUE",
        )  # fmt: skip
    spelled = normalise(value.strip(), how=setting.normalise)
    if not spelled:
        raise GenomeError(f"{value!r} is no {kind}")
    return access.token_of(kind, spelled)


def customer_named(access: Access, name: str, *, purpose: str) -> str:
    """Return the customer_id that `name` (a customer_id or TYPE:VALUE) means for this purpose; raises NotFound."""
    column, value = ("token", token_named(access, name)) if ":" in name else ("customer_id", name)
    sql = Sql(
        f"SELECT DISTINCT customer_id FROM membership WHERE {column} = $value",
        reads=("membership",),
        params={"value": value},
    )
    found = access.query(sql, purpose=purpose)
    if not found.num_rows:
        raise _nobody(access.project, name, purpose=purpose)
    return str(found["customer_id"][0].as_py())


def _nobody(project: Project, name: str, *, purpose: str) -> NotFound:
    """Return the error for a name that nobody has, or nobody whom the purpose may see."""
    bare = ":" not in name and not _CUSTOMER_ID.fullmatch(name)
    kinds = [
        kind
        for kind, setting in project.identifiers.items()
        if bare and (setting.type == "text" or name.isdecimal())
    ]
    meant = " or ".join(f"{kind}:{name}" for kind in kinds)
    consent = project.purposes[purpose].basis == "consent"
    refused = "refused or has not agreed to" if consent else "refused"
    hidden = f"customer who {refused} the purpose {purpose} is not shown either"
    return NotFound(
        f"no customer {name}",
        expected="a customer_id or TYPE:VALUE with TYPE one of " + ", ".join(project.identifiers),
        fix=f"did you mean {meant}? A {hidden}" if meant else f"check the spelling; a {hidden}",
    )


def identifiers_of(access: Access, kind: str, *, purpose: str) -> pa.Table:
    """Return customer_id and the (first) value of each customer's identifier of a type that is not direct."""
    setting = access.project.identifiers.get(kind)
    if setting is None:
        raise NotFound(f"no identifier type {kind!r}", expected=", ".join(access.project.identifiers))
    if setting.direct:
        raise AccessDenied(
            f"{kind} is a direct identifier and stays in the vault",
            expected="an identifier type with direct: false",
        )
    sql = Sql(
        "SELECT customer_id, MIN(SUBSTR(token, $start)) AS value FROM membership WHERE token LIKE $kind "
        "GROUP BY customer_id ORDER BY customer_id",
        reads=("membership",),
        params={"start": len(kind) + 2, "kind": f"{kind}:%"},
    )
    rows = access.query(sql, purpose=purpose)
    if setting.type == "integer":
        rows = rows.set_column(1, "value", rows["value"].cast(pa.int64()))
    return rows.rename_columns(["customer_id", kind])


def with_identifier(access: Access, rows: pa.Table, *, kind: str, purpose: str) -> pa.Table:
    """Put the identifier of type `kind` in the place of customer_id; customers without one are left out."""
    known = identifiers_of(access, kind, purpose=purpose)
    place = pc.index_in(rows["customer_id"], value_set=known["customer_id"].combine_chunks())
    kept = rows.filter(pc.is_valid(place))
    return kept.set_column(0, kind, known[kind].take(pc.drop_null(place)))
