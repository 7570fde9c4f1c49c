"""The blocks of features: each looks at one side of what a part's customers did, and names what it saw in words."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from customer_genome.predictions.customers import kernels
from customer_genome.predictions.customers.kernels import Coded, Rows
from customer_genome.predictions.customers.part import Part
from customer_genome.predictions.customers.reference import Reference
from customer_genome.predictions.history import F64

Columns = dict[str, NDArray[Any]]
"""One array (customers,) a feature, by name."""

WINDOWS = np.array([3, 7, 14, 21, 28, 42, 56, 84, 112, 168.0])
HALF_LIVES = np.array([7, 14, 28, 56, 112.0])
ACT_WINDOWS = np.array([7, 14, 28, 42, 56, 84, 112.0])
WEEKS, ROLLING = 12, 48
_QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
_PERIODS = (
    "share of earlier periods without a session",
    "share of the last 12 periods without a session",
    "mean of earlier periods",
    "spread of earlier periods over their mean",
    *(f"{int(q * 100)} % quantile of earlier periods" for q in _QUANTILES),
    "share of earlier periods that fell",
    "last period against the three before",
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_QUARTERS = ("at night", "in the morning", "in the afternoon", "in the evening")


def _exposure(part: Part, reference: Reference) -> float:
    """Return how many days of history there are before the moment, at least one."""
    return max(1.0, part.moment - reference.start)


def _amounts(part: Part, reference: Reference) -> tuple[tuple[str, ...], F64]:
    """Return what is summed over sessions, and its names: sessions, spend, items and discounts, as far as there are."""
    visits = part.visits
    columns = {"sessions": np.ones(len(visits.day)), "items": visits.size.astype(float)}
    if reference.priced:
        columns["spend"] = visits.value
    if reference.discounted:
        columns["discounts"] = visits.discount
    return tuple(columns), np.column_stack(list(columns.values()))


def rates(part: Part, reference: Reference) -> Columns:
    """Return sums a day over windows and with half-lives, divided by the history that there is, and their trends."""
    names, amounts = _amounts(part, reference)
    there, rows = _exposure(part, reference), Rows(part.visit_starts, part.visit_age, amounts)
    sums = np.zeros((part.size, len(WINDOWS), len(names)))
    kernels.window_sums(rows, WINDOWS, sums)
    decayed = np.zeros((part.size, len(HALF_LIVES), len(names)))
    kernels.decayed_sums(rows, HALF_LIVES, decayed)
    sums /= np.minimum(WINDOWS, there)[None, :, None]
    decayed /= (HALF_LIVES / np.log(2) * (1 - np.exp2(-there / HALF_LIVES)))[None, :, None]
    found: Columns = {}
    for k, name in enumerate(names):
        found |= {f"{name} a day, last {int(w)} days": sums[:, i, k] for i, w in enumerate(WINDOWS)}
        found |= {
            f"{name} a day, half-life {int(h)} days": decayed[:, i, k] for i, h in enumerate(HALF_LIVES)
        }
        usual = decayed[:, -1, k] + 1e-9
        found[f"{name}, last 28 days against usual"] = sums[:, 4, k] / usual
        found[f"{name}, half-life 14 days against usual"] = decayed[:, 1, k] / usual
    if reference.priced:
        spend, sessions = names.index("spend"), names.index("sessions")
        for i, days in ((4, 28), (7, 84), (9, 168)):
            found[f"spend a session, last {days} days"] = sums[:, i, spend] / (sums[:, i, sessions] + 1e-9)
    if reference.discounted:
        off, paid = names.index("discounts"), names.index("spend")
        for i, days in ((4, 28), (7, 84)):
            found[f"discount share, last {days} days"] = sums[:, i, off] / (
                sums[:, i, paid] + sums[:, i, off] + 1e-9
            )
    return found


def rhythm(part: Part, *, horizon: float) -> Columns:
    """Return what the gaps between shopping days say, and how likely the present one is to outlast the horizon."""
    table = np.zeros((part.size, len(kernels.GAPS)))
    table[:, 0], table[:, 1] = part.moment, 0
    kernels.gaps(part.visit_starts, part.visits.day, (float(part.moment), float(horizon)), table)
    gap = dict(zip(kernels.GAPS, table.T, strict=True))
    recency, mean, days = gap["recency"], gap["mean_gap"], gap["shopping_days"]
    tenure = np.where(days > 0, gap["recency"] + mean * np.maximum(days - 1, 0), 0)
    spread = np.maximum(gap["sd_gap"], 1)
    return {
        "days since the last session": recency,
        "days since the first session": tenure,
        "shopping days": days,
        "mean gap": mean,
        "spread of gaps": gap["sd_gap"],
        "spread of gaps over their mean": gap["sd_gap"] / np.maximum(mean, 1),
        "longest gap": gap["longest_gap"],
        "last gap": gap["last_gap"],
        "mean of recent gaps": gap["recent_gap"],
        "recent gaps against all": gap["recent_gap"] / np.maximum(mean, 1),
        "days since the last session, in mean gaps": recency / np.maximum(mean, 1),
        "days since the last session, in recent gaps": recency / np.maximum(gap["recent_gap"], 1),
        "days since the last session, in longest gaps": recency / np.maximum(gap["longest_gap"], 1),
        "days since the last session, beyond the mean in spreads": (recency - mean) / spread,
        "gaps longer than the horizon": gap["gaps_of_horizon"],
        "shopping days a day": days / np.maximum(tenure, 1),
        **_outlasting(gap, tenure, horizon=horizon),
    }


def _outlasting(gap: Columns, tenure: F64, *, horizon: float) -> Columns:
    """Return what own gaps and the usual rate (smoothed by one session in 14 days) say of the time ahead."""
    days, there = gap["shopping_days"], 14 + np.maximum(tenure, 1)
    pace = np.maximum(np.maximum(gap["recent_gap"], gap["recency"]), 0.5)
    return {
        "own chance that the gap outlasts the horizon": (gap["gaps_beyond_horizon"] + 0.5)
        / (gap["gaps_beyond_now"] + 2),
        "share of gaps longer than the present one": (gap["gaps_beyond_now"] + 0.5) / (days + 1),
        "chance of no session at the usual rate": (there / (there + horizon)) ** (1 + days),
        "expected sessions at the recent gaps": horizon / pace,
    }


def rolling(part: Part, reference: Reference, *, horizon: float, below: float) -> Columns:
    """Return what a window as long as the horizon held before: how often nothing, its quantiles, how often it fell.

    Windows begin every quarter of the horizon; a fall is spend below `below` of the mean of three windows before.
    −1 where the history is too short to tell.
    """
    visits = part.visits
    measure = visits.value if reference.priced else visits.size
    amounts = np.column_stack([measure, np.ones(len(measure))]).astype(np.float64)
    blocks = int(min(ROLLING, _exposure(part, reference) // (horizon / 4)))
    found: Columns = {name: np.full(part.size, -1.0) for name in _PERIODS}
    if blocks < 8:
        return found
    sums = np.zeros((part.size, blocks, 2), np.float32)
    kernels.block_sums(Rows(part.visit_starts, part.visit_age, amounts), horizon / 4, sums)
    total = np.concatenate([np.zeros((part.size, 1, 2), np.float32), sums.cumsum(axis=1)], axis=1)
    window = total[:, 4:] - total[:, :-4]
    none, spent = window[..., 1] < 0.5, np.sort(window[..., 0], axis=1)
    mean = spent.mean(axis=1)
    columns = [none.mean(axis=1), none[:, :12].mean(axis=1), mean, spent.std(axis=1) / (mean + 1e-3)]
    columns += [spent[:, round(q * (spent.shape[1] - 1))] for q in _QUANTILES]
    if blocks >= 17:
        before = (total[:, 16:] - total[:, 4:-12])[..., 0] / 3
        some = before > 0
        fell = some & (window[:, : before.shape[1], 0] < below * before)
        columns += [
            fell.sum(axis=1) / np.maximum(some.sum(axis=1), 1),
            window[:, 0, 0] / (before[:, 0] + 1e-3),
        ]
    return found | dict(zip(_PERIODS, columns, strict=False))


def weeks(part: Part, reference: Reference) -> Columns:
    """Return sessions and spend of each of the last weeks, and how many of them had any."""
    names, amounts = _amounts(part, reference)
    sums = np.zeros((part.size, WEEKS, len(names)), np.float32)
    kernels.block_sums(Rows(part.visit_starts, part.visit_age, amounts), 7.0, sums)
    measure = names.index("spend") if reference.priced else 1
    found: Columns = {f"{names[measure]}, week {w + 1} back": sums[:, w, measure] for w in range(WEEKS)}
    seen = sums[..., 0] > 0
    found["weeks with a session, of the last 4"] = seen[:, :4].sum(axis=1)
    found["weeks with a session, of the last 12"] = seen.sum(axis=1)
    slope = np.arange(WEEKS) - (WEEKS - 1) / 2
    level = sums[..., measure].mean(axis=1) + 1e-3
    found[f"trend of weekly {names[measure]}"] = -(sums[..., measure] @ slope) / (slope @ slope) / level
    return found


def baskets(part: Part, reference: Reference) -> Columns:
    """Return what sessions look like: the last one, their clock, weekdays and channels."""
    visits, starts = part.visits, part.visit_starts
    some = np.flatnonzero(np.diff(starts))
    last = starts[1:][some] - 1
    count = np.maximum(np.diff(starts), 1)
    found: Columns = {"items in the last session": np.zeros(part.size)}
    found["items in the last session"][some] = visits.size[last]
    if reference.priced:
        found["spend of the last session"] = np.zeros(part.size)
        found["spend of the last session"][some] = visits.value[last]
    table = np.zeros((part.size, 11))
    kernels.clock(starts, visits.day, table)
    table /= count[:, None]
    found |= {f"share of sessions on {day}": table[:, i] for i, day in enumerate(_DAYS)}
    if reference.timed:
        found |= {f"share of sessions {name}": table[:, 7 + i] for i, name in enumerate(_QUARTERS)}
    if reference.channels:
        kinds = np.zeros((part.size, 3))
        rows = Coded(starts, visits.channel, part.visit_age)
        kernels.breadth(rows, 84.0, np.full(visits.channel.max(initial=0) + 1, -1), kinds)
        found["channels used"] = kinds[:, 0]
        found["channels first used in the last 84 days"] = kinds[:, 1]
    return found


def choices(part: Part, reference: Reference) -> Columns:
    """Return how broad and how new the purchases are, what they carry, and where they lie among the population's."""
    lines, starts, catalogue = part.lines, part.line_starts, part.history.catalogue
    age = part.moment - lines.session_day
    found: Columns = {}
    for name in ("item", reference.level):
        if not name:
            continue
        codes = catalogue.levels[name].code[lines.item]
        table = np.zeros((part.size, 3))
        seen = np.full(len(catalogue.levels[name].names) + 1, -1)
        kernels.breadth(Coded(starts, codes, age), 84.0, seen, table)
        found[f"number of different {name}: ever"] = table[:, 0]
        found[f"share of new {name}, last 84 days"] = table[:, 1] / (table[:, 1] + table[:, 2] + 1)
    if reference.level:
        place = np.zeros((part.size, reference.basis.shape[1]))
        level = catalogue.levels[reference.level]
        spots = np.searchsorted(reference.names, level.names).clip(max=len(reference.names) - 1)
        spots = np.append(np.where(reference.names[spots] == level.names, spots, -1), -1)
        size = len(reference.names)
        rows = Coded(starts, spots[level.code[lines.item]], age)
        kernels.project(rows, reference.basis, (np.zeros(size), np.zeros(size, np.int64)), place)
        found |= {f"{reference.level} direction {k + 1}": place[:, k] for k in range(place.shape[1])}
    found |= _traits(part, reference)
    return found


