"""True average effects, from outcomes of the same people in two worlds (common random numbers)."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from customer_genome.simulator.draws import F64, Bool
from customer_genome.simulator.journey import WORLDS


def true_effects(outcomes: pa.Table, arms: pa.Table) -> pa.Table:
    """Return (cause, measure, without, with, effect, standard_error, accounts): means over accounts with known worlds.

    The cause of a channel is its presence; of an experiment, the treated arm against the other. Measures are of an
    account: a sign-up, a trial, a subscription (0 or 1), a churn among those who would subscribe anyway, revenue, and
    price (revenue per day subscribed, of those who would subscribe anyway).
    """
    owners = outcomes.filter(outcomes["owner"])
    worlds = [_world(owners, name) for name in WORLDS]
    known = np.isin(worlds[0]["person"], worlds[1]["person"])
    base = {name: column[known] for name, column in worlds[0].items()}
    treated = {
        str(name): arms.filter(pc.equal(arms["experiment"], name))
        .sort_by("person")["treated"]
        .to_numpy()[known]
        for name in arms["experiment"].unique()
    }
    rows = []
    for name, world in zip(WORLDS[1:], worlds[1:], strict=True):
        cause = name.split(": ")[1] if name.startswith("other arm") else name.removeprefix("without ")
        turned = treated.get(cause, np.ones(len(base["person"]), np.bool_))
        rows += _compared(cause, base, world, turned)
    return pa.Table.from_pylist(rows)


def _world(owners: pa.Table, name: str) -> dict[str, F64]:
    table = owners.filter(pc.equal(owners["world"], name)).sort_by("person")
    found = {"person": table["person"].to_numpy()}
    for measure, column in (
        ("sign-up", "lead_day"),
        ("trial", "trial_day"),
        ("subscription", "subscribed_day"),
    ):
        found[measure] = pc.is_valid(table[column]).to_numpy().astype(np.float64)
    found["churn"] = pc.is_valid(table["churn_day"]).to_numpy().astype(np.float64)
    found["revenue"] = table["revenue"].to_numpy()
    days = table["paid_days"].to_numpy()
    found["price"] = found["revenue"] / np.maximum(days, 1)
    return found


def _compared(
    cause: str, base: dict[str, F64], other: dict[str, F64], treated: Bool
) -> list[dict[str, object]]:
    both = (base["subscription"] > 0) & (other["subscription"] > 0)
    rows: list[dict[str, object]] = []
    for measure in ("sign-up", "trial", "subscription", "churn", "revenue", "price"):
        some = both if measure in {"churn", "price"} else np.ones(len(both), np.bool_)
        with_it = np.where(treated, base[measure], other[measure])[some]
        without = np.where(treated, other[measure], base[measure])[some]
        n = len(with_it)
        error = float(np.std(with_it - without) / np.sqrt(n)) if n else None
        rows.append({
            "cause": cause, "measure": measure, "without": float(without.mean()) if n else None,
            "with": float(with_it.mean()) if n else None,
            "effect": float((with_it - without).mean()) if n else None, "standard_error": error, "accounts": n,
        })  # fmt: skip
    return rows
