"""How a text is written: length, emoji, question, exclamation, digits, capitals."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

SHORT, MEDIUM = 30, 60
"""A text of fewer characters is short, one of at most so many medium (what a phone, a desktop shows of a subject)."""
_EMOJI = (
    r"[\x{1F1E6}-\x{1F1FF}\x{1F300}-\x{1FAFF}\x{2600}-\x{27BF}\x{2B50}\x{2B55}\x{2B1B}\x{2B1C}\x{231A}\x{231B}"
    r"\x{23E9}-\x{23F3}\x{2934}\x{2935}\x{3030}\x{303D}]"
)
_SIGNS = {
    "emoji": _EMOJI,
    "question": r"\?",
    "exclamation": "!",
    "digits": r"[0-9]+",
    "capitals": r"\b\p{Lu}{4,}\b",
}
"""Label to pattern; capitals are a whole word of four or more (SALE), since three are often an abbreviation."""


def style(plain: pa.Array) -> pa.Table:
    """Return rows (text, label, words) of readable texts; an empty text has no style."""
    length = pc.utf8_length(plain)
    size = pc.if_else(
        pc.less(length, SHORT), "short", pc.if_else(pc.less_equal(length, MEDIUM), "medium", "long")
    )
    written = pc.indices_nonzero(pc.greater(length, 0))
    counted = pc.binary_join_element_wise(length.cast(pa.string()).take(written), "characters", " ")
    parts = [_rows(written, size.take(written), counted)]
    for label, pattern in _SIGNS.items():
        places = pc.indices_nonzero(pc.match_substring_regex(plain, pattern))
        matched = plain.take(places)
        if len(matched):
            matched = pc.struct_field(pc.extract_regex(matched, f"(?s)(?P<w>{pattern})"), "w")
        parts.append(_rows(places, pa.array([label] * len(places), pa.string()), matched))
    return pa.concat_tables(parts)


def _rows(places: pa.Array, labels: pa.Array, words: pa.Array) -> pa.Table:
    return pa.table({"text": places.cast(pa.int64()), "label": labels, "words": words})