def _traits(part: Part, reference: Reference) -> Columns:
    """Return the share of purchases that carry each gene of the reference."""
    catalogue = part.history.catalogue
    here = np.flatnonzero(np.isin(reference.genes, catalogue.genes))
    table = np.zeros((part.size, len(reference.genes)))
    if len(here):
        columns = np.searchsorted(catalogue.genes, reference.genes[here])
        traits = np.zeros((len(catalogue.items), len(reference.genes)), np.float32)
        traits[:, here] = catalogue.dna[:, columns].toarray()
        kernels.mean_rows(part.line_starts, part.lines.item, traits, table)
    return {f"share of purchases with {gene}": table[:, k] for k, gene in enumerate(reference.genes)}


def verbs(part: Part) -> Columns:
    """Return how often, and how long ago, each verb was done; those that are no purchase in more windows."""
    acts, names = part.acts, part.history.verbs
    table = np.zeros((part.size, len(names), len(ACT_WINDOWS) + 2))
    table[..., -1] = 9_999
    kernels.verb_counts(Coded(part.act_starts, acts.verb, part.moment - acts.day), ACT_WINDOWS, table)
    found: Columns = {}
    for place, verb in enumerate(names):
        found[f"times of {verb}"] = table[:, place, 0]
        found[f"days since the last {verb}"] = table[:, place, -1]
        for k, days in enumerate(ACT_WINDOWS):
            if verb not in part.history.money or days in {28, 84}:
                found[f"times of {verb}, last {int(days)} days"] = table[:, place, 1 + k]
    return found
