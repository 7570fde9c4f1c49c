"""What the report says of the future: the next basket, and the declared targets with how each did in its test.

Numbers are raw, text is plain, unknown is None, as in `model`. Intervals of tests are of 95 %.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

Kind = Literal["chance", "pair", "list", "money", "times"]
"""What a target's score is: a chance of each customer, one of each customer and item, an order, or an amount."""


@dataclass(frozen=True)
class Prediction:
    """One item that a customer may choose next: probability and `base_rate` (all customers) in 0..1."""

    label: str
    probability: float
    base_rate: float | None = None
    low: float | None = None
    high: float | None = None
    reason: str = ""  # "in 14 of the last 20 baskets, last 6 days ago"


@dataclass(frozen=True)
class CustomerPredictions:
    """The likeliest next items of one customer, likeliest first (at most about 8), or why there are none."""

    customer_id: str
    name: str
    predictions: tuple[Prediction, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Ranged:
    """A number with the bounds that it lies between; all None where it is unknown."""

    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Level:
    """Cases that were given about the same chance: the chance said, and the share come true with its bounds."""

    cases: int
    said: float
    came_true: float
    low: float
    high: float

    @property
    def kept(self) -> bool:
        """Whether what was said lies within the bounds of what came true."""
        return self.low <= self.said <= self.high


@dataclass(frozen=True)
class LearnedTarget:
    """One target whose model was learned or tried: what it says, how it did in its test, and whether it is shown.

    `usual` is the share of cases that it came true for, or the mean amount of a customer. `rule` is the best of the
    naive rules, `gain` by how much the model is better than that one (above 0: better), `proven` whether it is surely
    better than each of them. Without `metric` nothing was tested.
    """

    name: str
    label: str
    says: str
    kind: Kind
    shown: bool
    reason: str  # why it is shown or refused, in words
    proven: bool = False
    customers: int | None = None  # judged in the last test
    usual: float | None = None
    metric: str = ""
    model: Ranged = Ranged()
    rule: Ranged = Ranged()
    rule_name: str = ""
    gain: Ranged = Ranged()
    tested: tuple[date, ...] = ()
    levels: tuple[Level, ...] = ()
    held: Ranged = Ranged()  # share of stated ranges that held the truth
    bias: Ranged = Ranged()  # of the total: 0.05 is 5 % too much
    as_of: date | None = None  # where its predictions are of another day than the report's

    @property
    def verdict(self) -> str:
        """Whether it is shown, in few words."""
        return "✗ refused" if not self.shown else "✓ shown" if self.proven else "~ shown so far"


@dataclass(frozen=True)
class Amount:
    """What a customer is expected to come to, in the report's currency or as a number of times."""

    label: str
    expected: Ranged
    kind: Kind = "money"


@dataclass(frozen=True)
class Curve:
    """The chance that a verb comes next and within so many days: (days, chance), rising."""

    verb: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Outlook:
    """What the models say of one customer."""

    name: str
    chances: tuple[Prediction, ...] = ()  # base_rate: the share of all that it came true for in the test
    amounts: tuple[Amount, ...] = ()
    curves: tuple[Curve, ...] = ()


@dataclass(frozen=True)
class Targets:
    """The declared targets: those learned, the names of those that are not, and the command that learns them."""

    learned: tuple[LearnedTarget, ...] = ()
    waiting: tuple[str, ...] = ()
    command: str = ""
    outlooks: tuple[Outlook, ...] = ()
    purposes: tuple[str, ...] = ()  # what the predictions of the customers were read for


@dataclass(frozen=True)
class TrackRecord:
    """How well the model did on a window it had not seen, beside a naive rule."""

    measure: str  # "share of the next basket among our ten guesses"
    value: float
    baseline: float | None = None
    baseline_name: str = ""  # "the ten most bought by everybody"
    low: float | None = None
    high: float | None = None
    customers: int | None = None
    window: str = ""  # "first basket of 4 to 31 December 2017"


@dataclass(frozen=True)
class NextItems:
    """What each customer will probably choose next, and how often such guesses were right."""

    customers: tuple[CustomerPredictions, ...]
    question: str = "next basket"  # what the probability is of: "... is in the next basket"
    method: str = ""  # in a sentence
    track_record: tuple[TrackRecord, ...] = ()
    targets: Targets | None = None
