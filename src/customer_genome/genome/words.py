"""Item DNA from words: subject lines, titles, descriptions and product names become labels, offline.

Everything is done once for each distinct text. What is sought stands in a lexicon that one can read, and each
label comes with the words that made it, so that a wrong one can be found, overridden or corrected.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

import pyarrow as pa
import pyarrow.compute as pc
import yaml

from customer_genome.genome.words_fold import fold, readable, unaccented
from customer_genome.genome.words_pack import pack
from customer_genome.genome.words_style import style
from customer_genome.genome.words_terms import terms

FOUND = pa.schema([("text", pa.int64()), ("label", pa.string()), ("words", pa.string())])
"""Row of the text, label, and the words that made it."""
SHOWN = 40
"""Characters of the words that are kept with a label."""


@dataclass(frozen=True)
class Reading:
    """How one rule reads its texts: what it reads, most terms, fewest items of a term, the project's own patterns."""

    read: tuple[str, ...] = ("terms",)
    most: int = 50
    fewest: int = 5
    lexicon: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)


def words(
    texts: pa.Array, *, how: Reading, items: pa.Array | None = None, strata: pa.Array | None = None
) -> pa.Table:
    """Return the labels of distinct texts as rows of `FOUND`, ordered by text and label.

    `items` and `strata` (one entry an item: the row of its text, and its category) are what terms are counted
    and chosen by; without them every text is one item of one category.
    """
    plain = readable(texts)
    folded = fold(plain)
    parts = [_offerless(_marked(folded, how=how), folded=folded, how=how)]
    if "style" in how.read:
        parts.append(style(plain))
    if "pack" in how.read:
        parts.append(pack(folded))
    if "terms" in how.read:
        known = pc.unique(pa.concat_tables(parts)["label"])
        found = terms(folded, most=how.most, fewest=how.fewest, items=items, strata=strata)
        parts.append(found.filter(pc.invert(pc.is_in(found["label"], value_set=known))))
    rows = pa.concat_tables(parts).sort_by([("text", "ascending"), ("label", "ascending")])
    return rows.set_column(2, "words", pc.utf8_slice_codeunits(rows["words"], 0, SHOWN))


def patterns(
    read: Collection[str], *, own: Mapping[str, Mapping[str, str | None]]
) -> dict[tuple[str, str], str]:
    """Return (group, marker) to its pattern: the package's lexicon with the project's own lines in their place."""
    made: dict[tuple[str, str], str] = {}
    for group in read:
        lines = {**lexicon().get(group, {}), **own.get(group, {})}
        made |= {
            (group, marker): unaccented(pattern) for marker, pattern in lines.items() if pattern is not None
        }
    return made


@cache
def lexicon() -> dict[str, dict[str, str]]:
    """Return the package's lexicon: group to marker to one pattern of all languages."""
    text = resources.files(__package__).joinpath("words_lexicon.yaml").read_text(encoding="utf-8")
    groups: dict[str, dict[str, dict[str, str]]] = yaml.safe_load(text)
    return {
        group: {
            marker: "|".join(f"(?:{one})" for one in by_language.values())
            for marker, by_language in lines.items()
        }
        for group, lines in groups.items()
    }


def _marked(folded: pa.Array, *, how: Reading) -> pa.Table:
    sought = patterns(how.read, own=how.lexicon)
    return pa.concat_tables([FOUND.empty_table(), *(_found(folded, m, p) for (_, m), p in sought.items())])


def _found(folded: pa.Array, marker: str, pattern: str) -> pa.Table:
    """Return the texts in which the pattern is found, with the first words that it matched."""
    places = pc.indices_nonzero(pc.match_substring_regex(folded, f"(?i){pattern}"))
    hits = folded.take(places)
    # what stands before the first match and after it is cut off
    matched = pc.struct_field(pc.extract_regex(hits, f"(?is)(?P<w>{pattern})"), "w") if len(hits) else hits
    return pa.table(
        [places.cast(pa.int64()), pa.array([marker] * len(hits), pa.string()), matched.cast(pa.string())],
        schema=FOUND,
    )


def _offerless(marked: pa.Table, *, folded: pa.Array, how: Reading) -> pa.Table:
    """Say of a written text in which no offer was found that it makes none."""
    if "offer" not in how.read:
        return marked
    offers = pa.array([marker for _, marker in patterns(("offer",), own=how.lexicon)], pa.string())
    having = pc.unique(marked.filter(pc.is_in(marked["label"], value_set=offers))["text"])
    written = pc.indices_nonzero(pc.not_equal(folded, "")).cast(pa.int64())
    none = written.filter(pc.invert(pc.is_in(written, value_set=having)))
    empty = [pa.array([word] * len(none), pa.string()) for word in ("no offer", "")]
    return pa.concat_tables([marked, pa.table([none, *empty], schema=FOUND)])
