"""What one part of the configuration names, another must declare."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from customer_genome.core.best_settings import best_faults
from customer_genome.core.connect import connect_faults
from customer_genome.core.journey_settings import FACT, is_gene, journey_columns
from customer_genome.core.model import Fault, Place, choices
from customer_genome.core.targets import KEYS_OF
from customer_genome.core.user_sql import UserSqlError, check_expression, columns_of


def cross_checks(raw: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield every reference to something that is not declared.

    `raw` is the configuration before it is known to be sound: what has the wrong shape is passed over here,
    since its own fault is reported where it stands.
    """
    columns = journey_columns(raw.get("verbs"), attributes=_attributes(raw))
    yield from _departments(raw.get("departments"))
    yield from _phases(raw.get("phases"), columns, place=("phases",))
    yield from _accounts(raw, columns)
    yield from _journey(raw)
    yield from _same_columns(raw.get("verbs"))
    for name, source in _entries(raw.get("sources")):
        yield from _source(source, ("sources", name), raw)
        where: Place = ("sources", name, "connect")
        yield from connect_faults(source.get("connect"), place=where, connections=raw.get("connections"))
    yield from _discounts(raw)
    verbs = raw.get("verbs")
    yield from best_faults(
        raw.get("best"), verbs=verbs if isinstance(verbs, Mapping) else (), properties=_kept(raw)
    )
    yield from _targets(raw, columns)


def unknown(place: Place, name: object, declared: object, *, what: str) -> Iterator[Fault]:
    """Yield a fault if `name` is not among `declared` (when that can be told at all)."""
    if isinstance(name, str) and isinstance(declared, Collection) and not isinstance(declared, str):
        names = [one for one in declared if isinstance(one, str)]
        if name not in names:
            yield Fault(place, f"{what} `{name}`", choices(name, names))


def _departments(departments: object) -> Iterator[Fault]:
    for place, name in enumerate(_list(departments)):
        if name in _list(departments)[:place]:
            yield Fault(("departments", place), f"`{name}` a second time", "each department once")


def _phases(phases: object, columns: tuple[str, ...], *, place: Place, genes: bool = True) -> Iterator[Fault]:
    listed = [phase if isinstance(phase, Mapping) else {} for phase in _list(phases)]
    if isinstance(phases, list) and not listed:
        yield Fault(place, "no phase", "at least one, the last with `when: true`")
    for index, phase in enumerate(listed):
        here = (*place, index)
        if phase.get("name") in [one.get("name") for one in listed[:index]] and "name" in phase:
            yield Fault((*here, "name"), f"`{phase['name']}` a second time", "each phase once")
        if "when" in phase:
            last = index == len(listed) - 1
            where = (*here, "when")
            yield from _condition(where, phase["when"], last=last, columns=columns, genes=genes)


def _condition(
    where: Place, when: object, *, last: bool, columns: tuple[str, ...], genes: bool
) -> Iterator[Fault]:
    try:
        text = check_expression(str(when).lower() if isinstance(when, bool | int | float) else str(when))
    except UserSqlError:
        return  # the field's own check says so
    if last and text != "TRUE":
        yield Fault(where, f"`{when}` in the last phase", "`true`: every customer is in some phase")
    elif not last and text == "TRUE":
        yield Fault(where, "`true` before the last phase", "a condition: no later phase could be")
    yield from _columns(where, text, columns, genes=genes)


def _accounts(raw: Mapping[str, Any], columns: tuple[str, ...]) -> Iterator[Fault]:
    accounts = raw.get("accounts")
    if not isinstance(accounts, Mapping):
        return
    for index, name in enumerate(_list(accounts.get("identifiers"))):
        where = ("accounts", "identifiers", index)
        yield from unknown(where, name, raw.get("identifiers"), what="identifier type")
    persons = tuple(column for column in columns if not column.startswith(FACT))
    yield from _phases(accounts.get("phases"), persons, place=("accounts", "phases"), genes=False)


def _journey(raw: Mapping[str, Any]) -> Iterator[Fault]:
    journey = raw.get("journey")
    if not isinstance(journey, Mapping):
        return
    phases = [one.get("name") for one in _list(raw.get("phases")) if isinstance(one, Mapping)]
    yield from unknown(("journey", "goal"), journey.get("goal"), phases, what="phase")
    for index, name in enumerate(_list(journey.get("funnel"))):
        yield from unknown(("journey", "funnel", index), name, phases, what="phase")
    for index, name in enumerate(_list(journey.get("touches"))):
        yield from unknown(("journey", "touches", index), name, raw.get("verbs", {}), what="verb")


def _same_columns(verbs: object) -> Iterator[Fault]:
    seen: dict[str, str] = {}
    for name, _ in _entries(verbs):
        column = name.replace("-", "_")
        if column in seen:
            yield Fault(
                ("verbs", name), f"`{name}` beside `{seen[column]}`", "names that differ in more than - and _"
            )
        seen[column] = name


