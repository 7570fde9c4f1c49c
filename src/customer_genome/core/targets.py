"""What is to be predicted, as `genome.yaml` declares it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from customer_genome.core.model import Count, Days, Expression, Flag, Model, Name, Number

Kind = Literal["next", "choice", "event", "absence", "count", "sum", "drop", "phase", "action"]

KEYS_OF = {
    "level": ("next", "choice"),
    "new": ("next", "choice"),
    "new_days": ("next", "choice"),
    "top": ("choice",),
    "statistic": ("count", "sum"),
    "below": ("drop",),
    "usual_days": ("drop",),
    "phase": ("phase",),
}
"""The kinds of question that a key belongs to; all others belong to every kind."""


class Target(Model):
    """Something that a customer may do after a moment: `lapse: {predict: absence, horizon: 28}`.

    `next` ranks what the next session will hold; `choice` gives the probability that each of the commonest
    targets of a level is chosen within the horizon; `event` and `absence` that some, or none, of `verbs` is
    done; `count` and `sum` say how often, and for how much money; `drop` that spend falls below a part of
    its usual level; `phase` that a phase of the journey is entered; `action` which verb comes next, and when.
    """

    predict: Kind
    """The kind of question."""
    verbs: tuple[Name, ...] = ()
    """What is counted; without it, the verbs whose value is money."""
    horizon: Days = 28
    """Days after the moment within which it may happen."""
    population: Expression = "purchases >= 3"
    """Who is predicted, and who is learned from: a condition over the journey's columns (see phases; not facts and
    genes), `phase` and `days_in_phase`."""
    level: Name = "category"
    """For next and choice: item, category, group, or another column of the catalogue."""
    new: Flag = False
    """For next and choice: only what is new to the customer ..."""
    new_days: Days | None = None
    """... that is, not chosen in so many days; without it, never."""
    top: Count | None = None
    """For choice: only so many targets, those chosen by most customers in the last 84 days."""
    statistic: Literal["mean", "median"] = "mean"
    """For count and sum: the mean adds up over customers, the median is the better guess for one."""
    below: Number = Field(default=0.5, gt=0, lt=1)
    """For drop: the part of the usual level below which spend has dropped."""
    usual_days: Days = 84
    """For drop: the days before the moment that say what is usual."""
    phase: Name | None = None
    """For phase: which one."""
    purpose: Name = "personalisation"
    """Why it is predicted: who refused this purpose is not predicted."""

    @property
    def of_items(self) -> bool:
        """Whether there is a prediction for each customer and item, not one for each customer."""
        return self.predict in {"next", "choice"}
