"""Card: all that one release of a prediction has to say for itself, as data and as a page."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

from customer_genome.core.ids import digest
from customer_genome.core.targets import Target
from customer_genome.predictions.honesty.backtest import Backtest
from customer_genome.predictions.honesty.drift import Shift
from customer_genome.predictions.honesty.manifest import Manifest
from customer_genome.predictions.honesty.verdict import Verdict
from customer_genome.predictions.honesty.words import in_words, limits


@dataclass(frozen=True)
class Card:
    """The model card of one target. Times are local days since 1970.

    `families` counts the features of each family; `subjects`, `manifest` and `consent` are of the customers who
    trained the model; `stale` says why it must be trained anew; `drift` holds the columns that were compared and
    `performance` what became of its figures since, in words.
    """

    name: str
    target: dict[str, Any]
    says: str
    purpose: str
    basis: str
    consent: str
    as_of: float
    subjects: int
    manifest: str
    families: Mapping[str, int]
    limits: tuple[str, ...]
    verdict: Verdict
    backtest: Backtest | None = None
    drift: tuple[Shift, ...] = ()
    performance: tuple[str, ...] = ()
    stale: tuple[str, ...] = field(default=())

    @property
    def version(self) -> str:
        """Return a digest of what the card says, which names the release."""
        return digest(json.dumps(asdict(self), sort_keys=True, default=str))

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values that JSON can hold, the version among them."""
        return {**asdict(self), "version": self.version}

    @classmethod
    def from_dict(cls, found: Mapping[str, Any], /) -> Self:
        """Rebuild a card from what `to_dict` gave."""
        made = {one.name: found[one.name] for one in fields(cls)}
        for name in ("limits", "performance", "stale"):
            made[name] = tuple(made[name])
        made["verdict"] = Verdict.from_dict(made["verdict"])
        made["backtest"] = Backtest.from_dict(made["backtest"]) if made["backtest"] else None
        made["drift"] = tuple(Shift(**one) for one in made["drift"])
        return cls(**made)


def card(
    name: str,
    target: Target,
    /,
    *,
    subjects: Manifest,
    tested: Backtest | None,
    judged: Verdict,
    families: Mapping[str, int],
    drift: Sequence[Shift] = (),
    performance: Sequence[str] = (),
    refused: Sequence[str] = (),
) -> Card:
    """Return the card of the target `name`; `refused` are customers whom the purpose may no longer read."""
    return Card(
        name=name,
        target=target.model_dump(mode="json"),
        says=in_words(target),
        purpose=subjects.purpose,
        basis=subjects.basis,
        consent=subjects.consent,
        as_of=subjects.as_of,
        subjects=len(subjects.customers),
        manifest=subjects.digest,
        families=dict(families),
        limits=limits(target, tested),
        verdict=judged,
        backtest=tested,
        drift=tuple(drift),
        performance=tuple(performance),
        stale=subjects.stale(refused),
    )
