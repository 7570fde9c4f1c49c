"""How far each gene can be trusted: does it last, does it hold on items never bought, does it cross categories?

A strength is learned from one part of the evidence and compared with what was chosen in another part of the
same customers' evidence:

* over time: learned before a moment, tested after it;
* on new items: learned before, tested after on items that the customer had not had before;
* across categories: learned in one half of the categories that the gene varies in, tested in the other
  half, and
  the other way round (the mean of both).

With x the learned strength (posterior mean), y = O / E of the test, and t = kE of the test (chance gives y
a variance of about 1 / t), over the customers with both:

    correlation = sum t (x - mx)(y - my) / sqrt(sum t (x - mx)^2 * sum t (y - my)^2),  mx and my weighted by t
    slope       = sum t (x - 1)(y - 1) / sum t (x - 1)^2

The correlation is not corrected for the chance in y: with little evidence it is a lower bound. The slope on
new items is what `expression.unseen` takes. Of session genes only the figure over time means anything. Each
part is judged by the shares of its own population, so that a change of assortment is nobody's preference.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from customer_genome.genome.evidence import Floats, ItemDna
from customer_genome.genome.expression import expression
from customer_genome.genome.prior import prior
from customer_genome.genome.shares import CATEGORY, NOWHERE, Rule, Shares, levels, shares, totals
from customer_genome.genome.support import Imprinter, support

_NO_STRATUM = "in no category and no group do its items vary enough"
_FEW = "too few customers with evidence in both parts"
_ALIKE = "the learned strengths do not differ"
_ONE_HALF = "it varies in too few categories to be halved"


@dataclass(frozen=True)
class Trial:
    """Which genes are tried on whom, and when a figure may be stated.

    `families[g]` is the gene's family; of more than `sample` customers every n-th is taken. A figure needs
    at least `customers` customers with both parts of evidence, whose tests have kE of at least `tests` in
    sum.
    """

    dna: ItemDna
    families: NDArray[np.integer]
    n_customers: int
    rule: Rule = field(default_factory=Rule)
    threads: int = 2
    sample: int = 5_000
    customers: int = 50
    tests: float = 50.0


class _Figures(NamedTuple):
    """Per gene: correlation and slope (NaN = none) and the reason (an empty text where there are figures)."""

    correlation: Floats
    slope: Floats
    reason: NDArray[np.object_]


def reliability(before: pa.Table, *, after: pa.Table, trial: Trial) -> pa.Table:
    """Return each gene's figures, or the reason why one cannot be estimated.

    `before` and `after` hold distinct pairs (customer, item, weight) from the two sides of a moment.
    Columns: gene, over_time, on_new_items, across_categories (correlations), slope (on new items), each
    null where it is unknown, then over_time_reason, on_new_items_reason (the slope's too),
    across_categories_reason, null where it is known.
    """
    before, after = _sampled(before, trial), _sampled(after, trial)
    new = _not_in(after, before, trial)
    learned = _imprint(before, _shares(before, trial), trial)
    time = _tested(learned, _imprint(after, _shares(after, trial), trial), trial)
    fresh = _tested(learned, _imprint(new, _shares(new, trial), trial), trial)
    across = _across(pa.concat_tables([before, new]), trial)
    figures = {
        "over_time": (time.correlation, time.reason),
        "on_new_items": (fresh.correlation, fresh.reason),
        "slope": (fresh.slope, fresh.reason),
        "across_categories": (across.correlation, across.reason),
    }
    columns = {name: pa.array(value, mask=np.isnan(value)) for name, (value, _) in figures.items()}
    reasons = {
        f"{name}_reason": pa.array([text or None for text in reason], pa.string())
        for name, (_, reason) in figures.items()
        if name != "slope"
    }
    return pa.table({"gene": np.arange(trial.dna.n_genes, dtype=np.int32), **columns, **reasons})


def _across(pairs: pa.Table, trial: Trial) -> _Figures:
    """Learn in every other category of a gene, test in the rest, and the other way round."""
    kept = _shares(pairs, trial)
    level = levels(kept, n_genes=trial.dna.n_genes)
    rank = _rank_within_gene(kept)
    inside = kept.strata >= 0
    halves = [_imprint(pairs, kept.select(inside & (rank % 2 == half)), trial) for half in (0, 1)]
    there, back = _tested(halves[0], halves[1], trial), _tested(halves[1], halves[0], trial)
    reason = np.where(there.reason != "", there.reason, back.reason)
    reason = np.where(level != CATEGORY, np.where(level == NOWHERE, _NO_STRATUM, _ONE_HALF), reason)
    known = reason == ""
    correlation = np.where(known, (there.correlation + back.correlation) / 2, np.nan)
    return _Figures(correlation, np.where(known, (there.slope + back.slope) / 2, np.nan), reason)


def _rank_within_gene(kept: Shares) -> NDArray[np.int64]:
    """Number the categories of each gene 0, 1, 2, ..., those with the most evidence first."""
    order = np.lexsort((kept.strata, -kept.units, kept.genes))
    genes = kept.genes[order]
    first = np.searchsorted(genes, genes, side="left")
    rank = np.empty(len(genes), dtype=np.int64)
    rank[order] = np.arange(len(genes)) - first
    return rank


def _tested(learned: pa.Table, test: pa.Table, trial: Trial) -> _Figures:
    """Compare the strengths learned in one part with the ratios of another."""
    fitted = prior(learned, families=trial.families, threads=trial.threads)
    strengths = expression(learned, prior=fitted)
    gene, x, y, t = _matched(strengths, test, trial.dna.n_genes)
    n = trial.dna.n_genes

    def total(values: Floats) -> Floats:
        return np.bincount(gene, weights=values, minlength=n).astype(np.float64)

    customers, tests = total(np.ones(len(gene))), total(t)
    with np.errstate(divide="ignore", invalid="ignore"):
        dx, dy = x - (total(t * x) / tests)[gene], y - (total(t * y) / tests)[gene]
        spread = total(t * dx**2)
        correlation = total(t * dx * dy) / np.sqrt(spread * total(t * dy**2))
        slope = total(t * (x - 1) * (y - 1)) / total(t * (x - 1) ** 2)
    reason = np.where(np.isfinite(correlation) & (spread > 1e-9 * tests), "", _ALIKE).astype(object)
    reason[(customers < trial.customers) | (tests < trial.tests)] = _FEW
    known = reason == ""
    return _Figures(np.where(known, correlation, np.nan), np.where(known, slope, np.nan), reason)


def _matched(
    strengths: pa.Table, test: pa.Table, n_genes: int
) -> tuple[NDArray[np.int64], Floats, Floats, Floats]:
    """Join on customer and gene, both in order of them: gene, learned strength, ratio and kE of the test."""
    left, right = (_keys(table, n_genes) for table in (strengths, test))
    place = np.searchsorted(left, right)
    both = np.zeros(len(right), dtype=bool)
    inside = place < len(left)
    both[inside] = left[place[inside]] == right[inside]
    observed, expected, variance = (
        test[name].to_numpy()[both].astype(np.float64) for name in ("observed", "expected", "variance")
    )
    x = strengths["strength"].to_numpy()[place[both]]
    return right[both] % n_genes, x, observed / expected, expected**2 / variance


def _keys(table: pa.Table, width: int, *, by: str = "gene") -> NDArray[np.int64]:
    keys: NDArray[np.int64] = table["customer"].to_numpy().astype(np.int64) * width + table[by].to_numpy()
    return keys


def _not_in(pairs: pa.Table, others: pa.Table, trial: Trial) -> pa.Table:
    """Leave out the pairs of customer and item that the others have too."""
    n = trial.dna.n_items
    had = np.isin(_keys(pairs, n, by="item"), _keys(others, n, by="item"))
    return pairs.filter(pa.array(~had))


def _sampled(pairs: pa.Table, trial: Trial) -> pa.Table:
    """Take the pairs of every n-th customer, in the types the imprint reads."""
    types = {"customer": pa.int32(), "item": pa.int32(), "weight": pa.float64()}
    pairs = pairs.select(list(types)).cast(pa.schema(list(types.items())))
    step = -(-trial.n_customers // trial.sample)
    return pairs if step <= 1 else pairs.filter(pa.array(pairs["customer"].to_numpy() % step == 0))


def _shares(pairs: pa.Table, trial: Trial) -> Shares:
    weight, unit = totals(
        pairs["item"].to_numpy(), weights=pairs["weight"].to_numpy(), n_items=trial.dna.n_items
    )
    return shares(trial.dna, weights=weight, units=unit, rule=trial.rule)


def _imprint(pairs: pa.Table, kept: Shares, trial: Trial) -> pa.Table:
    how = Imprinter(trial.dna, kept, trial.n_customers, threads=trial.threads)
    return pa.Table.from_batches(support(pairs, how=how), schema=how.schema)
