"""Terms: the words, and the pairs of words, that tell items of one category apart.

A term is chosen by what it says of an item whose category is known: the sum over categories of
`n H(k / n)`, with n items in the category, k of them with the term, and H the entropy of a yes or no in bits
(Shannon 1948; this is the mutual information of term and item given the category, Quinlan 1986). A word that
all items of its categories carry says nothing; a rare one says little. Whether customers choose by it is
measured later, gene by gene (`reliability`), and what they do not choose by is hidden.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from customer_genome.genome.words_stem import is_stop_word, stem

SHORTEST = 3
"""Letters that a term has at least."""
SAME = 0.9
"""A word that stands in one pair of words in this share of its items, or more, is left to the pair."""
_BREAK = r"[^\p{L}\p{N}\s'-]+"
"""What stands between two words that are no pair; it becomes a word of its own that means nothing."""

Longs = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _Carried:
    """Distinct (text, term) pairs: terms are indexes of `names`, `words` how each text writes the term."""

    text: Longs
    term: Longs
    words: pa.Array
    names: list[str]


def terms(
    folded: pa.Array, *, most: int, fewest: int, items: pa.Array | None = None, strata: pa.Array | None = None
) -> pa.Table:
    """Return rows (text, label, words) of at most `most` terms that `fewest` items or more carry.

    `items` holds the text of every item, `strata` its category (null is a category too).
    """
    text_of = (
        np.arange(len(folded))
        if items is None
        else np.asarray(items.to_numpy(zero_copy_only=False), np.int64)
    )
    stratum = np.zeros(len(text_of), np.int64) if strata is None else _codes(strata)
    carried = _carried(folded)
    cells, weight = np.unique(text_of * (stratum.max(initial=0) + 1) + stratum, return_counts=True)
    width = int(stratum.max(initial=0)) + 1
    score, n_items = _scores(carried, text=cells // width, stratum=cells % width, weight=weight)
    chosen = _chosen(
        carried, score=np.where(n_items >= fewest, score, 0.0), items=np.bincount(text_of), most=most
    )
    kept = np.isin(carried.term, chosen)
    labels = pa.array(carried.names, pa.string()).take(pa.array(carried.term[kept]))
    return pa.table(
        {"text": carried.text[kept], "label": labels, "words": carried.words.filter(pa.array(kept))}
    )


def _carried(folded: pa.Array) -> _Carried:
    """Cut texts into words, drop those that mean nothing, and pair those that stand side by side."""
    lists = pc.split_pattern_regex(pc.replace_substring_regex(folded, _BREAK, " # "), r"\s+")
    text, raw = (
        pc.list_parent_indices(lists).to_numpy().astype(np.int64),
        pc.list_flatten(lists).dictionary_encode(),
    )
    vocabulary = raw.dictionary.to_pylist()
    stems = [_label(word) for word in vocabulary]
    names = sorted({one for one in stems if one})
    at = {name: place for place, name in enumerate(names)}
    code = np.array([at.get(one, -1) for one in stems], np.int64)[raw.indices.to_numpy()]
    beside = (text[1:] == text[:-1]) & (code[1:] >= 0) & (code[:-1] >= 0) & (code[1:] != code[:-1])
    left, right = code[:-1][beside], code[1:][beside]
    pairs, pair = np.unique(left * len(names) + right, return_inverse=True)
    names += [f"{names[p // len(at)]} {names[p % len(at)]}" for p in pairs.tolist()]
    written = raw.dictionary.take(raw.indices)
    single, follows = code >= 0, pa.array(beside)
    ends = written.slice(0, max(len(code) - 1, 0)).filter(follows), written.slice(1).filter(follows)
    return _distinct(
        np.concatenate([text[single], text[:-1][beside]]),
        np.concatenate([code[single], pair + len(at)]),
        pa.concat_arrays([written.filter(pa.array(single)), pc.binary_join_element_wise(*ends, " ")]),
        names,
    )


def _distinct(text: Longs, term: Longs, words: pa.Array, names: list[str]) -> _Carried:
    _, first = np.unique(text * max(len(names), 1) + term, return_index=True)
    return _Carried(text[first], term[first], words.take(pa.array(first)), names)


def _label(word: str) -> str:
    bare = word.strip("'-")
    if len(bare) < SHORTEST or not any(letter.isalpha() for letter in bare) or is_stop_word(bare):
        return ""
    made = stem(bare)
    return "" if is_stop_word(made) else made


def _scores(
    carried: _Carried, *, text: Longs, stratum: Longs, weight: Longs
) -> tuple[NDArray[np.float64], Longs]:
    """Return what each term says (bits) and how many items carry it; (text, stratum) cells hold `weight` items."""
    n_terms, width = len(carried.names), int(stratum.max(initial=0)) + 1
    size = np.bincount(stratum, weights=weight, minlength=width)
    starts, ends = np.searchsorted(text, carried.text), np.searchsorted(text, carried.text, side="right")
    times = ends - starts
    row = np.repeat(np.arange(len(times)), times)
    cell = np.arange(len(row)) - np.repeat(np.cumsum(times) - times, times) + starts[row]
    keys, place = np.unique(carried.term[row] * width + stratum[cell], return_inverse=True)
    k = np.bincount(place, weights=weight[cell], minlength=len(keys))
    n = size[keys % width]
    bits = n * _entropy(k / n)
    count = np.bincount(keys // width, weights=k, minlength=n_terms).astype(np.int64)
    return np.bincount(keys // width, weights=bits, minlength=n_terms).astype(np.float64), count


def _entropy(p: NDArray[np.float64]) -> NDArray[np.float64]:
    inside = np.clip(p, 1e-12, 1 - 1e-12)
    return np.where(
        (p <= 0) | (p >= 1), 0.0, -(inside * np.log2(inside) + (1 - inside) * np.log2(1 - inside))
    )


def _chosen(carried: _Carried, *, score: NDArray[np.float64], items: Longs, most: int) -> Longs:
    """Take terms by score; of a word and a pair that go together nearly always, the pair.

    A pair of which one word says nothing (all items of the category carry it) is left to the other word.
    """
    says = {name for name, value in zip(carried.names, score, strict=True) if value > 0}
    order = np.lexsort((np.array(carried.names, dtype=str), -score))
    order = np.array(
        [t for t in order[: 8 * most] if says.issuperset(carried.names[t].split(" "))], np.int64
    )[: 4 * most]
    order = order[score[order] > 0]
    count = dict(zip(*_counts(carried, order, items), strict=True))
    pairs = [int(t) for t in order if " " in carried.names[t]]
    swallowed: set[str] = set()
    singles = {carried.names[t]: count[int(t)] for t in order if " " not in carried.names[t]}
    for pair in pairs:
        parts = carried.names[pair].split(" ")
        swallowed |= {p for p in parts if p in singles and count[pair] >= SAME * singles[p]}
    return np.array([t for t in order if carried.names[t] not in swallowed][:most], np.int64)


def _counts(carried: _Carried, among: Longs, items: Longs) -> tuple[list[int], list[float]]:
    weights = np.concatenate([items, np.zeros(max(0, int(carried.text.max(initial=-1)) + 1 - len(items)))])
    total = np.bincount(carried.term, weights=weights[carried.text], minlength=len(carried.names))
    return among.tolist(), total[among].tolist()


def _codes(values: pa.Array) -> Longs:
    encoded = values.dictionary_encode(null_encoding="encode")
    return np.asarray(encoded.indices.to_numpy(zero_copy_only=False), np.int64)
