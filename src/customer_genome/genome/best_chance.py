"""Best chance: how probably a customer will be among the best, from the first sessions on, by behaviour and genes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import isotonic_regression

from customer_genome.genome.best_trees import Trees, foretold, grown
from customer_genome.genome.best_worth import Worth, worth

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Csr = sparse.csr_matrix


class Known(NamedTuple):
    """What is known of each window: behaviour (rows × features), genes (rows × genes, how often in the window)."""

    behaviour: F64
    genes: Csr


@dataclass(frozen=True)
class ChanceSettings:
    """How the chance is learned; `share` is the share called best, `alpha` shrinks what genes add."""

    share: float = 0.2
    folds: int = 5
    alpha: float = 100.0
    minimum_customers: int = 20
    """A gene that fewer customers have is left out."""
    most_genes: int = 2000
    minimum_best: int = 30
    """Customers who became best, below which nothing is learned."""
    trees: Trees = field(default_factory=Trees)
    seed: int = 0


class BestChance:
    """Boosted trees over behaviour and one score of the genes, one forest a fold of customers, then calibrated.

    The score of the genes comes from a ridge regression of later rank on behaviour and genes together, always
    of customers of other folds, so that a customer's own future is never in it. `reason_` says why nothing
    could be learned, None where it could. After `fit`, `crossfit_` and `gene_score_` hold what was said of each
    window by models that had not seen its customer; they are not kept with the learned state.
    """

    def __init__(self, *, settings: ChanceSettings = ChanceSettings()) -> None:
        self.settings = settings

    def fit(self, known: Known, *, customer: I64, rank: F64, names: Sequence[str]) -> Self:
        """Learn from windows: whose it was (`customer`), and where their later value ranked (0 to 1, 1 the most)."""
        s = self.settings
        best = rank > 1 - s.share
        self.models_: tuple[str, ...] = ()
        self.reason_ = _too_few(customer, best, s.minimum_best)
        if self.reason_ is not None:
            return self
        owner, place, times = np.unique(customer, return_inverse=True, return_counts=True)
        fold = np.random.default_rng(s.seed).permutation(len(owner))[place] % s.folds
        weight: F64 = np.asarray(times[place] ** -0.5, dtype=np.float64)
        picked = _common(known.genes, place, settings=s)
        self.genes_ = np.asarray(names, dtype=np.str_)[picked]
        genes = Csr(known.genes[:, picked])
        self.worth_ = worth(known.behaviour, genes, rank=rank, weight=weight, fold=fold, alpha=s.alpha)
        score = self.worth_.scores(genes)[np.arange(len(fold)), fold]
        features = np.column_stack([known.behaviour, score])
        label = best.astype(float)
        said = np.zeros(len(label))
        for one in range(s.folds):
            seen, seed = fold != one, s.seed + one
            model = grown(features[seen], label=label[seen], weight=weight[seen], trees=s.trees, seed=seed)
            said[~seen] = foretold(model, features[~seen])
            self.models_ += (model,)
        self.said_, self.share_ = calibrated(said, label=label, weight=weight)
        self.crossfit_, self.gene_score_ = said, score
        return self

    def score(self, known: Known, *, names: Sequence[str]) -> F64:
        """Return what orders customers: the forests' mean, 0 to 1 (not calibrated, without ties by pooling)."""
        genes = _aligned(known.genes, names, self.genes_)
        part = self.worth_.scores(genes).mean(axis=1)
        features = np.column_stack([known.behaviour, part])
        said = np.stack([foretold(model, features) for model in self.models_])
        return np.asarray(said.mean(axis=0), dtype=np.float64)

    def chance(self, score: F64) -> F64:
        """Return the calibrated probability of being among the best over the horizon learned from."""
        return np.interp(score, self.said_, self.share_)

    def to_arrays(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """Return the learned state as plain arrays and a JSON-able dict; the forests are text."""
        meta = {"settings": asdict(self.settings), "reason": self.reason_, "models": list(self.models_)}
        if self.reason_ is not None:
            return {}, meta
        arrays = {f"worth_{name}": value for name, value in self.worth_._asdict().items()}
        return {**arrays, "genes": self.genes_, "said": self.said_, "share": self.share_}, meta

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], meta: Mapping[str, Any]) -> Self:
        """Rebuild what `to_arrays` gave."""
        settings = dict(meta["settings"])
        made = cls(settings=ChanceSettings(**{**settings, "trees": Trees(**settings["trees"])}))
        made.reason_, made.models_ = meta["reason"], tuple(meta["models"])
        if made.reason_ is None:
            made.worth_ = Worth(*(arrays[f"worth_{name}"] for name in Worth._fields))
            made.genes_, made.said_, made.share_ = arrays["genes"], arrays["said"], arrays["share"]
        return made


def rank_within(value: F64, *, group: I64) -> F64:
    """Return each value's rank among those of its group, 0 to 1 (the share of the group that is below or equal)."""
    order = np.lexsort((value, group))
    start = np.searchsorted(group[order], group[order], side="left")
    end = np.searchsorted(group[order], group[order], side="right")
    rank = np.empty(len(value))
    rank[order] = (np.arange(len(value)) - start + 1) / (end - start)
    rank[value <= 0] = 0
    return rank


def _too_few(customer: I64, best: NDArray[np.bool_], minimum: int) -> str | None:
    found = len(np.unique(customer[best])), len(np.unique(customer[~best]))
    if min(found) >= minimum:
        return None
    return f"too few to say: {found[0]} customers became best and {found[1]} did not, {minimum} of each are needed"


def _common(genes: Csr, place: I64, *, settings: ChanceSettings) -> I64:
    """Return the columns that enough customers have, the commonest first where there are too many."""
    rows, columns = genes.nonzero()
    size = genes.shape[1]
    pairs = np.unique(place[rows].astype(np.int64) * max(size, 1) + columns)
    have = np.bincount(pairs % max(size, 1), minlength=size)
    order = np.lexsort((np.arange(size), -have))[: settings.most_genes]
    return np.sort(order[have[order] >= settings.minimum_customers])


def calibrated(said: F64, *, label: F64, weight: F64, bins: int = 30) -> tuple[F64, F64]:
    """Return points of the curve from score to the share of `label`: isotonic over bins of equal count."""
    parts = [part for part in np.array_split(np.argsort(said, kind="stable"), bins) if len(part)]
    middle = np.array([np.average(said[part], weights=weight[part]) for part in parts])
    share = np.array([np.average(label[part], weights=weight[part]) for part in parts])
    size = np.array([weight[part].sum() for part in parts])
    return middle, np.asarray(isotonic_regression(share, weights=size).x, dtype=np.float64)


def _aligned(genes: Csr, names: Sequence[str], wanted: NDArray[np.str_]) -> Csr:
    """Return the wanted columns by name; those that there are not are zero."""
    where = {name: column for column, name in enumerate(names)}
    found = np.array([where.get(str(name), -1) for name in wanted], dtype=np.int64)
    pick = sparse.csr_matrix(
        (np.ones((found >= 0).sum()), (found[found >= 0], np.flatnonzero(found >= 0))),
        shape=(genes.shape[1], len(wanted)),
    )
    return Csr(genes @ pick)
