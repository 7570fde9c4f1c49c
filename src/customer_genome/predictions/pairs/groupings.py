"""Groupings: what targets have in common, from the catalogue's levels and from their DNA."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import sparse

from customer_genome.predictions.history import I64, Catalogue, Csr
from customer_genome.predictions.pairs.parents import parents
from customer_genome.predictions.panel import Panel

COVERED = 0.2
"""A family of genes counts when at least this share of the chosen targets carries one of them ..."""
VARIED = 0.95
"""... and the commonest of them in each category covers at most this share."""


def groupings(panel: Panel, *, level: str) -> Mapping[str, I64]:
    """Return, by name, which group each target is in: −1 where in none.

    There is a grouping for each other level of the catalogue, and for each family of genes one inside categories
    (`in:family`), of the strongest gene that a target carries (ties by name). Which families count is
    settled once for a panel, so that every moment has the same features.
    """

    def make() -> dict[str, I64]:
        catalogue = panel.history.catalogue
        weight = np.bincount(_targets(panel, level), minlength=len(catalogue.levels[level].names))
        found = {}
        for name in sorted(set(catalogue.levels) - {level}):
            found[name] = _of_targets(catalogue, catalogue.levels[name].code, level=level)
        parent = parents(panel, level=level)
        for family, codes in _families(catalogue).items():
            gene = _of_targets(catalogue, codes, level=level)
            inside = np.where((gene >= 0) & (parent >= 0), parent * (gene.max(initial=0) + 1) + gene, -1)
            if _tells(inside, parent, weight):
                _, dense = np.unique(inside, return_inverse=True)
                found[f"in:{family}"] = np.where(inside >= 0, dense, -1)
        return found

    return panel.keep(("groupings", level), make)


def _targets(panel: Panel, level: str) -> I64:
    target = panel.history.catalogue.levels[level].code[panel.history.lines.item]
    return target[target >= 0]


def _of_targets(catalogue: Catalogue, codes: I64, *, level: str) -> I64:
    """Return the code of each target's first item that has one."""
    own = catalogue.levels[level]
    found = np.full(len(own.names), -1)
    inside = (own.code >= 0) & (codes >= 0)
    target, first = np.unique(own.code[inside], return_index=True)
    found[target] = codes[inside][first]
    return found


def _families(catalogue: Catalogue) -> dict[str, I64]:
    """Return for each family of genes the position of each item's strongest gene of it, −1 where it carries none."""
    family = np.asarray([name.split(":", 1)[0] for name in catalogue.genes.tolist()], np.str_)
    dna, made = sparse.csc_matrix(catalogue.dna), {}
    for name in np.unique(family).tolist():
        columns = np.flatnonzero(family == name)
        part = Csr(dna[:, columns])
        row = np.repeat(np.arange(part.shape[0]), np.diff(part.indptr))
        order = np.lexsort((part.indices, -part.data, row))
        first = order[np.diff(row[order], prepend=-1) != 0]
        first = first[part.data[first] > 0]
        codes = np.full(part.shape[0], -1)
        codes[row[first]] = part.indices[first]
        made[name] = codes
    return made


def _tells(group: I64, parent: I64, weight: I64) -> bool:
    """Return whether enough of what is chosen is in a group, and categories have more than one."""
    inside = group >= 0
    covered = weight[inside].sum()
    if covered < COVERED * weight.sum() or not covered:
        return False
    code, place = np.unique(group[inside], return_inverse=True)
    size = np.bincount(place, weight[inside])
    of = np.zeros(len(code), np.int64)
    of[place] = parent[inside]
    largest = np.zeros(parent.max(initial=0) + 1)
    np.maximum.at(largest, of, size)
    return bool(largest.sum() <= VARIED * covered)
