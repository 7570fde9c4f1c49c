"""Neighbours against bare usearch: 200,000 simulated vectors of 128 numbers, one thread.

Simulated customers lie around 400 tastes in the five blocks of the vector. Both sides build a graph with the same
settings and answer the same 2,000 queries for 10 neighbours; ours also measures its recall, puts answers in a stated
order and leaves the asking customer out. Goal: recall at least .95 within 1.3 times bare usearch. Run:

    python benchmarks/neighbours.py [SIZE]
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from usearch.index import Index

from customer_genome.genome.neighbours import SETTINGS, NeighbourIndex
from customer_genome.genome.similar import similar
from customer_genome.genome.vector import BLOCKS

QUERIES, K, REPEATS = 2_000, 10, 5


def simulated(size: int) -> NDArray[np.float32]:
    """Return vectors whose blocks have the pipeline's lengths, around shared tastes."""
    random, parts = np.random.default_rng(0), []
    for block in BLOCKS:
        tastes = random.normal(size=(400, block.dimensions))
        own = tastes[random.integers(0, 400, size)] + 0.7 * random.normal(size=(size, block.dimensions))
        parts.append(block.weight * own / np.linalg.norm(own, axis=1, keepdims=True))
    return np.concatenate(parts, axis=1).astype(np.float32)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return processor seconds (other work on the machine does not count) and the result."""
    began = time.process_time()
    made = work()
    return time.process_time() - began, made


def bare(vectors: NDArray[np.float32], search: int) -> Index:
    """Build usearch's own index, as its manual says."""
    index = Index(
        ndim=vectors.shape[1], metric="cos", dtype="f32", connectivity=SETTINGS.links, expansion_add=SETTINGS.build,
        expansion_search=search,
    )  # fmt: skip
    index.add(np.arange(len(vectors)), vectors, threads=1)
    return index


def main() -> None:
    """Build and search both ways, and print seconds, recall and ratios."""
    vectors = simulated(int(sys.argv[1]) if len(sys.argv) > 1 else 200_000)
    ids = [f"c{row:07}" for row in range(len(vectors))]
    rows = np.random.default_rng(1).choice(len(vectors), min(QUERIES, len(vectors)), replace=False)
    asked, names = vectors[rows], [ids[row] for row in rows]
    ours_build, ours = timed(lambda: NeighbourIndex(exact_below=0).fit(vectors, ids=ids))
    bare_build, peer = timed(lambda: bare(vectors, ours.graph_.expansion_search))
    seconds: dict[str, list[float]] = {"ours": [], "bare": []}
    for _ in range(REPEATS):
        seconds["ours"].append(timed(lambda: ours.search(asked, k=K, exclude=names))[0])
        seconds["bare"].append(timed(lambda: peer.search(asked, K, threads=1))[0])
    few = rows[:200]
    exact = similar(vectors[few], pool=vectors, ids=ids, k=K, exclude=[ids[row] for row in few])
    found = ours.search(vectors[few], k=K, exclude=[ids[row] for row in few])
    recall = np.mean([len(set(a) & set(b)) / K for a, b in zip(exact.index, found.index, strict=True)])
    mine, theirs = (statistics.median(seconds[name]) for name in ("ours", "bare"))
    print(f"{len(vectors):,} vectors; recall@10 {recall:.3f} (said by the index: {ours.recall_:.3f})")
    print(f"build   ours {ours_build:6.1f} s  bare {bare_build:6.1f} s  ratio {ours_build / bare_build:.2f}")
    print(f"search  ours {mine * 1e3:6.0f} ms bare {theirs * 1e3:6.0f} ms ratio {mine / theirs:.2f}")


if __name__ == "__main__":
    main()
