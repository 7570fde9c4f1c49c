"""How often the interval of a learned verb weight covers what was planted, and how far the weight is off.

    python benchmarks/verb_weights.py --runs 40 --items 20000

simulates companies in which a view is worth .3 of a purchase with a half-life of 60 days (tests/support/urn_company).
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

from customer_genome.genome.verb_weights import VerbWeights
from customer_genome.genome.verb_weights_panel import panel

PLANTED = 0.3


def main() -> None:
    """Print coverage, mean, standard deviation and seconds a company."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))
    from urn_company import CUTS, WINDOW, Plan, urn_company

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--customers", type=int, default=700)
    parser.add_argument("--items", type=int, default=20_000)
    chosen = parser.parse_args()
    found, covered, seconds = [], 0, 0.0
    for seed in range(100, 100 + chosen.runs):
        tables = urn_company(Plan(customers=chosen.customers, items=chosen.items), seed=seed)
        started = time.perf_counter()
        weights = VerbWeights({"view": 60, "buy": 120}).fit(
            panel(tables, cuts=CUTS, horizon=WINDOW), verbs=("buy", "view")
        )
        seconds += time.perf_counter() - started
        view = next(one for one in weights.figures_ if one.verb == "view" and one.chosen)
        if view.weight is not None and view.low is not None and view.high is not None:
            found.append(view.weight)
            covered += view.low <= PLANTED <= view.high
    print(
        f"planted {PLANTED}; {len(found)} of {chosen.runs} could be said, {covered} of their 95 % intervals cover it"
    )
    print(
        f"mean {np.mean(found):.3f}, standard deviation {np.std(found):.3f}, {seconds / chosen.runs:.2f} s each"
    )


if __name__ == "__main__":
    main()
