"""Each delivery held against those before it: columns that came, went or changed, and shares that rose."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from customer_genome.precision.volume import ALPHA, tail

BEFORE = 12
"""Deliveries that one is held against: the last that were as usual."""
ACCEPTED = 6
"""Deliveries after which a new shape is what is expected."""
LEAST_ROWS = 100
"""Rows below which the values of a column are not judged."""
LEAST_FILLED = 20
"""Values below which the type of a column is not judged."""
UNIT = 5.0
"""Factor by which low, middle and high must all move for it to be another unit."""
STABILITY = 0.25
"""Population stability from which the values of a column have changed: the usual limit of credit scoring."""
LEAST_UNIT = 50
"""Rows below which the share of a unit is not judged."""
SHARE, TIMES = 0.05, 2.0
"""Points and factor by which a share must rise to be worth a word."""

Column = Mapping[str, Any]


@dataclass(frozen=True)
class Delivery:
    """One delivery: its name and the profile (a row of `profiles`) of each column, by name in lower case."""

    name: str
    columns: Mapping[str, Column]


@dataclass(frozen=True)
class Change:
    """What is not as it was: `kind`, the column it is `about`, and the delivery that first showed it."""

    kind: str
    about: str
    file: str
    found: str
    expected: str
    severe: bool


@dataclass
class _Watch:
    """What is known while deliveries are read in order; `open` holds the changes that last, with their age."""

    usual: list[Delivery] = field(default_factory=list)
    open: dict[tuple[str, str], tuple[Change, int]] = field(default_factory=dict)


def changes(deliveries: Sequence[Delivery], /) -> list[Change]:
    """Return the changes that last, of one source's deliveries in their order.

    A delivery is held against the 12 before it that were as usual; what has lasted for 6 deliveries is as usual.
    """
    watch = _Watch()
    for delivery in deliveries:
        if not watch.usual:
            watch.usual.append(delivery)
            continue
        found = {(change.kind, change.about): change for change in _compare(delivery, watch.usual)}
        ages = {key: watch.open.get(key, (change, 0)) for key, change in found.items()}
        watch.open = {key: (change, age + 1) for key, (change, age) in ages.items()}
        if not found:
            watch.usual = [*watch.usual, delivery][-BEFORE:]
        elif min(age for _, age in watch.open.values()) >= ACCEPTED:
            watch.usual, watch.open = [delivery], {}
    return [change for change, _ in watch.open.values()]


def _compare(delivery: Delivery, usual: Sequence[Delivery]) -> list[Change]:
    last = usual[-1].columns
    gone = {name: held for name, held in last.items() if name not in delivery.columns}
    new = {
        name: held
        for name, held in delivery.columns.items()
        if not any(name in each.columns for each in usual)
    }
    found = []
    for name, held in gone.items():
        other = _renamed(name, held, new)
        if other is not None:
            new.pop(other)
            said = (f"column {other} in its place", f"column {held['column_name']}")
            found.append(Change("renamed", held["column_name"], delivery.name, *said, severe=_matters(held)))
        else:
            said = ("no such column", f"column {held['column_name']}, as in {usual[-1].name}")
            found.append(Change("missing", held["column_name"], delivery.name, *said, severe=_matters(held)))
    found += [
        Change("added", held["column_name"], delivery.name, "a new column", "none", severe=False)
        for held in new.values()
    ]
    for name, held in delivery.columns.items():
        before = [each.columns[name] for each in usual if name in each.columns]
        change = _column(delivery.name, held, before) if before else None
        if change is not None:
            found.append(change)
    return found


def _matters(held: Column) -> bool:
    return bool(held["role"] != "other")


def _renamed(name: str, held: Column, new: Mapping[str, Column]) -> str | None:
    """Return the new column that is likely the old one: of its kind, and alike in name or in values."""
    for other, its in new.items():
        alike = difflib.SequenceMatcher(None, name, other).ratio() >= 0.6
        if its["kind"] == held["kind"] and (alike or _same_words(held, its)):
            return other
    return None


def _same_words(one: Column, other: Column) -> bool:
    if not one["vocabulary"] or not other["vocabulary"]:
        return False
    words = set(json.loads(one["vocabulary"])), set(json.loads(other["vocabulary"]))
    return len(words[0] & words[1]) >= 0.8 * len(words[0] | words[1])


def _column(file: str, held: Column, before: Sequence[Column]) -> Change | None:
    """Return the first of the changes that a column can show: it empties, is of another type, unit or values."""
    for judge in (_type, _filled, _unit, _distribution, _values):
        said = judge(held, before)
        if said is not None:
            severe = judge in (_type, _unit, _filled) and _matters(held)
            return Change(judge.__name__[1:], held["column_name"], file, *said, severe=severe)
    return None


def _type(held: Column, before: Sequence[Column]) -> tuple[str, str] | None:
    kinds = {each["kind"] for each in before if each["kind"]}
    enough = (held["filled"] or 0) * held["rows"] >= LEAST_FILLED
    if not enough or len(kinds) != 1 or held["kind"] in kinds:
        return None
    return held["kind"], kinds.pop()


def _filled(held: Column, before: Sequence[Column]) -> tuple[str, str] | None:
    shares = [each["filled"] for each in before if each["filled"] is not None]
    if held["rows"] < LEAST_ROWS or not shares:
        return None
    low, high = min(shares), max(shares)
    if low - 0.2 < held["filled"] < high + 0.2:
        return None
    return f"filled in {held['filled']:.0%} of rows", f"{np.median(shares):.0%}"


def _measures(before: Sequence[Column]) -> np.ndarray:
    """Return low, middle and high of deliveries with enough rows, one row each."""
    enough = [each for each in before if each["rows"] >= LEAST_ROWS and each["middle"] is not None]
    return np.array([[each[name] for name in ("low", "middle", "high")] for each in enough]).reshape(-1, 3)


def _unit(held: Column, before: Sequence[Column]) -> tuple[str, str] | None:
    if held["middle"] is None or held["rows"] < LEAST_ROWS or held["role"] in ("identifier", "key"):
        return None
    known = _measures(before)
    now = np.array([held["low"], held["middle"], held["high"]])
    usual = np.median(known, axis=0) if len(known) else np.zeros(3)
    if (now * usual <= 0).any():
        return None
    factors = now / usual
    if not ((factors > UNIT).all() or (factors < 1 / UNIT).all()):
        return None
    return f"median {now[1]:,.3g} ({factors[1]:.3g} times)", f"{usual[1]:,.3g}"


def _distribution(held: Column, before: Sequence[Column]) -> tuple[str, str] | None:
    """Return a median that lies outside all that were seen, by more than their usual 90 % range."""
    known = _measures(before)
    if held["middle"] is None or held["rows"] < LEAST_ROWS or len(known) < 2:
        return None
    if held["role"] in ("identifier", "key"):
        return None
    low, high = known[:, 0].min(), known[:, 2].max()
    if low <= held["middle"] <= high:
        return None
    return f"median {held['middle']:,.3g}", f"{np.median(known[:, 1]):,.3g}, within {low:,.3g} to {high:,.3g}"


def _values(held: Column, before: Sequence[Column]) -> tuple[str, str] | None:
    """Return a vocabulary whose shares moved; columns whose values never stay the same are left alone."""
    earlier = [json.loads(each["vocabulary"]) for each in before if _worded(each)]
    if not _worded(held) or len(earlier) < 2:
        return None
    usual = _pooled(earlier)
    if max(stability(_pooled([each]), usual) for each in earlier) > STABILITY:
        return None
    now = json.loads(held["vocabulary"])
    if stability(now, usual) <= STABILITY + _chance(held, before, len(usual | now)):
        return None
    new, lost = sum(now[word] for word in now.keys() - usual), sum(usual[w] for w in usual.keys() - now)
    said = (
        f"{new:.0%} of rows with values never seen" if new >= lost else f"values of {lost:.0%} of rows gone"
    )
    if max(new, lost) < 0.01:
        said = f"other shares (stability index {stability(now, usual):.2f})"
    return said, f"the {len(usual)} values of before, in their shares"


def _worded(held: Column) -> bool:
    few = held["rows"] >= LEAST_ROWS and (held["distinct_values"] or 0) <= 0.2 * held["rows"]
    return bool(few and held["vocabulary"] and held["kind"] in ("text", "number"))


def _pooled(vocabularies: Sequence[Mapping[str, float]]) -> dict[str, float]:
    words = {word for each in vocabularies for word in each}
    return {word: float(np.mean([each.get(word, 0.0) for each in vocabularies])) for word in words}


def _chance(held: Column, before: Sequence[Column], values: int) -> float:
    """Return what the stability index exceeds by chance: chi-square over the harmonic size (Yurdakul 2018)."""
    from scipy import stats

    rows = sum(each["rows"] for each in before)
    return float(stats.chi2.isf(ALPHA, max(values - 1, 1)) * (1 / held["rows"] + 1 / rows))


def stability(now: Mapping[str, float], usual: Mapping[str, float]) -> float:
    """Return the population stability index sum (q - p) ln(q / p), no share below one in a thousand."""
    words = [*now.keys() | usual.keys()]
    q = np.maximum([now.get(word, 0.0) for word in words], 1e-3)
    p = np.maximum([usual.get(word, 0.0) for word in words], 1e-3)
    return float(((q - p) * np.log(q / p)).sum())


def risen(parts: Sequence[int], wholes: Sequence[int], /) -> tuple[float, float] | None:
    """Return the share of the last unit and the usual one where it rose, None where it did not.

    Units (deliveries, weeks) are in order; those that rose before teach nothing, and fewer than 50 rows neither say
    nor teach anything.
    """
    usual: list[tuple[int, int]] = []
    last: tuple[float, float] | None = None
    for part, whole in zip(parts, wholes, strict=True):
        if whole < LEAST_UNIT:
            continue
        last = _rose(part, whole, usual[-BEFORE:])
        if last is None:
            usual.append((part, whole))
    return last


def _rose(part: int, whole: int, usual: Sequence[tuple[int, int]]) -> tuple[float, float] | None:
    if not usual:
        return None
    known = np.array(usual, float)
    share = (known[:, 0].sum() + 0.5) / (known[:, 1].sum() + 1)
    residuals = (known[:, 0] - share * known[:, 1]) ** 2 / (share * (1 - share) * known[:, 1])
    spread = (max(float(residuals.mean()), 1.0), max(len(usual) - 1, 3))
    now = part / whole
    if now < share + SHARE or now < TIMES * share or tail(part, share * whole, spread, lower=False) >= ALPHA:
        return None
    return now, float(share)
