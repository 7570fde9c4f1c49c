"""Predicted baskets: the k likeliest targets of each customer, with the numbers behind them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

import numpy as np
import pyarrow as pa

from customer_genome.predictions.profile import F64, I64, Strings


@dataclass(frozen=True)
class Predictions:
    """The k likeliest targets of each customer: flat arrays, customer by customer, best first.

    `customer` is a position in the events' customers, `item` one in `items`; `probability` is that of the
    target being in the customer's next session, given that there is one, nan where unknown (`reasons` says
    why); `base_rate` is the share of all recent sessions with it; `own` of the last `own_of` sessions had
    it; `neighbours` is the share of the customer's neighbours whose last sessions had it (nan without
    neighbours).
    """

    customer: I64
    item: I64
    items: Strings
    rank: I64
    score: F64
    probability: F64
    base_rate: F64
    own: I64
    own_of: I64
    neighbours: F64
    reasons: tuple[str | None, ...]

    def table(self, customers: Sequence[str]) -> pa.Table:
        """Return the predictions with names, unknown as null, and `why` as a sentence of numbers."""
        names = np.asarray(customers, dtype=np.str_)
        return pa.table(
            {
                "customer": pa.array(names[self.customer].tolist(), pa.string()),
                "item": pa.array(self.items[self.item].tolist(), pa.string()),
                "rank": pa.array(self.rank, pa.int32()),
                "score": pa.array(self.score, pa.float64()),
                "probability": pa.array(self.probability, pa.float64(), from_pandas=True),
                "base_rate": pa.array(self.base_rate, pa.float64(), from_pandas=True),
                "own": pa.array(self.own, pa.int32()),
                "own_of": pa.array(self.own_of, pa.int32()),
                "neighbours": pa.array(self.neighbours, pa.float64(), from_pandas=True),
                "reason": pa.array(self.reasons, pa.string()),
                "why": pa.array(self._why(), pa.string()),
            }
        )

    def _why(self) -> list[str]:
        parts = zip(self.own.tolist(), self.own_of.tolist(), self.neighbours.tolist(), strict=True)
        return [
            (f"in {own} of the last {of} baskets" if of else "no baskets yet")
            + (f"; neighbours {share:.0%}" if not isnan(share) else "; no neighbours yet").replace("%", " %")
            for own, of, share in parts
        ]
