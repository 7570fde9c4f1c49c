"""Manifest: which customers trained a model, for which purpose and by what right, and whether that still holds."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np

from customer_genome.core.ids import digest
from customer_genome.core.project import Purpose
from customer_genome.predictions.honesty.question import Question, asked
from customer_genome.predictions.panel import Panel


@dataclass(frozen=True)
class Manifest:
    """The subjects of a training set: sorted customer ids, why and by what right they were read, as of when.

    `moments` are the moments that were learned from and `as_of` the moment of training, in local days since 1970.
    `consent` says what had been asked of every one of them.
    """

    customers: tuple[str, ...]
    purpose: str
    basis: str
    consent: str
    as_of: float
    moments: tuple[float, ...]

    @property
    def digest(self) -> str:
        """Return a name of the contents: two manifests of the same subjects, purpose and time have the same one."""
        parts = (self.purpose, self.basis, repr(self.as_of), repr(self.moments), *self.customers)
        return digest(*parts, size=20)

    def trained(self, customer: str, /) -> bool:
        """Return whether a customer is among the subjects."""
        place = int(np.searchsorted(np.asarray(self.customers, dtype=np.str_), customer))
        return place < len(self.customers) and self.customers[place] == customer

    def stale(self, refused: Collection[str], /) -> tuple[str, ...]:
        """Say, one sentence a reason, why the model must be trained anew; empty where it need not.

        `refused` are the customers whom the purpose may no longer read: refusals, restrictions and erasures.
        """
        gone = sum(1 for customer in set(refused) if self.trained(customer))
        if not gone:
            return ()
        were = "was" if gone == 1 else "were"
        share = f"{gone:,} of the {len(self.customers):,} customers who trained it {were} since withdrawn"
        return (f"stale: {share} from the purpose {self.purpose}; train it anew without them",)

    def without(self, refused: Collection[str], /) -> Self:
        """Return the manifest of a training without the customers given."""
        gone = set(refused)
        left = tuple(customer for customer in self.customers if customer not in gone)
        return type(self)(left, self.purpose, self.basis, self.consent, self.as_of, self.moments)

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values that JSON can hold, the digest among them."""
        return {**asdict(self), "digest": self.digest}

    @classmethod
    def from_dict(cls, found: Mapping[str, Any], /) -> Self:
        """Rebuild a manifest from what `to_dict` gave."""
        return cls(
            customers=tuple(found["customers"]),
            purpose=found["purpose"],
            basis=found["basis"],
            consent=found["consent"],
            as_of=found["as_of"],
            moments=tuple(found["moments"]),
        )


def manifest(
    panel: Panel,
    question: Question,
    /,
    *,
    moments: Sequence[float],
    purpose: Purpose,
    customers: Collection[str] | None = None,
) -> Manifest:
    """Return who was learned from at `moments`: `customers`, where the model itself says it, or the population.

    The history of a panel was read through the one door, so that nobody is in it whom the purpose may not see.
    """
    if customers is None:
        customers = _population(panel, question, moments=moments)
    asked_for = "consent given" if purpose.basis == "consent" else "not objected to"
    return Manifest(
        customers=tuple(sorted(map(str, customers))),
        purpose=question.target.purpose,
        basis=purpose.basis,
        consent=f"{asked_for}, as of the reading",
        as_of=panel.as_of,
        moments=tuple(moments),
    )


def _population(panel: Panel, question: Question, *, moments: Sequence[float]) -> list[str]:
    chosen = np.zeros(len(panel.history.customers), dtype=bool)
    for moment in moments:
        before = panel.cut(moment)
        who = np.asarray(question.population(before, moment), dtype=bool)
        if not question.target.of_items:
            who = np.isin(np.arange(len(who)), asked(before, question, moment=moment)[0])
        chosen |= who
    return [str(customer) for customer in panel.history.customers[chosen]]
