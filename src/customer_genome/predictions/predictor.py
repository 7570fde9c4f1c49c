"""Predictor: which model answers which kind of target."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Protocol, Self, cast

from numpy.typing import NDArray

from customer_genome.predictions.history import Strings
from customer_genome.predictions.honesty.baselines import Factory
from customer_genome.predictions.honesty.question import Question
from customer_genome.predictions.panel import Panel
from customer_genome.predictions.scores import Scores


class Model(Protocol):
    """A predictor whose learned state can be kept.

    `customers_` are the ids and `moments_` the moments that it learned from; `families` names the family of each
    of its features.
    """

    customers_: Strings
    moments_: tuple[float, ...]

    @property
    def families(self) -> tuple[str, ...]: ...  # noqa: D102

    def fit(self, panel: Panel, /) -> Self: ...  # noqa: D102
    def predict(self, panel: Panel, /) -> Scores: ...  # noqa: D102
    def to_arrays(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]: ...  # noqa: D102


def model(question: Question, /, *, seed: int = 0) -> Model:
    """Return the model of a question, which has learned nothing yet."""
    return cast("Model", factory(question)(question.target, population=question.population, seed=seed))


def factory(question: Question, /) -> Factory:
    """Return what makes the model of a question: of pairs, of the next action, or of customers."""
    kind = _kind(question)
    return cast("Factory", partial(kind, outcome=question.outcome) if question.outcome is not None else kind)


def restore(question: Question, /, arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any]) -> Model:
    """Return the fitted model of a question from what its `to_arrays` gave."""
    return cast("Model", _kind(question).from_arrays(arrays, meta, population=question.population))


def _kind(question: Question) -> Any:
    """Return the class, imported only where it is needed: the trees' library is slow to load."""
    if question.target.of_items:
        from customer_genome.predictions.pairs.model import PairModel

        return PairModel
    if question.target.predict == "action":
        from customer_genome.predictions.actions import ActionModel

        return ActionModel
    from customer_genome.predictions.customers.model import CustomerModel

    return CustomerModel