def _source(source: Mapping[str, Any], place: Place, raw: Mapping[str, Any]) -> Iterator[Fault]:
    yield from unknown(
        (*place, "department"), source.get("department"), raw.get("departments"), what="department"
    )
    yield from _purposes(source, place, raw)
    for kind in ("interactions", "claims"):
        mapping = source.get(kind)
        for name, _ in _items(mapping.get("identifiers") if isinstance(mapping, Mapping) else None):
            where = (*place, kind, "identifiers", name)
            yield from unknown(where, name, raw.get("identifiers"), what="identifier type")
    mapping = source.get("interactions")
    if isinstance(mapping, Mapping):
        yield from unknown(
            (*place, "interactions", "verb"), mapping.get("verb"), raw.get("verbs", {}), what="verb"
        )
    claims = source.get("claims")
    attributes = claims.get("attributes") if isinstance(claims, Mapping) else None
    for name, attribute in _entries(attributes):
        yield from _purposes(attribute, (*place, "claims", "attributes", name), raw)


def _purposes(part: Mapping[str, Any], place: Place, raw: Mapping[str, Any]) -> Iterator[Fault]:
    for index, name in enumerate(_list(part.get("purposes"))):
        yield from unknown((*place, "purposes", index), name, raw.get("purposes"), what="purpose")


def _kept(raw: Mapping[str, Any]) -> list[str]:
    """Return the properties of interactions that sources keep."""
    kept: list[str] = []
    for _, source in _entries(raw.get("sources")):
        mapping = source.get("interactions")
        kept += [
            str(one) for one in _list(mapping.get("properties") if isinstance(mapping, Mapping) else None)
        ]
    return kept


def _attributes(raw: Mapping[str, Any]) -> list[str]:
    """Return the attributes that sources claim."""
    found: set[str] = set()
    for _, source in _entries(raw.get("sources")):
        claims = source.get("claims")
        found |= {
            name for name, _ in _items(claims.get("attributes") if isinstance(claims, Mapping) else None)
        }
    return sorted(found)


def _discounts(raw: Mapping[str, Any]) -> Iterator[Fault]:
    kept = _kept(raw)
    behaviour = raw.get("behaviour")
    if isinstance(behaviour, Mapping):
        for place, name in enumerate(_list(behaviour.get("answers"))):
            yield from unknown(("behaviour", "answers", place), name, raw.get("verbs", {}), what="verb")
        for place, name in enumerate(_list(behaviour.get("discounts"))):
            yield from unknown(("behaviour", "discounts", place), name, kept, what="property")


def _targets(raw: Mapping[str, Any], columns: tuple[str, ...]) -> Iterator[Fault]:
    phases = [one.get("name") for one in _list(raw.get("phases")) if isinstance(one, Mapping)]
    asked = (*(column for column in columns if not column.startswith(FACT)), "phase", "days_in_phase")
    for name, target in _entries(raw.get("targets")):
        place = ("targets", name)
        yield from _fitting(target, place)
        for index, verb in enumerate(_list(target.get("verbs"))):
            yield from unknown((*place, "verbs", index), verb, raw.get("verbs", {}), what="verb")
        yield from unknown((*place, "purpose"), target.get("purpose"), raw.get("purposes"), what="purpose")
        yield from unknown((*place, "phase"), target.get("phase"), phases, what="phase")
        yield from _columns((*place, "population"), target.get("population"), asked, genes=False)


def _fitting(target: Mapping[str, Any], place: Place) -> Iterator[Fault]:
    kind = target.get("predict")
    for key, kinds in KEYS_OF.items():
        if key in target and kind not in kinds and isinstance(kind, str):
            yield Fault(
                (*place, key), f"`{key}` where `{kind}` is predicted", f"it with {' or '.join(kinds)} only"
            )
    if kind == "phase" and "phase" not in target:
        yield Fault(place, "no phase", "`phase`: the one that is entered")


def _columns(place: Place, condition: object, columns: tuple[str, ...], *, genes: bool) -> Iterator[Fault]:
    try:
        text = check_expression(str(condition)) if isinstance(condition, str) else ""
    except UserSqlError:
        return  # the field's own check says so
    for column in sorted(columns_of(text)) if text else ():
        if not (genes and is_gene(column)):
            yield from unknown(place, column.lower(), columns, what="column")


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _items(value: object) -> list[tuple[str, Any]]:
    return (
        [(key, part) for key, part in value.items() if isinstance(key, str)]
        if isinstance(value, Mapping)
        else []
    )


def _entries(value: object) -> list[tuple[str, Mapping[str, Any]]]:
    return [(key, part) for key, part in _items(value) if isinstance(part, Mapping)]
