"""Vectors of a window come from that window alone, by a transform that it did not shape; the command writes them."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import customer_genome
from command_line import genome
from customer_genome.app.readers import access_to
from customer_genome.app.vectors import window_vectors
from customer_genome.core.errors import AccessDenied, GenomeError, NotFound
from customer_genome.core.frames import matrix
from customer_genome.genome.block import Measured
from customer_genome.genome.ratios import catalogue, ratios, shares
from customer_genome.genome.vector import Vectoriser
from small_project import small_project

WINDOW = {"start": "2024-03-01", "end": "2024-05-01"}
LATER = {"start": "2024-05-01", "end": "2024-06-29"}
BEFORE = "2024-03-01"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = small_project(tmp_path_factory.mktemp("vectors") / "shop")
    customer_genome.open(made).build()
    return made


@pytest.fixture(scope="module")
def access(folder):
    workspace = customer_genome.open(folder)
    opened = access_to(workspace.folder, workspace.snapshot)
    yield opened
    opened.engine.close()


def test_windows_share_a_transform_and_repeat_themselves(access) -> None:
    first, again = (window_vectors(access, transform=BEFORE, identifier="card", **WINDOW) for _ in range(2))
    later = window_vectors(access, transform=BEFORE, identifier="card", **LATER)
    assert first.rows.equals(again.rows)
    assert first.rows.column_names == ["card", "vector", "transform"]
    assert (
        set(first.rows["transform"].to_pylist())
        == set(later.rows["transform"].to_pylist())
        == {first.version}
    )
    assert matrix(first.rows).shape == (first.rows.num_rows, 128)
    assert np.isfinite(matrix(first.rows)).all()
    assert not np.array_equal(matrix(first.rows)[:60], matrix(later.rows)[:60])
    assert first.known_share > 0.9
    assert "customers bought in two periods" in first.reason  # 80 customers are too few for a metric


def test_a_window_knows_nothing_of_what_came_after_it(access) -> None:
    known = replace(access, state=replace(access.state, as_of=datetime(2024, 4, 30, 22, tzinfo=UTC)))
    alone, whole = (window_vectors(one, transform=BEFORE, **WINDOW) for one in (known, access))
    assert alone.version == whole.version
    assert alone.rows.equals(whole.rows)


def test_a_block_can_be_left_out(access) -> None:
    whole, without = (
        window_vectors(access, transform=BEFORE, without=names, **WINDOW) for names in ((), ("channel",))
    )
    where = Vectoriser().slices["channel"]
    made = matrix(without.rows)
    assert matrix(whole.rows)[:, where].any()
    assert not made[:, where].any()
    assert np.array_equal(np.delete(made, where, 1), np.delete(matrix(whole.rows), where, 1))


@pytest.mark.parametrize(
    ("wanted", "kind", "said"),
    [
        (WINDOW, GenomeError, "learned from the window itself"),
        (WINDOW | {"transform": "2024-03-02"}, GenomeError, "learned from the window itself"),
        (
            {"start": "2023-03-01", "end": "2023-05-01", "transform": "2023-02-01"},
            GenomeError,
            "no history before",
        ),
        ({"start": "2024-03-01", "end": "2024-03-01"}, GenomeError, "the window is empty"),
        (WINDOW | {"transform": BEFORE, "without": ("chanel",)}, NotFound, "no block 'chanel'"),
        (WINDOW | {"transform": BEFORE, "identifier": "email"}, AccessDenied, "stays in the vault"),
        (WINDOW | {"transform": "soon"}, GenomeError, "cannot read"),
    ],
)
def test_what_cannot_be_is_refused(access, wanted, kind, said) -> None:
    with pytest.raises(kind, match=said):
        window_vectors(access, **wanted)


def test_a_window_without_purchases_is_empty(access) -> None:
    found = window_vectors(access, start="2025-01-01", end="2025-02-01", transform=BEFORE)
    assert found.rows.num_rows == 0
    assert found.known_share is None


def test_the_command_writes_a_file_and_says_what_was_learned(folder, tmp_path) -> None:
    out = tmp_path / "v.parquet"
    arguments = (
        "--from",
        "2024-03-01",
        "--to",
        "2024-05-01",
        "--transform",
        BEFORE,
        "--with-identifier",
        "card",
    )
    said = genome("vectors", *arguments, "--out", str(out), "--dir", str(folder))
    assert said.code == 0
    assert "learned from 76 customers between 2024-01-01 and 2024-03-01" in said.out
    rows = pq.read_table(out)
    assert rows.column_names == ["card", "vector", "transform"]
    told = genome("vectors", *arguments, "--out", str(out), "--dir", str(folder), "--json")
    account = json.loads(told.out)
    assert account["transform"] == rows["transform"][0].as_py()
    assert account["rows"] == rows.num_rows


def test_ratios_by_hand() -> None:
    """Forty customers took a, ten b, of one category: the gene of a has share .8, and one item expects .8 of it."""
    items = pa.table({"item_id": ["a", "b", "c"], "category": ["x", "x", None]})
    dna = pa.table({"item_id": ["a", "c"], "gene": ["brand:own", "brand:own"], "strength": [1.0, 1.0]})
    known = catalogue(items, dna)
    held = np.zeros((50, 3))
    held[:40, 0], held[40:, 1], held[:, 2] = 2, 1, 5
    learned = shares(Measured(held, ["a", "b", "c"]), known=known)
    assert learned.share.tolist() == [[0.8]]
    both = Measured(np.array([[1, 1, 0], [1, 0, 9]]), ["a", "b", "c"])
    found = ratios(both, known=known, learned=learned)
    assert found.columns == ["brand:own"]
    assert found.matrix[0, 0] == pytest.approx(np.log2((1 + 5) / (1.6 + 5)))
    assert np.isnan(found.matrix[1, 0])  # .8 expected is too little to say
