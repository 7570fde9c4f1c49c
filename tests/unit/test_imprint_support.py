"""The support kernel against plain matrix algebra, for any evidence, any DNA, any limits."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customer_genome.core.errors import GenomeError
from customer_genome.genome.changes import changes, summed
from customer_genome.genome.evidence import item_dna, weights
from customer_genome.genome.shares import Rule, shares
from customer_genome.genome.support import Imprinter, pairs, support, support_into

CUSTOMERS, ITEMS, GENES, CATEGORIES, GROUPS = 23, 40, 11, 6, 2
RULE = Rule(low=0.02, high=0.98, group_low=0.01, minimum_units=2, minimum_categories=3)
COLUMNS = ("observed", "expected", "variance", "items")


class Case:
    """A random company and the O, E, V and items that matrix algebra finds."""

    def __init__(self, seed, rows=400):
        rng = np.random.default_rng(seed)
        self.rng = rng
        categories = rng.integers(-1, CATEGORIES, ITEMS)
        groups = np.where(categories < 0, rng.integers(-1, GROUPS, ITEMS), categories % GROUPS)
        self.strength = np.where(
            rng.random((ITEMS, GENES)) < 0.3, rng.choice([0.25, 1.0], (ITEMS, GENES)), 0.0
        )
        item, gene = np.nonzero(self.strength)
        self.dna = item_dna(
            item,
            genes=gene,
            strengths=self.strength[item, gene],
            categories=categories,
            groups=groups,
            n_genes=GENES,
        )
        customer, item = rng.integers(0, CUSTOMERS, rows), rng.integers(0, ITEMS, rows)
        weight = rng.choice([0.0, 0.2, 1.0], rows) * rng.random(rows)
        self.evidence = table(customer=customer, item=item, weight=weight)
        self.weight = np.zeros((CUSTOMERS, ITEMS))
        np.maximum.at(self.weight, (customer, item), weight)
        self.kept = shares(self.dna, weights=self.weight.sum(0), units=(self.weight > 0).sum(0), rule=RULE)
        self.categories, self.groups = categories, groups

    def dense(self, weight):
        kept, share, spread = (np.zeros((ITEMS, GENES)) for _ in range(3))
        rows = zip(self.kept.strata, self.kept.genes, self.kept.share, self.kept.second, strict=True)
        for stratum, gene, p, m in rows:
            inside = self.categories == stratum if stratum >= 0 else self.groups == -(stratum + 1)
            kept[inside, gene], share[inside, gene], spread[inside, gene] = 1, p, m - p * p
        carried = (self.strength > 0) * kept
        there = (weight > 0).astype(float)
        return weight @ (self.strength * kept), weight @ share, weight**2 @ spread, there @ carried

    def how(self, **limits):
        return Imprinter(self.dna, self.kept, CUSTOMERS, **limits)


def table(**columns):
    types = {"customer": np.int32, "item": np.int32}
    return pa.table({name: np.asarray(values, types.get(name)) for name, values in columns.items()})


def run(evidence, how):
    return pa.Table.from_batches(support(evidence, how=how), schema=how.schema)


def as_matrices(result):
    cells = result["customer"].to_numpy(), result["gene"].to_numpy()
    matrices = []
    for name in COLUMNS:
        matrix = np.zeros((CUSTOMERS, GENES))
        matrix[cells] = result[name]
        matrices.append(matrix)
    return matrices


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), parts=st.integers(1, 30), threads=st.integers(1, 3))
def test_support_is_what_matrix_algebra_finds(seed, parts, threads):
    case = Case(seed)
    result = run(case.evidence, case.how(parts=parts, threads=threads))
    for got, wanted in zip(as_matrices(result), case.dense(case.weight), strict=True):
        np.testing.assert_allclose(got, wanted, atol=1e-12)
    keys = result["customer"].to_numpy() * GENES + result["gene"].to_numpy()
    assert (np.diff(keys) > 0).all()


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), minimum=st.sampled_from([0.0, 0.3, 2.0]))
def test_changes_added_to_the_earlier_results_are_the_full_ones(seed, minimum):
    case = Case(seed)
    later = case.weight.copy()
    touched = case.rng.random(later.shape) < 0.05
    later[touched] = case.rng.choice([0.0, 0.5, 1.5], touched.sum())
    concerned = (later != case.weight).any(axis=1)
    rows = (later != case.weight) if minimum == 0 else concerned[:, None] & ((later > 0) | (case.weight > 0))
    customer, item = np.nonzero(rows)
    changed = table(customer=customer, item=item, before=case.weight[rows], after=later[rows])
    how = case.how(minimum_expected=minimum)
    news = pa.Table.from_batches(changes(changed, how=how), schema=how.schema)
    customer, item = np.nonzero(later)
    full = run(table(customer=customer, item=item, weight=later[customer, item]), how)
    both = summed(pa.concat_tables([run(case.evidence, how), news]))
    assert set(news["customer"].to_pylist()) <= set(np.nonzero(concerned)[0].tolist())
    assert both.select(["customer", "gene"]).equals(full.select(["customer", "gene"]))
    for name in COLUMNS:
        np.testing.assert_allclose(both[name].to_numpy(), full[name].to_numpy(), atol=1e-9)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_neither_the_order_of_rows_nor_the_memory_changes_a_bit(seed):
    case = Case(seed, rows=3_000)
    shuffled = case.evidence.take(case.rng.permutation(len(case.evidence)))
    reads = []

    def read():
        reads.append(1)
        return shuffled.to_batches(max_chunksize=100)

    result = run(read, case.how(memory=20_000, parts=16))
    assert len(reads) > 1
    assert result.equals(run(case.evidence, case.how()))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), minimum=st.floats(0.05, 3))
def test_the_minimum_leaves_out_only_rows_of_little_expectation_and_nothing_observed(seed, minimum):
    case = Case(seed)
    observed, expected, variance, _ = case.dense(case.weight)
    with np.errstate(divide="ignore", invalid="ignore"):
        wanted = (observed > 0) | (np.nan_to_num(expected**2 / variance) >= minimum)
    result = run(case.evidence, case.how(minimum_expected=minimum))
    got = np.zeros((CUSTOMERS, GENES), bool)
    got[result["customer"].to_numpy(), result["gene"].to_numpy()] = True
    np.testing.assert_array_equal(got, wanted)


def test_sinks_get_the_parts_in_worker_threads_and_batches_may_be_read_there():
    case = Case(5)
    half = len(case.evidence) // 2
    pieces = [case.evidence.slice(0, half), case.evidence.slice(half)]

    def read():
        return [lambda piece=piece: piece.combine_chunks().to_batches()[0] for piece in pieces]

    parts = support_into(read, how=case.how(parts=8), sink=lambda part, batches: (part, list(batches)))
    assert [part for part, _ in parts] == sorted(part for part, _ in parts)
    result = pa.Table.from_batches([batch for _, batches in parts for batch in batches])
    assert result.equals(run(case.evidence, case.how()))


def test_single_precision_rounds_only_what_is_written():
    case = Case(6)
    full, rounded = run(case.evidence, case.how()), run(case.evidence, case.how(single=True))
    for name in ("observed", "expected", "variance"):
        np.testing.assert_array_equal(full[name].to_numpy().astype(np.float32), rounded[name].to_numpy())


def test_no_evidence_gives_no_rows():
    case = Case(7)
    empty = case.evidence.slice(0, 0)
    assert run(empty, case.how()).num_rows == 0
    assert run(lambda: iter(()), case.how()).num_rows == 0


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("customer", CUSTOMERS, "customer of the evidence is out of range"),
        ("customer", -1, "customer of the evidence is out of range"),
        ("item", ITEMS, "item of the evidence is out of range"),
        ("weight", float("nan"), "weight of the evidence is unusable"),
        ("weight", float("inf"), "weight of the evidence is unusable"),
        ("weight", -0.1, "weight of the evidence is unusable"),
    ],
)
def test_evidence_that_the_kernel_could_not_bear_is_refused(column, value, message):
    row = {"customer": [0], "item": [0], "weight": [1.0]} | {column: [value]}
    with pytest.raises(GenomeError, match=message):
        run(table(**row), Case(8).how())


def test_evidence_with_nulls_is_refused():
    rows = pa.table(
        {
            "customer": pa.array([0, None], pa.int32()),
            "item": pa.array([0, 1], pa.int32()),
            "weight": [1.0, 1.0],
        }
    )
    with pytest.raises(GenomeError, match="empty values in its column 'customer'"):
        run(rows, Case(9).how())


def test_item_dna_keeps_the_greatest_of_a_repeated_gene_and_refuses_what_lies_outside():
    dna = item_dna([1, 1, 0], genes=[2, 2, 0], strengths=[0.2, 0.7, 0.0], categories=[0, 0], n_genes=3)
    assert (dna.starts.tolist(), dna.genes.tolist(), dna.strengths.tolist()) == ([0, 0, 1], [2], [0.7])
    with pytest.raises(GenomeError, match=r"outside 0\.\.1"):
        item_dna([0], genes=[0], strengths=[1.5], categories=[0], n_genes=1)
    with pytest.raises(GenomeError, match="gene of the item DNA is out of range"):
        item_dna([0], genes=[1], strengths=[1.0], categories=[0], n_genes=1)


def test_weights_refuse_an_unknown_verb():
    with pytest.raises(GenomeError, match="verb is out of range"):
        weights([2], occurred_at=[0], weight=[1.0, 1.0], half_life=[1.0, 1.0], reference_at=0)


def test_shares_refuse_sums_of_other_items():
    with pytest.raises(GenomeError, match="does not fit the item DNA"):
        shares(Case(1).dna, weights=[1.0], units=[1])


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_pairs_are_the_heaviest_rows_of_each_customer_and_item(seed):
    case = Case(seed)
    found = pa.Table.from_batches(pairs(case.evidence, how=case.how(parts=7)))
    customer, item = np.nonzero(case.weight)
    wanted = table(customer=customer, item=item, weight=case.weight[customer, item])
    assert found.equals(wanted)
